//! The handle table against an ordered map.

use crate::dispatcher::event::EventKind;
use crate::testing::{SMALL, TestHost, with_manager};
use crate::{Entry, HandleFlags, InheritRequest, ObjectManager, Pinned, RecordIndex};
use haft_abi::{AccessMask, Handle, NtStatus};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Objects that the model is allowed: fewer than records, so that handles run out first or last.
const PLACES: u32 = SMALL.handles;

#[derive(Clone, Debug)]
enum Step {
    Create { access: u32, flags: u32 },
    CreateAt { index: u32, flags: u32 },
    Duplicate { index: u32, access: u32, flags: u32 },
    Close { index: u32 },
    SetFlags { index: u32, mask: u32, flags: u32 },
    Reference { index: u32, access: u32 },
    Hold { index: u32 },
    LetGo,
}

fn step() -> impl Strategy<Value = Step> {
    // Low indices, so that steps meet; now and then one beyond the table.
    let index = prop_oneof![8 => 0..12u32, 1 => 0..PLACES + 3];
    let access = prop_oneof![Just(0u32), Just(0x0010_0000), Just(0x0010_0002), Just(0x001F_0003)];
    prop_oneof![
        4 => (access.clone(), 0..4u32).prop_map(|(access, flags)| Step::Create { access, flags }),
        1 => (index.clone(), 0..4u32).prop_map(|(index, flags)| Step::CreateAt { index, flags }),
        2 => (index.clone(), access.clone(), 0..4u32)
            .prop_map(|(index, access, flags)| Step::Duplicate { index, access, flags }),
        4 => index.clone().prop_map(|index| Step::Close { index }),
        2 => (index.clone(), 0..4u32, 0..4u32)
            .prop_map(|(index, mask, flags)| Step::SetFlags { index, mask, flags }),
        2 => (index.clone(), access).prop_map(|(index, access)| Step::Reference { index, access }),
        1 => index.prop_map(|index| Step::Hold { index }),
        1 => Just(Step::LetGo),
    ]
}

/// What the table should be.
#[derive(Default)]
struct Model {
    entries: BTreeMap<u32, Entry>,
    freed: Vec<u32>,
    /// Places below it were handed out, or stepped over.
    mark: u32,
    /// Places at or above the mark that were ever filled at a given place.
    ahead: BTreeSet<u32>,
}

impl Model {
    fn next_place(&mut self) -> Option<u32> {
        if let Some(index) = self.freed.pop() {
            return Some(index);
        }
        while self.mark < PLACES {
            let index = self.mark;
            self.mark += 1;
            if !self.ahead.remove(&index) {
                return Some(index);
            }
        }
        None
    }

    fn objects(&self) -> BTreeSet<u32> {
        self.entries.values().map(|e| e.record.get()).collect()
    }
}

fn flags(bits: u32) -> HandleFlags {
    HandleFlags::from_bits(bits).unwrap()
}

