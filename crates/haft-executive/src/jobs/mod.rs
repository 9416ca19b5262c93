//! Jobs: groups of processes that are limited, counted and ended together (Microsoft: "Job
//! Objects", "Nested Jobs").
//!
//! * `job`: one job, `member`: one process in one; `tree`: how jobs lie in one another and who is
//!   put where; `ending`: processes and jobs that end; `accounting`: what was used;
//! * `limits`: what a job's processes are limited to, `times`: limits of processor time, `memory`: of
//!   memory;
//! * `port`: who is told of a job; `request`: what clients ask.
//!
//! A job's dispatcher object is one of the [`SharedObjects`], as long as somebody has a handle to
//! it; the job itself is there as long as that or a process in it is.

mod accounting;
mod ending;
mod job;
mod limits;
mod member;
mod memory;
mod port;
mod request;
mod times;
mod tree;

use crate::host::Pinned;
use crate::objects::SharedObjects;
use crate::process::Process;
use haft_abi::{NtStatus, Pid};
use haft_host::rustix::event::epoll::{self, EventData, EventFlags};
use haft_host::rustix::fd::OwnedFd;
use haft_host::rustix::time::Timespec;
use haft_object::{Backing, ObjectType};
use job::Job;
use member::Member;
use slab::Slab;
use std::collections::HashMap;
use std::sync::Arc;

/// The place of a job.
type JobKey = usize;
/// The place of a process that is in a job.
type MemberKey = usize;

/// What an event is about: with this the port of a job, without a process.
const PORT: u64 = 1 << 32;

/// All jobs of the session, and the processes in them.
pub struct Jobs {
    jobs: Slab<Job>,
    members: Slab<Member>,
    by_pid: HashMap<Pid, MemberKey>,
    /// Watches for the end of the processes.
    epoll: OwnedFd,
    /// When to look at times next, as interrupt time; `None` while there is no limit of time.
    next_look: Option<u64>,
}

impl Jobs {
    /// No jobs.
    ///
    /// # Errors
    /// `TOO_MANY_OPENED_FILES`.
    pub fn new() -> Result<Self, NtStatus> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)
            .map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?;
        Ok(Self {
            jobs: Slab::new(),
            members: Slab::new(),
            by_pid: HashMap::new(),
            epoll,
            next_look: None,
        })
    }

    /// Readable when there is something to [look at](Jobs::look).
    pub fn ready(&self) -> &OwnedFd {
        &self.epoll
    }

    /// Whether no process is in a job.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Looks at what has happened to the processes.
    pub fn look(&mut self) {
        let mut events = Vec::with_capacity(64);
        let spare = haft_host::rustix::buffer::spare_capacity(&mut events);
        // An interrupted wait is a wait without events.
        let _ = epoll::wait(&self.epoll, spare, Some(&Timespec::default()));
        for event in &events {
            match event.data.u64() {
                data if data & PORT != 0 => self.send_waiting((data & !PORT) as JobKey),
                data => self.process_ended(data as MemberKey),
            }
        }
    }

    /// Makes a job: its dispatcher object.
    fn create(&mut self, objects: &SharedObjects) -> Result<Pinned, NtStatus> {
        let entry = self.jobs.vacant_entry();
        let backing = Backing::Kernel { words: [entry.key() as u64, 0] };
        let object = objects.manager.create_object(ObjectType::Job, backing, false)?;
        entry.insert(Job::new(object.clone()));
        Ok(object)
    }

    /// The job of a dispatcher object.
    fn of(&self, object: &Pinned) -> Result<JobKey, NtStatus> {
        match (object.object_type(), object.backing()) {
            (ObjectType::Job, Backing::Kernel { words: [key, _] }) => Ok(key as JobKey),
            _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
        }
    }

    /// Keeps a process, which is in no job yet, as one of `job`; watches for its end.
    fn admit(&mut self, process: Arc<Process>, job: JobKey) -> Result<MemberKey, NtStatus> {
        let entry = self.members.vacant_entry();
        let key = entry.key();
        let data = EventData::new_u64(key as u64);
        epoll::add(&self.epoll, &process.pidfd, data, EventFlags::IN)
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        self.by_pid.insert(process.pid, key);
        entry.insert(Member::new(process, job));
        Ok(key)
    }
}
