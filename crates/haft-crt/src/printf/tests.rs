use super::*;
use crate::unit::units;
use proptest::prelude::*;

/// Arguments as a program would have them; strings live at made-up addresses.
#[derive(Default)]
struct Memory {
    slots: Vec<u64>,
    narrow: Vec<Vec<u8>>,
    wide: Vec<Vec<u16>>,
    counts: Vec<(u64, u64, usize)>,
}

const WIDE_AT: u64 = 0x1000;
const COUNTED_AT: u64 = 0x2000;

impl Memory {
    fn int(mut self, value: i64) -> Self {
        self.slots.push(value as u64);
        self
    }

    fn double(mut self, value: f64) -> Self {
        self.slots.push(value.to_bits());
        self
    }

    fn narrow(mut self, text: &str) -> Self {
        self.narrow.push(text.as_bytes().to_vec());
        self.slots.push(self.narrow.len() as u64);
        self
    }

    fn wide(mut self, text: &str) -> Self {
        self.wide.push(text.encode_utf16().collect());
        self.slots.push(WIDE_AT + self.wide.len() as u64 - 1);
        self
    }
}

impl Args for Memory {
    fn slot(&mut self, index: usize) -> u64 {
        self.slots[index]
    }

    fn narrow_string(&self, address: u64, max: usize) -> Result<Cow<'_, [u8]>, BadAddress> {
        let text = self.narrow.get(address as usize - 1).ok_or(BadAddress(address))?;
        Ok(Cow::Borrowed(&text[..text.len().min(max)]))
    }

    fn wide_string(&self, address: u64, max: usize) -> Result<Cow<'_, [u16]>, BadAddress> {
        let index = address.checked_sub(WIDE_AT).ok_or(BadAddress(address))?;
        let text = self.wide.get(index as usize).ok_or(BadAddress(address))?;
        Ok(Cow::Borrowed(&text[..text.len().min(max)]))
    }

    fn counted_string(&self, address: u64) -> Result<(u16, u64), BadAddress> {
        let buffer = address.checked_sub(COUNTED_AT).ok_or(BadAddress(address))?;
        Ok((4, buffer))
    }

    fn write_count(&mut self, address: u64, count: u64, size: usize) -> Result<(), BadAddress> {
        self.counts.push((address, count, size));
        Ok(())
    }
}

fn run(text: &str, mut args: Memory, options: &Options) -> Result<String, FormatError> {
    let mut out = Vec::new();
    let count = format(&mut out, text.as_bytes(), &mut args, options)?;
    assert_eq!(count, out.len());
    // The wide function agrees wherever text conversions are not involved.
    if !text.contains(['s', 'S', 'c', 'C', 'Z', 'n']) {
        let mut wide = Vec::new();
        format(&mut wide, &units::<u16>(text), &mut args, options)?;
        assert_eq!(String::from_utf16_lossy(&wide).as_bytes(), out);
    }
    Ok(String::from_utf8(out).expect("tests print UTF-8"))
}

fn ucrt(text: &str, args: Memory) -> String {
    run(text, args, &Options::ucrt(bits::STANDARD_ROUNDING)).expect("a good format")
}

fn msvcrt(text: &str, args: Memory) -> String {
    run(text, args, &Options::msvcrt()).expect("a good format")
}

fn wide(text: &str, mut args: Memory, options: &Options) -> String {
    let mut out = Vec::new();
    format(&mut out, &units::<u16>(text), &mut args, options).expect("a good format");
    String::from_utf16(&out).expect("tests print UTF-16")
}

fn none() -> Memory {
    Memory::default()
}

#[test]
fn integers_of_all_sizes() {
    let all = |text: &str, value| (ucrt(text, none().int(value)), msvcrt(text, none().int(value)));
    for (format, value, expected) in [
        ("%d", -1, "-1"),
        ("%i", 0x1_0000_0005, "5"),
        ("%u", -1, "4294967295"),
        ("%ld", i64::from(i32::MIN), "-2147483648"),
        ("%lld", i64::MIN, "-9223372036854775808"),
        ("%I64d", i64::MIN, "-9223372036854775808"),
        ("%I64u", -1, "18446744073709551615"),
        ("%I32d", 0x1_FFFF_FFFF, "-1"),
        ("%Id", -7, "-7"),
        ("%Ix", -1, "ffffffffffffffff"),
        ("%hd", 0x1_8000, "-32768"),
        ("%hu", -1, "65535"),
        ("%x", 0xBEEF, "beef"),
        ("%#x", 0xBEEF, "0xbeef"),
        ("%#X", 0xBEEF, "0XBEEF"),
        ("%#x", 0, "0"),
        ("%#o", 8, "010"),
        ("%#o", 0, "0"),
        ("%#.0o", 0, "0"),
        ("%o", 8, "10"),
        ("%.0d", 0, ""),
        ("%5.3d", 7, "  007"),
        ("%05d", -7, "-0007"),
        ("%-5d|", 7, "7    |"),
        ("%-05d|", 7, "7    |"),
        ("%05.2d", 7, "   07"),
        ("%+d", 7, "+7"),
        ("% d", 7, " 7"),
        ("%+ d", 7, "+7"),
        ("%+u", 7, "7"),
        ("%#010x", 255, "0x000000ff"),
        ("%p", 0xBEEF, "000000000000BEEF"),
        ("%#p", 0xBEEF, "0X000000000000BEEF"),
        ("%20p|", 0xBEEF, "    000000000000BEEF|"),
        ("100%% %d", 1, "100% 1"),
    ] {
        assert_eq!(all(format, value), (expected.to_string(), expected.to_string()), "{format}");
    }
}

