//! `_popen` and `_pclose`: a command at the other end of a stream.

use super::error::Error;
use super::spawn;
use super::text::{self, GuestUnit};
use super::{descriptor, stream};
use crate::io::pipe;
use crate::ob;
use haft_abi::Handle;
use haft_crt::Errno;
use haft_object::HandleFlags;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// `_O_NOINHERIT | _O_TEXT`: lines end as in text, unless the mode says otherwise.
const FLAGS: i32 = 0x4080;

/// The command interpreter behind each stream that was opened so.
static COMMANDS: LazyLock<Mutex<HashMap<usize, Handle>>> = LazyLock::new(Mutex::default);

/// `_popen`: has the command interpreter run a command; the stream of what it writes (`r`) or reads
/// (`w`).
///
/// # Errors
/// `EINVAL` for a mode that is neither, `ENOENT` where there is no interpreter, `EMFILE`.
pub fn open<U: GuestUnit>(command: usize, mode: usize) -> Result<usize, Error> {
    let reads = match text::read_wide::<U>(mode)?.first() {
        Some(0x72) => true,
        Some(0x77) => false,
        _ => return Err(Error::Invalid(Errno::EINVAL)),
    };
    let (reader, writer) = pipe::create(false, 0)?;
    let (ours, its) = if reads { (reader, writer) } else { (writer, reader) };
    let started = ob::set_handle_flags(its, HandleFlags::INHERIT, HandleFlags::INHERIT)
        .map_err(Error::from)
        .and_then(|()| spawn::command_at_pipe::<U>(command, usize::from(reads), its));
    ob::close(its)?;
    let process = started.inspect_err(|_| {
        let _ = ob::close(ours);
    })?;
    let opened = descriptor::adopt(ours, FLAGS)
        .inspect_err(|_| {
            let _ = ob::close(ours);
        })
        .and_then(|number| {
            stream::of_descriptor::<U>(number, mode).inspect_err(|_| {
                let _ = descriptor::close(number);
            })
        });
    match opened {
        Ok(file) => {
            COMMANDS.lock().unwrap_or_else(PoisonError::into_inner).insert(file, process);
            Ok(file)
        }
        Err(error) => {
            ob::close(process)?;
            Err(error)
        }
    }
}

/// `_pclose`: closes the stream and waits for the command; its exit code.
///
/// # Errors
/// `EINVAL` for a stream that `_popen` did not open.
pub fn close(file: usize) -> Result<i32, Error> {
    let known = COMMANDS.lock().unwrap_or_else(PoisonError::into_inner).remove(&file);
    let process = known.ok_or(Error::Invalid(Errno::EINVAL))?;
    let closed = stream::close(file);
    let code = spawn::end_of(process)?;
    closed.map(|()| code)
}
