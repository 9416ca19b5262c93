//! One process that the executive serves: what it holds, and its requests.

use crate::calls::Bells;
use crate::clients::{Clients, Watch};
use crate::host::Pinned;
use crate::jobs::Jobs;
use crate::objects::{Key, Named, SharedObjects};
use crate::offers::{Offer, Offers, Taken};
use crate::process::Process;
use crate::process_calls;
use crate::registry::Registry;
use crate::service::{self, Services};
use haft_abi::{AccessMask, NtStatus, Pid};
use haft_host::mem::{self, SharedWords};
use haft_host::rustix::fd::OwnedFd;
use haft_object::block::BLOCK_SIZE;
use haft_object::{DispatcherState, Geometry, Joining, ProcessBlock, Waiting};
use haft_wire::names::NamesRequest;
use haft_wire::process::{child_number, is_child_number};
use haft_wire::security::SecurityRequest;
use haft_wire::{
    Answer, MAX_OFFERS, MAX_WAITING, Operation, PROTOCOL, ProcessAnswer, Request, SharedId,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The most shared objects that one process holds.
const MAX_HELD: usize = 1 << 20;

#[derive(Clone, Copy)]
struct Held {
    key: Key,
    times: u64,
    /// What the client may do with it, whatever its own table says.
    access: AccessMask,
}

/// A process of which the executive has something.
pub struct Client {
    /// The process.
    pub process: Arc<Process>,
    /// Whether it asks.
    pub is_connected: bool,
    held: HashMap<SharedId, Held>,
    next_id: u64,
}

/// What all clients share.
pub struct Session<'s> {
    /// The objects.
    pub objects: &'s mut SharedObjects,
    /// The jobs.
    pub jobs: &'s mut Jobs,
    /// The registry.
    pub registry: &'s mut Registry,
    /// The offers.
    pub offers: &'s mut Offers,
    /// Who has asked for which process's service.
    pub services: &'s mut Services,
    /// The processes.
    pub clients: &'s mut Clients,
    /// Watches for the end of a process.
    pub watch: &'s mut Watch<'s>,
    /// What the clients wake the executive with.
    pub bells: &'s mut Bells,
}

impl Session<'_> {
    /// Answers a request of the process `asker`, which has said hello if `greeted` is set; `None`
    /// for one that wants no answer.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for what no haft process asks: it is to be dropped. Anything else is
    /// the answer.
    pub fn answer(
        &mut self,
        asker: Pid,
        greeted: &mut bool,
        request: Request,
        fds: Vec<OwnedFd>,
    ) -> Result<Option<(Answer, Vec<OwnedFd>)>, NtStatus> {
        match request {
            Request::Hello { protocol } => {
                let [file] = &fds[..] else { return Err(NtStatus::PORT_DISCONNECTED) };
                if protocol != PROTOCOL || *greeted {
                    return Err(NtStatus::PORT_DISCONNECTED);
                }
                self.clients.greet(asker, file, self.objects, self.watch)?;
                *greeted = true;
                let bell = self.bells.add(asker)?;
                // Its first call rings.
                let _ = self.clients.get(asker)?.process.block()?.calls().fall_asleep();
                Ok(Some((Answer::Done, vec![bell])))
            }
            // Who looks from outside holds nothing, and changes nothing.
            Request::Names(NamesRequest::HeldBy { pid, from }) if fds.is_empty() => {
                let answer = self.held_by(pid, from);
                Ok(Some((Answer::Names(answer), Vec::new())))
            }
            _ if !*greeted => Err(NtStatus::PORT_DISCONNECTED),
            Request::Process(request) => {
                let answer = process_calls::answer(asker, request, fds, self)?;
                Ok(answer.map(|answer| (Answer::Process(answer), Vec::new())))
            }
            Request::Send { target, parcel, new } => {
                let sent = process_calls::send(asker, target, (parcel, fds), new, self)?;
                Ok(Some((sent, Vec::new())))
            }
            Request::Service(request) => service::answer(asker, request, &fds, self).map(Some),
            Request::Security(SecurityRequest::As { token, descriptor, request }) => {
                self.answer_as(asker, greeted, (token, descriptor), &request, fds)
            }
            Request::Security(_) if !fds.is_empty() => Err(NtStatus::PORT_DISCONNECTED),
            Request::Security(request) => {
                let answer = self.security(asker, request)?;
                Ok(Some((Answer::Security(answer), Vec::new())))
            }
            request => {
                let mut client = self.clients.take(asker).ok_or(NtStatus::PORT_DISCONNECTED)?;
                let answer = client.answer(request, fds, self);
                self.clients.put(client);
                answer
            }
        }
    }

    /// Offers something of `from` to a process: the number of the first offer.
    ///
    /// # Errors
    /// As for [`Offers::add`].
    pub fn add_offers(&mut self, from: Pid, to: Pid, offers: Vec<Offer>) -> Result<u64, NtStatus> {
        let watch = &mut self.watch;
        self.offers.add(from, to, offers, self.objects, |pidfd| watch(pidfd, to))
    }

    fn offer(&mut self, from: Pid, to: Pid, offers: Vec<Offer>) -> Result<Answer, NtStatus> {
        self.add_offers(from, to, offers).map(Answer::Offers)
    }
}

