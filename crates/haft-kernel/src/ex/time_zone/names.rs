//! Windows' names of time zones (Unicode CLDR: "windowsZones", territory 001, and the usual
//! synonyms).

/// The key name of Windows for a zone of the IANA database; `None` if there is none here.
#[must_use]
pub fn windows_name(iana: &str) -> Option<&'static str> {
    NAMES.iter().find(|(_, zones)| zones.split(' ').any(|zone| zone == iana)).map(|(name, _)| *name)
}

/// Windows' name, and the zones that it stands for.
const NAMES: &[(&str, &str)] = &[
    (
        "UTC",
        "Etc/UTC UTC Etc/UCT UCT Etc/Universal Universal Etc/Zulu Zulu Etc/GMT GMT Etc/Greenwich",
    ),
    ("Hawaiian Standard Time", "Pacific/Honolulu US/Hawaii"),
    ("Alaskan Standard Time", "America/Anchorage US/Alaska America/Juneau"),
    ("Pacific Standard Time", "America/Los_Angeles US/Pacific America/Vancouver PST8PDT"),
    ("US Mountain Standard Time", "America/Phoenix US/Arizona"),
    ("Mountain Standard Time", "America/Denver US/Mountain America/Edmonton MST7MDT America/Boise"),
    ("Central Standard Time", "America/Chicago US/Central America/Winnipeg CST6CDT"),
    ("Canada Central Standard Time", "America/Regina"),
    ("Central Standard Time (Mexico)", "America/Mexico_City"),
    ("SA Pacific Standard Time", "America/Bogota America/Lima America/Panama"),
    (
        "Eastern Standard Time",
        "America/New_York US/Eastern America/Toronto America/Detroit EST5EDT",
    ),
    ("US Eastern Standard Time", "America/Indianapolis America/Indiana/Indianapolis"),
    ("Venezuela Standard Time", "America/Caracas"),
    ("Atlantic Standard Time", "America/Halifax Atlantic/Bermuda"),
    ("SA Western Standard Time", "America/La_Paz America/Puerto_Rico"),
    ("Pacific SA Standard Time", "America/Santiago"),
    ("Newfoundland Standard Time", "America/St_Johns"),
    ("E. South America Standard Time", "America/Sao_Paulo"),
    ("Argentina Standard Time", "America/Buenos_Aires America/Argentina/Buenos_Aires"),
    ("Montevideo Standard Time", "America/Montevideo"),
    ("Azores Standard Time", "Atlantic/Azores"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik Africa/Abidjan Africa/Accra"),
    ("GMT Standard Time", "Europe/London GB Europe/Dublin Europe/Lisbon Eire Portugal"),
    ("Morocco Standard Time", "Africa/Casablanca"),
    (
        "W. Europe Standard Time",
        "Europe/Berlin Europe/Amsterdam Europe/Rome Europe/Stockholm Europe/Vienna Europe/Zurich \
         Europe/Oslo Europe/Luxembourg Europe/Monaco Europe/Malta Europe/Vaduz Europe/Busingen",
    ),
    ("Romance Standard Time", "Europe/Paris Europe/Brussels Europe/Copenhagen Europe/Madrid"),
    (
        "Central Europe Standard Time",
        "Europe/Budapest Europe/Prague Europe/Belgrade Europe/Bratislava Europe/Ljubljana \
         Europe/Tirane Europe/Podgorica",
    ),
    (
        "Central European Standard Time",
        "Europe/Warsaw Poland Europe/Sarajevo Europe/Skopje Europe/Zagreb CET MET",
    ),
    ("W. Central Africa Standard Time", "Africa/Lagos Africa/Algiers Africa/Tunis"),
    ("GTB Standard Time", "Europe/Bucharest Europe/Athens Asia/Nicosia EET"),
    (
        "FLE Standard Time",
        "Europe/Kiev Europe/Kyiv Europe/Helsinki Europe/Riga Europe/Sofia Europe/Tallinn Europe/Vilnius",
    ),
    ("Egypt Standard Time", "Africa/Cairo Egypt"),
    ("South Africa Standard Time", "Africa/Johannesburg Africa/Harare Africa/Maputo"),
    ("Israel Standard Time", "Asia/Jerusalem Israel Asia/Tel_Aviv"),
    ("Kaliningrad Standard Time", "Europe/Kaliningrad"),
    ("Turkey Standard Time", "Europe/Istanbul Turkey Asia/Istanbul"),
    ("Belarus Standard Time", "Europe/Minsk"),
    ("Russian Standard Time", "Europe/Moscow W-SU"),
    ("Arab Standard Time", "Asia/Riyadh Asia/Kuwait Asia/Qatar"),
    ("Arabic Standard Time", "Asia/Baghdad"),
    ("E. Africa Standard Time", "Africa/Nairobi Africa/Addis_Ababa"),
    ("Iran Standard Time", "Asia/Tehran Iran"),
    ("Arabian Standard Time", "Asia/Dubai Asia/Muscat"),
    ("Georgian Standard Time", "Asia/Tbilisi"),
    ("Afghanistan Standard Time", "Asia/Kabul"),
    ("West Asia Standard Time", "Asia/Tashkent"),
    ("Ekaterinburg Standard Time", "Asia/Yekaterinburg"),
    ("Pakistan Standard Time", "Asia/Karachi"),
    ("India Standard Time", "Asia/Calcutta Asia/Kolkata"),
    ("Sri Lanka Standard Time", "Asia/Colombo"),
    ("Nepal Standard Time", "Asia/Katmandu Asia/Kathmandu"),
    ("Bangladesh Standard Time", "Asia/Dhaka"),
    ("Myanmar Standard Time", "Asia/Rangoon Asia/Yangon"),
    ("SE Asia Standard Time", "Asia/Bangkok Asia/Jakarta Asia/Saigon Asia/Ho_Chi_Minh"),
    ("N. Central Asia Standard Time", "Asia/Novosibirsk"),
    ("China Standard Time", "Asia/Shanghai PRC Asia/Hong_Kong Asia/Macau Hongkong Asia/Chongqing"),
    ("Singapore Standard Time", "Asia/Singapore Singapore Asia/Kuala_Lumpur Asia/Manila"),
    ("Taipei Standard Time", "Asia/Taipei ROC"),
    ("W. Australia Standard Time", "Australia/Perth"),
    ("Tokyo Standard Time", "Asia/Tokyo Japan"),
    ("Korea Standard Time", "Asia/Seoul ROK"),
    ("Cen. Australia Standard Time", "Australia/Adelaide"),
    ("AUS Central Standard Time", "Australia/Darwin"),
    ("E. Australia Standard Time", "Australia/Brisbane"),
    ("AUS Eastern Standard Time", "Australia/Sydney Australia/Melbourne Australia/Canberra"),
    ("Tasmania Standard Time", "Australia/Hobart"),
    ("Vladivostok Standard Time", "Asia/Vladivostok"),
    ("New Zealand Standard Time", "Pacific/Auckland NZ"),
    ("Fiji Standard Time", "Pacific/Fiji"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_windows_names() {
        assert_eq!(windows_name("Europe/Berlin"), Some("W. Europe Standard Time"));
        assert_eq!(windows_name("Etc/UTC"), Some("UTC"));
        assert_eq!(windows_name("Europe"), None);
        let all: Vec<&str> = NAMES.iter().flat_map(|(_, zones)| zones.split(' ')).collect();
        let mut unique = all.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), all.len());
    }
}
