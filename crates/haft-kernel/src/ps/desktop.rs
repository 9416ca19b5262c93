//! The window station and the desktop that a process is connected to (Microsoft: "Window Station
//! and Desktop Creation").
//!
//! There is one of each, without a screen: nobody sees it and it receives no input. Programs ask
//! for its name, to learn whether they are services.

use super::process;
use crate::ob::{self, ObjectType, objects};
use haft_abi::{AccessMask, Handle, NtStatus, Tid};
use haft_object::Backing;
use std::sync::{OnceLock, PoisonError};

/// A window station or a desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserObject {
    /// The window station.
    Station,
    /// The desktop in it.
    Desktop,
}

impl UserObject {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Station => "WinSta0",
            Self::Desktop => "Default",
        }
    }

    /// Its name in NT's namespace.
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Self::Station => format!(r"\Sessions\1\Windows\WindowStations\{}", self.name()),
            Self::Desktop => format!(r"\{}", self.name()),
        }
    }

    /// What its type is called.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        self.object_type().name()
    }

    const fn object_type(self) -> ObjectType {
        match self {
            Self::Station => ObjectType::WindowStation,
            Self::Desktop => ObjectType::Desktop,
        }
    }

    /// The one that a handle names, and whether processes inherit the handle.
    ///
    /// # Errors
    /// `INVALID_HANDLE`, also for one that names something else.
    pub fn by_handle(handle: Handle) -> Result<(Self, bool), NtStatus> {
        let object = ob::reference(handle, None, AccessMask::NONE)?;
        let found = [Self::Station, Self::Desktop]
            .into_iter()
            .find(|kind| kind.object_type() == object.object_type())
            .ok_or(NtStatus::INVALID_HANDLE)?;
        Ok((found, ob::handle_flags(handle)?.contains(ob::HandleFlags::INHERIT)))
    }

    /// Checks that a handle names one of this kind.
    ///
    /// # Errors
    /// `INVALID_HANDLE`.
    pub fn check(self, handle: Handle) -> Result<(), NtStatus> {
        match Self::by_handle(handle)? {
            (found, _) if found == self => Ok(()),
            _ => Err(NtStatus::INVALID_HANDLE),
        }
    }

    /// Makes a handle to it.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES`, `ACCESS_DENIED` for rights that it does not have.
    pub fn open(self, access: AccessMask, inherit: bool) -> Result<Handle, NtStatus> {
        let object = objects().create_object(
            self.object_type(),
            Backing::Kernel { words: [0; 2] },
            false,
        )?;
        ob::insert(object, access, inherit)
    }

    /// As [`UserObject::open`], by its name, of which case does not matter.
    ///
    /// # Errors
    /// `OBJECT_NAME_NOT_FOUND` for another name.
    pub fn open_named(
        self,
        name: &[u16],
        access: AccessMask,
        inherit: bool,
    ) -> Result<Handle, NtStatus> {
        let name = haft_abi::wide::to_string(name);
        if !name.eq_ignore_ascii_case(self.name()) {
            return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
        }
        self.open(access, inherit)
    }

    /// The handle to it that the process has without having opened it; it is not to be closed.
    ///
    /// # Errors
    /// As [`UserObject::open`].
    pub fn of_process(self) -> Result<Handle, NtStatus> {
        static HANDLES: [OnceLock<Handle>; 2] = [OnceLock::new(), OnceLock::new()];
        let place = &HANDLES[self as usize];
        if let Some(handle) = place.get() {
            return Ok(*handle);
        }
        let handle = self.open(AccessMask::MAXIMUM_ALLOWED, false)?;
        let kept = *place.get_or_init(|| handle);
        if kept != handle {
            // Another thread was faster.
            ob::close(handle)?;
        }
        Ok(kept)
    }

    /// Closes a handle to one of this kind that the program opened.
    ///
    /// # Errors
    /// `INVALID_HANDLE`, also for the handle that the process uses.
    pub fn close(self, handle: Handle) -> Result<(), NtStatus> {
        self.check(handle)?;
        if self.of_process()? == handle {
            return Err(NtStatus::INVALID_HANDLE);
        }
        ob::close(handle)
    }
}

/// The desktop of a thread of this process.
///
/// # Errors
/// `INVALID_PARAMETER` when it is none; else as [`UserObject::open`].
pub fn of_thread(tid: Tid) -> Result<Handle, NtStatus> {
    let threads = process().threads.lock().unwrap_or_else(PoisonError::into_inner);
    if !threads.iter().any(|thread| thread.tid() == tid) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    drop(threads);
    UserObject::Desktop.of_process()
}