impl Client {
    /// A process of which the executive has nothing yet.
    pub fn new(process: Arc<Process>) -> Self {
        Self { process, is_connected: false, held: HashMap::new(), next_id: 1 }
    }

    /// Whether nothing here is the client's.
    pub fn holds_nothing(&self, objects: &SharedObjects) -> bool {
        self.held.is_empty() && !objects.proxies.has_any_of(self.process.pid)
    }

    /// Answers a request; `None` for one that wants no answer.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for what no haft process asks: it is to be dropped. Anything else is
    /// the answer.
    fn answer(
        &mut self,
        request: Request,
        fds: Vec<OwnedFd>,
        session: &mut Session<'_>,
    ) -> Result<Option<(Answer, Vec<OwnedFd>)>, NtStatus> {
        let plain = |answer: Answer| Some((answer, Vec::new()));
        match request {
            Request::Accept { offer } => {
                self.check_room()?;
                match session.offers.take(self.process.pid, offer)? {
                    Offer::Parcel(parcel) => Ok(Some((Answer::Parcel(parcel.bytes), parcel.fds))),
                    Offer::Taken(Taken { object_type, description, path, fd, .. }) => {
                        let object_type = object_type as u8;
                        let answer = Answer::Taken { object_type, description, path };
                        Ok(Some((answer, vec![fd])))
                    }
                    Offer::Nothing => Err(NtStatus::INVALID_HANDLE),
                    Offer::Object(key, access) => {
                        self.accept(key, access, session.objects).map(plain)
                    }
                }
            }
            Request::Job(request) => self.job(request, fds, session).map(Some),
            Request::Registry(request) => self.registry(request, fds, session),
            Request::Section(request) => self.section(request, fds, session).map(Some),
            Request::Names(request) if fds.is_empty() => {
                if let NamesRequest::HeldBy { pid, .. } = request
                    && pid != self.process.pid
                {
                    // What somebody has is for who may ask about its process.
                    const PROCESS_QUERY: AccessMask = AccessMask(0x400);
                    let security = &session.objects.security;
                    security.grant_process(self.process.pid, pid, None, PROCESS_QUERY)?;
                }
                self.names(request, session).map(plain)
            }
            _ if !fds.is_empty() => Err(NtStatus::PORT_DISCONNECTED),
            other => self.answer_plain(other, session).map(|answer| answer.and_then(plain)),
        }
    }

