//! The handle table.
//!
//! No operation takes a lock. A lookup reads the entry, references the record it names if that
//! record is alive, and reads the entry again: if it still says the same, the record was the
//! handle's own at that moment. A close takes the entry out of use first and gives the reference
//! back afterwards, so a lookup that came before keeps the object and one that comes after fails.
//!
//! Entries are reused last freed first, as on Windows. An entry can also be filled at a given
//! place above the high-water mark ([`ObjectManager::insert_at`], for handles that a child
//! inherits); the mark steps over it later.

use crate::block::{ENTRY_WORDS, ProcessBlock};
use crate::entry::{Entry, HandleFlags, NEVER_USED, TAKEN};
use crate::host::Host;
use crate::inherit::InheritGate;
use crate::manager::{ObjectManager, Pinned};
use crate::record::{HANDLE, REFERENCE, RecordIndex};
use crate::share::{Share, Slots};
use crate::sync::{AtomicU64, Ordering};
use crate::types::ObjectType;
use haft_abi::{AccessMask, Handle, NtStatus};

pub(crate) const SAYS: usize = 0;
pub(crate) const LINK: usize = 1;

/// An entry and where it is.
type Place<'b> = (u32, &'b [AtomicU64; ENTRY_WORDS]);

/// What closing a handle left of its object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed {
    /// It was the object's last handle in this process; uses under way may still pin the object.
    pub last_handle: bool,
}

impl<'b, H: Host> ObjectManager<'b, H> {
    fn entry_words(&self, handle: Handle) -> Result<(u32, &'b [AtomicU64; 2]), NtStatus> {
        let index = handle.index().ok_or(NtStatus::INVALID_HANDLE)?;
        let entry = self.block().entry(index).ok_or(NtStatus::INVALID_HANDLE)?;
        Ok((index, entry))
    }

