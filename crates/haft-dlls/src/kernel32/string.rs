//! Strings.

use crate::abi::{Charset, Ptr, TBuf};
use haft_host::guest::{self, Fault};
use haft_macros::export;

/// Returns the length of a wide string in units, 0 if it cannot be read. (Microsoft: "lstrlenW
/// function")
#[export(kernel32)]
fn lstrlenW(lpString: Ptr<u16>) -> i32 {
    guest::wide_len(lpString.addr(), i32::MAX as usize).map_or(0, |len| len as i32)
}

/// Returns the length of an ANSI string in bytes, 0 if it cannot be read. (Microsoft: "lstrlenA
/// function")
#[export(kernel32, also = "lstrlen")]
fn lstrlenA(lpString: Ptr<u8>) -> i32 {
    guest::bytes_len(lpString.addr(), i32::MAX as usize).map_or(0, |len| len as i32)
}

/// The units of a string, without its terminator.
fn units<C: Charset>(at: TBuf<C>) -> Result<Vec<C::Unit>, Fault> {
    let length = if C::WIDE { guest::wide_len } else { guest::bytes_len }(at.addr(), usize::MAX)?;
    guest::read_slice(at.addr(), length)
}

/// Stores units and a terminator at `at`.
fn put<C: Charset>(at: usize, mut units: Vec<C::Unit>) -> Result<(), Fault> {
    units.push(C::Unit::default());
    guest::write_slice(at, &units)
}

/// The address, or null if memory could not be touched: these functions catch what they cause.
fn or_null<C: Charset>(at: TBuf<C>, done: Result<(), Fault>) -> usize {
    done.map_or(0, |()| at.addr())
}

/// Copies a string; null if that is not possible. (Microsoft: "lstrcpyW function")
#[export(kernel32, charset)]
fn lstrcpy<C: Charset>(lpString1: TBuf<C>, lpString2: TBuf<C>) -> usize {
    let done = units(lpString2).and_then(|from| put::<C>(lpString1.addr(), from));
    or_null(lpString1, done)
}

/// Copies the beginning of a string, always with a terminator; null if that is not possible.
/// (Microsoft: "lstrcpynW function")
#[export(kernel32, charset)]
fn lstrcpyn<C: Charset>(lpString1: TBuf<C>, lpString2: TBuf<C>, iMaxLength: i32) -> usize {
    let Some(room) = usize::try_from(iMaxLength).ok().and_then(|max| max.checked_sub(1)) else {
        return lpString1.addr();
    };
    let length = if C::WIDE { guest::wide_len } else { guest::bytes_len };
    let done = length(lpString2.addr(), room)
        .and_then(|length| guest::read_slice(lpString2.addr(), length))
        .and_then(|from| put::<C>(lpString1.addr(), from));
    or_null(lpString1, done)
}

/// Appends a string; null if that is not possible. (Microsoft: "lstrcatW function")
#[export(kernel32, charset)]
fn lstrcat<C: Charset>(lpString1: TBuf<C>, lpString2: TBuf<C>) -> usize {
    let append = || {
        let end = lpString1.addr() + units(lpString1)?.len() * size_of::<C::Unit>();
        put::<C>(end, units(lpString2)?)
    };
    or_null(lpString1, append())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{Ansi, Param as _, Wide};
    use haft_host::guest::testing::Edge;

    #[test]
    fn copies_end_in_a_null() {
        let edge = Edge::new();
        let place = |at| TBuf::<Ansi>::decode(at).unwrap();
        let from = place(c"abc".as_ptr() as usize);
        let to = place(edge.start());
        assert_eq!(lstrcpyn(to, from, 3), to.addr());
        assert_eq!(guest::read_bytes_z(to.addr(), 9), Ok(b"ab".to_vec()));
        assert_eq!(lstrcat(to, from), to.addr());
        assert_eq!(guest::read_bytes_z(to.addr(), 9), Ok(b"ababc".to_vec()));
        assert_eq!(lstrcpy(place(edge.end() - 3), from), 0);
        assert_eq!(lstrcpy(to, place(8)), 0);
        let wide = TBuf::<Wide>::decode(edge.end() - 2).unwrap();
        assert_eq!(lstrcpyn(wide, wide, 1), wide.addr());
        assert_eq!(guest::read::<u16>(wide.addr()), Ok(0));
    }
}
