//! The user.

use crate::abi::{Charset, InOut, TBuf};
use haft_abi::{Win32Error, wide};
use haft_kernel::ex::machine;
use haft_macros::export;

/// Tells the name of the user: of the Linux account. (Microsoft: "GetUserNameW function")
#[export(advapi32, charset)]
fn GetUserName<C: Charset>(lpBuffer: TBuf<C>, pcbBuffer: InOut<u32>) -> Result<(), Win32Error> {
    let name = wide::from_str(&machine::user_name());
    let filled = lpBuffer.fill(pcbBuffer.get(), &name)?;
    // With the terminator, whether it fits or not.
    pcbBuffer.set(C::encode(&name).len() as u32 + 1)?;
    filled.stored_or(Win32Error::INSUFFICIENT_BUFFER)?;
    Ok(())
}