    /// Takes a free entry; it is [`TAKEN`] until it is filled.
    #[inline]
    fn take_entry(&self, share: Share<'b>) -> Result<Place<'b>, NtStatus> {
        let index = self.block().take(share, Slots::Entries);
        let taken = index.and_then(|index| Some((index, self.block().entry(index)?)));
        taken.ok_or(NtStatus::INSUFFICIENT_RESOURCES)
    }

    /// Makes a handle to `object`, which gives its reference to it.
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES` if the table is full; the reference is dropped then.
    pub fn insert(
        &self,
        object: Pinned<'_, H>,
        access: AccessMask,
        flags: HandleFlags,
    ) -> Result<Handle, NtStatus> {
        let _gate = flags.contains(HandleFlags::INHERIT).then(|| self.enter_inherit_gate());
        self.end_given_up();
        self.insert_into(self.share(), object, access, flags)
    }

    #[inline]
    fn insert_into(
        &self,
        share: Share<'b>,
        object: Pinned<'_, H>,
        access: AccessMask,
        flags: HandleFlags,
    ) -> Result<Handle, NtStatus> {
        let (index, entry) = self.take_entry(share)?;
        let record = object.into_handle_reference();
        share.count_handles(1);
        entry[SAYS].store(Entry { record, access, flags }.to_word(), Ordering::Release);
        Ok(Handle::from_index(index))
    }

    /// [`ObjectManager::insert`] into the table of another process, which runs meanwhile: takes no
    /// lock, so that a death half-way leaves nothing behind but an entry that is never used.
    ///
    /// # Errors
    /// As for [`ObjectManager::insert`].
    pub fn insert_from_outside(
        &self,
        object: Pinned<'_, H>,
        access: AccessMask,
        flags: HandleFlags,
    ) -> Result<Handle, NtStatus> {
        let handle = self.insert_into(self.share(), object, access, flags)?;
        if flags.contains(HandleFlags::INHERIT) {
            self.block().note_change_from_outside();
        }
        Ok(handle)
    }

    /// Makes a handle to `object` whose value is `handle`, as a child inherits it.
    ///
    /// # Errors
    /// `INVALID_HANDLE` for a value that is no place in the table, or one that is or was in use.
    pub fn insert_at(
        &self,
        handle: Handle,
        object: Pinned<'_, H>,
        access: AccessMask,
        flags: HandleFlags,
    ) -> Result<(), NtStatus> {
        let _gate = flags.contains(HandleFlags::INHERIT).then(|| self.enter_inherit_gate());
        let (index, entry) = self.entry_words(handle)?;
        entry[SAYS]
            .compare_exchange(NEVER_USED, TAKEN, Ordering::Acquire, Ordering::Relaxed)
            .map_err(|_| NtStatus::INVALID_HANDLE)?;
        self.block().table_top().fetch_max(u64::from(index) + 1, Ordering::AcqRel);
        let record = object.into_handle_reference();
        self.share().count_handles(1);
        entry[SAYS].store(Entry { record, access, flags }.to_word(), Ordering::Release);
        Ok(())
    }

    /// What the table says about `handle`.
    ///
    /// # Errors
    /// `INVALID_HANDLE` if it names nothing.
    pub fn query_handle(&self, handle: Handle) -> Result<Entry, NtStatus> {
        let (_, entry) = self.entry_words(handle)?;
        Entry::from_word(entry[SAYS].load(Ordering::Acquire)).ok_or(NtStatus::INVALID_HANDLE)
    }

    /// Pins the object that `handle` names: `(object, what the table says)`.
    ///
    /// # Errors
    /// `INVALID_HANDLE` if it names nothing.
    #[inline]
    pub fn pin_handle(&self, handle: Handle) -> Result<(Pinned<'_, H>, Entry), NtStatus> {
        let (_, words) = self.entry_words(handle)?;
        let mut seen = words[SAYS].load(Ordering::Acquire);
        loop {
            let entry = Entry::from_word(seen).ok_or(NtStatus::INVALID_HANDLE)?;
            let pinned = self.pin(entry.record, entry.access);
            // The reference is an acquire: if it came after the one of this handle was given
            // back, it also shows that the entry has changed before that.
            let again = words[SAYS].load(Ordering::Acquire);
            if let Some(pinned) = pinned
                && again == seen
            {
                return Ok((pinned, entry));
            }
            if again == seen {
                // The record was dead a moment ago, so the handle was closed then (or the block
                // has been tampered with).
                return Err(NtStatus::INVALID_HANDLE);
            }
            seen = again;
        }
    }

    /// Pins the object that `handle` names, if it is of the type and the handle has the access.
    /// `None` takes any type.
    ///
    /// # Errors
    /// `INVALID_HANDLE` if it names nothing (a pseudo handle does not), `OBJECT_TYPE_MISMATCH`,
    /// `ACCESS_DENIED`; in this order, as NT checks them.
    #[inline]
    pub fn reference(
        &self,
        handle: Handle,
        object_type: Option<ObjectType>,
        wanted: AccessMask,
    ) -> Result<Pinned<'_, H>, NtStatus> {
        let (pinned, entry) = self.pin_handle(handle)?;
        if object_type.is_some() && object_type != pinned.record().object_type() {
            return Err(NtStatus::OBJECT_TYPE_MISMATCH);
        }
        if !entry.access.contains(wanted) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        Ok(pinned)
    }

    /// Closes `handle`. If it held the last reference, the object is disposed of before this
    /// returns (Microsoft: "CloseHandle function").
    ///
    /// # Errors
    /// `INVALID_HANDLE` if it names nothing, `HANDLE_NOT_CLOSABLE` if it is protected.
    pub fn close(&self, handle: Handle) -> Result<Closed, NtStatus> {
        let (index, words) = self.entry_words(handle)?;
        let closed = self.change(words, None, |entry| {
            if entry.flags.contains(HandleFlags::PROTECT_FROM_CLOSE) {
                Err(NtStatus::HANDLE_NOT_CLOSABLE)
            } else {
                Ok(TAKEN)
            }
        })?;
        self.end_given_up();
        let share = self.share();
        share.count_handles(-1);
        // Also above the mark, where the entry stays in use for whoever moves the mark.
        share.push(Slots::Entries, index, &words[LINK]);
        let left = self.release(closed.record, HANDLE + REFERENCE);
        if left.handles == 0 && left.references != 0 {
            self.tell_of_last_handle(closed.record);
        }
        Ok(Closed { last_handle: left.handles == 0 })
    }

    /// Tells the host that an object has no handle left and is in use.
    #[cold]
    fn tell_of_last_handle(&self, index: RecordIndex) {
        // It may be gone by now, and the record another object's, which has no handle either.
        let Some(object) = self.pin(index, AccessMask::NONE) else { return };
        let object_type = object.record().object_type();
        if object.record().handles() == 0
            && let Some(object_type @ (ObjectType::File | ObjectType::IoCompletion)) = object_type
            && let Some(backing) = object.record().backing()
        {
            self.host().last_handle_closed(object_type, backing);
        }
    }

    /// The flags of `handle` (Microsoft: "GetHandleInformation function").
    ///
    /// # Errors
    /// `INVALID_HANDLE` if it names nothing.
    pub fn handle_flags(&self, handle: Handle) -> Result<HandleFlags, NtStatus> {
        self.query_handle(handle).map(|entry| entry.flags)
    }

    /// Sets those flags of `handle` that are in `mask` as they are in `flags` (Microsoft:
    /// "SetHandleInformation function").
    ///
    /// # Errors
    /// `INVALID_HANDLE` if it names nothing.
    pub fn set_handle_flags(
        &self,
        handle: Handle,
        mask: HandleFlags,
        flags: HandleFlags,
    ) -> Result<(), NtStatus> {
        let (_, words) = self.entry_words(handle)?;
        let gate = mask.contains(HandleFlags::INHERIT).then(|| self.enter_inherit_gate());
        self.change(words, gate, |entry| {
            Ok(Entry { flags: entry.flags.replace(mask, flags), ..entry }.to_word())
        })?;
        Ok(())
    }

    /// Changes an entry in one step to what `new` makes of it; what it said before. An inheritable
    /// entry changes only inside the inherit gate, which `gate` shows the caller to be in already.
    fn change<'m>(
        &'m self,
        words: &[AtomicU64; ENTRY_WORDS],
        mut gate: Option<InheritGate<'m, H>>,
        new: impl Fn(Entry) -> Result<u64, NtStatus>,
    ) -> Result<Entry, NtStatus> {
        let mut seen = words[SAYS].load(Ordering::Acquire);
        loop {
            let entry = Entry::from_word(seen).ok_or(NtStatus::INVALID_HANDLE)?;
            if entry.flags.contains(HandleFlags::INHERIT) && gate.is_none() {
                gate = Some(self.enter_inherit_gate());
            }
            match words[SAYS].compare_exchange(
                seen,
                new(entry)?,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Ok(entry),
                Err(now) => seen = now,
            }
        }
    }

    /// How many handles are open (Microsoft: "GetProcessHandleCount function").
    #[must_use]
    pub fn handle_count(&self) -> u32 {
        self.block().handle_count()
    }

    /// Calls `each` with every handle that is in use, in the order of their values. Handles that
    /// are made or closed meanwhile may or may not be among them.
    pub fn for_each_handle(&self, each: impl FnMut(Handle, Entry)) {
        self.block().for_each_handle(each);
    }
}

impl ProcessBlock<'_> {
    /// [`ObjectManager::for_each_handle`] from outside, whatever the process is doing.
    pub fn for_each_handle(self, mut each: impl FnMut(Handle, Entry)) {
        self.for_each_handle_after(Handle::NULL, |handle, entry| {
            each(handle, entry);
            true
        });
    }

    /// The same for the handles above one, for as long as `each` says that there be more.
    pub fn for_each_handle_after(self, after: Handle, mut each: impl FnMut(Handle, Entry) -> bool) {
        let high = self.slots(Slots::Entries).0.load(Ordering::Acquire);
        let end = high.max(self.table_top().load(Ordering::Acquire));
        let first = after.index().unwrap_or(0).saturating_add(1);
        for index in first..end.min(u64::from(self.geometry().handles)) as u32 {
            let Some(words) = self.entry(index) else { break };
            if let Some(entry) = Entry::from_word(words[SAYS].load(Ordering::Acquire))
                && !each(Handle::from_index(index), entry)
            {
                break;
            }
        }
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;
    use crate::dispatcher::event::EventKind;
    use crate::record::Backing;
    use crate::testing::{SMALL, TestHost, with_manager};

    const ALL: AccessMask = AccessMask(0x001F_0003);

    fn event(ob: &ObjectManager<'_, TestHost>, flags: HandleFlags) -> Handle {
        let event = ob.create_event(EventKind::Notification, false).unwrap();
        ob.insert(event, ALL, flags).unwrap()
    }

    #[test]
    fn the_first_handle_is_four_and_the_last_freed_is_reused_first() {
        with_manager(|ob| {
            let handles: Vec<_> = (0..4).map(|_| event(ob, HandleFlags::NONE)).collect();
            assert_eq!(handles, [Handle(4), Handle(8), Handle(12), Handle(16)]);
            ob.close(Handle(8)).unwrap();
            ob.close(Handle(4)).unwrap();
            assert_eq!(event(ob, HandleFlags::NONE), Handle(4));
            assert_eq!(event(ob, HandleFlags::NONE), Handle(8));
            assert_eq!(event(ob, HandleFlags::NONE), Handle(20));
            assert_eq!(ob.handle_count(), 5);
        });
    }

    #[test]
    fn the_tag_bits_of_a_handle_are_ignored() {
        with_manager(|ob| {
            let handle = event(ob, HandleFlags::NONE);
            assert!(ob.query_handle(Handle(handle.0 | 3)).is_ok());
            assert!(ob.close(Handle(handle.0 | 1)).is_ok());
        });
    }

    #[test]
    fn what_names_nothing_is_an_invalid_handle() {
        with_manager(|ob| {
            let closed = event(ob, HandleFlags::NONE);
            ob.close(closed).unwrap();
            let beyond = Handle::from_index(SMALL.handles);
            for handle in
                [Handle::NULL, Handle::CURRENT_PROCESS, Handle::CURRENT_THREAD, closed, beyond]
            {
                let reference = ob.reference(handle, None, AccessMask::NONE);
                assert_eq!(reference.err(), Some(NtStatus::INVALID_HANDLE), "{handle:?}");
                assert_eq!(ob.close(handle), Err(NtStatus::INVALID_HANDLE), "{handle:?}");
                assert_eq!(ob.handle_flags(handle), Err(NtStatus::INVALID_HANDLE));
            }
        });
    }

    #[test]
    fn the_type_is_checked_before_the_access() {
        with_manager(|ob| {
            let event = ob.create_event(EventKind::Notification, false).unwrap();
            let handle = ob.insert(event, AccessMask::SYNCHRONIZE, HandleFlags::NONE).unwrap();
            let reference = |t, access| ob.reference(handle, Some(t), AccessMask(access)).map(drop);
            assert_eq!(reference(ObjectType::Mutant, 2), Err(NtStatus::OBJECT_TYPE_MISMATCH));
            assert_eq!(reference(ObjectType::Event, 2), Err(NtStatus::ACCESS_DENIED));
            assert_eq!(reference(ObjectType::Event, 0x0010_0000), Ok(()));
            assert_eq!(ob.pin_handle(handle).unwrap().0.record().references(), 2);
        });
    }

    #[test]
    fn a_protected_handle_is_not_closable() {
        with_manager(|ob| {
            let handle = event(ob, HandleFlags::PROTECT_FROM_CLOSE);
            assert_eq!(ob.close(handle), Err(NtStatus::HANDLE_NOT_CLOSABLE));
            ob.set_handle_flags(handle, HandleFlags::PROTECT_FROM_CLOSE, HandleFlags::NONE)
                .unwrap();
            assert!(ob.close(handle).is_ok());
        });
    }

    #[test]
    fn flags_are_changed_one_by_one() {
        with_manager(|ob| {
            let handle = event(ob, HandleFlags::INHERIT);
            let both = HandleFlags::from_bits(3).unwrap();
            ob.set_handle_flags(handle, HandleFlags::PROTECT_FROM_CLOSE, both).unwrap();
            assert_eq!(ob.handle_flags(handle), Ok(both));
            ob.set_handle_flags(handle, HandleFlags::INHERIT, HandleFlags::NONE).unwrap();
            assert_eq!(ob.handle_flags(handle), Ok(HandleFlags::PROTECT_FROM_CLOSE));
        });
    }

    #[test]
    fn the_backing_is_disposed_of_once_when_the_last_reference_goes() {
        with_manager(|ob| {
            let backing = Backing::Descriptor { fd: 5, extra: 0 };
            let file = ob.create_object(ObjectType::File, backing, true).unwrap();
            let first = ob.insert(file, AccessMask(1), HandleFlags::NONE).unwrap();
            let (pin, entry) = ob.pin_handle(first).unwrap();
            let second = ob.insert(pin, entry.access, HandleFlags::NONE).unwrap();
            assert_eq!(ob.close(first), Ok(Closed { last_handle: false }));
            let use_under_way = ob.reference(second, None, AccessMask(1)).unwrap();
            assert_eq!(ob.close(second), Ok(Closed { last_handle: true }));
            assert_eq!(ob.host().disposed(), []);
            assert_eq!(use_under_way.backing(), backing);
            drop(use_under_way);
            assert_eq!(ob.host().disposed(), [(ObjectType::File, backing)]);
            assert_eq!(ob.handle_count(), 0);
        });
    }

    #[test]
    fn a_full_table_disposes_of_what_it_cannot_take() {
        with_manager(|ob| {
            for _ in 1..SMALL.handles {
                event(ob, HandleFlags::NONE);
            }
            assert_eq!(
                ob.create_event(EventKind::Notification, false).err(),
                Some(NtStatus::INSUFFICIENT_RESOURCES)
            );
            let (pin, _) = ob.pin_handle(Handle(4)).unwrap();
            let full = ob.insert(pin, ALL, HandleFlags::NONE);
            assert_eq!(full, Err(NtStatus::INSUFFICIENT_RESOURCES));
            assert_eq!(ob.pin_handle(Handle(4)).unwrap().0.record().references(), 2);
            assert_eq!(ob.handle_count(), SMALL.handles - 1);
        });
    }

    #[test]
    fn an_inherited_handle_keeps_its_value_and_is_stepped_over() {
        with_manager(|ob| {
            let put = |at| {
                let event = ob.create_event(EventKind::Notification, false).unwrap();
                ob.insert_at(Handle(at), event, ALL, HandleFlags::INHERIT)
            };
            assert_eq!(put(12), Ok(()));
            assert_eq!(put(4), Ok(()));
            assert_eq!(put(12), Err(NtStatus::INVALID_HANDLE));
            assert_eq!(put(0), Err(NtStatus::INVALID_HANDLE));
            assert_eq!(event(ob, HandleFlags::NONE), Handle(8));
            assert_eq!(event(ob, HandleFlags::NONE), Handle(16));
            ob.close(Handle(12)).unwrap();
            assert_eq!(event(ob, HandleFlags::NONE), Handle(12));
        });
    }

    #[test]
    fn a_place_above_the_mark_that_was_freed_is_reused_and_stepped_over() {
        with_manager(|ob| {
            let event_object = ob.create_event(EventKind::Notification, false).unwrap();
            ob.insert_at(Handle(12), event_object, ALL, HandleFlags::NONE).unwrap();
            ob.close(Handle(12)).unwrap();
            let handles: Vec<_> = (0..4).map(|_| event(ob, HandleFlags::NONE)).collect();
            assert_eq!(handles, [Handle(12), Handle(4), Handle(8), Handle(16)]);
        });
    }

    #[test]
    fn every_handle_is_visited_in_order() {
        with_manager(|ob| {
            event(ob, HandleFlags::NONE);
            event(ob, HandleFlags::INHERIT);
            let far = ob.create_event(EventKind::Notification, false).unwrap();
            ob.insert_at(Handle(200), far, ALL, HandleFlags::NONE).unwrap();
            let mut seen = Vec::new();
            ob.for_each_handle(|handle, entry| seen.push((handle, entry.flags)));
            assert_eq!(
                seen,
                [
                    (Handle(4), HandleFlags::NONE),
                    (Handle(8), HandleFlags::INHERIT),
                    (Handle(200), HandleFlags::NONE)
                ]
            );
        });
    }
}
