//! SIDs that mean the same everywhere (Microsoft: "Well-known SIDs", "WELL_KNOWN_SID_TYPE
//! enumeration").

use super::Sid;

macro_rules! sids {
    ($($(#[$doc:meta])* $name:ident = $authority:literal $parts:expr;)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name() -> Sid {
            Sid::known($authority, &$parts)
        })*
    };
}

sids! {
    /// Nobody.
    null = 0 [0];
    /// Everybody.
    everyone = 1 [0];
    /// Who is logged on at the machine.
    local = 2 [0];
    /// Who is logged on at the console.
    console_logon = 2 [1];
    /// Stands for the creator in an entry that is inherited.
    creator_owner = 3 [0];
    /// Stands for the creator's group in an entry that is inherited.
    creator_group = 3 [1];
    /// The owner of the object, in place of the rights that an owner has by itself.
    owner_rights = 3 [4];
    /// Who is logged on by a network.
    network = 5 [2];
    /// Who is logged on to run a batch.
    batch = 5 [3];
    /// Who is logged on to work.
    interactive = 5 [4];
    /// Who is logged on to be a service.
    service = 5 [6];
    /// Who did not say a name.
    anonymous = 5 [7];
    /// The object itself.
    principal_self = 5 [10];
    /// Who has said a name.
    authenticated_users = 5 [11];
    /// Restricted code.
    restricted = 5 [12];
    /// An account of this machine.
    this_organization = 5 [15];
    /// The system.
    local_system = 5 [18];
    /// A service without rights.
    local_service = 5 [19];
    /// A service without rights that uses the network.
    network_service = 5 [20];
    /// Administrators of the machine.
    administrators = 5 [32, 544];
    /// Users of the machine.
    users = 5 [32, 545];
    /// Guests of the machine.
    guests = 5 [32, 546];
    /// Code restricted to what it may write.
    write_restricted = 5 [33];
    /// An account of the machine.
    local_account = 5 [113];
    /// The level of code that nobody trusts.
    untrusted_label = 16 [0];
    /// The low integrity level.
    low_label = 16 [0x1000];
    /// The integrity level of users.
    medium_label = 16 [0x2000];
    /// A bit more than that.
    medium_plus_label = 16 [0x2100];
    /// The integrity level of administrators.
    high_label = 16 [0x3000];
    /// The integrity level of the system.
    system_label = 16 [0x4000];
}

/// The integrity level of a label; `None` for another SID.
#[must_use]
pub fn integrity_level(sid: &Sid) -> Option<u32> {
    match (sid.authority(), sid.parts()) {
        (16, &[level]) => Some(level),
        _ => None,
    }
}

