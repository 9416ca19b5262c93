//! Whether a chain will do for a purpose (Microsoft: "CertVerifyCertificateChainPolicy function").

use super::chain::{ChainContext, Element, SimpleChain};
use super::{CertError, state};
use haft_certificate::{Trouble, chain};
use haft_host::guest;

/// What is asked of a chain.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Policy {
    /// The server's name, if it is for a server and the name is to be looked at.
    pub server: Option<String>,
    /// What is put up with.
    pub allowed: u32,
}

/// What stands in the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing.
    Good,
    /// It is not valid at this time.
    Expired,
    /// A root is not trusted.
    UntrustedRoot,
    /// It reaches no root.
    Chaining,
    /// It is not signed by whom it says.
    Signature,
    /// It is not for this use.
    WrongUsage,
    /// One has signed that may not.
    BasicConstraints,
    /// It is for another name.
    OtherName,
    /// It is for a name that who signed it may not sign for.
    InvalidName,
    /// It has been taken back.
    Revoked,
    /// Nobody can tell whether it has been taken back.
    RevocationUnknown,
    /// An extension is damaged, or not understood.
    Extension,
}

/// What is wrong first, by what is wrong with a chain.
const ORDER: [(Trouble, Verdict); 10] = [
    (Trouble::SIGNATURE, Verdict::Signature),
    (Trouble::UNTRUSTED_ROOT, Verdict::UntrustedRoot),
    (Trouble::PARTIAL, Verdict::Chaining),
    (Trouble::REVOKED, Verdict::Revoked),
    (Trouble::USAGE, Verdict::WrongUsage),
    (Trouble::TIME, Verdict::Expired),
    (Trouble::BASIC_CONSTRAINTS, Verdict::BasicConstraints),
    (Trouble::NAME_CONSTRAINTS, Verdict::InvalidName),
    (Trouble::EXTENSION, Verdict::Extension),
    (Trouble::REVOCATION_UNKNOWN, Verdict::RevocationUnknown),
];

/// Whether the chain at `at` will do.
///
/// # Errors
/// [`CertError::Fault`] or [`CertError::Argument`] when it is none.
pub fn server_policy(at: usize, policy: &Policy) -> Result<Verdict, CertError> {
    let context = guest::read::<ChainContext>(at)?;
    let trouble = Trouble(context.status.trouble & !policy.allowed);
    if let Some((_, verdict)) = ORDER.iter().find(|(wrong, _)| trouble.has(*wrong)) {
        return Ok(*verdict);
    }
    let Some(server) = &policy.server else { return Ok(Verdict::Good) };
    if context.count == 0 {
        return Err(CertError::Argument);
    }
    let simple = guest::read::<SimpleChain>(guest::read(context.chains)?)?;
    if simple.count == 0 {
        return Err(CertError::Argument);
    }
    let leaf = guest::read::<Element>(guest::read(simple.elements)?)?.context;
    let der = state().der(leaf)?;
    let good = chain::is_for_server(&der, server);
    Ok(if good { Verdict::Good } else { Verdict::OtherName })
}
