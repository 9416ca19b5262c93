//! The processes of the session that the executive has something of, by their identifiers:
//! those that are connected, and those that others have told of or asked for.

use crate::client::Client;
use crate::objects::{Key, SharedObjects};
use crate::process::Process;
use haft_abi::{NtStatus, Pid};
use haft_host::process as linux;
use haft_host::rustix::fd::OwnedFd;
use haft_wire::names::Holder;
use std::collections::HashMap;
use std::sync::Arc;

/// Has the loop say when a process has ended, by its pidfd.
pub type Watch<'w> = dyn FnMut(&OwnedFd, Pid) -> Result<(), NtStatus> + 'w;

/// The processes that are known.
pub struct Clients {
    known: HashMap<Pid, Client>,
    /// Which session this is, as process blocks say it.
    session: u64,
}

impl Clients {
    /// None yet.
    pub fn new(session: u64) -> Self {
        Self { known: HashMap::new(), session }
    }

    /// Which session this is, as process blocks say it.
    pub const fn session(&self) -> u64 {
        self.session
    }

    /// A process that is known.
    ///
    /// # Errors
    /// `INVALID_CID` for one that is not.
    pub fn get(&self, pid: Pid) -> Result<&Client, NtStatus> {
        self.known.get(&pid).ok_or(NtStatus::INVALID_CID)
    }

    /// A process that is known.
    ///
    /// # Errors
    /// `INVALID_CID` for one that is not.
    pub fn get_mut(&mut self, pid: Pid) -> Result<&mut Client, NtStatus> {
        self.known.get_mut(&pid).ok_or(NtStatus::INVALID_CID)
    }

    /// Takes a process out, to be given back by [`Clients::put`].
    pub fn take(&mut self, pid: Pid) -> Option<Client> {
        self.known.remove(&pid)
    }

    /// Gives back what was taken.
    pub fn put(&mut self, client: Client) {
        self.known.insert(client.process.pid, client);
    }

    /// Gets to know a process.
    ///
    /// # Errors
    /// That of `watch`.
    pub fn add(&mut self, process: Process, watch: &mut Watch<'_>) -> Result<(), NtStatus> {
        watch(&process.pidfd, process.pid)?;
        self.put(Client::new(Arc::new(process)));
        Ok(())
    }

    /// A process says hello, with the file of its block.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for a second hello, and for a file that is no block.
    pub fn greet(
        &mut self,
        pid: Pid,
        file: &OwnedFd,
        objects: &mut SharedObjects,
        watch: &mut Watch<'_>,
    ) -> Result<(), NtStatus> {
        if let Some(known) = self.known.get(&pid) {
            if known.process.has_ended() {
                // Linux has given its identifier to another one.
                self.bury(pid, objects);
            } else if known.is_connected || !known.process.is_block(file) {
                return Err(NtStatus::PORT_DISCONNECTED);
            }
        }
        if !self.known.contains_key(&pid) {
            self.add(Process::new(pid, None, file, Some(self.session))?, watch)?;
        }
        self.get_mut(pid)?.is_connected = true;
        Ok(())
    }

    /// The process that its creator, who has its block and a pidfd of it, tells of; it is known
    /// from now on.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` when another block is known of it, `ACCESS_DENIED` when it is not the
    /// creator's to Linux; and as for [`Process::new`].
    pub fn meet(
        &mut self,
        creator: Pid,
        pid: Pid,
        pidfd: OwnedFd,
        file: &OwnedFd,
        objects: &mut SharedObjects,
        watch: &mut Watch<'_>,
    ) -> Result<Arc<Process>, NtStatus> {
        if self.get(pid).is_ok_and(|known| known.process.has_ended()) {
            self.bury(pid, objects);
        }
        if let Some(known) = self.known.get(&pid) {
            // It was faster itself. Only who has its block has created it.
            let is_its = known.process.is_block(file);
            return is_its.then(|| Arc::clone(&known.process)).ok_or(NtStatus::PORT_DISCONNECTED);
        }
        let process = Process::new(pid, Some(pidfd), file, Some(self.session))?;
        // Anybody could make a block for somebody else's process, which then could not say hello.
        let is_child = linux::parent_of(pid).is_none_or(|parent| parent == creator);
        // One that is just being reaped has no parent for Linux any more, and says no hello.
        let is_gone = || process.has_ended();
        let orphaned = || self.get(creator).is_ok_and(|creator| creator.process.has_ended());
        if !is_child && !is_gone() && !orphaned() {
            return Err(NtStatus::ACCESS_DENIED);
        }
        self.add(process, watch)?;
        Ok(Arc::clone(&self.get(pid)?.process))
    }

    /// A process is connected no longer: what it held is given back. It may run on.
    pub fn leave(&mut self, pid: Pid, objects: &mut SharedObjects) {
        let Some(client) = self.known.get_mut(&pid) else { return };
        client.is_connected = false;
        client.end(objects);
        if client.process.has_ended() {
            self.bury(pid, objects);
        }
    }

    /// A process has ended: its objects are signalled, what it held is given back.
    pub fn bury(&mut self, pid: Pid, objects: &mut SharedObjects) {
        if self.known.get(&pid).is_none_or(|client| !client.process.has_ended()) {
            return;
        }
        if let Some(mut client) = self.known.remove(&pid) {
            client.end(objects);
            objects.signal_ended(pid);
        }
    }

    /// The numbers that processes have for an object.
    pub fn numbers_of(&self, key: Key) -> Vec<Holder> {
        self.known.values().flat_map(|client| client.numbers_of(key)).collect()
    }

    /// Whether nobody is connected, and nobody else has anything here.
    pub fn is_idle(&self, objects: &SharedObjects) -> bool {
        self.known.values().all(|client| !client.is_connected && client.holds_nothing(objects))
    }
}