#[test]
fn sizes_that_only_the_ucrt_knows() {
    assert_eq!(ucrt("%hhd", none().int(0x1FF)), "-1");
    assert_eq!(msvcrt("%hhd", none().int(0x1FF)), "511");
    assert_eq!(ucrt("%zu %td %jd", none().int(-1).int(-2).int(-3)), "18446744073709551615 -2 -3");
    assert_eq!(msvcrt("%zu", none()), "zu");
    assert_eq!(ucrt("%F", none().double(1.0)), "1.000000");
    assert_eq!(msvcrt("%Fd", none().int(7)), "7", "a far pointer's prefix in the old runtime");
}

#[test]
fn widths_and_precisions_from_arguments() {
    assert_eq!(ucrt("%*d", none().int(4).int(7)), "   7");
    assert_eq!(ucrt("%*d|", none().int(-4).int(7)), "7   |");
    assert_eq!(ucrt("%.*d", none().int(3).int(7)), "007");
    assert_eq!(ucrt("%.*f", none().int(-1).double(0.5)), "0.500000");
}

#[test]
fn floats_of_the_ucrt() {
    let one = |format, value| ucrt(format, none().double(value));
    assert_eq!(one("%f", 0.1), "0.100000");
    assert_eq!(one("%e", 12345.678), "1.234568e+04");
    assert_eq!(one("%E", 1e-300), "1.000000E-300");
    assert_eq!(one("%g", 0.0001), "0.0001");
    assert_eq!(one("%g", 0.00001), "1e-05");
    assert_eq!(one("%g", 100_000.0), "100000");
    assert_eq!(one("%g", 1_000_000.0), "1e+06");
    assert_eq!(one("%g", 999_999.5), "1e+06");
    assert_eq!(one("%#g", 1.0), "1.00000");
    assert_eq!(one("%#g", 0.0), "0.00000");
    assert_eq!(one("%g", 0.0), "0");
    assert_eq!(one("%g", -0.0), "-0");
    assert_eq!(one("%.0f", 2.5), "2");
    assert_eq!(one("%#.0f", 2.0), "2.");
    assert_eq!(one("%#.0e", 2.0), "2.e+00");
    assert_eq!(one("%08.2f", -1.5), "-0001.50");
    assert_eq!(one("%+.1f", 0.05), "+0.1");
    assert_eq!(one("%f", 0.0), "0.000000");
    assert_eq!(one("%.3f", 0.0004), "0.000");
    assert_eq!(one("%e", 0.0), "0.000000e+00");
    assert_eq!(one("%.3g", 0.000_123_456), "0.000123");
    assert_eq!(one("%Lf", 1.0), "1.000000");
    assert_eq!(one("%.20f", 0.1), "0.10000000000000000555");
    let tiny = one("%.1200f", f64::from_bits(1));
    assert_eq!(tiny.len(), 1202);
    assert!(tiny.trim_end_matches('0').ends_with("5625"));
    assert_eq!(one("%.5000e", 1.0).len(), 5006);
    assert!(one("%.3f", f64::MAX).ends_with("858368.000"));
}

#[test]
fn exact_halves_follow_the_rounding_bit() {
    assert_eq!(ucrt("%.0f %.2f", none().double(2.5).double(0.125)), "2 0.12");
    let options = Options::ucrt(0);
    assert_eq!(run("%.0f %.2f", none().double(2.5).double(0.125), &options), Ok("3 0.13".into()));
    assert_eq!(msvcrt("%.0e", none().double(25.0)), "3e+001");
}

