//! A lock that its owner may enter again: the loader lock, which a `DllMain` holds while it
//! loads another DLL.

use core::sync::atomic::{AtomicU32, Ordering};
use haft_host::park;

/// The lock. Free at first.
pub struct RecursiveLock {
    /// The owner's thread identifier, with [`WAITED`] set when somebody sleeps; zero when free.
    owner: AtomicU32,
    /// How often the owner entered; only the owner touches it.
    depth: AtomicU32,
}

const WAITED: u32 = 1 << 31;

/// Proof that the running thread is inside; dropping it leaves.
#[must_use]
pub struct Inside<'a>(&'a RecursiveLock);

impl RecursiveLock {
    /// A free lock.
    #[must_use]
    pub const fn new() -> Self {
        Self { owner: AtomicU32::new(0), depth: AtomicU32::new(0) }
    }

    /// Enters, waiting while another thread is inside.
    pub fn enter(&self) -> Inside<'_> {
        let own = haft_host::thread::current_tid().0;
        if self.owner.load(Ordering::Relaxed) & !WAITED != own {
            let mut free = own;
            while let Err(seen) =
                self.owner.compare_exchange(0, free, Ordering::Acquire, Ordering::Relaxed)
            {
                let waited = seen | WAITED;
                if seen == waited
                    || self
                        .owner
                        .compare_exchange(seen, waited, Ordering::Relaxed, Ordering::Relaxed)
                        .is_ok()
                {
                    let _ = park::park(&self.owner, waited, None);
                }
                // Others may sleep still: whoever leaves after us has to wake one.
                free = own | WAITED;
            }
        }
        self.depth.fetch_add(1, Ordering::Relaxed);
        Inside(self)
    }
}

impl RecursiveLock {
    /// Whether the running thread is inside.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        self.owner.load(Ordering::Relaxed) & !WAITED == haft_host::thread::current_tid().0
    }

    /// Leaves once, for a thread that entered and forgot its proof; does nothing for others.
    pub fn leave(&self) {
        if self.is_inside() {
            drop(Inside(self));
        }
    }
}

impl Default for RecursiveLock {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if self.0.depth.fetch_sub(1, Ordering::Relaxed) == 1
            && self.0.owner.swap(0, Ordering::Release) & WAITED != 0
        {
            park::unpark(&self.0.owner, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::AtomicBool;
    use std::sync::Arc;

    #[test]
    fn the_owner_enters_again_and_others_wait() {
        let shared = Arc::new((RecursiveLock::new(), AtomicU32::new(0), AtomicBool::new(false)));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || {
                    for _ in 0..1000 {
                        let _outer = shared.0.enter();
                        let _inner = shared.0.enter();
                        assert!(!shared.2.swap(true, Ordering::Relaxed), "two owners at once");
                        shared.1.fetch_add(1, Ordering::Relaxed);
                        shared.2.store(false, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(shared.1.load(Ordering::Relaxed), 4000);
    }
}