    /// Answers a request that neither brings nor takes descriptors.
    fn answer_plain(
        &mut self,
        request: Request,
        session: &mut Session<'_>,
    ) -> Result<Option<Answer>, NtStatus> {
        let objects = &mut *session.objects;
        Ok(Some(match request {
            Request::Hello { .. }
            | Request::Send { .. }
            | Request::Accept { .. }
            | Request::Process(_)
            | Request::Service(_)
            | Request::Security(_)
            | Request::Job(_)
            | Request::Registry(_)
            | Request::Section(_)
            | Request::Names(_) => return Err(NtStatus::PORT_DISCONNECTED),
            Request::Decline { offer } => {
                // One that was taken meanwhile is a client's own affair.
                if let Ok(offer) = session.offers.take(self.process.pid, offer) {
                    offer.end(objects);
                }
                return Ok(None);
            }
            Request::Reserve => {
                self.check_room()?;
                let key = objects.reserve();
                // Its type is not known yet, and not asked for.
                let object = self.keep(key, AccessMask(u32::MAX))?;
                Answer::Reserved(object)
            }
            Request::Publish { object, state, waiting } => {
                let key = self.key(object)?;
                let pinned = self.adopt(&state, objects)?;
                objects.fill(key, pinned)?;
                self.queue(key, &waiting, objects)?
            }
            Request::Queue { object, waiting } => {
                let key = self.key(object)?;
                self.queue(key, &waiting, objects)?
            }
            Request::Create { state, name } => {
                self.check_room()?;
                match self.find_named(&name, state.object_type(), objects)? {
                    Named::There(key) => self.object(key, true, objects)?,
                    Named::Free(place) => {
                        let pinned = self.adopt(&state, objects)?;
                        let key = objects.keep(place, pinned);
                        self.object(key, false, objects)?
                    }
                }
            }
            Request::Open { object_type, name } => {
                self.check_room()?;
                match self.find_named(&name, object_type, objects)? {
                    Named::There(key) => self.object(key, true, objects)?,
                    Named::Free(_) => return Err(NtStatus::OBJECT_NAME_NOT_FOUND),
                }
            }
            Request::Release { object } => {
                self.release(object, objects)?;
                return Ok(None);
            }
            Request::Operate { object, operation } => {
                let key = self.key(object)?;
                self.require(object, operation.access())?;
                self.operate(key, operation, objects)?
            }
            Request::Join(joining) if joining.posted => {
                self.join_posted(&joining, objects)?;
                return Ok(None);
            }
            Request::Join(joining) => self.join(&joining, objects)?,
            Request::Leave { wait } => {
                objects.proxies.leave(self.process.pid, wait);
                return Ok(None);
            }
            Request::ThreadEnded { thread, code } => {
                let tid = self.process.block()?.thread_checked(thread).map(|t| t.tid());
                if let Some(tid) = tid {
                    objects.thread_ended(self.process.pid, tid, code);
                }
                objects.proxies.thread_ended(self.process.pid, thread);
                Answer::Done
            }
            Request::Offer { to, objects: ids } => {
                if ids.len() > MAX_OFFERS {
                    return Err(NtStatus::PORT_DISCONNECTED);
                }
                let offers = ids.iter().map(|&(id, access)| {
                    self.require(id, access)?;
                    Ok(Offer::Object(self.key(id)?, access))
                });
                let offers = offers.collect::<Result<_, NtStatus>>()?;
                session.offer(self.process.pid, to, offers)?
            }
        }))
    }

    pub(crate) fn check_room(&self) -> Result<(), NtStatus> {
        if self.held.len() < MAX_HELD { Ok(()) } else { Err(NtStatus::INSUFFICIENT_RESOURCES) }
    }

    /// Gives a held object a number of this client's, by which it may do this with it.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES` when it holds too many already.
    pub fn keep(&mut self, key: Key, access: AccessMask) -> Result<SharedId, NtStatus> {
        self.check_room()?;
        let id = SharedId(self.next_id);
        self.next_id += 1;
        self.held.insert(id, Held { key, times: 1, access });
        Ok(id)
    }

    /// [`Client::keep`] under a number that the client has chosen.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for one that it has in use; `INSUFFICIENT_RESOURCES`.
    pub fn keep_as(&mut self, id: SharedId, key: Key, access: AccessMask) -> Result<(), NtStatus> {
        self.check_room()?;
        if self.held.contains_key(&id) {
            return Err(NtStatus::PORT_DISCONNECTED);
        }
        self.held.insert(id, Held { key, times: 1, access });
        Ok(())
    }

    pub(crate) fn object(
        &mut self,
        key: Key,
        existed: bool,
        objects: &mut SharedObjects,
    ) -> Result<Answer, NtStatus> {
        let kept = objects.get(key).map(Pinned::object_type).and_then(|object_type| {
            let asker = self.process.pid;
            let access = if existed {
                objects.security.open(asker, key, object_type)?
            } else {
                objects.security.create(asker, key, object_type)?
            };
            let object = self.keep(key, access)?;
            Ok(Answer::Object { object, object_type, existed, access })
        });
        kept.inspect_err(|_| objects.release(key, 1))
    }

    /// Takes an object that was offered to it.
    fn accept(
        &mut self,
        key: Key,
        access: AccessMask,
        objects: &mut SharedObjects,
    ) -> Result<Answer, NtStatus> {
        let Ok((process, thread)) = objects.meaning(key).process_and_thread() else {
            return self.given(key, access, objects);
        };
        let object = self.keep(key, access).inspect_err(|_| objects.release(key, 1))?;
        let (pid, tid) = (process.pid, thread.map(|(tid, _)| tid));
        Ok(Answer::Process(ProcessAnswer::Opened { object, access, pid, tid }))
    }

