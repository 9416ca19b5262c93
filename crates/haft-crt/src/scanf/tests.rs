use super::*;
use crate::unit::units;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Bytes by address; slot `i` points at `0x1000 * (i + 1)` unless it is given a value.
#[derive(Default)]
struct Memory {
    bytes: BTreeMap<u64, u8>,
    sizes: BTreeMap<usize, u64>,
}

impl Targets for Memory {
    fn slot(&mut self, index: usize) -> u64 {
        self.sizes.get(&index).copied().unwrap_or(0x1000 * (index as u64 + 1))
    }

    fn store(&mut self, address: u64, value: u64, size: usize) -> Result<(), BadAddress> {
        for (i, byte) in value.to_le_bytes()[..size].iter().enumerate() {
            self.bytes.insert(address + i as u64, *byte);
        }
        Ok(())
    }
}

impl Memory {
    fn get(&self, slot: u64, size: usize) -> u64 {
        let mut bytes = [0; 8];
        for (i, byte) in bytes[..size].iter_mut().enumerate() {
            *byte = *self.bytes.get(&(0x1000 * (slot + 1) + i as u64)).expect("stored");
        }
        assert!(!self.bytes.contains_key(&(0x1000 * (slot + 1) + size as u64)), "no more stored");
        u64::from_le_bytes(bytes)
    }

    fn int(&self, slot: u64) -> i32 {
        self.get(slot, 4) as i32
    }

    fn text(&self, slot: u64) -> String {
        let start = 0x1000 * (slot + 1);
        let bytes = (start..).map_while(|at| self.bytes.get(&at).copied().filter(|&b| b != 0));
        String::from_utf8(bytes.collect()).expect("UTF-8")
    }

    fn wide(&self, slot: u64) -> String {
        let start = 0x1000 * (slot + 1);
        let unit = |i: u64| {
            let low = self.bytes.get(&(start + 2 * i))?;
            Some(u16::from_le_bytes([*low, *self.bytes.get(&(start + 2 * i + 1))?]))
        };
        let units: Vec<u16> = (0..).map_while(|i| unit(i).filter(|&u| u != 0)).collect();
        String::from_utf16(&units).expect("UTF-16")
    }
}

fn run(input: &str, format: &str, options: &Options) -> (i32, Memory) {
    let mut memory = Memory::default();
    let result = scan(&mut Text::new(input.as_bytes()), format.as_bytes(), &mut memory, options);
    let scanned = result.expect("a good format");
    assert!(!scanned.too_small);
    (scanned.result, memory)
}

fn ucrt(input: &str, format: &str) -> (i32, Memory) {
    run(input, format, &Options::ucrt(0))
}

fn msvcrt(input: &str, format: &str) -> (i32, Memory) {
    run(input, format, &Options::msvcrt(false))
}

#[test]
fn integers() {
    for run in [ucrt, msvcrt] {
        let (n, memory) = run(" 12 -7 0x1F 017 ff", "%d%d%i%i%x");
        assert_eq!(n, 5);
        assert_eq!([0, 1, 2, 3, 4].map(|i| memory.int(i)), [12, -7, 31, 15, 255]);
        let (n, memory) = run("-9223372036854775808 18446744073709551615", "%I64d %llu");
        assert_eq!((n, memory.get(0, 8), memory.get(1, 8)), (2, 1 << 63, u64::MAX));
        let (_, memory) = run("70000", "%hd");
        assert_eq!(memory.get(0, 2), 70000 & 0xFFFF);
        let (n, memory) = run("12345", "%2d%d");
        assert_eq!((n, memory.int(0), memory.int(1)), (2, 12, 345));
        let (n, memory) = run("1 2 3", "%d %*d %d");
        assert_eq!((n, memory.int(0), memory.int(1)), (2, 1, 3));
        let (n, memory) = run("000000000000BEEF", "%p");
        assert_eq!((n, memory.get(0, 8)), (1, 0xBEEF));
    }
    let (_, memory) = ucrt("258", "%hhd");
    assert_eq!(memory.get(0, 1), 2);
    let (_, memory) = ucrt("7", "%zd");
    assert_eq!(memory.get(0, 8), 7);
}