#[test]
fn hexadecimal_floats() {
    let one = |format, value| ucrt(format, none().double(value));
    assert_eq!(one("%a", 1.0), "0x1.0000000000000p+0");
    assert_eq!(one("%.2A", -0.1), "-0X1.9AP-4");
    assert_eq!(one("%.0a", 1.5), "0x2p+0");
    assert_eq!(one("%a", f64::from_bits(1)), "0x0.0000000000001p-1022");
    assert_eq!(one("%020.1a", 1.0), "0x0000000000001.0p+0");
    assert_eq!(one("%.15a", 1.0), "0x1.000000000000000p+0");
    assert_eq!(msvcrt("%a", none().double(1.0)), "0x1.000000p+0");
}

#[test]
fn infinities_and_nans() {
    let indefinite = f64::from_bits(0xFFF8_0000_0000_0000);
    let quiet = f64::from_bits(0x7FF8_0000_0000_0000);
    let one = |format, value| ucrt(format, none().double(value));
    assert_eq!(one("%f", f64::INFINITY), "inf");
    assert_eq!(one("%F", f64::NEG_INFINITY), "-INF");
    assert_eq!(one("%06.1g", f64::INFINITY), "   inf");
    assert_eq!(one("%e", quiet), "nan");
    assert_eq!(one("%a", indefinite), "-nan(ind)");
    let old = |format, value| msvcrt(format, none().double(value));
    assert_eq!(old("%f", f64::INFINITY), "1.#INF00");
    assert_eq!(old("%f", f64::NEG_INFINITY), "-1.#INF00");
    assert_eq!(old("%g", f64::INFINITY), "1.#INF");
    assert_eq!(old("%.2f", f64::INFINITY), "1.#J");
    assert_eq!(old("%.0f", f64::INFINITY), "1");
    assert_eq!(old("%f", quiet), "1.#QNAN0");
    assert_eq!(old("%f", indefinite), "-1.#IND00");
    assert_eq!(old("%e", f64::INFINITY), "1.#INF00e+000");
}

#[test]
fn exponents_have_three_digits_in_the_old_runtime() {
    assert_eq!(msvcrt("%e", none().double(1.5)), "1.500000e+000");
    assert_eq!(msvcrt("%g", none().double(1e10)), "1e+010");
    let bits = bits::LEGACY_THREE_DIGIT_EXPONENTS;
    assert_eq!(run("%e", none().double(1.5), &Options::ucrt(bits)), Ok("1.500000e+000".into()));
    let two = Options { three_digit_exponents: false, ..Options::msvcrt() };
    assert_eq!(run("%e", none().double(1.5), &two), Ok("1.500000e+00".into()));
}

#[test]
fn text_in_narrow_functions() {
    for run in [ucrt, msvcrt] {
        assert_eq!(run("[%s]", none().narrow("hello")), "[hello]");
        assert_eq!(run("[%8s]", none().narrow("hello")), "[   hello]");
        assert_eq!(run("[%-8s]", none().narrow("hello")), "[hello   ]");
        assert_eq!(run("[%08s]", none().narrow("hello")), "[000hello]");
        assert_eq!(run("[%.2s]", none().narrow("hello")), "[he]");
        assert_eq!(run("[%S %ls %ws]", none().wide("a").wide("b").wide("c")), "[a b c]");
        assert_eq!(run("[%hS]", none().narrow("a")), "[a]");
        assert_eq!(run("%s %S", none().int(0).int(0)), "(null) (null)");
        assert_eq!(run("%.3s", none().int(0)), "(nu");
        assert_eq!(run("%c%3c%C%lc", none().int(65).int(66).int(67).int(68)), "A  BCD");
        assert_eq!(
            run("%Z", Memory { slots: vec![COUNTED_AT + 1], ..none().narrow("longer") }),
            "long"
        );
    }
}

#[test]
fn text_in_wide_functions() {
    let legacy = Options::ucrt(bits::LEGACY_WIDE_SPECIFIERS);
    let standard = Options::ucrt(0);
    for options in [&legacy, &Options::msvcrt()] {
        assert_eq!(wide("%s %S", none().wide("é").narrow("n"), options), "é n");
        assert_eq!(wide("%hs %ls", none().narrow("n").wide("€"), options), "n €");
        assert_eq!(wide("%c%C", none().int(0x20AC).int(65), options), "€A");
    }
    assert_eq!(wide("%s %S", none().narrow("n").wide("€"), &standard), "n €");
    assert_eq!(wide("%s", none().int(0), &legacy), "(null)");
}

#[test]
fn wide_text_becomes_bytes_of_the_locale() {
    let utf8 = Options { charset: Charset::Utf8, ..Options::ucrt(0) };
    assert_eq!(run("%ls", none().wide("a€😀"), &utf8), Ok("a€😀".into()));
    assert_eq!(run("%.3ls", none().wide("a€😀"), &utf8), Ok("a".into()), "no cut character");
    assert_eq!(run("%ls", none().wide("€"), &Options::ucrt(0)), Err(FormatError::Unconvertible));
    let mut out = Vec::new();
    assert_eq!(format(&mut out, b"[%lc]", &mut none().int(0x20AC), &Options::ucrt(0)), Ok(2));
}

