//! The program's own routine that is told of a copy's progress (Microsoft: "LPPROGRESS_ROUTINE
//! callback function").

use super::copy::{Next, Progress};
use super::file::{self, FileDescription, FileKind, FileObject};
use crate::ob;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::{jump, spawn};
use std::fs::File;

/// `CALLBACK_CHUNK_FINISHED` and `CALLBACK_STREAM_SWITCH`.
const CHUNK_FINISHED: usize = 0;
const STREAM_SWITCH: usize = 1;

/// Calls the routine at this address; what it wants. It gets handles to both files, which are
/// closed when it returns.
pub fn tell(routine: usize, data: usize, progress: &Progress<'_>) -> Next {
    let handles = [handle(progress.source), handle(progress.target)];
    let [source, target] = handles.map(|h| h.map_or(Handle::INVALID.0, |h| h.0));
    let [total, copied] = [progress.total as usize, progress.copied as usize];
    let reason = if progress.begins { STREAM_SWITCH } else { CHUNK_FINISHED };
    let arguments = [total, copied, total, copied, 1, reason, source, target, data];
    let wanted = jump::call_nine(routine, arguments) as u32;
    for handle in handles.into_iter().flatten() {
        // The routine may have closed it.
        let _ = ob::close(handle);
    }
    match wanted {
        0 => Next::Continue,
        1 => Next::Cancel,
        3 => Next::Quiet,
        _ => Next::Stop,
    }
}

fn handle(file: &File) -> Result<Handle, NtStatus> {
    let fd = spawn::above_standard(file)?;
    let object = file::create(FileObject::new(fd, FileDescription::plain(FileKind::Disk)))?;
    ob::insert(object, AccessMask::GENERIC_READ, false)
}
