//! Entries by whom they are for.

use crate::abi::{Charset, Out, Ptr};
use crate::captured;
use haft_abi::{AccessMask, NtStatus, Win32Error, wide};
use haft_kernel::ex::allocation;
use haft_kernel::se::security::{AccessMode, AceFlags, Acl, ExplicitEntry, Sid};
use haft_kernel::se::{account, check};
use haft_macros::export;

/// The bytes of an `EXPLICIT_ACCESS`, and where its trustee is.
const SIZE: usize = 48;
const TRUSTEE: usize = 16;

/// Whom a `TRUSTEE` means.
///
/// # Errors
/// `INVALID_PARAMETER`, `INVALID_SID`, `NONE_MAPPED`, `NOT_SUPPORTED` for objects,
/// `ACCESS_VIOLATION`.
fn trustee<C: Charset>(at: Ptr<u8>) -> Result<Sid, NtStatus> {
    let form = at.byte_add(12).cast::<u32>().read()?;
    let name = at.byte_add(24).cast::<usize>().read()?;
    match form {
        0 => captured::sid(Ptr::new(name)),
        1 => {
            let name = wide::to_string(&C::read_z(name, usize::MAX)?);
            if name.eq_ignore_ascii_case("CURRENT_USER") {
                return Ok(check::effective()?.user);
            }
            Ok(account::by_name(&name)?.sid)
        }
        3 | 4 => Err(NtStatus::NOT_SUPPORTED),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

fn entry<C: Charset>(at: Ptr<u8>) -> Result<Option<ExplicitEntry>, NtStatus> {
    let [mask, mode, inheritance]: [u32; 3] = at.cast().read()?;
    let mode = match mode {
        0 => return Ok(None),
        1 => AccessMode::Grant,
        2 => AccessMode::Set,
        3 => AccessMode::Deny,
        4 => AccessMode::Revoke,
        5 => AccessMode::Audit(false),
        6 => AccessMode::Audit(true),
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    let flags = AceFlags((inheritance & 0xF) as u8);
    let sid = trustee::<C>(at.byte_add(TRUSTEE))?;
    Ok(Some(ExplicitEntry { mode, mask: AccessMask(mask), flags, sid }))
}

/// A list with entries worked into it, in memory that LocalFree frees. (Microsoft:
/// "SetEntriesInAclW function")
#[export(advapi32, charset)]
fn SetEntriesInAcl<C: Charset>(
    cCountOfExplicitEntries: u32,
    pListOfExplicitEntries: Ptr<u8>,
    OldAcl: Ptr<u8>,
    NewAcl: Out<usize>,
) -> Win32Error {
    const MOST: u32 = 0x4000;
    let work = || -> Result<(), NtStatus> {
        NewAcl.probe()?;
        if cCountOfExplicitEntries > MOST {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let old = OldAcl.non_null().map(captured::acl).transpose()?.unwrap_or_else(Acl::new);
        let at = |index: u32| pListOfExplicitEntries.byte_add(index as usize * SIZE);
        let entries = (0..cCountOfExplicitEntries).map(|index| entry::<C>(at(index)));
        let entries: Vec<_> = entries.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        let made = old.with_entries(&entries)?;
        Ok(NewAcl.set(allocation::allocate_slice(&made.to_bytes())?)?)
    };
    work().map_or_else(Win32Error::from, |()| Win32Error::SUCCESS)
}

/// Fills a trustee that a SID says. (Microsoft: "BuildTrusteeWithSidW function")
#[export(advapi32, name = "BuildTrusteeWithSidW", also = "BuildTrusteeWithSidA")]
fn BuildTrusteeWithSid(pTrustee: Ptr<u8>, pSid: usize) {
    let fill = || -> Result<(), haft_host::guest::Fault> {
        pTrustee.write_slice(&[0; 32])?;
        pTrustee.byte_add(24).cast::<usize>().write(pSid)
    };
    crate::hooks::or_fault(fill());
}
