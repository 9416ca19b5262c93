//! The registry (Microsoft: "Registry"): a database of the user's, one transaction a write; in
//! memory for a private session, and where it cannot be written.
//!
//! * `store`: keys and values in the database, `defaults`: what is there from the start;
//! * `request`: what clients ask; `later`: what has to wait for another session's write.
//!
//! A key that somebody has open is one of the [`SharedObjects`](crate::objects::SharedObjects): its
//! backing is its row.

mod defaults;
mod later;
mod request;
mod store;

use haft_abi::NtStatus;
use later::Later;
pub use later::STEP;
use store::Store;

/// The registry, which is opened when somebody first asks for it.
pub struct Registry {
    session: String,
    opened: Option<Opened>,
    /// What is tried again.
    later: Vec<Later>,
}

struct Opened {
    store: Store,
    /// Whether it is in a file.
    kept: bool,
}

impl Registry {
    /// The registry of a session, not opened yet.
    pub fn new(session: String) -> Self {
        Self { session, opened: None, later: Vec::new() }
    }

    fn opened(&mut self) -> Result<&mut Opened, NtStatus> {
        if self.opened.is_none() {
            self.opened = Some(self.open()?);
        }
        self.opened.as_mut().ok_or(NtStatus::REGISTRY_IO_FAILED)
    }

    fn open(&self) -> Result<Opened, NtStatus> {
        let folder = match self.session.starts_with(haft_wire::PRIVATE_SESSION) {
            true => None,
            false => haft_host::data_folder::path(),
        };
        let in_file = folder.map(|folder| {
            std::fs::create_dir_all(&folder).map_err(|_| NtStatus::ACCESS_DENIED)?;
            Store::open(&folder.join("registry.db"), &self.session)
        });
        match in_file {
            Some(Ok(store)) => Ok(Opened { store, kept: true }),
            Some(Err(NtStatus::RETRY)) => Err(NtStatus::RETRY),
            _ => Ok(Opened { store: Store::in_memory(&self.session)?, kept: false }),
        }
    }

    fn store(&mut self) -> Result<&mut Store, NtStatus> {
        Ok(&mut self.opened()?.store)
    }
}
