//! The drivers of `qsort` and `bsearch`, over element numbers instead of addresses.

use core::cmp::Ordering;

/// An array that can be sorted in place through a comparison of the program's own.
pub trait Sortable {
    /// Compares the elements with these numbers, as the program's callback says.
    fn compare(&mut self, a: usize, b: usize) -> Ordering;
    /// Exchanges two elements.
    fn swap(&mut self, a: usize, b: usize);
}

/// Below this many elements insertion is quickest.
const SMALL: usize = 9;

/// Sorts `len` elements (Microsoft: "qsort"); not stable, allocates nothing.
///
/// Takes O(n log n) comparisons for any input. A callback that contradicts itself gives some
/// permutation of the elements; no number outside `0..len` is ever asked for.
pub fn qsort(len: usize, array: &mut impl Sortable) {
    let depth = 2 * (usize::BITS - len.leading_zeros());
    quick(0, len, array, depth);
}

fn quick(mut from: usize, mut to: usize, array: &mut impl Sortable, mut depth: u32) {
    while to - from > SMALL {
        if depth == 0 {
            heap(from, to, array);
            return;
        }
        depth -= 1;
        let split = partition(from, to, array);
        // The shorter side is the recursion, so the stack stays logarithmic.
        if split - from < to - split - 1 {
            quick(from, split, array, depth);
            from = split + 1;
        } else {
            quick(split + 1, to, array, depth);
            to = split;
        }
    }
    for sorted in from + 1..to.max(from + 1) {
        let mut at = sorted;
        while at > from && array.compare(at - 1, at) == Ordering::Greater {
            array.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Moves what is less than the median of three before it, the rest behind; gives its place.
fn partition(from: usize, to: usize, array: &mut impl Sortable) -> usize {
    let (middle, last) = (from + (to - from) / 2, to - 1);
    if array.compare(from, middle) == Ordering::Greater {
        array.swap(from, middle);
    }
    if array.compare(middle, last) == Ordering::Greater {
        array.swap(middle, last);
        if array.compare(from, middle) == Ordering::Greater {
            array.swap(from, middle);
        }
    }
    let pivot = to - 2;
    array.swap(middle, pivot);
    let (mut low, mut high) = (from, pivot);
    loop {
        low += 1;
        while low < pivot && array.compare(low, pivot) == Ordering::Less {
            low += 1;
        }
        high -= 1;
        while high > from && array.compare(high, pivot) == Ordering::Greater {
            high -= 1;
        }
        if low >= high {
            array.swap(low, pivot);
            return low;
        }
        array.swap(low, high);
    }
}

fn heap(from: usize, to: usize, array: &mut impl Sortable) {
    let len = to - from;
    for root in (0..len / 2).rev() {
        sift(from, root, len, array);
    }
    for end in (1..len).rev() {
        array.swap(from, from + end);
        sift(from, 0, end, array);
    }
}

fn sift(from: usize, mut root: usize, len: usize, array: &mut impl Sortable) {
    while 2 * root + 1 < len {
        let mut child = 2 * root + 1;
        if child + 1 < len && array.compare(from + child, from + child + 1) == Ordering::Less {
            child += 1;
        }
        if array.compare(from + root, from + child) != Ordering::Less {
            return;
        }
        array.swap(from + root, from + child);
        root = child;
    }
}

/// Finds an element in a sorted array (Microsoft: "bsearch").
///
/// `compare` orders the key against the element of a number. Gives the number of an equal one.
pub fn bsearch(len: usize, mut compare: impl FnMut(usize) -> Ordering) -> Option<usize> {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        match compare(middle) {
            Ordering::Less => high = middle,
            Ordering::Equal => return Some(middle),
            Ordering::Greater => low = middle + 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Counted {
        values: Vec<i32>,
        comparisons: usize,
        answer: fn(i32, i32, usize) -> Ordering,
    }

    impl Sortable for Counted {
        fn compare(&mut self, a: usize, b: usize) -> Ordering {
            self.comparisons += 1;
            (self.answer)(self.values[a], self.values[b], self.comparisons)
        }

        fn swap(&mut self, a: usize, b: usize) {
            self.values.swap(a, b);
        }
    }

    fn sorted(values: Vec<i32>) -> Counted {
        let len = values.len();
        let mut array = Counted { values, comparisons: 0, answer: |a, b, _| a.cmp(&b) };
        qsort(len, &mut array);
        array
    }

    proptest! {
        #[test]
        fn sorts_as_std_does(values in prop::collection::vec(-50..50, 0..300)) {
            let mut expected = values.clone();
            expected.sort_unstable();
            prop_assert_eq!(sorted(values).values, expected);
        }

        #[test]
        fn a_lying_callback_loses_no_element(mut values in prop::collection::vec(0..99, 0..300)) {
            let mut array = Counted {
                values: values.clone(),
                comparisons: 0,
                answer: |_, _, n| [Ordering::Less, Ordering::Greater, Ordering::Equal][n * 7 % 3],
            };
            qsort(values.len(), &mut array);
            values.sort_unstable();
            array.values.sort_unstable();
            prop_assert_eq!(array.values, values);
        }

        #[test]
        fn bsearch_finds_exactly_what_is_there(
            mut values in prop::collection::vec(0..99, 0..60), key in 0..99i32,
        ) {
            values.sort_unstable();
            let found = bsearch(values.len(), |i| key.cmp(&values[i]));
            prop_assert_eq!(found.map(|i| values[i]), values.contains(&key).then_some(key));
        }
    }

    #[test]
    fn no_input_is_quadratic() {
        let n = 4096;
        for values in [
            (0..n).collect::<Vec<_>>(),
            (0..n).rev().collect(),
            vec![7; n as usize],
            (0..n).map(|i| (i * i) % 17).collect(),
            (0..n / 2).chain((0..n / 2).rev()).collect(),
        ] {
            assert!(sorted(values).comparisons < 4096 * 12 * 4);
        }
    }
}