    /// An object that somebody has given the client, who may do so much with it.
    fn given(
        &mut self,
        key: Key,
        access: AccessMask,
        objects: &mut SharedObjects,
    ) -> Result<Answer, NtStatus> {
        let kept = objects.get(key).map(Pinned::object_type).and_then(|object_type| {
            // What it may ask for is decided when it asks, as for what it opens itself.
            let most = objects.security.open(self.process.pid, key, object_type);
            let access = most.map_or(access, |most| most | access);
            let object = self.keep(key, access)?;
            Ok(Answer::Object { object, object_type, existed: true, access })
        });
        kept.inspect_err(|_| objects.release(key, 1))
    }

    /// Makes an object of what was taken out of the client's block, under a number that was kept
    /// for it; its owner is a thread of the client's.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for a state that no object can be in; `INSUFFICIENT_RESOURCES`.
    pub fn publish(
        &mut self,
        key: Key,
        state: &DispatcherState,
        objects: &mut SharedObjects,
    ) -> Result<(), NtStatus> {
        let object = self.adopt(state, objects)?;
        objects.fill(key, object)
    }

    /// Gives a number back that the client was never told.
    pub fn forget(&mut self, object: SharedId, objects: &mut SharedObjects) {
        if let Some(held) = self.held.remove(&object) {
            objects.release(held.key, held.times);
        }
    }

    /// What this client's number stands for.
    ///
    /// # Errors
    /// `INVALID_HANDLE` for a number that it was never given.
    pub fn key(&self, object: SharedId) -> Result<Key, NtStatus> {
        self.held.get(&object).map(|held| held.key).ok_or(NtStatus::INVALID_HANDLE)
    }

    /// Whether this client has told of a process as its child.
    pub fn has_child(&self, child: Pid) -> bool {
        self.held.contains_key(&child_number(child))
    }

    /// Whether this client may do this with an object, by any number that it has of it.
    pub fn may(&self, key: Key, access: AccessMask) -> bool {
        self.held.values().any(|held| held.key == key && held.access.contains(access))
    }

    /// Lets this client do more with an object: all that it may do then.
    ///
    /// # Errors
    /// `INVALID_HANDLE` for a number that it was never given.
    pub fn widen(&mut self, object: SharedId, more: AccessMask) -> Result<AccessMask, NtStatus> {
        let held = self.held.get_mut(&object).ok_or(NtStatus::INVALID_HANDLE)?;
        held.access |= more;
        Ok(held.access)
    }

    /// Checks what this client may do with an object.
    ///
    /// # Errors
    /// `INVALID_HANDLE` for a number that it was never given, `ACCESS_DENIED`.
    pub fn require(&self, object: SharedId, access: AccessMask) -> Result<(), NtStatus> {
        let held = self.held.get(&object).ok_or(NtStatus::INVALID_HANDLE)?;
        if held.access.contains(access) { Ok(()) } else { Err(NtStatus::ACCESS_DENIED) }
    }

    /// What this client may do with an object.
    ///
    /// # Errors
    /// `INVALID_HANDLE` for a number that it was never given.
    pub fn access(&self, object: SharedId) -> Result<AccessMask, NtStatus> {
        self.held.get(&object).map(|held| held.access).ok_or(NtStatus::INVALID_HANDLE)
    }

    /// The numbers that the client has for an object.
    pub fn numbers(&self, key: Key) -> impl Iterator<Item = SharedId> {
        self.held.iter().filter(move |(_, held)| held.key == key).map(|(&number, _)| number)
    }

    /// Whether nobody has an object but this client, by this number.
    pub fn is_only_holder(&self, object: SharedId, objects: &SharedObjects) -> bool {
        self.held.get(&object).is_some_and(|held| objects.holders(held.key) == held.times)
    }

    /// All of the client's numbers.
    pub fn all_numbers(&self) -> impl Iterator<Item = (SharedId, Key)> {
        self.held.iter().map(|(&number, held)| (number, held.key))
    }

    fn release(&mut self, object: SharedId, objects: &mut SharedObjects) -> Result<(), NtStatus> {
        let Some(held) = self.held.get_mut(&object) else {
            // A child that had ended before its creator's word of it was read was not kept.
            let is_child = is_child_number(object);
            return if is_child { Ok(()) } else { Err(NtStatus::PORT_DISCONNECTED) };
        };
        held.times -= 1;
        let key = held.key;
        if held.times == 0 {
            self.held.remove(&object);
        }
        objects.release(key, 1);
        Ok(())
    }

