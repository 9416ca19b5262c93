//! Security descriptors, as bytes and as text: what was understood says the same again.
#![no_main]

use haft_object::security::{SecurityDescriptor, sddl};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(descriptor) = SecurityDescriptor::from_bytes(data) {
        assert_eq!(SecurityDescriptor::from_bytes(&descriptor.to_bytes()), Ok(descriptor.clone()));
        if let Ok(text) = sddl::to_text(&descriptor) {
            let again = sddl::descriptor(&text, None).expect("what was written is read");
            assert_eq!(sddl::to_text(&again), Ok(text));
        }
    }
    if let Ok(text) = str::from_utf8(data)
        && let Ok(descriptor) = sddl::descriptor(text, None)
    {
        let bytes = descriptor.to_bytes();
        assert_eq!(SecurityDescriptor::from_bytes(&bytes), Ok(descriptor));
    }
});
