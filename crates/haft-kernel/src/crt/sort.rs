//! `qsort` and `bsearch` over the program's memory, by the program's comparison.

use super::error::Error;
use core::cmp::Ordering;
use haft_crt::Errno;
use haft_crt::sort::{self, Sortable};
use haft_host::guest::{self, Fault};
use haft_host::jump;

struct GuestArray {
    base: usize,
    width: usize,
    compare: Compare,
    fault: Option<Fault>,
}

/// The comparison, and for the `_s` functions the context that it is given first.
#[derive(Clone, Copy, Debug)]
pub struct Compare {
    /// The address of the function.
    pub function: usize,
    /// `context`.
    pub context: Option<usize>,
}

impl Compare {
    fn call(self, a: usize, b: usize) -> Ordering {
        let order = match self.context {
            Some(context) => jump::call(self.function, [context, a, b, 0]),
            None => jump::call(self.function, [a, b, 0, 0]),
        };
        (order as i32).cmp(&0)
    }
}

impl GuestArray {
    fn exchange(&mut self, mut a: usize, mut b: usize) -> Result<(), Fault> {
        let mut left = self.width;
        let (mut one, mut other) = ([0u8; 64], [0u8; 64]);
        while left > 0 {
            let now = left.min(one.len());
            guest::copy_in(&mut one[..now], a)?;
            guest::copy_in(&mut other[..now], b)?;
            guest::copy_out(a, &other[..now])?;
            guest::copy_out(b, &one[..now])?;
            (a, b, left) = (a + now, b + now, left - now);
        }
        Ok(())
    }
}

impl Sortable for GuestArray {
    fn compare(&mut self, a: usize, b: usize) -> Ordering {
        self.compare.call(self.base + a * self.width, self.base + b * self.width)
    }

    fn swap(&mut self, a: usize, b: usize) {
        let (a, b) = (self.base + a * self.width, self.base + b * self.width);
        if a != b
            && let Err(fault) = self.exchange(a, b)
        {
            self.fault = Some(fault);
        }
    }
}

/// `qsort`.
///
/// # Errors
/// `EINVAL` for an array that cannot be; a fault for one that is not there.
pub fn sort(base: usize, count: usize, width: usize, compare: Compare) -> Result<(), Error> {
    if count > 0 && (base == 0 || width == 0 || compare.function == 0) {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let mut array = GuestArray { base, width, compare, fault: None };
    sort::qsort(count, &mut array);
    array.fault.map_or(Ok(()), |fault| Err(fault.into()))
}

/// `bsearch`: the address of an element that is equal, or null.
///
/// # Errors
/// `EINVAL` for an array that cannot be.
pub fn search(
    key: usize,
    base: usize,
    count: usize,
    width: usize,
    compare: Compare,
) -> Result<usize, Error> {
    if compare.function == 0 || (count > 0 && (base == 0 || width == 0)) {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let found = sort::bsearch(count, |at| compare.call(key, base + at * width));
    Ok(found.map_or(0, |at| base + at * width))
}

/// `_lfind`, `_lsearch`: the first equal element of an unsorted array, or null.
#[must_use]
pub fn find(key: usize, base: usize, count: usize, width: usize, compare: Compare) -> usize {
    (0..count)
        .map(|at| base + at * width)
        .find(|&element| compare.call(key, element).is_eq())
        .unwrap_or(0)
}
