//! Who is told of a job: the process that has associated a completion port with it.

use super::{JobKey, Jobs, PORT};
use haft_abi::{NtStatus, Pid};
use haft_host::packet::{self, Gone};
use haft_host::rustix::event::epoll::{self, EventData, EventFlags};
use haft_host::rustix::fd::OwnedFd;
use haft_wire::job::{JobEvent, JobMessage};
use std::collections::VecDeque;

/// The most messages that wait for a process that does not read them; later ones are lost, as
/// messages of jobs may be.
const MAX_WAITING: usize = 1 << 16;

/// A socket to who is told.
pub struct Port {
    socket: OwnedFd,
    /// What did not fit into the socket.
    waiting: VecDeque<JobMessage>,
}

impl Port {
    fn send(&self, message: JobMessage) -> Result<(), Gone> {
        let bytes = haft_wire::encode(&message).map_err(|_| Gone::Nonsense)?;
        packet::send(&self.socket, &bytes, &[])
    }
}

impl Jobs {
    /// From now on somebody is told of a job, first of the processes that are in it: where the
    /// messages arrive.
    pub fn listen(&mut self, job: JobKey) -> Result<OwnedFd, NtStatus> {
        let (here, there) = packet::pair()?;
        packet::never_wait(&here)?;
        packet::never_wait(&there)?;
        self.jobs[job].port = Some(Port { socket: here, waiting: VecDeque::new() });
        for member in self.members_in(job) {
            let pid = self.members[member].process.pid;
            self.say(job, JobEvent::NewProcess, pid);
        }
        Ok(there)
    }

    /// From now on nobody is told of a job.
    pub fn mute(&mut self, job: JobKey) {
        // Its socket leaves the epoll with its last user, which this is.
        self.jobs[job].port = None;
    }

    /// Tells of an event in a job; whether anybody listens.
    pub(super) fn say(&mut self, job: JobKey, event: JobEvent, process: Pid) -> bool {
        let Some(port) = &mut self.jobs[job].port else { return false };
        let message = JobMessage { event, process };
        let sent = if port.waiting.is_empty() { port.send(message) } else { Err(Gone::WouldBlock) };
        match sent {
            Ok(()) => true,
            Err(Gone::WouldBlock) => {
                if port.waiting.is_empty() {
                    let data = EventData::new_u64(PORT | job as u64);
                    // Without a watch the message goes with the next one.
                    let _ = epoll::add(&self.epoll, &port.socket, data, EventFlags::OUT);
                }
                if port.waiting.len() < MAX_WAITING {
                    port.waiting.push_back(message);
                }
                true
            }
            Err(_) => {
                self.jobs[job].port = None;
                false
            }
        }
    }

    /// There is room again for what waited.
    pub(super) fn send_waiting(&mut self, job: JobKey) {
        let Some(port) = self.jobs.get_mut(job).and_then(|job| job.port.as_mut()) else { return };
        while let Some(&message) = port.waiting.front() {
            match port.send(message) {
                Ok(()) => drop(port.waiting.pop_front()),
                Err(Gone::WouldBlock) => return,
                Err(_) => {
                    self.jobs[job].port = None;
                    return;
                }
            }
        }
        let _ = epoll::delete(&self.epoll, &port.socket);
    }
}
