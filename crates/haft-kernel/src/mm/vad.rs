//! Virtual address descriptors: what each part of the program's address space is. Data only;
//! nothing here touches memory.

use super::PageProtection;
use std::collections::BTreeMap;

/// What backs a range (Microsoft: "MEMORY_BASIC_INFORMATION structure", `Type`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Memory of the process alone.
    Private,
    /// A view of a section.
    Mapped,
    /// An image.
    Image,
}

/// What a page is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageState {
    /// Set aside, without memory.
    Reserved,
    /// Memory with a protection.
    Committed(PageProtection),
}

/// A run of pages of one state: where it starts and ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// Its first address.
    pub start: usize,
    /// One past its last address.
    pub end: usize,
    /// What its pages are.
    pub state: PageState,
}

/// One reservation. Its size in memory goes with the number of changes of state within it, not
/// with its length.
#[derive(Clone, Debug)]
pub struct Vad {
    end: usize,
    /// What backs it.
    pub kind: Kind,
    /// The protection it was made with.
    pub allocation_protection: PageProtection,
    /// The state from each address up to the next.
    runs: BTreeMap<usize, PageState>,
}

impl Vad {
    /// A reservation from `base` to `end`, all of it in one state.
    #[must_use]
    pub fn new(
        base: usize,
        end: usize,
        kind: Kind,
        allocation_protection: PageProtection,
        state: PageState,
    ) -> Self {
        Self { end, kind, allocation_protection, runs: BTreeMap::from([(base, state)]) }
    }

    /// One past its last address.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.end
    }

    /// The runs that `start..end`, a part of it, touches, cut to that part.
    pub fn runs(&self, start: usize, end: usize) -> impl Iterator<Item = Run> {
        let first = self.runs.range(..=start).next_back().map_or(start, |(&at, _)| at);
        let mut next = self.runs.range(first..end).peekable();
        core::iter::from_fn(move || {
            let (&at, &state) = next.next()?;
            let until = next.peek().map_or(end, |(at, _)| **at);
            Some(Run { start: at.max(start), end: until.min(end), state })
        })
    }

    /// The run that an address of it is in, from the address's page on.
    #[must_use]
    pub fn run_from(&self, address: usize) -> Run {
        let start = address & !(super::PAGE - 1);
        let state = self.state_at(start);
        let end = self.runs.range(start + 1..).find(|&(_, &s)| s != state).map(|(&at, _)| at);
        Run { start, end: end.unwrap_or(self.end), state }
    }

    fn state_at(&self, address: usize) -> PageState {
        self.runs.range(..=address).next_back().map_or(PageState::Reserved, |(_, &state)| state)
    }

    /// Changes the state of `start..end`, a part of it.
    pub fn set(&mut self, start: usize, end: usize, state: PageState) {
        let behind = self.state_at(end);
        let inside: Vec<usize> = self.runs.range(start..end).map(|(&at, _)| at).collect();
        for at in inside {
            self.runs.remove(&at);
        }
        let before = self.runs.range(..start).next_back().map(|(_, &state)| state);
        if before != Some(state) {
            self.runs.insert(start, state);
        }
        if end < self.end {
            if behind == state {
                self.runs.remove(&end);
            } else {
                self.runs.insert(end, behind);
            }
        }
    }

    /// Bytes of it that are committed.
    #[must_use]
    pub fn committed(&self, start: usize, end: usize) -> usize {
        let committed = |run: &Run| matches!(run.state, PageState::Committed(_));
        self.runs(start, end).filter(committed).map(|run| run.end - run.start).sum()
    }

    /// Cuts it in two at an address within it, and gives the upper part.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> Self {
        let state = self.state_at(at);
        let mut runs = self.runs.split_off(&at);
        runs.insert(at, state);
        let end = core::mem::replace(&mut self.end, at);
        Self { end, runs, ..*self }
    }
}

/// All reservations, by base address.
#[derive(Debug, Default)]
pub struct Vads(BTreeMap<usize, Vad>);

