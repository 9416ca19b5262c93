//! Words of the program's memory that its threads and haft change in one step: locks that lie in
//! the program's own structures, and the futex on them.
//!
//! The accesses are not guarded: a bad address faults as the program's own access would, which is
//! what Windows makes of it too. They are single instructions, so that no Rust reference to the
//! program's memory exists and a misaligned word is no more than slow.

use core::arch::asm;

/// A 32-bit word of the program's memory.
#[derive(Clone, Copy, Debug)]
pub struct Word32(usize);

/// A 64-bit word of the program's memory.
#[derive(Clone, Copy, Debug)]
pub struct Word64(usize);

macro_rules! words {
    ($($word:ident $t:ty, $size:literal $modifier:literal $accumulator:tt;)*) => {$(
        impl $word {
            /// The word at an address.
            #[must_use]
            #[inline]
            pub const fn at(address: usize) -> Self {
                Self(address)
            }

            /// The address.
            #[must_use]
            pub const fn address(self) -> usize {
                self.0
            }

            /// Reads it; what was written before by who wrote it is seen.
            #[must_use]
            #[inline]
            pub fn load(self) -> $t {
                let value: $t;
                // SAFETY: a load from the program's memory, which no Rust object lies in; a bad
                // address is the program's access violation.
                unsafe {
                    asm!(
                        concat!("mov {value", $modifier, "}, ", $size, " ptr [{at}]"),
                        at = in(reg) self.0, value = out(reg) value,
                        options(nostack, preserves_flags),
                    );
                }
                value
            }

            /// Writes it; what was written before is seen by who reads it.
            #[inline]
            pub fn store(self, value: $t) {
                // SAFETY: as for `load`.
                unsafe {
                    asm!(
                        concat!("mov ", $size, " ptr [{at}], {value", $modifier, "}"),
                        at = in(reg) self.0, value = in(reg) value,
                        options(nostack, preserves_flags),
                    );
                }
            }

            /// Writes it in one step with reading what it was.
            #[inline]
            pub fn swap(self, value: $t) -> $t {
                let mut value = value;
                // SAFETY: as for `load`.
                unsafe {
                    asm!(
                        concat!("xchg ", $size, " ptr [{at}], {value", $modifier, "}"),
                        at = in(reg) self.0, value = inout(reg) value,
                        options(nostack, preserves_flags),
                    );
                }
                value
            }

            /// Adds to it, wrapping; what it was.
            #[inline]
            pub fn fetch_add(self, more: $t) -> $t {
                let mut value = more;
                // SAFETY: as for `load`.
                unsafe {
                    asm!(
                        concat!("lock xadd ", $size, " ptr [{at}], {value", $modifier, "}"),
                        at = in(reg) self.0, value = inout(reg) value,
                        options(nostack),
                    );
                }
                value
            }

            /// Makes it `new` if it is `expected`.
            ///
            /// # Errors
            /// What it is instead.
            #[inline]
            pub fn compare_exchange(self, expected: $t, new: $t) -> Result<$t, $t> {
                let seen: $t;
                // SAFETY: as for `load`.
                unsafe {
                    asm!(
                        concat!("lock cmpxchg ", $size, " ptr [{at}], {new", $modifier, "}"),
                        at = in(reg) self.0, new = in(reg) new,
                        inout($accumulator) expected => seen,
                        options(nostack),
                    );
                }
                if seen == expected { Ok(seen) } else { Err(seen) }
            }

            /// Changes it in one step by `new`, until that gives `None`; what it was.
            ///
            /// # Errors
            /// What it is, when `new` gave `None`.
            #[inline]
            pub fn update(self, mut new: impl FnMut($t) -> Option<$t>) -> Result<$t, $t> {
                let mut seen = self.load();
                while let Some(next) = new(seen) {
                    match self.compare_exchange(seen, next) {
                        Ok(before) => return Ok(before),
                        Err(now) => seen = now,
                    }
                }
                Err(seen)
            }
        }
    )*};
}

words! {
    Word32 u32, "dword" ":e" "eax";
    Word64 u64, "qword" ":r" "rax";
}

