//! The executive's part: a thread of its own object manager stands for each thread of a client
//! that waits for a shared object or owns one. Its wait word is the client's.

use super::Joining;
use crate::dispatcher::join::Wait;
use crate::dispatcher::moving::{DispatcherState, Waiting};
use crate::dispatcher::wait::WaitKind;
use crate::dispatcher::wait_word::WaitNumber;
use crate::host::Host;
use crate::manager::{ObjectManager, Pinned};
use crate::thread::{MAXIMUM_WAIT_OBJECTS, ThreadIndex};
use haft_abi::{NtStatus, Tid};
use std::collections::BTreeMap;

/// A host whose threads stand for threads of other processes.
pub trait ProxyHost: Host {
    /// A client.
    type Client: ?Sized;

    /// The identifier of a client's thread.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for a thread that no client can have.
    fn tid(&self, client: &Self::Client, thread: ThreadIndex) -> Result<Tid, NtStatus>;

    /// From now on `proxy` stands for this thread, which the client can have.
    fn attach(&self, proxy: ThreadIndex, client: &Self::Client, thread: ThreadIndex);

    /// From now on `proxy` stands for nobody.
    fn detach(&self, proxy: ThreadIndex);

    /// Those whom [`Host::unpark`] was called for since this was asked last.
    fn take_woken(&self) -> Vec<ThreadIndex>;
}

/// Who stands for a client's thread.
struct Proxy<'m, H: Host> {
    /// The wait that its wait blocks are for.
    number: Option<WaitNumber>,
    /// What it waits for, by wait block.
    joined: Vec<Pinned<'m, H>>,
}

/// All that stand for clients' threads, where a client is known by a `C`.
pub struct Proxies<'m, H: Host, C> {
    manager: &'m ObjectManager<'m, H>,
    of_threads: BTreeMap<(C, ThreadIndex), ThreadIndex>,
    proxies: BTreeMap<ThreadIndex, Proxy<'m, H>>,
}

impl<'m, H: ProxyHost, C: Ord + Copy> Proxies<'m, H, C> {
    /// None yet.
    pub const fn new(manager: &'m ObjectManager<'m, H>) -> Self {
        Self { manager, of_threads: BTreeMap::new(), proxies: BTreeMap::new() }
    }

    /// Who stands for a client's thread.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for a thread that no client can have; `INSUFFICIENT_RESOURCES`.
    pub fn of(
        &mut self,
        (name, client): (C, &H::Client),
        thread: ThreadIndex,
    ) -> Result<ThreadIndex, NtStatus> {
        if let Some(&proxy) = self.of_threads.get(&(name, thread)) {
            return Ok(proxy);
        }
        let host = self.manager.host();
        let tid = host.tid(client, thread)?;
        let proxy = self.manager.register_thread(tid)?;
        host.attach(proxy, client, thread);
        self.of_threads.insert((name, thread), proxy);
        self.proxies.insert(proxy, Proxy { number: None, joined: Vec::new() });
        Ok(proxy)
    }

    /// Whether somebody stands for a thread of a client.
    pub fn has_any_of(&self, client: C) -> bool {
        self.of_threads.range((client, ThreadIndex(0))..).next().is_some_and(|(k, _)| k.0 == client)
    }

