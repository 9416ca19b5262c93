//! Finding the executive, or starting it.

use super::address::address;
use crate::ps;
use haft_abi::NtStatus;
use haft_host::packet;
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::spawn::{self, Descriptors};

/// How often a session's executive may end between its being found and its answering.
const ATTEMPTS: u32 = 100;

/// A socket to the session's executive, which is started if there is none.
///
/// # Errors
/// `PORT_DISCONNECTED` when it cannot be started, or belongs to somebody else.
pub fn connect() -> Result<OwnedFd, NtStatus> {
    let address = address();
    for _ in 0..ATTEMPTS {
        match packet::connect_to(&address) {
            Ok(socket) => return check_owner(socket),
            // Nobody starts the executive of somebody else.
            Err(NtStatus::OBJECT_NAME_NOT_FOUND)
                if super::user() != haft_host::rustix::process::getuid().as_raw() =>
            {
                return Err(NtStatus::PORT_DISCONNECTED);
            }
            Err(NtStatus::OBJECT_NAME_NOT_FOUND) => match packet::listen_at(&address) {
                // Whoever binds the name first starts the executive; everybody can connect from
                // then on, even before it runs.
                Ok(listener) => start(&listener)?,
                Err(NtStatus::OBJECT_NAME_COLLISION) => std::thread::yield_now(),
                Err(error) => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
    Err(NtStatus::PORT_DISCONNECTED)
}

/// The name is anybody's to take; the executive must be this user's.
fn check_owner(socket: OwnedFd) -> Result<OwnedFd, NtStatus> {
    if packet::peer(&socket)?.user == super::user() {
        return Ok(socket);
    }
    crate::log::say_once(
        "another user listens at the place of this session's executive; choose another session \
         with --session NAME",
    );
    Err(NtStatus::PORT_DISCONNECTED)
}

fn start(listener: &OwnedFd) -> Result<(), NtStatus> {
    let wire = spawn::above_standard(listener)?;
    // It keeps nothing of this process's: no terminal, no pipe that somebody waits to end.
    let standard = [Some(wire.as_fd()); 3];
    spawn::spawn(
        &ps::own_binary()?,
        &[c"haft".into(), c"--internal-executive".into()],
        &Descriptors { standard, wire: wire.as_fd() },
    )
    .map(drop)
}