impl Word64 {
    /// Its low half.
    #[must_use]
    #[inline]
    pub const fn low(self) -> Word32 {
        Word32(self.0)
    }

    /// Its high half.
    #[must_use]
    #[inline]
    pub const fn high(self) -> Word32 {
        Word32(self.0 + 4)
    }
}

/// Longest sleep of one system call, in 100 ns units. Linux begins an endless futex wait anew after
/// a signal without a word to the caller, but not one with a time-out.
const LONGEST_SLEEP: u64 = 3600 * 10_000_000;

impl Word32 {
    /// Sleeps while the word is `expected`, until [`Word32::wake`], a signal, or for so many
    /// 100 ns units. Only threads of this process meet here. The caller looks at the word again.
    pub fn sleep(self, expected: u32, timeout: Option<u64>) {
        let ticks = timeout.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
        let spec = libc::timespec {
            tv_sec: (ticks / 10_000_000) as libc::time_t,
            tv_nsec: (ticks % 10_000_000 * 100) as libc::c_long,
        };
        let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
        // SAFETY: the kernel reads the word itself and refuses a bad address; the timespec lives
        // through the call.
        unsafe { libc::syscall(libc::SYS_futex, self.0, operation, expected, &raw const spec) };
    }

    /// Wakes up to `count` threads that sleep on the word; whether there was one.
    pub fn wake(self, count: u32) -> bool {
        let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
        // SAFETY: the address is only a key.
        unsafe { libc::syscall(libc::SYS_futex, self.0, operation, count) > 0 }
    }
}

/// Makes the 16 aligned bytes at `address` `new` if they are `expected` (low half first).
///
/// # Errors
/// What they are instead.
#[inline]
pub fn compare_exchange_128(
    address: usize,
    expected: [u64; 2],
    new: [u64; 2],
) -> Result<(), [u64; 2]> {
    let [mut low, mut high] = expected;
    // SAFETY: as for `Word64::load`. RBX cannot be named as an operand, so it is lent;
    // the others are named because the compiler may choose RBX for one that is not.
    unsafe {
        asm!(
            "xchg rsi, rbx",
            "lock cmpxchg16b xmmword ptr [rdi]",
            "mov rbx, rsi",
            in("rdi") address,
            inout("rsi") new[0] => _,
            in("rcx") new[1],
            inout("rax") low,
            inout("rdx") high,
            options(nostack),
        );
    }
    if [low, high] == expected { Ok(()) } else { Err([low, high]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

    #[test]
    fn words_are_read_and_changed() {
        let place = AtomicU32::new(5);
        let word = Word32::at(place.as_ptr() as usize);
        assert_eq!(word.load(), 5);
        assert_eq!(word.swap(7), 5);
        assert_eq!(word.fetch_add(u32::MAX), 7);
        assert_eq!(word.compare_exchange(5, 1), Err(6));
        assert_eq!(word.compare_exchange(6, 1), Ok(6));
        assert_eq!(word.update(|w| (w < 10).then_some(w + 10)), Ok(1));
        assert_eq!(word.update(|w| (w < 10).then_some(w + 10)), Err(11));
        word.store(3);
        assert_eq!(place.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn halves_are_where_a_little_endian_machine_has_them() {
        let place = AtomicU64::new(0x1_0000_0002);
        let word = Word64::at(place.as_ptr() as usize);
        assert_eq!((word.low().load(), word.high().load()), (2, 1));
    }

    #[test]
    fn sixteen_bytes_change_at_once() {
        #[repr(align(16))]
        struct Pair([AtomicU64; 2]);
        let pair = Pair([AtomicU64::new(1), AtomicU64::new(2)]);
        let at = pair.0.as_ptr() as usize;
        assert_eq!(compare_exchange_128(at, [1, 3], [4, 5]), Err([1, 2]));
        assert_eq!(compare_exchange_128(at, [1, 2], [4, 5]), Ok(()));
        assert_eq!(pair.0.each_ref().map(|w| w.load(Ordering::Relaxed)), [4, 5]);
    }
}
