//! Whether a chain will do.

use super::error::code;
use haft_abi::Win32Error;
use haft_certificate::Trouble;
use haft_host::guest;
use haft_kernel::cert::{self, Policy, Verdict};
use haft_macros::export;

/// `CERT_CHAIN_POLICY_BASE`, `CERT_CHAIN_POLICY_SSL`.
const BASE: usize = 1;
const SSL: usize = 4;

/// `AUTHTYPE_SERVER`.
const SERVER: u32 = 2;
/// `SECURITY_FLAG_IGNORE_CERT_CN_INVALID`.
const ANY_NAME: u32 = 0x1000;

/// What flags put up with: those of `CERT_CHAIN_POLICY_PARA`, and those of
/// `SSL_EXTRA_CERT_CHAIN_POLICY_PARA`.
const ALLOWED: [(u32, u32, Trouble); 5] = [
    (0x7, 0x2000, Trouble::TIME),
    (0x10, 0x100, Trouble::UNTRUSTED_ROOT.and(Trouble::PARTIAL)),
    (0x20, 0x200, Trouble::USAGE),
    (0x40, 0, Trouble::NAME_CONSTRAINTS),
    (0xF00, 0x80, Trouble::REVOCATION_UNKNOWN),
];

fn allowed(flags: u32, checks: u32) -> u32 {
    let is = |(flag, check, _): &&(u32, u32, Trouble)| flags & flag != 0 || checks & check != 0;
    ALLOWED.iter().filter(is).fold(0, |all, (_, _, trouble)| all | trouble.0)
}

/// The HRESULT of a verdict.
const fn result(verdict: Verdict) -> u32 {
    match verdict {
        Verdict::Good => 0,
        Verdict::Expired => 0x800B_0101,
        Verdict::UntrustedRoot => 0x800B_0109,
        Verdict::Chaining => 0x800B_010A,
        Verdict::Revoked => 0x8009_2010,
        Verdict::OtherName => 0x800B_010F,
        Verdict::WrongUsage => 0x800B_0110,
        Verdict::InvalidName => 0x800B_0114,
        Verdict::Signature => 0x8009_6004,
        Verdict::BasicConstraints => 0x8009_6019,
        Verdict::RevocationUnknown => 0x8009_2013,
        Verdict::Extension => 0x800B_0105,
    }
}

/// Tells whether a chain will do for a purpose. (Microsoft: "CertVerifyCertificateChainPolicy
/// function")
#[export(crypt32)]
fn CertVerifyCertificateChainPolicy(
    pszPolicyOID: usize,
    pChainContext: usize,
    pPolicyPara: usize,
    pPolicyStatus: usize,
) -> Result<(), Win32Error> {
    let extra = match pszPolicyOID {
        BASE => 0,
        SSL if pPolicyPara != 0 => guest::read::<usize>(pPolicyPara + 8)?,
        SSL => 0,
        // The page's error of a policy that is not there.
        _ => return Err(Win32Error::FILE_NOT_FOUND),
    };
    let flags = if pPolicyPara == 0 { 0 } else { guest::read::<u32>(pPolicyPara + 4)? };
    let mut policy = Policy { server: None, allowed: allowed(flags, 0) };
    if extra != 0 {
        let [kind, checks] = [4, 8].map(|at| guest::read::<u32>(extra + at));
        let (kind, checks, name) = (kind?, checks?, guest::read::<usize>(extra + 16)?);
        policy.allowed = allowed(flags, checks);
        if kind == SERVER && checks & ANY_NAME == 0 && name != 0 {
            let name = guest::read_wide_z(name, 1024)?;
            policy.server = Some(String::from_utf16_lossy(&name));
        }
    }
    let verdict = cert::server_policy(pChainContext, &policy).map_err(code)?;
    guest::write(pPolicyStatus + 4, result(verdict))?;
    // Which chain and which certificate: the first; or none.
    let place = if verdict == Verdict::Good { -1i32 } else { 0 };
    guest::write(pPolicyStatus + 8, place)?;
    Ok(guest::write(pPolicyStatus + 12, place)?)
}