fn run(ob: &ObjectManager<'_, TestHost>, steps: Vec<Step>) {
    let mut model = Model { mark: 1, ..Model::default() };
    let mut held: Vec<Pinned<'_, TestHost>> = Vec::new();
    let mut made = 0;
    let get = |model: &Model, index| model.entries.get(&index).copied();
    for step in steps {
        match step {
            Step::Create { access, flags: bits } => {
                let Ok(event) = ob.create_event(EventKind::Notification, false) else { continue };
                made += 1;
                let record = event.index();
                let entry = Entry { record, access: AccessMask(access), flags: flags(bits) };
                insert(ob, &mut model, event, entry);
            }
            Step::CreateAt { index, flags: bits } => {
                let Ok(event) = ob.create_event(EventKind::Notification, false) else { continue };
                made += 1;
                let record = event.index();
                let entry = Entry { record, access: AccessMask(1), flags: flags(bits) };
                let put = ob.insert_at(Handle::from_index(index), event, entry.access, entry.flags);
                let free = index >= model.mark && index < PLACES && !model.ahead.contains(&index);
                if free {
                    assert_eq!(put, Ok(()));
                    model.ahead.insert(index);
                    model.entries.insert(index, entry);
                } else {
                    assert_eq!(put, Err(NtStatus::INVALID_HANDLE));
                }
            }
            Step::Duplicate { index, access, flags: bits } => {
                let pinned = ob.pin_handle(Handle::from_index(index));
                let Some(source) = get(&model, index) else {
                    assert_eq!(pinned.err(), Some(NtStatus::INVALID_HANDLE));
                    continue;
                };
                let (pinned, entry) = pinned.unwrap();
                assert_eq!(entry, source);
                let copy = Entry { access: AccessMask(access), flags: flags(bits), ..source };
                insert(ob, &mut model, pinned, copy);
            }
            Step::Close { index } => {
                let closed = ob.close(Handle::from_index(index));
                match get(&model, index) {
                    None => assert_eq!(closed, Err(NtStatus::INVALID_HANDLE)),
                    Some(e) if e.flags.contains(HandleFlags::PROTECT_FROM_CLOSE) => {
                        assert_eq!(closed, Err(NtStatus::HANDLE_NOT_CLOSABLE));
                    }
                    Some(entry) => {
                        model.entries.remove(&index);
                        model.freed.push(index);
                        let last = !model.objects().contains(&entry.record.get());
                        assert_eq!(closed.unwrap().last_handle, last);
                    }
                }
            }
            Step::SetFlags { index, mask, flags: bits } => {
                let set = ob.set_handle_flags(Handle::from_index(index), flags(mask), flags(bits));
                match model.entries.get_mut(&index) {
                    None => assert_eq!(set, Err(NtStatus::INVALID_HANDLE)),
                    Some(entry) => {
                        assert_eq!(set, Ok(()));
                        entry.flags = entry.flags.replace(flags(mask), flags(bits));
                    }
                }
            }
            Step::Reference { index, access } => {
                let wanted = AccessMask(access);
                let got = ob.reference(Handle::from_index(index), None, wanted).map(|p| p.index());
                let expected = match get(&model, index) {
                    None => Err(NtStatus::INVALID_HANDLE),
                    Some(e) if !e.access.contains(wanted) => Err(NtStatus::ACCESS_DENIED),
                    Some(e) => Ok(e.record),
                };
                assert_eq!(got, expected);
            }
            Step::Hold { index } => {
                held.extend(ob.pin_handle(Handle::from_index(index)).map(|(pinned, _)| pinned));
            }
            Step::LetGo => drop(held.pop()),
        }
        check(ob, &model, &held, made);
    }
}

fn insert(
    ob: &ObjectManager<'_, TestHost>,
    model: &mut Model,
    object: Pinned<'_, TestHost>,
    entry: Entry,
) {
    let inserted = ob.insert(object, entry.access, entry.flags);
    match model.next_place() {
        Some(index) => {
            assert_eq!(inserted, Ok(Handle::from_index(index)));
            model.entries.insert(index, entry);
        }
        None => assert_eq!(inserted, Err(NtStatus::INSUFFICIENT_RESOURCES)),
    }
}

fn check(
    ob: &ObjectManager<'_, TestHost>,
    model: &Model,
    held: &[Pinned<'_, TestHost>],
    made: usize,
) {
    let mut seen = BTreeMap::new();
    ob.for_each_handle(|handle, entry| {
        seen.insert(handle.index().unwrap(), entry);
    });
    assert_eq!(seen, model.entries);
    assert_eq!(ob.handle_count() as usize, model.entries.len());
    let all = InheritRequest { inherit_handles: true, ..InheritRequest::default() };
    let inherited: Vec<_> = ob.inherited_set(all).unwrap().iter().map(|i| i.handle).collect();
    let inheritable = model.entries.iter().filter(|(_, e)| e.flags.contains(HandleFlags::INHERIT));
    assert_eq!(inherited, inheritable.map(|(&i, _)| Handle::from_index(i)).collect::<Vec<_>>());
    let mut alive = model.objects();
    alive.extend(held.iter().map(|p| p.index().get()));
    assert_eq!(ob.host().disposed().len(), made - alive.len());
    for &record in &alive {
        let handles = model.entries.values().filter(|e| e.record.get() == record).count() as u32;
        let pins = held.iter().filter(|p| p.index().get() == record).count() as u32;
        let view = ob.block().record(RecordIndex(record));
        assert_eq!((view.handles(), view.references()), (handles, handles + pins));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_table_is_a_map(steps in prop::collection::vec(step(), 1..120)) {
        with_manager(|ob| run(ob, steps));
    }
}
