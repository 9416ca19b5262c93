//! What a child inherits.
//!
//! The set is decided at one moment: entries that are or become inheritable, or cease to be so,
//! change only inside the *inherit gate*, and the deciding thread shuts it. So any number of
//! threads can create processes at once, each with a set of its own that was the truth at one
//! moment. Handles that are not inheritable never meet the gate.

use crate::entry::{Entry, HandleFlags};
use crate::host::Host;
use crate::manager::{ObjectManager, Pinned};
use crate::sync::Ordering;
use haft_abi::{AccessMask, Handle, NtStatus};

/// What the caller of CreateProcess says about inheritance.
#[derive(Clone, Copy, Debug, Default)]
pub struct InheritRequest<'a> {
    /// bInheritHandles.
    pub inherit_handles: bool,
    /// PROC_THREAD_ATTRIBUTE_HANDLE_LIST, if it is given.
    pub list: Option<&'a [Handle]>,
    /// The parent's standard handles, if the child is a console program that is to have
    /// duplicates of them: without bInheritHandles and STARTF_USESTDHANDLES. Those of them that
    /// name nothing are left out.
    pub standard: Option<[Handle; 3]>,
}

/// One handle that the child gets, with the value it has in the parent.
pub struct Inherited<'m, H: Host> {
    /// The value, the same in parent and child.
    pub handle: Handle,
    /// The object, pinned for as long as the set lives.
    pub object: Pinned<'m, H>,
    /// What the handle may do.
    pub access: AccessMask,
    /// The handle's flags, which the child's handle has too.
    pub flags: HandleFlags,
}

impl<H: Host> core::fmt::Debug for Inherited<'_, H> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Inherited")
            .field("handle", &self.handle)
            .field("object", &self.object)
            .field("access", &self.access)
            .field("flags", &self.flags)
            .finish()
    }
}

/// Set while a set is being decided; the other bits count the threads that are inside.
const SHUT: u64 = 1 << 63;

/// Leave to change an inheritable entry.
pub(crate) struct InheritGate<'m, H: Host>(&'m ObjectManager<'m, H>);

/// The gate shut: no inheritable entry changes.
struct ShutGate<'m, H: Host>(&'m ObjectManager<'m, H>);

