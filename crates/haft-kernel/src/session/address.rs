//! Where the executive of this process's session is found.

use haft_abi::NtStatus;
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;

static NAME: OnceLock<String> = OnceLock::new();

/// What a name may have, so that it is the same everywhere it is shown.
const LONGEST: usize = 40;

/// Chooses the session of this process, before anything needs it. The first choice stays.
///
/// # Errors
/// `OBJECT_NAME_INVALID` for a name that is no word of letters, digits, `-` and `_`.
pub fn choose(name: &str) -> Result<(), NtStatus> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > LONGEST || !name.chars().all(fits) {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    }
    let name = match name {
        "private" => format!(
            "{}{}-{}",
            haft_wire::PRIVATE_SESSION,
            std::process::id(),
            haft_host::clock::system_time()
        ),
        shared => shared.to_owned(),
    };
    NAME.get_or_init(|| name);
    Ok(())
}

static USER: OnceLock<u32> = OnceLock::new();

/// Says whose session this process is in, where that is another user's: its creator's, who became
/// another one for it.
pub fn choose_user(user: u32) {
    USER.get_or_init(|| user);
}

/// The user whose session this process is in.
#[must_use]
pub fn user() -> u32 {
    USER.get().copied().unwrap_or_else(|| haft_host::rustix::process::getuid().as_raw())
}

/// The session of this process.
#[must_use]
pub fn name() -> &'static str {
    NAME.get_or_init(|| "default".to_owned())
}

/// The name under which the session's executive listens: one per user, build and session.
pub(super) fn address() -> Vec<u8> {
    format!("{}{}", prefix(), name()).into_bytes()
}

/// What the names of all sessions of this user and build begin with. Those of other containers are
/// others, also where the network, and with it these names, is the same: identifiers of processes
/// mean something else there.
pub(super) fn prefix() -> String {
    let user = user();
    // Another build speaks another language. Without /proc the version has to tell them apart.
    let build = std::fs::metadata("/proc/self/exe").map_or_else(
        |_| env!("CARGO_PKG_VERSION").to_owned(),
        |file| format!("{:x}.{:x}.{:x}.{:x}", file.dev(), file.ino(), file.mtime(), file.size()),
    );
    let namespace = |kind: &str| {
        std::fs::metadata(format!("/proc/self/ns/{kind}")).map_or(0, |namespace| namespace.ino())
    };
    format!("haft/{user}/{build}/{:x}.{:x}/", namespace("pid"), namespace("user"))
}

/// The session of this process as process blocks say it.
pub fn tag() -> u64 {
    static TAG: OnceLock<u64> = OnceLock::new();
    *TAG.get_or_init(|| haft_wire::process::session_tag(&address()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_a_plain_name() {
        for wrong in ["", "a/b", "a b", "ä", &"x".repeat(41)] {
            assert_eq!(choose(wrong), Err(NtStatus::OBJECT_NAME_INVALID), "{wrong}");
        }
    }
}
