use super::testing::Edge;
use super::*;

const NON_CANONICAL: usize = 0x8000_0000_0000_0000;

#[test]
fn values_of_every_size_come_back_and_stop_at_the_edge() {
    let edge = Edge::new();
    macro_rules! check {
        ($($t:ty = $v:expr),*) => {$(
            let last = edge.end() - size_of::<$t>();
            write::<$t>(last, $v).unwrap();
            assert_eq!(read::<$t>(last), Ok($v));
            assert_eq!(read::<$t>(last + 1), Err(Fault { address: last + 1, write: false }));
            assert_eq!(write::<$t>(last + 1, $v), Err(Fault { address: last + 1, write: true }));
            assert!(read::<$t>(0).is_err());
            assert!(read::<$t>(NON_CANONICAL).is_err());
            assert!(write::<$t>(NON_CANONICAL, $v).is_err());
        )*};
    }
    check!(
        u8 = 0xA5,
        u16 = 0xA5A6,
        u32 = 0xA5A6_A7A8,
        u64 = 0xA5A6_A7A8_A9AA_ABAC,
        f64 = 2.5,
        [u8; 3] = [1, 2, 3],
        [u32; 5] = [1, 2, 3, 4, 5],
        [u64; 40] = [7; 40]
    );
}

#[test]
fn copies_of_every_length_are_exact_and_stop_at_the_edge() {
    let edge = Edge::new();
    let pattern: Vec<u8> = (0..100).map(|i| i as u8 ^ 0x5A).collect();
    for len in 0..=100 {
        fill(edge.start(), 0, 200).unwrap();
        copy_out(edge.start() + 50, &pattern[..len]).unwrap();
        let mut back = [0xFF; 102];
        copy_in(&mut back[..len + 2], edge.start() + 49).unwrap();
        assert_eq!(back[0], 0);
        assert_eq!(back[1..=len], pattern[..len]);
        assert_eq!(back[len + 1], 0);
        if len > 0 {
            let over = edge.end() - len + 1;
            assert!(copy_in(&mut back[..len], over).is_err(), "{len}");
            assert!(copy_out(over, &pattern[..len]).is_err(), "{len}");
            assert!(fill(over, 1, len).is_err(), "{len}");
        }
    }
}

#[test]
fn strings_are_found_at_every_offset_and_length() {
    let edge = Edge::new();
    for start in 0..18 {
        for len in 0..40 {
            let at = edge.start() + start;
            fill(edge.start(), 0x41, 4096).unwrap();
            write(at + len, 0u8).unwrap();
            assert_eq!(bytes_len(at, usize::MAX), Ok(len));
            assert_eq!(bytes_len(at, 20), Ok(len.min(20)));
            fill(at, 0x41, 4096 - start).unwrap();
            write(at + len * 2, 0u16).unwrap();
            assert_eq!(wide_len(at, usize::MAX), Ok(len));
            assert_eq!(wide_len(at, 20), Ok(len.min(20)));
        }
    }
}

#[test]
fn a_string_that_runs_off_the_edge_is_a_fault_unless_the_limit_comes_first() {
    let edge = Edge::new();
    fill(edge.start(), 0x41, 4096).unwrap();
    for before in 1..40 {
        let at = edge.end() - before;
        assert!(bytes_len(at, usize::MAX).is_err());
        assert_eq!(bytes_len(at, before), Ok(before));
        assert!(wide_len(at, usize::MAX).is_err());
        assert_eq!(wide_len(at, before / 2), Ok(before / 2));
        write(edge.end() - 1, 0u8).unwrap();
        assert_eq!(bytes_len(at, usize::MAX), Ok(before - 1));
        fill(at, 0x41, before).unwrap();
    }
    write_slice(edge.end() - 8, &[0x68u16, 0x69, 0x21, 0]).unwrap();
    assert_eq!(read_wide_z(edge.end() - 8, 100), Ok(vec![0x68, 0x69, 0x21]));
    assert_eq!(read_bytes_z(edge.end() - 1, 100), Ok(vec![]));
    assert!(read_wide_z(0, 10).is_err());
}

#[test]
fn a_slice_of_an_absurd_count_is_a_fault() {
    let edge = Edge::new();
    assert!(read_slice::<u32>(edge.start(), usize::MAX / 2).is_err());
    assert!(read_slice::<u32>(edge.start(), 1 << 40).is_err());
    assert_eq!(read_slice::<u32>(edge.start(), 1024).map(|v| v.len()), Ok(1024));
    assert!(read_slice::<u32>(edge.start(), 1025).is_err());
}

#[test]
fn a_probe_sees_the_far_end_and_changes_nothing() {
    let edge = Edge::new();
    write(edge.start(), 0x77u8).unwrap();
    assert_eq!(probe(edge.start(), 4096, true), Ok(()));
    assert_eq!(read::<u8>(edge.start()), Ok(0x77));
    assert_eq!(probe(edge.start(), 4097, false), Err(Fault { address: edge.end(), write: false }));
    assert_eq!(
        probe(edge.start() + 9, 4097, true),
        Err(Fault { address: edge.end(), write: true })
    );
    assert!(probe(edge.start(), usize::MAX, false).is_err());
    assert_eq!(probe(0, 0, true), Ok(()));
    // SAFETY: the first page of the mapping.
    unsafe { libc::mprotect(edge.start() as *mut _, 4096, libc::PROT_READ) };
    assert_eq!(probe(edge.start(), 1, false), Ok(()));
    assert_eq!(probe(edge.start(), 1, true), Err(Fault { address: edge.start(), write: true }));
}

#[test]
fn only_guarded_code_is_fixed_up() {
    assert_eq!(fixup(only_guarded_code_is_fixed_up as *const () as usize), None);
    assert_eq!(fixup(0), None);
}
