//! What each locale says of itself, by `LCTYPE` (Microsoft: "Locale Information Constants"): the
//! name of the constant, US English, and the invariant locale where it differs.

/// The value for US English and for the invariant locale.
pub(super) struct Row {
    pub(super) number: u32,
    pub(super) english: &'static str,
    pub(super) invariant: &'static str,
}

const fn row(number: u32, english: &'static str) -> Row {
    Row { number, english, invariant: english }
}

const fn both(number: u32, english: &'static str, invariant: &'static str) -> Row {
    Row { number, english, invariant }
}

/// By number.
pub(super) const ROWS: &[Row] = &[
    both(0x0001, "0409", "007f"), // ILANGUAGE
    both(0x0002, "English (United States)", "Invariant Language (Invariant Country)"), // SLOCALIZEDDISPLAYNAME
    both(0x0003, "ENU", "IVL"),                         // SABBREVLANGNAME
    both(0x0004, "English", "Invariant Language"),      // SNATIVELANGUAGENAME
    row(0x0005, "1"),                                   // IDIALINGCODE
    both(0x0006, "United States", "Invariant Country"), // SLOCALIZEDCOUNTRYNAME
    both(0x0007, "USA", "IVC"),                         // SABBREVCTRYNAME
    both(0x0008, "United States", "Invariant Country"), // SNATIVECOUNTRYNAME
    row(0x0009, "0409"),                                // IDEFAULTLANGUAGE
    row(0x000a, "1"),                                   // IDEFAULTCOUNTRY
    row(0x000b, "65001"),                               // IDEFAULTCODEPAGE
    row(0x000c, ","),                                   // SLIST
    both(0x000d, "1", "0"),                             // IMEASURE
    row(0x000e, "."),                                   // SDECIMAL
    row(0x000f, ","),                                   // STHOUSAND
    row(0x0010, "3;0"),                                 // SGROUPING
    row(0x0011, "2"),                                   // IDIGITS
    row(0x0012, "1"),                                   // ILZERO
    row(0x0013, "0123456789"),                          // SNATIVEDIGITS
    both(0x0014, "$", "\u{A4}"),                        // SCURRENCY
    both(0x0015, "USD", "XDR"),                         // SINTLSYMBOL
    row(0x0016, "."),                                   // SMONDECIMALSEP
    row(0x0017, ","),                                   // SMONTHOUSANDSEP
    row(0x0018, "3;0"),                                 // SMONGROUPING
    row(0x0019, "2"),                                   // ICURRDIGITS
    row(0x001a, "2"),                                   // IINTLCURRDIGITS
    row(0x001b, "0"),                                   // ICURRENCY
    row(0x001c, "0"),                                   // INEGCURR
    row(0x001d, "/"),                                   // SDATE
    row(0x001e, ":"),                                   // STIME
    both(0x001f, "M/d/yyyy", "MM/dd/yyyy"),             // SSHORTDATE
    both(0x0020, "dddd, MMMM d, yyyy", "dddd, dd MMMM yyyy"), // SLONGDATE
    row(0x0021, "0"),                                   // IDATE
    both(0x0022, "0", "1"),                             // ILDATE
    both(0x0023, "0", "1"),                             // ITIME
    row(0x0024, "1"),                                   // ICENTURY
    both(0x0025, "0", "1"),                             // ITLZERO
    both(0x0026, "0", "1"),                             // IDAYLZERO
    both(0x0027, "0", "1"),                             // IMONLZERO
    row(0x0028, "AM"),                                  // SAM
    row(0x0029, "PM"),                                  // SPM
    row(0x002a, "Monday"),                              // SDAYNAME1
    row(0x002b, "Tuesday"),                             // SDAYNAME2
    row(0x002c, "Wednesday"),                           // SDAYNAME3
    row(0x002d, "Thursday"),                            // SDAYNAME4
    row(0x002e, "Friday"),                              // SDAYNAME5
    row(0x002f, "Saturday"),                            // SDAYNAME6
    row(0x0030, "Sunday"),                              // SDAYNAME7
    row(0x0031, "Mon"),                                 // SABBREVDAYNAME1
    row(0x0032, "Tue"),                                 // SABBREVDAYNAME2
    row(0x0033, "Wed"),                                 // SABBREVDAYNAME3
    row(0x0034, "Thu"),                                 // SABBREVDAYNAME4
    row(0x0035, "Fri"),                                 // SABBREVDAYNAME5
    row(0x0036, "Sat"),                                 // SABBREVDAYNAME6
    row(0x0037, "Sun"),                                 // SABBREVDAYNAME7
    row(0x0038, "January"),                             // SMONTHNAME1
    row(0x0039, "February"),                            // SMONTHNAME2
    row(0x003a, "March"),                               // SMONTHNAME3
    row(0x003b, "April"),                               // SMONTHNAME4
    row(0x003c, "May"),                                 // SMONTHNAME5
    row(0x003d, "June"),                                // SMONTHNAME6
    row(0x003e, "July"),                                // SMONTHNAME7
    row(0x003f, "August"),                              // SMONTHNAME8
    row(0x0040, "September"),                           // SMONTHNAME9
    row(0x0041, "October"),                             // SMONTHNAME10
    row(0x0042, "November"),                            // SMONTHNAME11
    row(0x0043, "December"),                            // SMONTHNAME12
    row(0x0044, "Jan"),                                 // SABBREVMONTHNAME1
    row(0x0045, "Feb"),                                 // SABBREVMONTHNAME2
    row(0x0046, "Mar"),                                 // SABBREVMONTHNAME3
    row(0x0047, "Apr"),                                 // SABBREVMONTHNAME4
    row(0x0048, "May"),                                 // SABBREVMONTHNAME5
    row(0x0049, "Jun"),                                 // SABBREVMONTHNAME6
    row(0x004a, "Jul"),                                 // SABBREVMONTHNAME7
    row(0x004b, "Aug"),                                 // SABBREVMONTHNAME8
    row(0x004c, "Sep"),                                 // SABBREVMONTHNAME9
    row(0x004d, "Oct"),                                 // SABBREVMONTHNAME10
    row(0x004e, "Nov"),                                 // SABBREVMONTHNAME11
    row(0x004f, "Dec"),                                 // SABBREVMONTHNAME12
    both(0x0050, "", "+"),                              // SPOSITIVESIGN
    row(0x0051, "-"),                                   // SNEGATIVESIGN
    row(0x0052, "3"),                                   // IPOSSIGNPOSN
    row(0x0053, "0"),                                   // INEGSIGNPOSN
    row(0x0054, "1"),                                   // IPOSSYMPRECEDES
    row(0x0055, "0"),                                   // IPOSSEPBYSPACE
    row(0x0056, "1"),                                   // INEGSYMPRECEDES
    row(0x0057, "0"),                                   // INEGSEPBYSPACE
    both(0x0059, "en", "iv"),                           // SISO639LANGNAME
    both(0x005a, "US", "IV"),                           // SISO3166CTRYNAME
    both(0x005b, "244", "-1"),                          // IGEOID
    both(0x005c, "en-US", ""),                          // SNAME
    both(0x005d, "h:mm:ss", "HH:mm:ss"),                // SDURATION
    row(0x005e, "0409:00000409"),                       // SKEYBOARDSTOINSTALL
    row(0x0060, "Mo"),                                  // SSHORTESTDAYNAME1
    row(0x0061, "Tu"),                                  // SSHORTESTDAYNAME2
    row(0x0062, "We"),                                  // SSHORTESTDAYNAME3
    row(0x0063, "Th"),                                  // SSHORTESTDAYNAME4
    row(0x0064, "Fr"),                                  // SSHORTESTDAYNAME5
    row(0x0065, "Sa"),                                  // SSHORTESTDAYNAME6
    row(0x0066, "Su"),                                  // SSHORTESTDAYNAME7
    both(0x0067, "eng", "ivl"),                         // SISO639LANGNAME2
    both(0x0068, "USA", "ivc"),                         // SISO3166CTRYNAME2
    row(0x0069, "NaN"),                                 // SNAN
    both(0x006a, "\u{221E}", "Infinity"),               // SPOSINFINITY
    both(0x006b, "-\u{221E}", "-Infinity"),             // SNEGINFINITY
    row(0x006c, "Latn;"),                               // SSCRIPTS
    both(0x006d, "en", ""),                             // SPARENT
    row(0x006e, "en-US"),                               // SCONSOLEFALLBACKNAME
    both(0x006f, "English", "Invariant Language"),      // SLOCALIZEDLANGUAGENAME
    row(0x0070, "0"),                                   // IREADINGLAYOUT
    row(0x0071, "0"),                                   // INEUTRAL
    both(0x0072, "English (United States)", "Invariant Language (Invariant Country)"), // SENGLISHDISPLAYNAME
    both(0x0073, "English (United States)", "Invariant Language (Invariant Country)"), // SNATIVEDISPLAYNAME
    both(0x0074, "1", "0"),                             // INEGATIVEPERCENT
    both(0x0075, "1", "0"),                             // IPOSITIVEPERCENT
    row(0x0076, "%"),                                   // SPERCENT
    row(0x0077, "\u{2030}"),                            // SPERMILLE
    both(0x0078, "MMMM d", "MMMM dd"),                  // SMONTHDAY
    both(0x0079, "h:mm tt", "HH:mm"),                   // SSHORTTIME
    both(0x007a, "ENG ", "dflt"),                       // SOPENTYPELANGUAGETAG
    both(0x007b, "en-US", ""),                          // SSORTLOCALE
    both(0x007c, "dddd, MMMM d", "dddd, dd MMMM"),      // SRELATIVELONGDATE
    row(0x007e, "A"),                                   // SSHORTESTAM
    row(0x007f, "P"),                                   // SSHORTESTPM
    both(0x1001, "English", "Invariant Language"),      // SENGLISHLANGUAGENAME
    both(0x1002, "United States", "Invariant Country"), // SENGLISHCOUNTRYNAME
    both(0x1003, "h:mm:ss tt", "HH:mm:ss"),             // STIMEFORMAT
    row(0x1004, "65001"),                               // IDEFAULTANSICODEPAGE
    row(0x1005, "0"),                                   // ITIMEMARKPOSN
    both(0x1006, "MMMM yyyy", "yyyy MMMM"),             // SYEARMONTH
    both(0x1007, "US Dollar", "International Monetary Fund"), // SENGCURRNAME
    both(0x1008, "US Dollar", "International Monetary Fund"), // SNATIVECURRNAME
    row(0x1009, "1"),                                   // ICALENDARTYPE
    both(0x100a, "1", "9"),                             // IPAPERSIZE
    row(0x100b, "0"),                                   // IOPTIONALCALENDAR
    row(0x100c, "6"),                                   // IFIRSTDAYOFWEEK
    row(0x100d, "0"),                                   // IFIRSTWEEKOFYEAR
    row(0x100e, ""),                                    // SMONTHNAME13
    row(0x100f, ""),                                    // SABBREVMONTHNAME13
    row(0x1010, "1"),                                   // INEGNUMBER
    row(0x1011, "10000"),                               // IDEFAULTMACCODEPAGE
    row(0x1012, "037"),                                 // IDEFAULTEBCDICCODEPAGE
    row(0x1013, "Default"),                             // SSORTNAME
    row(0x1014, "1"),                                   // IDIGITSUBSTITUTION
];
