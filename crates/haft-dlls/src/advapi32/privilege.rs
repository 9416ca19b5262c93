//! Privileges.

use super::token;
use crate::abi::{Charset, In, InOut, Out, Ptr, SetIfSome as _, TBuf, TStr};
use haft_abi::{Handle, NtStatus, Win32Error, wide};
use haft_kernel::se::check;
use haft_kernel::se::security::Privilege;
use haft_macros::export;

/// Whether a call is about this machine: its own name, or none.
///
/// # Errors
/// `BAD_NETPATH`, as documented where another machine cannot be asked.
pub(super) fn check_machine<C: Charset>(name: Option<&TStr<C>>) -> Result<(), Win32Error> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(()) };
    let name = wide::to_string(name);
    let name = name.trim_start_matches('\\');
    let own = haft_kernel::ex::machine::netbios_name();
    if name.eq_ignore_ascii_case(&own) || name == "." {
        Ok(())
    } else {
        Err(Win32Error::BAD_NETPATH)
    }
}

/// Tells the number of a privilege. (Microsoft: "LookupPrivilegeValueW function")
#[export(advapi32, charset)]
fn LookupPrivilegeValue<C: Charset>(
    lpSystemName: Option<TStr<C>>,
    lpName: TStr<C>,
    lpLuid: Out<u64>,
) -> Result<(), Win32Error> {
    check_machine(lpSystemName.as_ref())?;
    let privilege = Privilege::named(&wide::to_string(&lpName));
    let privilege = privilege.ok_or(NtStatus::NO_SUCH_PRIVILEGE)?;
    Ok(lpLuid.set(u64::from(privilege.0))?)
}

fn fill<C: Charset>(
    text: Option<&'static str>,
    buffer: TBuf<C>,
    count: &InOut<u32>,
) -> Result<(), Win32Error> {
    let text = wide::from_str(text.ok_or(NtStatus::NO_SUCH_PRIVILEGE)?);
    let filled = buffer.fill(if buffer.is_null() { 0 } else { count.get() }, &text)?;
    count.set(filled.count())?;
    filled.stored_or(Win32Error::INSUFFICIENT_BUFFER)?;
    Ok(())
}

fn by_luid(luid: u64) -> Privilege {
    Privilege(u32::try_from(luid).unwrap_or(u32::MAX))
}

/// Tells the name of a privilege. (Microsoft: "LookupPrivilegeNameW function")
#[export(advapi32, charset)]
fn LookupPrivilegeName<C: Charset>(
    lpSystemName: Option<TStr<C>>,
    lpLuid: In<u64>,
    lpName: TBuf<C>,
    cchName: InOut<u32>,
) -> Result<(), Win32Error> {
    check_machine(lpSystemName.as_ref())?;
    fill(by_luid(lpLuid.get()).name(), lpName, &cchName)
}

/// Tells in words what a privilege is for. (Microsoft: "LookupPrivilegeDisplayNameW function")
#[export(advapi32, charset)]
fn LookupPrivilegeDisplayName<C: Charset>(
    lpSystemName: Option<TStr<C>>,
    lpName: TStr<C>,
    lpDisplayName: TBuf<C>,
    cchDisplayName: InOut<u32>,
    lpLanguageId: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    const ENGLISH_US: u32 = 0x409;
    check_machine(lpSystemName.as_ref())?;
    let privilege = Privilege::named(&wide::to_string(&lpName));
    fill(privilege.and_then(Privilege::display_name), lpDisplayName, &cchDisplayName)?;
    Ok(lpLanguageId.set(ENGLISH_US)?)
}

/// Tells whether a client has privileges in use. (Microsoft: "PrivilegeCheck function")
#[export(advapi32)]
fn PrivilegeCheck(
    ClientToken: Handle,
    RequiredPrivileges: Ptr<u8>,
    pfResult: Out<u32>,
) -> Result<(), Win32Error> {
    const PRIVILEGE_SET_ALL_NECESSARY: u32 = 1;
    let [count, control] = RequiredPrivileges.cast::<[u32; 2]>().read()?;
    let mut privileges = token::privileges_at(RequiredPrivileges.byte_add(8), count)?;
    let all = control & PRIVILEGE_SET_ALL_NECESSARY != 0;
    let has = check::privilege_check(ClientToken, &mut privileges, all)?;
    for (index, held) in privileges.iter().enumerate() {
        let place = RequiredPrivileges.byte_add(8 + 12 * index + 8);
        place.cast::<u32>().write(held.attributes.0)?;
    }
    Ok(pfResult.set(has.into())?)
}
