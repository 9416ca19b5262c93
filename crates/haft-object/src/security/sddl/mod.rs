//! Security descriptors as text (Microsoft: "Security Descriptor String Format", "ACE Strings", "SID
//! Strings").
//!
//! Conditions and resource attributes are not read or written: `NOT_SUPPORTED`.

mod read;
mod words;
mod write;

pub use read::{descriptor, sid};
pub use write::{descriptor as to_text, sid as sid_to_text};

#[cfg(test)]
mod tests {
    use super::super::descriptor::tests::any_descriptor;
    use super::super::{Ace, AceFlags, AceKind, Acl, AclPart, Control, SecurityDescriptor, Sid};
    use super::*;
    use crate::security::well_known;
    use haft_abi::{AccessMask, NtStatus};
    use proptest::prelude::*;

    /// What a text does not say is not compared.
    fn comparable(mut descriptor: SecurityDescriptor) -> SecurityDescriptor {
        descriptor.set_resource_manager(0);
        descriptor.set_control(Control::default());
        descriptor
    }

    #[test]
    fn the_documented_descriptor_is_read() {
        // Microsoft: "Security Descriptor String Format", in part.
        let text = "O:AOG:DAD:(A;;RPWPCCDCLCSWRCWDWOGA;;;S-1-0-0)";
        // A domain's administrators need the domain.
        assert_eq!(descriptor(text, None), Err(NtStatus::INVALID_SID));
        let read = descriptor(text, Some(&Sid::known(5, &[21, 1, 2, 3]))).unwrap();
        assert_eq!(read.owner.unwrap().to_string(), "S-1-5-32-548");
        assert_eq!(read.group.unwrap().to_string(), "S-1-5-21-1-2-3-512");
        let [ace] = read.dacl.list().unwrap().aces() else { panic!("one entry") };
        assert_eq!(ace.mask(), Some(AccessMask(0x100E_003F)));
    }

    #[test]
    fn a_descriptor_is_written_as_windows_writes_it() {
        let text = "O:BAG:SYD:PAI(A;OICI;FA;;;SY)(D;;0x3;;;S-1-22-1-7)S:(ML;;NW;;;LW)";
        let read = descriptor(text, None).unwrap();
        assert_eq!(to_text(&read).unwrap(), text);
        assert_eq!(
            to_text(&descriptor("D:NO_ACCESS_CONTROL", None).unwrap()).unwrap(),
            "D:NO_ACCESS_CONTROL"
        );
        assert_eq!(descriptor("D:", None).unwrap().dacl, AclPart::List(Acl::new()));
        assert_eq!(descriptor("", None).unwrap(), SecurityDescriptor::new());
        assert_eq!(descriptor(" D : (A;;GA;;;WD) ", None), descriptor("D:(A;;GA;;;WD)", None));
    }

    #[test]
    fn a_sid_is_two_letters_or_its_text() {
        assert_eq!(sid("WD", None), Ok(well_known::everyone()));
        assert_eq!(sid("ba", None), Ok(well_known::administrators()));
        assert_eq!(sid("S-1-5-18", None), Ok(well_known::local_system()));
        assert_eq!(sid("QQ", None), Err(NtStatus::INVALID_SID));
        assert_eq!(sid_to_text(&well_known::everyone()), "WD");
        assert_eq!(sid_to_text(&Sid::linux_user(7)), "S-1-22-1-7");
    }

    #[test]
    fn a_text_that_is_no_descriptor_is_refused() {
        for text in [
            "X:",
            "O:",
            "D:(A;;GA;;;)",
            "D:(A;;GA;;;WD",
            "D:(A;;GA;;WD)",
            "D:(Q;;GA;;;WD)",
            "D:(A;QQ;GA;;;WD)",
            "D:(A;;QQ;;;WD)",
            "D:(A;;0x1FFFFFFFF;;;WD)",
            "O:WDO:WD",
            "D:Q",
            "D:(A;;GA;;;WD)x",
            "D:NO_ACCESS_CONTROL(A;;GA;;;WD)",
            "D:(OA;;GA;zz;;WD)",
        ] {
            assert!(descriptor(text, None).is_err(), "{text}");
        }
        let conditional = r#"D:(XA;;GA;;;WD;(a == 1))"#;
        assert_eq!(descriptor(conditional, None), Err(NtStatus::NOT_SUPPORTED));
    }

    #[test]
    fn an_object_entry_keeps_its_guids() {
        let text = "D:(OA;;CR;00299570-246d-11d0-a768-00aa006e0529;;WD)";
        let read = descriptor(text, None).unwrap();
        let [Ace::Sid { object: Some([Some(guid), None]), .. }] = read.dacl.list().unwrap().aces()
        else {
            panic!("one GUID")
        };
        assert_eq!(guid[..6], [0x70, 0x95, 0x29, 0x00, 0x6d, 0x24]);
        assert_eq!(to_text(&read).unwrap(), text);
    }

    proptest! {
        #[test]
        fn a_descriptor_survives_its_text(descriptor in any_descriptor()) {
            if let Ok(text) = to_text(&descriptor) {
                let again = super::descriptor(&text, None);
                prop_assert!(again.is_ok(), "{text}");
                let again = again.unwrap();
                prop_assert_eq!(&again.owner, &descriptor.owner);
                prop_assert_eq!(to_text(&again).unwrap(), text);
                let (a, b) = (comparable(again), comparable(descriptor));
                prop_assert_eq!(a.dacl, b.dacl);
                prop_assert_eq!(a.sacl, b.sacl);
            }
        }

        #[test]
        fn any_text_is_a_descriptor_or_refused(
            text in "([OGDS]:)?[AIPR]{0,4}(\\([ADUOLMX;0-9xGWRS:-]{0,20}\\)){0,3}|[ -~]{0,40}|.*",
        ) {
            if let Ok(read) = descriptor(&text, None) {
                let written = to_text(&read).unwrap();
                prop_assert_eq!(to_text(&descriptor(&written, None).unwrap()), Ok(written));
            }
        }
    }

    #[test]
    fn an_entry_without_a_text_is_not_written() {
        let ace = Ace::new(
            AceKind::ALLOWED_CALLBACK,
            AceFlags::NONE,
            AccessMask(1),
            well_known::everyone(),
        );
        let dacl = AclPart::List(Acl::of(vec![ace]).unwrap());
        let descriptor = SecurityDescriptor { dacl, ..Default::default() };
        assert_eq!(to_text(&descriptor), Err(NtStatus::NOT_SUPPORTED));
    }
}
