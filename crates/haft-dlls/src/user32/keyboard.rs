//! Keys.

use haft_kernel::ex::keyboard;
use haft_macros::export;

/// Tells of a key of a keyboard of the United States its scan code, its virtual key or its
/// character; 0 for none. (Microsoft: "MapVirtualKeyW function")
#[export(user32, name = "MapVirtualKeyW", also = "MapVirtualKeyA")]
fn MapVirtualKey(uCode: u32, uMapType: u32) -> u32 {
    const KEY_TO_SCAN: u32 = 0;
    const SCAN_TO_KEY: u32 = 1;
    const KEY_TO_CHARACTER: u32 = 2;
    const SCAN_TO_SIDE_KEY: u32 = 3;
    const KEY_TO_EXTENDED_SCAN: u32 = 4;
    let key = u8::try_from(uCode).unwrap_or(0);
    match uMapType {
        KEY_TO_SCAN => u32::from(keyboard::scan_of_key(key) & 0xFF),
        KEY_TO_EXTENDED_SCAN => keyboard::scan_of_key(key).into(),
        SCAN_TO_KEY => keyboard::without_side(keyboard::key_of_scan(uCode)).into(),
        SCAN_TO_SIDE_KEY => keyboard::key_of_scan(uCode).into(),
        KEY_TO_CHARACTER => keyboard::character_of_key(key).into(),
        _ => 0,
    }
}