#[test]
fn numbered_arguments() {
    let p = Options { positional: true, ..Options::ucrt(0) };
    assert_eq!(run("%2$d %1$d %2$x", none().int(1).int(20), &p), Ok("20 1 14".into()));
    assert_eq!(run("%1$*2$d", none().int(7).int(3), &p), Ok("  7".into()));
    assert_eq!(run("%d %d", none().int(1).int(2), &p), Ok("1 2".into()));
    assert_eq!(run("%1$d %d", none().int(1).int(2), &p), Err(FormatError::Invalid));
    assert_eq!(run("%0$d", none().int(1), &p), Err(FormatError::Invalid));
}

#[test]
fn counts_are_stored_only_where_enabled() {
    let mut args = none().int(0x10).int(0x20);
    let mut out = Vec::new();
    assert_eq!(format(&mut out, b"abc%n%hnd", &mut args, &Options::msvcrt()), Ok(4));
    assert_eq!(args.counts, [(0x10, 3, 4), (0x20, 3, 2)]);
    assert_eq!(run("%n", none().int(1), &Options::ucrt(0)), Err(FormatError::Invalid));
}

#[test]
fn bad_formats_are_copied_or_refused() {
    assert_eq!(msvcrt("%y %", none()), "y ");
    assert_eq!(run("%y", none(), &Options::ucrt(0)), Err(FormatError::Invalid));
    assert_eq!(run("5%", none(), &Options::ucrt(0)), Err(FormatError::Invalid));
    assert_eq!(run("%99999999999d", none().int(1), &Options::ucrt(0)), Err(FormatError::TooLong));
}

#[test]
fn formatting_ends_at_a_null_and_at_a_failing_sink() {
    struct Closed;
    impl Sink<u8> for Closed {
        fn write(&mut self, _: &[u8]) -> Result<(), WriteFailed> {
            Err(WriteFailed)
        }
    }
    assert_eq!(msvcrt("ab\0cd", none()), "ab");
    let options = Options::msvcrt();
    assert_eq!(format(&mut Closed, b"a", &mut none(), &options), Err(FormatError::Write));
    assert_eq!(run("%s", none().int(99), &options), Err(FormatError::BadAddress(BadAddress(99))));
}

proptest! {
    #[test]
    fn integers_agree_with_rust(value: i64, width in 0usize..30, small: i32) {
        let text = format!("%{width}lld|%0{width}lld|%-{width}lld|%I64x|%d");
        let args = none().int(value).int(value).int(value).int(value).int(small.into());
        let expected =
            format!("{value:width$}|{value:0width$}|{value:<width$}|{value:x}|{small}");
        prop_assert_eq!(ucrt(&text, args), expected);
    }

    #[test]
    fn floats_agree_with_rust(value in prop_oneof![
        prop::num::f64::NORMAL,
        prop::num::f64::SUBNORMAL,
        -1e6..1e6f64,
    ], precision in 0usize..40) {
        let fixed = ucrt(&format!("%.{precision}f"), none().double(value));
        prop_assert_eq!(fixed, format!("{value:.precision$}"));
        let scientific = ucrt(&format!("%.{precision}e"), none().double(value));
        let (mantissa, exponent) = scientific.split_once('e').unwrap();
        let rust = format!("{value:.precision$e}");
        let (rust_mantissa, rust_exponent) = rust.split_once('e').unwrap();
        prop_assert_eq!(mantissa, rust_mantissa);
        prop_assert_eq!(exponent.parse::<i32>(), rust_exponent.parse::<i32>());
    }

    #[test]
    fn shortest_form_reads_back(value: f64) {
        prop_assume!(value.is_finite());
        prop_assert_eq!(ucrt("%.17g", none().double(value)).parse::<f64>(), Ok(value));
        let hex = ucrt("%a", none().double(value));
        let back = crate::convert::strtod(hex.as_bytes(), Dialect::Ucrt, b'.');
        prop_assert_eq!(back.value.to_bits(), value.to_bits());
    }

    #[test]
    fn any_format_ends(text in "(%[-+ #0]{0,3}[0-9]{0,2}(\\.[0-9]{0,2})?[hlIwLzjt]{0,3}[a-zA-Z%]|[ab]){0,4}") {
        for options in [Options::msvcrt(), Options::ucrt(0)] {
            let args = Memory { slots: vec![0; 8], ..none() };
            let mut args = args;
            let mut out = Vec::new();
            if let Ok(count) = format(&mut out, text.as_bytes(), &mut args, &options) {
                prop_assert_eq!(count, out.len());
            }
        }
    }
}