#[test]
fn floats() {
    let (n, memory) = ucrt("1.5 -2e3 .25", "%f %lf %Lf");
    assert_eq!(n, 3);
    assert_eq!(f32::from_bits(memory.get(0, 4) as u32), 1.5);
    assert_eq!(f64::from_bits(memory.get(1, 8)), -2000.0);
    assert_eq!(f64::from_bits(memory.get(2, 8)), 0.25);
    let (n, memory) = ucrt("inf -0x1.8p1 nan(ind)x", "%lf %lf %lf%*c");
    assert_eq!(n, 3);
    assert_eq!(f64::from_bits(memory.get(0, 8)), f64::INFINITY);
    assert_eq!(f64::from_bits(memory.get(1, 8)), -3.0);
    assert_eq!(msvcrt("inf", "%lf").0, 0);
    assert_eq!(ucrt("1e", "%f").0, 0, "a number cut off in its exponent is none");
    assert_eq!(ucrt("infx", "%f").0, 1);
    assert_eq!(ucrt("12.5", "%3f%d").0, 2);
}

#[test]
fn text() {
    let (n, memory) = ucrt("  hello world", "%s%c%3s");
    assert_eq!(n, 3);
    assert_eq!((memory.text(0).as_str(), memory.get(1, 1)), ("hello", 32));
    assert_eq!(memory.text(2), "wor");
    let (n, memory) = ucrt("key=value;", "%[^=]=%[a-z]");
    assert_eq!((n, memory.text(0), memory.text(1)), (2, "key".into(), "value".into()));
    let (n, memory) = ucrt("abc", "%3c");
    assert_eq!((n, memory.get(0, 3)), (1, 0x0063_6261));
    let (n, memory) = ucrt("ab cd ef", "%S %ls %hs");
    assert_eq!(
        (n, memory.wide(0), memory.wide(1), memory.text(2)),
        (3, "ab".into(), "cd".into(), "ef".into())
    );
}

#[test]
fn wide_functions() {
    let input: Vec<u16> = "12 é n".encode_utf16().collect();
    let legacy = Options::ucrt(bits::LEGACY_WIDE_SPECIFIERS);
    let mut memory = Memory::default();
    let format = units::<u16>("%d %s %S");
    let scanned = scan(&mut Text::new(&input), &format, &mut memory, &legacy).expect("good");
    assert_eq!(scanned.result, 3);
    assert_eq!((memory.int(0), memory.wide(1), memory.text(2)), (12, "é".into(), "n".into()));
    let utf8 = Options { charset: Charset::Utf8, ..Options::ucrt(0) };
    let mut memory = Memory::default();
    let input: Vec<u16> = "é😀".encode_utf16().collect();
    scan(&mut Text::new(&input), &units::<u16>("%s"), &mut memory, &utf8).expect("good");
    assert_eq!(memory.text(0), "é😀");
    let mut memory = Memory::default();
    scan(&mut Text::new("é😀".as_bytes()), b"%ls", &mut memory, &utf8).expect("good");
    assert_eq!(memory.wide(0), "é😀");
}

#[test]
fn results_tell_mismatch_from_end() {
    assert_eq!(ucrt("", "%d").0, -1);
    assert_eq!(ucrt("   ", "%d").0, -1);
    assert_eq!(ucrt("x", "%d").0, 0);
    assert_eq!(ucrt("1", "%d %d").0, 1);
    assert_eq!(ucrt("1,x", "%d,%d").0, 1);
    assert_eq!(ucrt("50%", "%d%%%n").0, 1);
    assert_eq!(ucrt("", "").0, 0);
    assert_eq!(ucrt("ab", "%5c").0, -1);
}

#[test]
fn counts() {
    let (n, memory) = ucrt("ab 12 c", "%*s %d%n");
    assert_eq!((n, memory.int(0), memory.int(1)), (1, 12, 5));
}