impl Vads {
    /// No reservation.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// The reservation that an address is in, and its base.
    #[must_use]
    pub fn find(&self, address: usize) -> Option<(usize, &Vad)> {
        let (&base, vad) = self.0.range(..=address).next_back()?;
        (address < vad.end).then_some((base, vad))
    }

    /// As [`Self::find`], to change it.
    #[must_use]
    pub fn find_mut(&mut self, address: usize) -> Option<(usize, &mut Vad)> {
        let (&base, vad) = self.0.range_mut(..=address).next_back()?;
        (address < vad.end).then_some((base, vad))
    }

    /// Whether nothing of `start..end` is reserved.
    #[must_use]
    pub fn is_free(&self, start: usize, end: usize) -> bool {
        self.find(start).is_none() && self.0.range(start..end).next().is_none()
    }

    /// Where the first reservation behind an address starts.
    #[must_use]
    pub fn next_base(&self, address: usize) -> Option<usize> {
        self.0.range(address + 1..).next().map(|(&base, _)| base)
    }

    /// Adds a reservation to where nothing is.
    pub fn insert(&mut self, base: usize, vad: Vad) {
        self.0.insert(base, vad);
    }

    /// Takes the reservation with this base out.
    pub fn remove(&mut self, base: usize) -> Option<Vad> {
        self.0.remove(&base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RW: PageState = PageState::Committed(PageProtection::READWRITE);
    const RO: PageState = PageState::Committed(PageProtection::READONLY);

    fn vad() -> Vad {
        Vad::new(0x1_0000, 0x2_0000, Kind::Private, PageProtection::READWRITE, PageState::Reserved)
    }

    fn shape(vad: &Vad) -> Vec<(usize, usize, PageState)> {
        vad.runs(0x1_0000, vad.end()).map(|r| (r.start, r.end, r.state)).collect()
    }

    #[test]
    fn states_split_and_join() {
        let mut v = vad();
        v.set(0x1_4000, 0x1_6000, RW);
        v.set(0x1_6000, 0x1_8000, RW);
        let reserved = PageState::Reserved;
        let whole = [
            (0x1_0000, 0x1_4000, reserved),
            (0x1_4000, 0x1_8000, RW),
            (0x1_8000, 0x2_0000, reserved),
        ];
        assert_eq!(shape(&v), whole);
        v.set(0x1_5000, 0x1_6000, RO);
        assert_eq!(v.run_from(0x1_4123), Run { start: 0x1_4000, end: 0x1_5000, state: RW });
        assert_eq!(v.committed(0x1_0000, 0x2_0000), 0x4000);
        assert_eq!(v.runs(0x1_5800, 0x1_7000).count(), 2);
        v.set(0x1_5000, 0x1_6000, RW);
        assert_eq!(shape(&v), whole);
        v.set(0x1_0000, 0x2_0000, RW);
        assert_eq!(shape(&v), [(0x1_0000, 0x2_0000, RW)]);
    }

    #[test]
    fn a_cut_keeps_the_states_of_both_parts() {
        let mut v = vad();
        v.set(0x1_4000, 0x1_8000, RW);
        let upper = v.split_off(0x1_6000);
        assert_eq!((v.end(), upper.end()), (0x1_6000, 0x2_0000));
        assert_eq!(v.committed(0x1_0000, 0x1_6000), 0x2000);
        assert_eq!(upper.run_from(0x1_6000).end, 0x1_8000);
    }

    #[test]
    fn a_reservation_is_found_by_any_address_within_it() {
        let mut all = Vads::new();
        all.insert(0x1_0000, vad());
        assert_eq!(all.find(0x1_FFFF).map(|(base, _)| base), Some(0x1_0000));
        assert!(all.find(0x2_0000).is_none() && all.find(0xFFFF).is_none());
        assert!(all.is_free(0x2_0000, 0x3_0000) && !all.is_free(0x0, 0x1_0001));
        assert!(!all.is_free(0x1_8000, 0x3_0000) && all.is_free(0x0, 0x1_0000));
        assert_eq!(all.next_base(0x8000), Some(0x1_0000));
    }
}