    /// Makes an object of a client's description; its owner is a thread of the client's.
    fn adopt(
        &self,
        state: &DispatcherState,
        objects: &mut SharedObjects,
    ) -> Result<Pinned, NtStatus> {
        objects.proxies.adopt((self.process.pid, &self.process), state)
    }

    fn queue(
        &self,
        key: Key,
        waiting: &[Waiting],
        objects: &mut SharedObjects,
    ) -> Result<Answer, NtStatus> {
        if waiting.len() > MAX_WAITING {
            return Err(NtStatus::PORT_DISCONNECTED);
        }
        let object = objects.get(key)?.clone();
        objects.proxies.queue((self.process.pid, &self.process), &object, waiting)?;
        Ok(Answer::Done)
    }

    fn operate(
        &mut self,
        key: Key,
        operation: Operation,
        objects: &mut SharedObjects,
    ) -> Result<Answer, NtStatus> {
        let object = objects.get(key)?.clone();
        if operation.object_type().is_some_and(|wanted| wanted != object.object_type()) {
            return Err(NtStatus::OBJECT_TYPE_MISMATCH);
        }
        let ob = objects.manager;
        Ok(match operation {
            Operation::SetEvent => Answer::Was(ob.set_event(&object)?),
            Operation::ResetEvent => Answer::Was(ob.reset_event(&object)?),
            Operation::PulseEvent => Answer::Was(ob.pulse_event(&object)?),
            Operation::QueryEvent => {
                let (kind, signalled) = ob.query_event(&object)?;
                Answer::Event(kind, signalled)
            }
            Operation::ReleaseMutant { thread } => {
                let client = (self.process.pid, &self.process);
                let index = objects.proxies.of(client, thread)?;
                Answer::Count(ob.release_mutant(&object, index)?)
            }
            Operation::QueryMutant => Answer::Mutant(ob.query_mutant(&object)?),
            Operation::ReleaseSemaphore { count } => {
                Answer::Count(ob.release_semaphore(&object, count)?)
            }
            Operation::QuerySemaphore => {
                let (count, limit) = ob.query_semaphore(&object)?;
                Answer::Semaphore(count, limit)
            }
            Operation::SetTimer { due, period } => Answer::Was(ob.set_timer(&object, due, period)?),
            Operation::CancelTimer => Answer::Was(ob.cancel_timer(&object)?),
            Operation::QueryTimer => Answer::Timer(ob.query_timer(&object)?),
            Operation::Identify => Answer::Identity(objects.id(key)),
        })
    }

    fn join(&self, joining: &Joining, objects: &mut SharedObjects) -> Result<Answer, NtStatus> {
        let pins = joining.members.iter().map(|m| objects.get(self.key(m.object)?).cloned());
        let pins = pins.collect::<Result<Vec<_>, NtStatus>>()?;
        let client = (self.process.pid, &self.process);
        Ok(Answer::Joined(objects.proxies.join(client, joining, &pins)?))
    }

    fn join_posted(&self, joining: &Joining, objects: &mut SharedObjects) -> Result<(), NtStatus> {
        let pins = joining.members.iter().map(|m| objects.get(self.key(m.object)?).cloned());
        let pins = pins.collect::<Result<Vec<_>, NtStatus>>();
        let client = (self.process.pid, &self.process);
        let pins = pins.as_deref().map_err(|&status| status);
        objects.proxies.join_posted(client, joining, pins)
    }

    /// Ends everything that the client, which is gone, has here.
    pub fn end(&mut self, objects: &mut SharedObjects) {
        objects.proxies.client_gone(self.process.pid);
        for (_, held) in self.held.drain() {
            objects.release(held.key, held.times);
        }
    }
}

/// Maps the file of a process block.
///
/// # Errors
/// `PORT_DISCONNECTED` for a file that is none.
pub(crate) fn map_block(file: &OwnedFd) -> Result<SharedWords, NtStatus> {
    // A file that could become shorter would be the end of the executive, not of the client.
    if !mem::cannot_shrink(file, BLOCK_SIZE as u64) {
        return Err(NtStatus::PORT_DISCONNECTED);
    }
    let words = SharedWords::map(file, BLOCK_SIZE)?;
    let geometry = ProcessBlock::open(words.words()).map(ProcessBlock::geometry);
    if geometry != Ok(Geometry::FULL) {
        return Err(NtStatus::PORT_DISCONNECTED);
    }
    Ok(words)
}