impl<H: Host> ObjectManager<'_, H> {
    pub(crate) fn enter_inherit_gate(&self) -> InheritGate<'_, H> {
        let gate = self.block().inherit_gate();
        let mut round = 0;
        loop {
            let seen = gate.load(Ordering::Relaxed);
            if seen & SHUT == 0
                && gate
                    .compare_exchange_weak(seen, seen + 1, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            {
                return InheritGate(self);
            }
            self.host().spin(round);
            round = round.saturating_add(1);
        }
    }

    fn shut_inherit_gate(&self) -> ShutGate<'_, H> {
        let gate = self.block().inherit_gate();
        let mut round = 0;
        while gate.fetch_or(SHUT, Ordering::Acquire) & SHUT != 0 {
            self.host().spin(round);
            round = round.saturating_add(1);
        }
        let shut = ShutGate(self);
        while gate.load(Ordering::Acquire) != SHUT {
            self.host().spin(round);
            round = round.saturating_add(1);
        }
        shut
    }

    /// Decides what a child created now inherits, in the order of the handles' values.
    ///
    /// * With bInheritHandles and no list: every inheritable handle.
    /// * With bInheritHandles and a list: the handles in it; one that is named twice counts once.
    /// * Without: nothing but duplicates of the standard handles, where they are asked for.
    ///
    /// Sources: Microsoft: "CreateProcessW function", "UpdateProcThreadAttribute function",
    /// "Creation of a Child Process with Redirected Input and Output"; "Programmatically
    /// controlling which handles are inherited by new processes in Win32".
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for a list without bInheritHandles, and for a handle in the list that
    /// names nothing, is null or a pseudo handle, or is not inheritable.
    pub fn inherited_set(
        &self,
        request: InheritRequest<'_>,
    ) -> Result<Vec<Inherited<'_, H>>, NtStatus> {
        match (request.inherit_handles, request.list) {
            (true, Some(list)) => self.listed(list),
            (true, None) => Ok(self.every_inheritable()),
            (false, Some(_)) => Err(NtStatus::INVALID_PARAMETER),
            (false, None) => {
                let standard = request.standard.unwrap_or_default();
                Ok(distinct(standard.iter().filter_map(|&h| self.pin_for_child(h).ok()).collect()))
            }
        }
    }

    /// How often a set is looked at again that others have changed from outside meanwhile. They
    /// come one by one, and far between; a process that spoils its own block gets a set of some
    /// moments.
    const PATIENCE: usize = 1000;

    fn every_inheritable(&self) -> Vec<Inherited<'_, H>> {
        let mut set = Vec::new();
        // Dropping pins may dispose of objects: not while the gate is shut.
        let mut given_up = Vec::new();
        let _shut = self.shut_inherit_gate();
        for _ in 0..Self::PATIENCE {
            // Who changes an entry from outside does not come through the gate, but says so.
            let before = self.block().changed_outside().load(Ordering::Acquire);
            self.for_each_handle(|handle, entry| {
                if entry.flags.contains(HandleFlags::INHERIT) {
                    set.extend(self.pin_for_child(handle));
                }
            });
            if self.block().changed_outside().load(Ordering::Acquire) == before {
                break;
            }
            given_up.append(&mut set);
        }
        set
    }

    fn listed(&self, list: &[Handle]) -> Result<Vec<Inherited<'_, H>>, NtStatus> {
        let set: Vec<_> = {
            let _shut = self.shut_inherit_gate();
            list.iter().map(|&handle| self.pin_for_child(handle)).collect()
        };
        // Refusing drops pins, which may dispose of objects: not while the gate is shut.
        let refused = |i: &Result<Inherited<'_, H>, NtStatus>| !matches!(i, Ok(i) if i.flags.contains(HandleFlags::INHERIT));
        if set.iter().any(refused) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        Ok(distinct(set.into_iter().flatten().collect()))
    }

    fn pin_for_child(&self, handle: Handle) -> Result<Inherited<'_, H>, NtStatus> {
        let (object, Entry { access, flags, .. }) = self.pin_handle(handle)?;
        // The tag bits in a handle's value are the caller's own.
        let handle = handle.index().map(Handle::from_index).ok_or(NtStatus::INVALID_HANDLE)?;
        Ok(Inherited { handle, object, access, flags })
    }
}

fn distinct<H: Host>(mut set: Vec<Inherited<'_, H>>) -> Vec<Inherited<'_, H>> {
    set.sort_by_key(|i| i.handle.0);
    set.dedup_by_key(|i| i.handle);
    set
}

impl<H: Host> Drop for InheritGate<'_, H> {
    fn drop(&mut self) {
        self.0.block().inherit_gate().fetch_sub(1, Ordering::Release);
    }
}

