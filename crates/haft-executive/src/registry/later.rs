//! Requests that found another session's executive writing: they are tried again, and nobody else waits
//! meanwhile.

use crate::chores;
use crate::client::{Client, Session};
use crate::security::Guise;
use haft_abi::{NtStatus, Pid};
use haft_host::clock;
use haft_host::rustix::fd::OwnedFd;
use haft_wire::Answer;
use haft_wire::registry::RegistryRequest;

/// How long another session may take over its writes, in 100 ns units.
const PATIENCE: u64 = 5_000_000;
/// How long after an attempt the next one is made, in 100 ns units.
pub const STEP: u64 = 20_000;

type Answered = Result<(Answer, Vec<OwnedFd>), NtStatus>;

/// A request that is tried again.
pub struct Later {
    asker: Pid,
    request: RegistryRequest,
    fds: Vec<OwnedFd>,
    until: u64,
    /// As whom, and how what it creates is to be protected.
    guise: Guise,
}

impl Client {
    /// Answers a request about the registry; `None` for one that is answered later.
    ///
    /// # Errors
    /// As for [`Client::answer`].
    pub fn registry(
        &mut self,
        request: RegistryRequest,
        fds: Vec<OwnedFd>,
        session: &mut Session<'_>,
    ) -> Result<Option<(Answer, Vec<OwnedFd>)>, NtStatus> {
        let guise = session.objects.security.guise();
        match self.try_registry(&request, &fds, session) {
            Err(NtStatus::RETRY) => {
                let asker = self.process.pid;
                // It asks for one thing at a time.
                if session.registry.later.iter().any(|later| later.asker == asker) {
                    return Err(NtStatus::PORT_DISCONNECTED);
                }
                let until = clock::interrupt_time() + PATIENCE;
                let later = Later { asker, request, fds, until, guise };
                session.registry.later.push(later);
                Ok(None)
            }
            answered => answered.map(Some),
        }
    }
}

impl Session<'_> {
    /// Whether there are requests that are tried again.
    pub fn has_later(&self) -> bool {
        !self.registry.later.is_empty()
    }

    /// Tries again what has to wait: the answers of what has not to any longer, and whose they are.
    pub fn try_later(&mut self) -> Vec<(Pid, Answered)> {
        let mut done = Vec::new();
        for later in core::mem::take(&mut self.registry.later) {
            let Some(mut client) = self.clients.take(later.asker) else { continue };
            self.objects.security.wear(later.guise.clone());
            let answered = client.try_registry(&later.request, &later.fds, self);
            self.objects.security.wear(Guise::default());
            self.clients.put(client);
            match answered {
                Err(NtStatus::RETRY) if clock::interrupt_time() < later.until => {
                    self.registry.later.push(later);
                    continue;
                }
                Err(NtStatus::RETRY) => {
                    done.push((later.asker, Err(NtStatus::REGISTRY_IO_FAILED)));
                }
                answered => done.push((later.asker, answered)),
            }
            chores::close(later.fds);
        }
        done
    }

    /// Forgets what a process has asked, which is gone.
    pub fn forget_later(&mut self, asker: Pid) {
        for later in self.registry.later.extract_if(.., |later| later.asker == asker) {
            chores::close(later.fds);
        }
    }
}
