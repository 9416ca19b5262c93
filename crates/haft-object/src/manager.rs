//! The object manager: a process block and the host it lives in.

use crate::block::ProcessBlock;
use crate::dispatcher::state::{Discipline, State};
use crate::free_list::{FreeList, raise};
use crate::host::Host;
use crate::record::{Backing, HANDLE, REFERENCE, Record, RecordIndex, Remaining};
use crate::share::{Share, Slots};
use crate::sync::Ordering;
use crate::thread::ThreadIndex;
use crate::types::ObjectType;
use haft_abi::{AccessMask, NtStatus, Tid};

/// The objects, handles and threads of one process block.
///
/// A process has one for its own block. The executive has one for its own, where shared objects
/// live, and a passing one for any client's block, through which it inserts handles.
pub struct ObjectManager<'b, H> {
    block: ProcessBlock<'b>,
    host: H,
}

/// A reference to an object: while it lives the object and its backing do.
///
/// Dropping it gives the reference back; the last one disposes of the object.
pub struct Pinned<'m, H: Host> {
    manager: &'m ObjectManager<'m, H>,
    index: RecordIndex,
    access: AccessMask,
}

impl<'b, H: Host> ObjectManager<'b, H> {
    /// Brings a block and a host together.
    pub const fn new(block: ProcessBlock<'b>, host: H) -> Self {
        Self { block, host }
    }

    /// The block.
    #[must_use]
    pub const fn block(&self) -> ProcessBlock<'b> {
        self.block
    }

    /// The host.
    #[must_use]
    pub const fn host(&self) -> &H {
        &self.host
    }

    /// Makes an object that is no event, mutant, semaphore or timer, with one reference: the
    /// returned one, whose access is everything.
    ///
    /// A wait on the object lasts until it is signalled; `signalled` says whether it is so from
    /// the start, as objects are that one cannot wait for (Microsoft: "Synchronization Objects").
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES` if the block has no room for another object. Nothing is disposed
    /// of then: the backing is still the caller's.
    pub fn create_object(
        &self,
        object_type: ObjectType,
        backing: Backing,
        signalled: bool,
    ) -> Result<Pinned<'_, H>, NtStatus> {
        let state = State::new(Discipline::Notification, i32::from(signalled));
        self.create(object_type, backing, state, [0; 2])
    }

    /// Makes an object whose backing the executive hands over at its first use, for the gift `id`.
    /// One that is the executive's says `RETRY` until then, and after.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES` if the block has no room for another object.
    pub fn create_pending(
        &self,
        object_type: ObjectType,
        id: u64,
    ) -> Result<Pinned<'_, H>, NtStatus> {
        let state = State::new(Discipline::Notification, 0);
        let state = if object_type.is_shared_by_executive() { state.moved() } else { state };
        self.create(object_type, Backing::Pending { id }, state, [0; 2])
    }

    /// Takes the backing out of an object that nobody else knows, which then has none.
    #[must_use]
    pub fn take_backing(&self, object: Pinned<'_, H>) -> Backing {
        let locked = self.lock(object.index());
        let backing = object.backing();
        locked.record.replace(Backing::Private);
        backing
    }

    /// Gives a pending object, at its first use, the backing that the executive handed over for
    /// the gift `id`. Every handle to the object has it from then on.
    ///
    /// # Errors
    /// The backing, which is still the caller's to dispose of, if another thread came first.
    pub fn resolve_pending(
        &self,
        object: &Pinned<'_, H>,
        id: u64,
        backing: Backing,
    ) -> Result<(), Backing> {
        let locked = self.lock(object.index());
        if locked.record.backing() != Some(Backing::Pending { id }) {
            return Err(backing);
        }
        locked.record.replace(backing);
        Ok(())
    }

    // Small for each type, whose constants it is called with: a hint is now taken, now not.
    #[inline(always)]
    pub(crate) fn create(
        &self,
        object_type: ObjectType,
        backing: Backing,
        state: State,
        by_type: [u64; 2],
    ) -> Result<Pinned<'_, H>, NtStatus> {
        let index = self.block.take(self.share(), Slots::Records).map(RecordIndex);
        let index = index.ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        let record = self.block.record_checked(index).ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        record.initialize(object_type, backing, state.to_word(), by_type);
        Ok(Pinned { manager: self, index, access: object_type.mapping().valid })
    }

    /// The calling thread's share of what is free.
    #[inline]
    pub(crate) fn share(&self) -> Share<'b> {
        self.host.share(&self.block)
    }

    /// Pins the object at `index` if it is alive; what the caller may do with it is `access`.
    pub(crate) fn pin(&self, index: RecordIndex, access: AccessMask) -> Option<Pinned<'_, H>> {
        let record = self.block.record_checked(index)?;
        record.try_reference().then_some(Pinned { manager: self, index, access })
    }

    /// Takes references away; what is left. The last one ends the object.
    #[inline]
    pub(crate) fn release(&self, index: RecordIndex, what: u64) -> Remaining {
        let left = self.block.record(index).subtract(what);
        if left.references == 0 {
            self.end(index);
        }
        left
    }

    /// Ends an object that nobody can reach any more.
    #[cold]
    pub(crate) fn end(&self, index: RecordIndex) {
        let record = self.block.record(index);
        self.disown(record, index);
        let object_type = record.object_type();
        let backing = record.backing();
        self.share().push(Slots::Records, index.0, record.link());
        if let (Some(object_type), Some(backing)) = (object_type, backing) {
            self.host.dispose(object_type, backing);
        }
    }

    fn free_threads(&self) -> FreeList<'b> {
        FreeList::new(self.block.thread_words().0)
    }

    fn unused_thread(&self) -> Option<u32> {
        let limit = self.block.geometry().threads;
        raise(self.block.thread_words().1, limit.into(), |first| first + 1).map(|one| one.start)
    }

    /// Gives the thread `tid` a thread block.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES` if every thread block is in use.
    pub fn register_thread(&self, tid: Tid) -> Result<ThreadIndex, NtStatus> {
        let list = self.free_threads();
        let index = list
            .pop(|at| self.block.thread_checked(ThreadIndex(at)).map(|t| t.link()))
            .or_else(|| self.unused_thread())
            .map(ThreadIndex)
            .ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        let thread = self.block.thread_checked(index).ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        crate::dispatcher::wait_word::reset(&self.host.wait_word(self.block, index));
        for word in thread.kernel_words() {
            word.store(0, crate::sync::Ordering::Relaxed);
        }
        thread.set_untold();
        thread.set_tid(tid);
        Ok(index)
    }

    /// Ends a thread that is in no wait: the mutants it owns become abandoned and go to who waits
    /// for them, and its thread block is free again.
    pub fn unregister_thread(&self, index: ThreadIndex) {
        self.abandon_mutants(index);
        let thread = self.block.thread(index);
        thread.set_tid(Tid(0));
        self.free_threads().push(index.0, thread.link());
    }
}