impl<H: Host> Drop for ShutGate<'_, H> {
    fn drop(&mut self) {
        self.0.block().inherit_gate().fetch_and(!SHUT, Ordering::Release);
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;
    use crate::dispatcher::event::EventKind;
    use crate::testing::{TestHost, with_manager};

    const INHERIT: HandleFlags = HandleFlags::INHERIT;
    const NONE: HandleFlags = HandleFlags::NONE;

    fn event(ob: &ObjectManager<'_, TestHost>, flags: HandleFlags) -> Handle {
        let event = ob.create_event(EventKind::Notification, false).unwrap();
        ob.insert(event, AccessMask(0x0010_0002), flags).unwrap()
    }

    fn handles(
        ob: &ObjectManager<'_, TestHost>,
        request: InheritRequest<'_>,
    ) -> Result<Vec<Handle>, NtStatus> {
        Ok(ob.inherited_set(request)?.iter().map(|i| i.handle).collect())
    }

    fn listed(ob: &ObjectManager<'_, TestHost>, list: &[Handle]) -> Result<Vec<Handle>, NtStatus> {
        let request = InheritRequest { inherit_handles: true, list: Some(list), standard: None };
        handles(ob, request)
    }

    #[test]
    fn a_handle_is_inherited_only_if_both_the_handle_and_the_call_say_so() {
        with_manager(|ob| {
            let (a, _b, c) = (event(ob, INHERIT), event(ob, NONE), event(ob, INHERIT));
            let all = InheritRequest { inherit_handles: true, ..InheritRequest::default() };
            assert_eq!(handles(ob, all), Ok(vec![a, c]));
            assert_eq!(handles(ob, InheritRequest::default()), Ok(vec![]));
        });
    }

    #[test]
    fn an_explicit_list_chooses_among_the_inheritable_handles() {
        with_manager(|ob| {
            let (a, _b, c) = (event(ob, INHERIT), event(ob, INHERIT), event(ob, INHERIT));
            assert_eq!(listed(ob, &[c, a]), Ok(vec![a, c]));
            assert_eq!(listed(ob, &[c, Handle(c.0 | 1), c]), Ok(vec![c]));
            assert_eq!(listed(ob, &[]), Ok(vec![]));
        });
    }

    #[test]
    fn if_you_pass_a_list_you_must_pass_true() {
        with_manager(|ob| {
            let a = event(ob, INHERIT);
            let request =
                InheritRequest { inherit_handles: false, list: Some(&[a]), standard: None };
            assert_eq!(handles(ob, request), Err(NtStatus::INVALID_PARAMETER));
        });
    }

    #[test]
    fn a_bad_handle_in_the_list_is_an_invalid_parameter() {
        with_manager(|ob| {
            let (good, not_inheritable, stale) =
                (event(ob, INHERIT), event(ob, NONE), event(ob, INHERIT));
            ob.close(stale).unwrap();
            for bad in
                [not_inheritable, stale, Handle::NULL, Handle::CURRENT_PROCESS, Handle(0x7777_7770)]
            {
                assert_eq!(listed(ob, &[good, bad]), Err(NtStatus::INVALID_PARAMETER), "{bad:?}");
            }
        });
    }

    #[test]
    fn a_console_child_gets_the_standard_handles_that_exist() {
        with_manager(|ob| {
            let (input, output) = (event(ob, NONE), event(ob, INHERIT));
            let request = InheritRequest {
                inherit_handles: false,
                list: None,
                standard: Some([input, output, Handle::NULL]),
            };
            assert_eq!(handles(ob, request), Ok(vec![input, output]));
            let request = InheritRequest { standard: Some([output, output, output]), ..request };
            assert_eq!(handles(ob, request), Ok(vec![output]));
        });
    }

    #[test]
    fn with_handles_inherited_the_standard_handles_are_no_exception() {
        with_manager(|ob| {
            let (input, other) = (event(ob, NONE), event(ob, INHERIT));
            let request = InheritRequest {
                inherit_handles: true,
                list: None,
                standard: Some([input, input, input]),
            };
            assert_eq!(handles(ob, request), Ok(vec![other]));
        });
    }

    #[test]
    fn an_inherited_handle_keeps_its_access_and_flags_and_pins_its_object() {
        with_manager(|ob| {
            let handle = event(ob, INHERIT);
            let all = InheritRequest { inherit_handles: true, ..InheritRequest::default() };
            let set = ob.inherited_set(all).unwrap();
            ob.close(handle).unwrap();
            assert_eq!(ob.host().disposed(), []);
            assert_eq!((set[0].access, set[0].flags), (AccessMask(0x0010_0002), INHERIT));
            drop(set);
            assert_eq!(ob.host().disposed().len(), 1);
        });
    }
}