/// What a `WELL_KNOWN_SID_TYPE` is made of.
enum Made {
    Of(u8, &'static [u32]),
    /// A relative identifier below a domain.
    InDomain(u32),
}
use Made::{InDomain, Of};

/// By number, those that are a SID of their own.
const KINDS: &[(u32, Made)] = &[
    (0, Of(0, &[0])),
    (1, Of(1, &[0])),
    (2, Of(2, &[0])),
    (3, Of(3, &[0])),
    (4, Of(3, &[1])),
    (5, Of(3, &[2])),
    (6, Of(3, &[3])),
    (7, Of(5, &[])),
    (8, Of(5, &[1])),
    (9, Of(5, &[2])),
    (10, Of(5, &[3])),
    (11, Of(5, &[4])),
    (12, Of(5, &[6])),
    (13, Of(5, &[7])),
    (14, Of(5, &[8])),
    (15, Of(5, &[9])),
    (16, Of(5, &[10])),
    (17, Of(5, &[11])),
    (18, Of(5, &[12])),
    (19, Of(5, &[13])),
    (20, Of(5, &[14])),
    (22, Of(5, &[18])),
    (23, Of(5, &[19])),
    (24, Of(5, &[20])),
    (25, Of(5, &[32])),
    (26, Of(5, &[32, 544])),
    (27, Of(5, &[32, 545])),
    (28, Of(5, &[32, 546])),
    (29, Of(5, &[32, 547])),
    (30, Of(5, &[32, 548])),
    (31, Of(5, &[32, 549])),
    (32, Of(5, &[32, 550])),
    (33, Of(5, &[32, 551])),
    (34, Of(5, &[32, 552])),
    (35, Of(5, &[32, 554])),
    (36, Of(5, &[32, 555])),
    (37, Of(5, &[32, 556])),
    (38, InDomain(500)),
    (39, InDomain(501)),
    (40, InDomain(502)),
    (41, InDomain(512)),
    (42, InDomain(513)),
    (43, InDomain(514)),
    (44, InDomain(515)),
    (45, InDomain(516)),
    (46, InDomain(517)),
    (47, InDomain(518)),
    (48, InDomain(519)),
    (49, InDomain(520)),
    (50, InDomain(553)),
    (51, Of(5, &[64, 10])),
    (52, Of(5, &[64, 21])),
    (53, Of(5, &[64, 14])),
    (54, Of(5, &[15])),
    (55, Of(5, &[1000])),
    (56, Of(5, &[32, 557])),
    (57, Of(5, &[32, 558])),
    (58, Of(5, &[32, 559])),
    (59, Of(5, &[32, 560])),
    (60, Of(5, &[32, 561])),
    (61, Of(5, &[32, 562])),
    (62, Of(5, &[32, 568])),
    (63, Of(5, &[17])),
    (64, Of(5, &[32, 569])),
    (65, Of(16, &[0])),
    (66, Of(16, &[0x1000])),
    (67, Of(16, &[0x2000])),
    (68, Of(16, &[0x3000])),
    (69, Of(16, &[0x4000])),
    (70, Of(5, &[33])),
    (71, Of(3, &[4])),
    (74, Of(5, &[22])),
    (76, Of(5, &[32, 573])),
    (78, Of(5, &[32, 574])),
    (79, Of(16, &[0x2100])),
    (81, Of(2, &[1])),
    (82, Of(5, &[65, 1])),
    (84, Of(15, &[2, 1])),
    (85, Of(15, &[3, 1])),
    (86, Of(15, &[3, 2])),
    (87, Of(15, &[3, 3])),
    (88, Of(15, &[3, 4])),
    (89, Of(15, &[3, 5])),
    (90, Of(15, &[3, 6])),
    (91, Of(15, &[3, 7])),
    (92, Of(15, &[3, 9])),
    (93, Of(15, &[3, 8])),
];

/// The SID of a `WELL_KNOWN_SID_TYPE`, in a domain where it is one of a domain's; `None` for a
/// number that haft does not know, or without the domain that it needs.
#[must_use]
pub fn of_type(number: u32, domain: Option<&Sid>) -> Option<Sid> {
    match &KINDS.iter().find(|(kind, _)| *kind == number)?.1 {
        Of(authority, parts) => Some(Sid::known(*authority, parts)),
        InDomain(relative) => domain?.with(*relative),
    }
}

/// Whether a SID is of a `WELL_KNOWN_SID_TYPE`, of whichever domain (Microsoft: "IsWellKnownSid
/// function").
#[must_use]
pub fn is_of_type(sid: &Sid, number: u32) -> bool {
    let Some((_, made)) = KINDS.iter().find(|(kind, _)| *kind == number) else { return false };
    match made {
        Of(authority, parts) => sid == &Sid::known(*authority, parts),
        InDomain(relative) => match (sid.authority(), sid.parts()) {
            (5, [21, _, _, _, last]) => last == relative,
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_its_sid() {
        assert_eq!(of_type(26, None), Some(administrators()));
        assert_eq!(of_type(38, None), None);
        let domain = Sid::known(5, &[21, 1, 2, 3]);
        let administrator = of_type(38, Some(&domain)).unwrap();
        assert_eq!(administrator.to_string(), "S-1-5-21-1-2-3-500");
        assert!(is_of_type(&administrator, 38) && !is_of_type(&administrator, 39));
        assert!(is_of_type(&everyone(), 1) && !is_of_type(&everyone(), 2));
    }
}
