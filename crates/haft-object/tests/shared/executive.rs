//! The executive.

use crate::world::{Answer, Call, Letter, Operation, World, operate};
use haft_abi::{NtStatus, Tid};
use haft_object::shared::proxies::{Proxies, ProxyHost};
use haft_object::sync::{AtomicU64, Ordering};
use haft_object::{
    Backing, Deadline, Host, ObjectManager, ObjectType, ProcessBlock, SharedId, ThreadIndex,
};
use std::collections::BTreeMap;
use std::sync::Mutex as Quiet;

pub struct ExecutiveHost<'w> {
    pub world: &'w World,
    pub words: Quiet<BTreeMap<ThreadIndex, &'w AtomicU64>>,
    pub woken: Quiet<Vec<ThreadIndex>>,
}

impl<'w> Host for ExecutiveHost<'w> {
    fn park(&self, _word: &AtomicU64, _expected: u32, _deadline: Option<Deadline>) {
        unreachable!("the executive waits for no object");
    }

    fn unpark(&self, thread: ThreadIndex, word: &AtomicU64) {
        self.woken.lock().unwrap().push(thread);
        if !self.world.is_killed() {
            self.world.unpark(word);
        }
    }

    fn now_interrupt(&self) -> u64 {
        self.world.now.load(Ordering::SeqCst)
    }

    fn now_system(&self) -> i64 {
        self.now_interrupt() as i64
    }

    fn spin(&self, _round: u32) {
        unreachable!("the executive is one thread");
    }

    fn dispose(&self, _object_type: ObjectType, _backing: Backing) {}

    type WaitWord<'a>
        = &'a AtomicU64
    where
        Self: 'a;

    fn wait_word<'a>(&'a self, block: ProcessBlock<'a>, thread: ThreadIndex) -> &'a AtomicU64 {
        match self.words.lock().unwrap().get(&thread) {
            Some(&word) => word,
            None => block.thread(thread).wait_word(),
        }
    }
}

impl<'w> ProxyHost for ExecutiveHost<'w> {
    type Client = ProcessBlock<'w>;

    fn tid(&self, client: &ProcessBlock<'w>, thread: ThreadIndex) -> Result<Tid, NtStatus> {
        client.thread_checked(thread).map(|t| t.tid()).ok_or(NtStatus::PORT_DISCONNECTED)
    }

    fn attach(&self, proxy: ThreadIndex, client: &ProcessBlock<'w>, thread: ThreadIndex) {
        self.words.lock().unwrap().insert(proxy, client.thread(thread).wait_word());
    }

    fn detach(&self, proxy: ThreadIndex) {
        self.words.lock().unwrap().remove(&proxy);
    }

    fn take_woken(&self) -> Vec<ThreadIndex> {
        core::mem::take(&mut self.woken.lock().unwrap())
    }
}

/// Answers calls until it is stopped, when nobody is to be left in a queue.
pub fn serve<'m, 'w>(
    world: &World,
    ob: &'m ObjectManager<'m, ExecutiveHost<'w>>,
    blocks: [ProcessBlock<'w>; 2],
) {
    let mut proxies = Proxies::new(ob);
    let mut objects: Vec<Option<haft_object::Pinned<'m, ExecutiveHost<'w>>>> = Vec::new();
    let mut dead = [false; 2];
    loop {
        let Letter { process, call, reply, .. } = world.next();
        let client = (process, &blocks[process]);
        let get = |objects: &[Option<_>], id: SharedId| -> Result<_, NtStatus> {
            let object: &Option<haft_object::Pinned<'m, ExecutiveHost<'w>>> =
                objects.get(id.0 as usize).ok_or(NtStatus::INVALID_HANDLE)?;
            object.clone().ok_or(NtStatus::INVALID_HANDLE)
        };
        let is_main = matches!(call, Call::Stop | Call::Operate(..) | Call::Waiters(_));
        let answer = || -> Answer {
            let stops = matches!(call, Call::Stop);
            if (dead[process] && !is_main) || (world.is_killed() && !stops) {
                return Err(NtStatus::PORT_DISCONNECTED);
            }
            match call {
                Call::Make(state) => {
                    objects.push(Some(proxies.adopt(client, &state)?));
                    Ok(objects.len() as u64 - 1)
                }
                Call::Reserve => {
                    objects.push(None);
                    Ok(objects.len() as u64 - 1)
                }
                Call::Publish(id, moved) => {
                    let object = proxies.adopt(client, &moved.state)?;
                    objects[id.0 as usize] = Some(object.clone());
                    proxies.queue(client, &object, &moved.waiting)?;
                    Ok(0)
                }
                Call::Join(joining) => {
                    let pins = joining.members.iter().map(|m| get(&objects, m.object));
                    let pins = pins.collect::<Result<Vec<_>, _>>();
                    if joining.posted {
                        let pins = pins.as_deref().map_err(|&status| status);
                        return proxies.join_posted(client, &joining, pins).map(|()| 0);
                    }
                    let pins = pins?;
                    proxies.join(client, &joining, &pins).map(u64::from)
                }
                Call::Leave(wait) => {
                    proxies.leave(process, wait);
                    Ok(0)
                }
                Call::Operate(id, Operation::ReleaseMutant(thread)) => {
                    let thread = proxies.of(client, thread)?;
                    operate(ob, &get(&objects, id)?, Operation::ReleaseMutant(thread))
                }
                Call::Operate(id, operation) => operate(ob, &get(&objects, id)?, operation),
                Call::Waiters(id) => Ok(ob.waiters(&get(&objects, id)?) as u64),
                Call::ThreadEnded(thread) => {
                    proxies.thread_ended(process, thread);
                    Ok(0)
                }
                Call::ProcessEnded => {
                    dead[process] = true;
                    proxies.client_gone(process);
                    Ok(0)
                }
                Call::Stop => Ok(u64::MAX),
            }
        };
        let answer = answer();
        proxies.tidy();
        let stops = answer == Ok(u64::MAX);
        if let Some(reply) = reply {
            *reply.0.lock().unwrap() = Some(answer);
            reply.1.notify_all();
        }
        if stops {
            for object in objects.iter().flatten().filter(|_| !world.is_killed()) {
                assert_eq!(ob.waiters(object), 0);
            }
            return;
        }
    }
}
