//! The registry (Microsoft: "Registry"): a database of the user's, one transaction a write; in
//! memory for a private session, and where it cannot be written.
//!
//! * `store`: keys and values in the database, `defaults`: what is there from the start;
//! * `request`: what clients ask.
//!
//! A key that somebody has open is one of the [`SharedObjects`](crate::objects::SharedObjects): its
//! backing is its row.

mod defaults;
mod request;
mod store;

use haft_abi::NtStatus;
use store::Store;

/// The registry, which is opened when somebody first asks for it.
pub struct Registry {
    session: String,
    opened: Option<Opened>,
}

struct Opened {
    store: Store,
    /// Whether it is in a file.
    kept: bool,
}

impl Registry {
    /// The registry of a session, not opened yet.
    pub fn new(session: String) -> Self {
        Self { session, opened: None }
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
        let in_file = folder.and_then(|folder| {
            std::fs::create_dir_all(&folder).ok()?;
            Store::open(&folder.join("registry.db"), &self.session).ok()
        });
        match in_file {
            Some(store) => Ok(Opened { store, kept: true }),
            None => Ok(Opened { store: Store::in_memory(&self.session)?, kept: false }),
        }
    }

    fn store(&mut self) -> Result<&mut Store, NtStatus> {
        Ok(&mut self.opened()?.store)
    }
}