impl<'m, H: Host> Pinned<'m, H> {
    /// The object's place in the process block: equal for two pins of the same object.
    #[must_use]
    pub const fn index(&self) -> RecordIndex {
        self.index
    }

    /// What the handle that was looked up may do; everything for an object just made.
    #[must_use]
    pub const fn access(&self) -> AccessMask {
        self.access
    }

    /// The object's record.
    #[must_use]
    pub fn record(&self) -> Record<'m> {
        self.manager.block.record(self.index)
    }

    /// The object's type.
    ///
    /// # Panics
    /// If something has overwritten the process block.
    #[must_use]
    pub fn object_type(&self) -> ObjectType {
        self.record().object_type().expect("the type of a live object in the process block")
    }

    /// Where the object really is. Another thread may replace it at any moment, by which a
    /// pending object becomes a real one and a private one moves to the executive.
    ///
    /// # Panics
    /// If something has overwritten the process block.
    #[must_use]
    pub fn backing(&self) -> Backing {
        let mut round = 0;
        loop {
            if let Ok(backing) = self.record().try_backing() {
                return backing.expect("the backing of a live object in the process block");
            }
            self.manager.host.spin(round);
            round = round.saturating_add(1);
        }
    }

    /// Whether the object has left its process; it may be on its way yet.
    pub(crate) fn has_moved(&self) -> bool {
        State::from_word(self.record().state().load(Ordering::Acquire)).is_moved()
    }

    /// The manager that the object belongs to.
    #[must_use]
    pub const fn manager(&self) -> &'m ObjectManager<'m, H> {
        self.manager
    }

    /// Turns this reference into a handle's.
    pub(crate) fn into_handle_reference(self) -> RecordIndex {
        self.record().add(HANDLE);
        let index = self.index;
        core::mem::forget(self);
        index
    }
}

impl<H: Host> Clone for Pinned<'_, H> {
    fn clone(&self) -> Self {
        self.record().add(REFERENCE);
        Self { manager: self.manager, index: self.index, access: self.access }
    }
}

impl<H: Host> Drop for Pinned<'_, H> {
    #[inline]
    fn drop(&mut self) {
        self.manager.release(self.index, REFERENCE);
    }
}

impl<H: Host> core::fmt::Debug for Pinned<'_, H> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Pinned")
            .field("index", &self.index)
            .field("type", &self.record().object_type())
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;
    use crate::testing::with_manager;

    #[test]
    fn a_pending_object_is_resolved_once() {
        with_manager(|ob| {
            let file = ob.create_pending(ObjectType::File, 7).unwrap();
            let descriptor = Backing::Descriptor { fd: 3, extra: 0 };
            let real = ob.create_object(ObjectType::File, descriptor, true).unwrap();
            assert_eq!(ob.take_backing(real), descriptor);
            assert_eq!(ob.host().disposed(), [(ObjectType::File, Backing::Private)]);
            ob.host().disposed.lock().unwrap().clear();
            assert_eq!(ob.resolve_pending(&file, 8, descriptor), Err(descriptor));
            assert_eq!(ob.resolve_pending(&file, 7, descriptor), Ok(()));
            assert_eq!(ob.resolve_pending(&file, 7, descriptor), Err(descriptor));
            assert_eq!(file.backing(), descriptor);
            drop(file);
            assert_eq!(ob.host().disposed(), [(ObjectType::File, descriptor)]);
        });
    }

    #[test]
    fn a_clone_is_a_reference_of_its_own() {
        with_manager(|ob| {
            let key =
                ob.create_object(ObjectType::Key, Backing::Executive { id: 1 }, true).unwrap();
            let clone = key.clone();
            drop(key);
            assert_eq!(ob.host().disposed(), []);
            assert_eq!(clone.object_type(), ObjectType::Key);
            drop(clone);
            assert_eq!(ob.host().disposed().len(), 1);
        });
    }
}