#[test]
fn what_does_not_match_stays_in_the_input() {
    let mut source = Text::new(b"12abc");
    let mut memory = Memory::default();
    let scanned = scan(&mut source, b"%d", &mut memory, &Options::ucrt(0)).expect("good");
    assert_eq!((scanned.result, source.position()), (1, 2));
}

#[test]
fn secure_functions_take_sizes() {
    let secure = Options::ucrt(bits::SECURECRT);
    let run = |input: &str, format: &str, size| {
        let mut memory = Memory { sizes: BTreeMap::from([(1, size)]), ..Memory::default() };
        let mut source = Text::new(input.as_bytes());
        let scanned = scan(&mut source, format.as_bytes(), &mut memory, &secure).expect("good");
        (scanned.result, scanned.too_small, memory.text(0))
    };
    assert_eq!(run("hello", "%s", 6), (1, false, "hello".into()));
    assert_eq!(run("hello", "%s", 5), (0, true, String::new()));
    assert_eq!(run("hello", "%4s", 5), (1, false, "hell".into()));
    assert_eq!(run("abc", "%3c", 3), (1, false, "abc".into()));
    assert_eq!(run("abc", "%3c", 2), (0, true, String::new()));
    let mut memory = Memory { sizes: BTreeMap::from([(1, 9)]), ..Memory::default() };
    let scanned = scan(&mut Text::new(b"a 5"), b"%s %d", &mut memory, &secure);
    assert_eq!(scanned.map(|s| s.result), Ok(2));
    assert_eq!(memory.int(2), 5);
}

#[test]
fn bad_formats_are_refused() {
    for format in ["%", "%y", "%[abc", "%0d"] {
        let mut memory = Memory::default();
        let options = Options::ucrt(0);
        let result = scan(&mut Text::new(b"1"), format.as_bytes(), &mut memory, &options);
        assert_eq!(result, Err(ScanError::Invalid), "{format}");
    }
}

struct Slots(Vec<u64>);

impl crate::printf::Args for Slots {
    fn slot(&mut self, index: usize) -> u64 {
        self.0[index]
    }

    fn narrow_string(
        &self,
        address: u64,
        _: usize,
    ) -> Result<std::borrow::Cow<'_, [u8]>, BadAddress> {
        Err(BadAddress(address))
    }

    fn wide_string(
        &self,
        address: u64,
        _: usize,
    ) -> Result<std::borrow::Cow<'_, [u16]>, BadAddress> {
        Err(BadAddress(address))
    }

    fn counted_string(&self, address: u64) -> Result<(u16, u64), BadAddress> {
        Err(BadAddress(address))
    }

    fn write_count(&mut self, address: u64, _: u64, _: usize) -> Result<(), BadAddress> {
        Err(BadAddress(address))
    }
}

proptest! {
    #[test]
    fn scanf_reads_what_printf_writes(int: i32, long: i64, double: f64, single: f32) {
        prop_assume!(double.is_finite() && single.is_finite());
        for (options, scan_options) in [
            (crate::printf::Options::ucrt(0), Options::ucrt(0)),
            (crate::printf::Options::msvcrt(), Options::msvcrt(false)),
        ] {
            let slots = vec![
                int as u64, long as u64, long as u64, double.to_bits(), f64::from(single).to_bits(),
            ];
            let mut text = Vec::new();
            let format = units::<u16>("%d %I64d %#I64x %.17g %.9g");
            crate::printf::format(&mut text, &format, &mut Slots(slots), &options).unwrap();
            let mut memory = Memory::default();
            let format = units::<u16>("%d %I64d %I64x %lf %f");
            let scanned = scan(&mut Text::new(&text), &format, &mut memory, &scan_options).unwrap();
            prop_assert_eq!(scanned.result, 5);
            prop_assert_eq!(memory.int(0), int);
            prop_assert_eq!(memory.get(1, 8) as i64, long);
            prop_assert_eq!(memory.get(2, 8) as i64, long);
            prop_assert_eq!(memory.get(3, 8), double.to_bits());
            prop_assert_eq!(memory.get(4, 4), u64::from(single.to_bits()));
        }
    }
}
