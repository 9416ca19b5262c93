//! Accounts by name and by SID.

use super::privilege::check_machine;
use crate::abi::{Charset, InOut, Out, Ptr, TBuf, TStr};
use crate::captured;
use haft_abi::{Win32Error, wide};
use haft_kernel::se::account::{self, Named};
use haft_macros::export;

/// Stores a name and a domain, or says how much room they need.
fn fill<C: Charset>(places: [(TBuf<C>, &InOut<u32>, &str); 2]) -> Result<(), Win32Error> {
    let texts = places.map(|(buffer, count, text)| (buffer, count, wide::from_str(text)));
    // Nothing is stored unless everything fits.
    let needed = texts.each_ref().map(|(_, _, text)| C::encode(text).len() as u32 + 1);
    let fits = texts
        .iter()
        .zip(needed)
        .all(|((buffer, count, _), needed)| !buffer.is_null() && needed <= count.get());
    for ((buffer, count, text), needed) in texts.iter().zip(needed) {
        if !fits {
            count.set(needed)?;
            continue;
        }
        count.set(buffer.fill(count.get(), text)?.count())?;
    }
    if fits { Ok(()) } else { Err(Win32Error::INSUFFICIENT_BUFFER) }
}

/// Tells the account of a SID. (Microsoft: "LookupAccountSidW function")
#[export(advapi32, charset)]
fn LookupAccountSid<C: Charset>(
    lpSystemName: Option<TStr<C>>,
    Sid: Ptr<u8>,
    Name: TBuf<C>,
    cchName: InOut<u32>,
    ReferencedDomainName: TBuf<C>,
    cchReferencedDomainName: InOut<u32>,
    peUse: Out<u32>,
) -> Result<(), Win32Error> {
    check_machine(lpSystemName.as_ref())?;
    let Named { name, domain, name_use, .. } = account::by_sid(&captured::sid(Sid)?)?;
    fill([(Name, &cchName, &name), (ReferencedDomainName, &cchReferencedDomainName, &domain)])?;
    Ok(peUse.set(name_use as u32)?)
}

/// Tells the SID of an account. (Microsoft: "LookupAccountNameW function")
#[export(advapi32, charset)]
fn LookupAccountName<C: Charset>(
    lpSystemName: Option<TStr<C>>,
    lpAccountName: TStr<C>,
    Sid: Ptr<u8>,
    cbSid: InOut<u32>,
    ReferencedDomainName: TBuf<C>,
    cchReferencedDomainName: InOut<u32>,
    peUse: Out<u32>,
) -> Result<(), Win32Error> {
    check_machine(lpSystemName.as_ref())?;
    let Named { sid, domain, name_use, .. } = account::by_name(&wide::to_string(&lpAccountName))?;
    let domain = wide::from_str(&domain);
    let needed = C::encode(&domain).len() as u32 + 1;
    let fits = (cbSid.get() as usize) >= sid.size()
        && !Sid.is_null()
        && cchReferencedDomainName.get() >= needed
        && !ReferencedDomainName.is_null();
    cbSid.set(sid.size() as u32)?;
    if !fits {
        cchReferencedDomainName.set(needed)?;
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    Sid.write_slice(&sid.to_bytes())?;
    let filled = ReferencedDomainName.fill(needed, &domain)?;
    cchReferencedDomainName.set(filled.count())?;
    Ok(peUse.set(name_use as u32)?)
}
