//! The words of the language.

use super::super::{AceKind, Sid, well_known};

/// Two letters for a SID (Microsoft: "SID Strings"), by its `WELL_KNOWN_SID_TYPE`.
const SIDS: &[(&str, u32)] = &[
    ("AC", 84),
    ("AN", 13),
    ("AO", 30),
    ("AU", 17),
    ("BA", 26),
    ("BG", 28),
    ("BO", 33),
    ("BU", 27),
    ("CA", 46),
    ("CD", 78),
    ("CG", 4),
    ("CO", 3),
    ("CY", 62),
    ("DA", 41),
    ("DC", 44),
    ("DD", 45),
    ("DG", 43),
    ("DU", 42),
    ("EA", 48),
    ("ED", 15),
    ("ER", 76),
    ("HI", 68),
    ("IS", 62),
    ("IU", 11),
    ("LA", 38),
    ("LG", 39),
    ("LS", 23),
    ("LU", 61),
    ("LW", 66),
    ("ME", 67),
    ("MP", 79),
    ("MU", 60),
    ("NO", 37),
    ("NS", 24),
    ("NU", 9),
    ("OW", 71),
    ("PA", 49),
    ("PO", 32),
    ("PS", 16),
    ("PU", 29),
    ("RC", 18),
    ("RD", 36),
    ("RE", 34),
    ("RO", 74),
    ("RS", 50),
    ("RU", 35),
    ("SA", 47),
    ("SI", 69),
    ("SO", 31),
    ("SU", 12),
    ("SY", 22),
    ("WD", 1),
    ("WR", 70),
];

/// The SID of two letters; some are a domain's.
pub fn sid_of(letters: &str, domain: Option<&Sid>) -> Option<Sid> {
    let (_, kind) = SIDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(letters))?;
    // The words for two kinds that are no domain's are not those of that number.
    match letters.to_ascii_uppercase().as_str() {
        "IS" => Some(Sid::known(5, &[32, 568])),
        "CY" => Some(Sid::known(5, &[32, 569])),
        "RO" => domain?.with(498),
        _ => well_known::of_type(*kind, domain),
    }
}

/// The two letters of a SID; none for one of a domain's, which another machine reads as its own.
pub fn letters_of(sid: &Sid) -> Option<&'static str> {
    SIDS.iter().map(|(word, _)| *word).find(|word| sid_of(word, None).as_ref() == Some(sid))
}

/// Types of entries (Microsoft: "ACE Strings").
pub const KINDS: &[(&str, AceKind)] = &[
    ("A", AceKind::ALLOWED),
    ("D", AceKind::DENIED),
    ("AU", AceKind::AUDIT),
    ("AL", AceKind::ALARM),
    ("OA", AceKind::ALLOWED_OBJECT),
    ("OD", AceKind::DENIED_OBJECT),
    ("OU", AceKind::AUDIT_OBJECT),
    ("OL", AceKind::ALARM_OBJECT),
    ("ML", AceKind::MANDATORY_LABEL),
    ("SP", AceKind::SCOPED_POLICY_ID),
];

/// Types of entries that carry a condition or an attribute, which is not read.
pub const UNREAD_KINDS: &[&str] = &["XA", "XD", "XU", "ZA", "RA", "TL", "FL"];

/// Flags of entries.
pub const FLAGS: &[(&str, u8)] = &[
    ("OI", 0x01),
    ("CI", 0x02),
    ("NP", 0x04),
    ("IO", 0x08),
    ("ID", 0x10),
    ("SA", 0x40),
    ("FA", 0x80),
];

/// Rights of which one word says the whole mask.
pub const WHOLE_RIGHTS: &[(&str, u32)] = &[
    ("FA", 0x001F_01FF),
    ("FR", 0x0012_0089),
    ("FW", 0x0012_0116),
    ("FX", 0x0012_00A0),
    ("KA", 0x000F_003F),
    ("KR", 0x0002_0019),
    ("KW", 0x0002_0006),
    ("KX", 0x0002_0019),
];

/// Rights, a word each.
pub const RIGHTS: &[(&str, u32)] = &[
    ("CC", 0x0000_0001),
    ("DC", 0x0000_0002),
    ("LC", 0x0000_0004),
    ("SW", 0x0000_0008),
    ("RP", 0x0000_0010),
    ("WP", 0x0000_0020),
    ("DT", 0x0000_0040),
    ("LO", 0x0000_0080),
    ("CR", 0x0000_0100),
    ("SD", 0x0001_0000),
    ("RC", 0x0002_0000),
    ("WD", 0x0004_0000),
    ("WO", 0x0008_0000),
    ("GA", 0x1000_0000),
    ("GX", 0x2000_0000),
    ("GW", 0x4000_0000),
    ("GR", 0x8000_0000),
];

/// What an integrity label keeps from lower levels.
pub const LABEL_RIGHTS: &[(&str, u32)] = &[("NW", 1), ("NR", 2), ("NX", 4)];

/// The flags of a list, and which bits of the control they are in a DACL and in a SACL.
pub const LIST_FLAGS: &[(&str, u16, u16)] =
    &[("P", 0x1000, 0x2000), ("AR", 0x0100, 0x0200), ("AI", 0x0400, 0x0800)];

/// A null list.
pub const NULL_LIST: &str = "NO_ACCESS_CONTROL";