    /// Makes an object of what a client has surrendered; its owner is a thread of the client's.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for a state that no object can be in, those of [`Proxies::of`].
    pub fn adopt(
        &mut self,
        client: (C, &H::Client),
        state: &DispatcherState,
    ) -> Result<Pinned<'m, H>, NtStatus> {
        let owner = match *state {
            DispatcherState::Mutant { owner: Some(owner), .. } => Some(self.of(client, owner)?),
            _ => None,
        };
        self.manager.adopt(state, owner)
    }

    /// Has threads of a client wait for an object of the client's that has moved, for which they
    /// waited before. Waits that have ended meanwhile are passed over.
    ///
    /// # Errors
    /// Those of [`Proxies::of`]; `PORT_DISCONNECTED` for waits that cannot be.
    pub fn queue(
        &mut self,
        client: (C, &H::Client),
        object: &Pinned<'m, H>,
        waiting: &[Waiting],
    ) -> Result<(), NtStatus> {
        for &Waiting { wait, place } in waiting {
            let proxy = self.of(client, wait.thread)?;
            let wait = Wait { thread: proxy, number: wait.number };
            if self.manager.is_undecided(wait) && self.look_or_queue(wait, object, true, place)? {
                let host = self.manager.host();
                host.unpark(proxy, &host.wait_word(self.manager.block(), proxy));
            }
        }
        Ok(())
    }

    /// Has a wait of a client's thread join the queues of `objects`, which are the members'; whether
    /// it is decided.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for a wait that cannot be; those of the object model's waits.
    pub fn join(
        &mut self,
        client: (C, &H::Client),
        joining: &Joining,
        objects: &[Pinned<'m, H>],
    ) -> Result<bool, NtStatus> {
        let Joining { wait, kind, ref members, stay, .. } = *joining;
        let thread = self.of(client, wait.thread)?;
        let wait = Wait { thread, number: wait.number };
        if members.len() != objects.len() || objects.is_empty() {
            return Err(NtStatus::PORT_DISCONNECTED);
        }
        // A wait that is over meanwhile gives way to the thread's next one, which may be here already: it
        // comes with an object that moves.
        if !self.manager.is_undecided(wait) {
            return Ok(true);
        }
        match kind {
            WaitKind::Any => {
                for (member, object) in members.iter().zip(objects) {
                    if self.look_or_queue(wait, object, stay, member.place)? {
                        self.leave_proxy(thread);
                        return Ok(true);
                    }
                }
            }
            WaitKind::All => {
                let manager = self.manager;
                let proxy = self.of_wait(wait)?;
                if !proxy.joined.is_empty() || objects.len() > MAXIMUM_WAIT_OBJECTS {
                    return Err(NtStatus::PORT_DISCONNECTED);
                }
                if manager.join_all(wait, objects, stay)? {
                    self.leave_proxy(thread);
                    return Ok(true);
                }
                if stay {
                    proxy.joined.extend(objects.iter().cloned());
                }
            }
        }
        Ok(!self.manager.is_undecided(wait))
    }

    /// [`Proxies::join`] for a wait whose thread waits for no answer: it is woken if the wait is
    /// decided, and interrupted if the objects cannot be joined, or are not there.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for a wait that cannot be.
    pub fn join_posted(
        &mut self,
        client: (C, &H::Client),
        joining: &Joining,
        objects: Result<&[Pinned<'m, H>], NtStatus>,
    ) -> Result<(), NtStatus> {
        let thread = self.of(client, joining.wait.thread)?;
        let wait = Wait { thread, number: joining.wait.number };
        match objects.and_then(|objects| self.join(client, joining, objects)) {
            Ok(true) => {
                let host = self.manager.host();
                host.unpark(thread, &host.wait_word(self.manager.block(), thread));
            }
            Ok(false) => {}
            Err(NtStatus::PORT_DISCONNECTED) => return Err(NtStatus::PORT_DISCONNECTED),
            Err(_) => self.manager.interrupt_wait(wait),
        }
        Ok(())
    }

    /// The proxy of a wait; what it has joined for another wait it leaves.
    fn of_wait(&mut self, wait: Wait) -> Result<&mut Proxy<'m, H>, NtStatus> {
        let proxy = self.proxies.get_mut(&wait.thread).ok_or(NtStatus::PORT_DISCONNECTED)?;
        if proxy.number != Some(wait.number) {
            self.manager.leave(wait.thread, proxy.joined.len());
            proxy.joined.clear();
            proxy.number = Some(wait.number);
        }
        Ok(proxy)
    }

    fn look_or_queue(
        &mut self,
        wait: Wait,
        object: &Pinned<'m, H>,
        stay: bool,
        place: u8,
    ) -> Result<bool, NtStatus> {
        let manager = self.manager;
        let proxy = self.of_wait(wait)?;
        let slot = proxy.joined.len();
        if slot >= MAXIMUM_WAIT_OBJECTS {
            return Err(NtStatus::PORT_DISCONNECTED);
        }
        if manager.look_or_queue(wait, object, stay.then_some(slot), place)? {
            return Ok(true);
        }
        if stay {
            proxy.joined.push(object.clone());
        }
        Ok(false)
    }

    fn leave_proxy(&mut self, thread: ThreadIndex) {
        if let Some(proxy) = self.proxies.get_mut(&thread) {
            self.manager.leave(thread, proxy.joined.len());
            proxy.joined.clear();
        }
    }

    /// A wait of a client's thread is over; one that is not known, or no longer, is passed over.
    pub fn leave(&mut self, client: C, wait: Wait) {
        if let Some(&proxy) = self.of_threads.get(&(client, wait.thread))
            && self.proxies.get(&proxy).is_some_and(|p| p.number == Some(wait.number))
        {
            self.leave_proxy(proxy);
        }
    }

    /// Has those leave all queues whose waits have been decided here meanwhile. To be called when
    /// objects have been signalled.
    pub fn tidy(&mut self) {
        for thread in self.manager.host().take_woken() {
            let number = self.proxies.get(&thread).and_then(|proxy| proxy.number);
            if number.is_some_and(|number| !self.manager.is_undecided(Wait { thread, number })) {
                self.leave_proxy(thread);
            }
        }
    }

    /// A client's thread has ended: what it owned is abandoned.
    pub fn thread_ended(&mut self, client: C, thread: ThreadIndex) {
        if let Some(proxy) = self.of_threads.remove(&(client, thread)) {
            self.end(proxy);
        }
    }

    /// A client is gone: what its threads owned is abandoned.
    pub fn client_gone(&mut self, client: C) {
        let threads = self.of_threads.range((client, ThreadIndex(0))..);
        let threads: Vec<_> =
            threads.map(|(&key, _)| key).take_while(|&(of, _)| of == client).collect();
        // All leave first: nothing is handed over to a thread that is gone.
        for key in &threads {
            self.leave_proxy(self.of_threads[key]);
        }
        for (_, thread) in threads {
            self.thread_ended(client, thread);
        }
    }

    fn end(&mut self, proxy: ThreadIndex) {
        self.leave_proxy(proxy);
        self.proxies.remove(&proxy);
        self.manager.unregister_thread(proxy);
        self.manager.host().detach(proxy);
    }
}
