//! Which apartment of COM each thread is in (Microsoft: "CoInitializeEx function").

use core::cell::Cell;

/// A kind of apartment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One thread, which takes calls as messages.
    SingleThreaded,
    /// Any thread takes calls.
    Multithreaded,
}

/// What came of entering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// The thread was in none before.
    First,
    /// It was in one of the same kind.
    Again,
    /// It stays in one of the other kind.
    OtherKind,
}

thread_local! {
    static APARTMENT: Cell<Option<(Kind, u32)>> = const { Cell::new(None) };
}

/// Enters an apartment on the running thread.
pub fn enter(kind: Kind) -> Entered {
    match APARTMENT.get() {
        None => {
            APARTMENT.set(Some((kind, 1)));
            Entered::First
        }
        Some((own, count)) if own == kind => {
            APARTMENT.set(Some((own, count + 1)));
            Entered::Again
        }
        Some(_) => Entered::OtherKind,
    }
}

/// Leaves the apartment, if the thread is in one.
pub fn leave() {
    let left = APARTMENT.get().and_then(|(kind, count)| Some((kind, count.checked_sub(1)?)));
    APARTMENT.set(left.filter(|(_, count)| *count > 0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_leaves_as_often_as_it_entered() {
        assert_eq!(enter(Kind::SingleThreaded), Entered::First);
        assert_eq!(enter(Kind::SingleThreaded), Entered::Again);
        assert_eq!(enter(Kind::Multithreaded), Entered::OtherKind);
        leave();
        assert_eq!(enter(Kind::Multithreaded), Entered::OtherKind);
        leave();
        leave();
        assert_eq!(enter(Kind::Multithreaded), Entered::First);
        leave();
    }
}
