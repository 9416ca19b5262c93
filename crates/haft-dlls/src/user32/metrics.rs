//! What is known of the desktop, of which there is none.

use haft_macros::export;

/// Tells a measure or a setting of the desktop. There is no screen, mouse or window, so nearly all
/// are zero, as documented for what there is not. (Microsoft: "GetSystemMetrics function")
#[export(user32)]
fn GetSystemMetrics(nIndex: i32) -> i32 {
    /// `SM_NETWORK`: the least significant bit says that there is one.
    const NETWORK: i32 = 63;
    i32::from(nIndex == NETWORK)
}
