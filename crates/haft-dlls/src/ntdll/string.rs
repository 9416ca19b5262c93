//! Counted strings.

use crate::abi::{In, InOut, Out, Ptr, SetIfSome as _};
use crate::hooks;
use haft_abi::NtStatus;
use haft_abi::nt::UnicodeString;
use haft_host::guest::{self, Fault};
use haft_kernel::ex::nls::case;
use haft_kernel::ex::nls::code_page::{CodePage, Decoding};
use haft_kernel::ex::{allocation, guid, text_hash};
use haft_macros::export;
use windows_sys::Win32::Foundation::UNICODE_STRING;

/// A counted string's header, `UNICODE_STRING` and `ANSI_STRING` alike.
type Counted = UNICODE_STRING;

/// The most bytes of a counted string.
const MAX_BYTES: usize = 0xFFFF;

fn header(length: usize, room: usize, address: usize) -> UnicodeString {
    UnicodeString {
        length: length.min(MAX_BYTES) as u16,
        maximum_length: room.min(MAX_BYTES) as u16,
        buffer: address as u64,
    }
}

fn units(string: &Counted) -> Result<Vec<u16>, Fault> {
    guest::read_slice(string.Buffer as usize, usize::from(string.Length / 2))
}

fn bytes(string: &Counted) -> Result<Vec<u8>, Fault> {
    guest::read_slice(string.Buffer as usize, usize::from(string.Length))
}

fn to_units(bytes: &[u8]) -> Vec<u16> {
    CodePage::Utf8.decode(bytes, Decoding::default()).unwrap_or_default()
}

fn to_bytes(units: &[u16]) -> Vec<u8> {
    CodePage::encode_utf8(units, false).unwrap_or_default()
}

/// The header of a terminated string of `unit`-byte units; too long a one is cut where even.
fn init(destination: &Out<UnicodeString>, at: usize, unit: usize) -> Result<usize, Fault> {
    let length = match at {
        0 => 0,
        _ if unit == 2 => guest::wide_len(at, usize::MAX)?,
        _ => guest::bytes_len(at, usize::MAX)?,
    };
    let bytes = length * unit;
    let kept = bytes.min(MAX_BYTES - unit - (unit - 1));
    destination.set(header(kept, if at == 0 { 0 } else { kept + unit }, at))?;
    Ok(bytes)
}

/// Describes a terminated string. (Microsoft: "RtlInitUnicodeString function")
#[export(ntdll)]
fn RtlInitUnicodeString(DestinationString: Out<UnicodeString>, SourceString: Ptr<u16>) {
    hooks::or_fault(init(&DestinationString, SourceString.addr(), 2));
}

/// Describes a terminated string; one that is too long is an error. (Microsoft:
/// "RtlInitUnicodeStringEx function")
#[export(ntdll)]
fn RtlInitUnicodeStringEx(
    DestinationString: Out<UnicodeString>,
    SourceString: Ptr<u16>,
) -> Result<(), NtStatus> {
    let bytes = init(&DestinationString, SourceString.addr(), 2)?;
    if bytes > MAX_BYTES - 3 { Err(NtStatus::NAME_TOO_LONG) } else { Ok(()) }
}

/// Describes a terminated string of bytes. (Microsoft: "RtlInitAnsiString function")
#[export(ntdll, also = "RtlInitString")]
fn RtlInitAnsiString(DestinationString: Out<UnicodeString>, SourceString: Ptr<u8>) {
    hooks::or_fault(init(&DestinationString, SourceString.addr(), 1));
}

/// Describes a terminated string of bytes; one that is too long is an error. (Microsoft:
/// "RtlInitAnsiStringEx function")
#[export(ntdll, also = "RtlInitStringEx")]
fn RtlInitAnsiStringEx(
    DestinationString: Out<UnicodeString>,
    SourceString: Ptr<u8>,
) -> Result<(), NtStatus> {
    let bytes = init(&DestinationString, SourceString.addr(), 1)?;
    if bytes > MAX_BYTES - 1 { Err(NtStatus::NAME_TOO_LONG) } else { Ok(()) }
}

/// Stores a string of units and a terminator, where its header says or in new memory.
fn deliver<T: Copy + Default + 'static>(
    destination: &InOut<Counted>,
    mut text: Vec<T>,
    allocate: bool,
) -> Result<(), NtStatus> {
    let length = size_of_val(&text[..]);
    text.push(T::default());
    let room = size_of_val(&text[..]);
    if room > MAX_BYTES {
        return Err(NtStatus::INVALID_PARAMETER_2);
    }
    let old = destination.get();
    let (address, room) = if allocate {
        (allocation::allocate_slice(&text)?, room)
    } else if room > usize::from(old.MaximumLength) {
        return Err(NtStatus::BUFFER_OVERFLOW);
    } else {
        guest::write_slice(old.Buffer as usize, &text)?;
        (old.Buffer as usize, usize::from(old.MaximumLength))
    };
    Ok(guest::write(destination.ptr().addr(), header(length, room, address))?)
}

/// Makes a UTF-16 string of bytes. (Microsoft: "RtlAnsiStringToUnicodeString function")
#[export(ntdll, also = "RtlOemStringToUnicodeString", also = "RtlUTF8StringToUnicodeString")]
fn RtlAnsiStringToUnicodeString(
    DestinationString: InOut<Counted>,
    SourceString: In<Counted>,
    AllocateDestinationString: u8,
) -> Result<(), NtStatus> {
    let text = to_units(&bytes(&SourceString)?);
    deliver(&DestinationString, text, AllocateDestinationString != 0)
}

/// Makes bytes of a UTF-16 string. (Microsoft: "RtlUnicodeStringToAnsiString function")
#[export(ntdll, also = "RtlUnicodeStringToOemString", also = "RtlUnicodeStringToUTF8String")]
fn RtlUnicodeStringToAnsiString(
    DestinationString: InOut<Counted>,
    SourceString: In<Counted>,
    AllocateDestinationString: u8,
) -> Result<(), NtStatus> {
    let text = to_bytes(&units(&SourceString)?);
    deliver(&DestinationString, text, AllocateDestinationString != 0)
}

/// Frees the buffer of a string that another function allocated. (Microsoft:
/// "RtlFreeUnicodeString function")
#[export(ntdll, also = "RtlFreeAnsiString", also = "RtlFreeOemString")]
fn RtlFreeUnicodeString(UnicodeString: InOut<Counted>) {
    let address = UnicodeString.get().Buffer as usize;
    if address != 0 {
        // What is no memory of the heap cannot be told to the caller.
        let _ = allocation::free(address);
        let place = UnicodeString.ptr().addr();
        hooks::or_fault(guest::write(place, header(0, 0, 0)));
    }
}

/// Makes a copy of a string in new memory. (Microsoft: "RtlCreateUnicodeString function")
#[export(ntdll)]
fn RtlCreateUnicodeString(DestinationString: InOut<Counted>, SourceString: Ptr<u16>) -> bool {
    let text = guest::read_wide_z(SourceString.addr(), MAX_BYTES);
    text.is_ok_and(|text| deliver(&DestinationString, text, true).is_ok())
}

/// Copies a string, as much as there is room for. (Microsoft: "RtlCopyUnicodeString function")
#[export(ntdll)]
fn RtlCopyUnicodeString(DestinationString: InOut<Counted>, SourceString: Option<In<Counted>>) {
    let copy = || -> Result<(), Fault> {
        let to = DestinationString.get();
        let mut text = SourceString.map_or(Ok(Vec::new()), |from| units(&from))?;
        text.truncate(usize::from(to.MaximumLength / 2));
        let length = text.len() * 2;
        if length + 2 <= usize::from(to.MaximumLength) {
            text.push(0);
        }
        guest::write_slice(to.Buffer as usize, &text)?;
        let room = usize::from(to.MaximumLength);
        let place = DestinationString.ptr().addr();
        guest::write(place, header(length, room, to.Buffer as usize))
    };
    hooks::or_fault(copy());
}

fn append(destination: &InOut<Counted>, text: &[u16]) -> Result<(), NtStatus> {
    let to = destination.get();
    let (length, room) = (usize::from(to.Length), usize::from(to.MaximumLength));
    let end = length + text.len() * 2;
    if end > room {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    let address = to.Buffer as usize;
    guest::write_slice(address + length, text)?;
    if end + 2 <= room {
        guest::write(address + end, 0u16)?;
    }
    Ok(guest::write(destination.ptr().addr(), header(end, room, address))?)
}

/// Appends a counted string. (Microsoft: "RtlAppendUnicodeStringToString function")
#[export(ntdll)]
fn RtlAppendUnicodeStringToString(
    Destination: InOut<Counted>,
    Source: In<Counted>,
) -> Result<(), NtStatus> {
    append(&Destination, &units(&Source)?)
}

/// Appends a terminated string. (Microsoft: "RtlAppendUnicodeToString function")
#[export(ntdll)]
fn RtlAppendUnicodeToString(Destination: InOut<Counted>, Source: Ptr<u16>) -> Result<(), NtStatus> {
    if Source.is_null() {
        return Ok(());
    }
    append(&Destination, &guest::read_wide_z(Source.addr(), MAX_BYTES)?)
}

/// Compares two strings: negative, zero or positive. (Microsoft: "RtlCompareUnicodeString
/// function")
#[export(ntdll)]
fn RtlCompareUnicodeString(String1: In<Counted>, String2: In<Counted>, CaseInSensitive: u8) -> i32 {
    let a = hooks::or_fault(units(&String1));
    let b = hooks::or_fault(units(&String2));
    case::compare_ordinal(&a, &b, CaseInSensitive != 0) as i32
}

/// Whether two strings are the same. (Microsoft: "RtlEqualUnicodeString function")
#[export(ntdll)]
fn RtlEqualUnicodeString(String1: In<Counted>, String2: In<Counted>, CaseInSensitive: u8) -> bool {
    RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0
}

/// Whether one string begins another. (Microsoft: "RtlPrefixUnicodeString function")
#[export(ntdll)]
fn RtlPrefixUnicodeString(String1: In<Counted>, String2: In<Counted>, CaseInSensitive: u8) -> bool {
    let a = hooks::or_fault(units(&String1));
    let b = hooks::or_fault(units(&String2));
    b.get(..a.len()).is_some_and(|b| case::compare_ordinal(&a, b, CaseInSensitive != 0).is_eq())
}

/// Returns the upper case of a unit. (Microsoft: "RtlUpcaseUnicodeChar function")
#[export(ntdll)]
fn RtlUpcaseUnicodeChar(SourceCharacter: u16) -> u16 {
    case::upper(SourceCharacter)
}

/// Returns the lower case of a unit. (Microsoft: "RtlDowncaseUnicodeChar function")
#[export(ntdll)]
fn RtlDowncaseUnicodeChar(SourceCharacter: u16) -> u16 {
    case::lower(SourceCharacter)
}

fn mapped(
    destination: &InOut<Counted>,
    source: &Counted,
    allocate: bool,
    map: impl Fn(u16) -> u16,
) -> Result<(), NtStatus> {
    let text: Vec<u16> = units(source)?.into_iter().map(map).collect();
    if allocate {
        return deliver(destination, text, true);
    }
    // Here the terminator needs no room.
    let to = destination.get();
    if text.len() * 2 > usize::from(to.MaximumLength) {
        return Err(NtStatus::BUFFER_OVERFLOW);
    }
    let (address, room) = (to.Buffer as usize, usize::from(to.MaximumLength));
    guest::write_slice(address, &text)?;
    Ok(guest::write(destination.ptr().addr(), header(text.len() * 2, room, address))?)
}

/// Makes an upper-case copy of a string. (Microsoft: "RtlUpcaseUnicodeString function")
#[export(ntdll)]
fn RtlUpcaseUnicodeString(
    DestinationString: InOut<Counted>,
    SourceString: In<Counted>,
    AllocateDestinationString: u8,
) -> Result<(), NtStatus> {
    mapped(&DestinationString, &SourceString, AllocateDestinationString != 0, case::upper)
}

/// Makes a lower-case copy of a string. (Microsoft: "RtlDowncaseUnicodeString function")
#[export(ntdll)]
fn RtlDowncaseUnicodeString(
    DestinationString: InOut<Counted>,
    SourceString: In<Counted>,
    AllocateDestinationString: u8,
) -> Result<(), NtStatus> {
    mapped(&DestinationString, &SourceString, AllocateDestinationString != 0, case::lower)
}

/// Hashes a string. (Microsoft: "RtlHashUnicodeString function")
#[export(ntdll)]
fn RtlHashUnicodeString(
    String: In<Counted>,
    CaseInSensitive: u8,
    HashAlgorithm: u32,
    HashValue: Out<u32>,
) -> Result<(), NtStatus> {
    if HashAlgorithm > 1 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(HashValue.set(text_hash::x65599(&units(&String)?, CaseInSensitive != 0))?)
}

/// Writes a number in a base (0 is 10). (Microsoft: "RtlIntegerToUnicodeString function")
#[export(ntdll)]
fn RtlIntegerToUnicodeString(
    Value: u32,
    Base: u32,
    String: InOut<Counted>,
) -> Result<(), NtStatus> {
    let text = match Base {
        0 | 10 => format!("{Value}"),
        2 => format!("{Value:b}"),
        8 => format!("{Value:o}"),
        16 => format!("{Value:X}"),
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    deliver(&String, haft_abi::wide::from_str(&text), false)
}

/// Reads a number; base 0 goes by `0x`, `0o` or `0b`. (Microsoft: "RtlUnicodeStringToInteger
/// function")
#[export(ntdll)]
fn RtlUnicodeStringToInteger(
    String: In<Counted>,
    Base: u32,
    Value: Out<u32>,
) -> Result<(), NtStatus> {
    let text = haft_abi::wide::to_string(&units(&String)?);
    let text = text.trim_start_matches(|c: char| c <= ' ');
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, base)| text.strip_prefix(prefix).map(|rest| (rest, base)));
    let (digits, base) = match Base {
        0 => prefixed.unwrap_or((text, 10)),
        2 | 8 | 10 | 16 => (text, Base),
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    let number = digits
        .chars()
        .map_while(|c| c.to_digit(base))
        .fold(0u32, |n, digit| n.wrapping_mul(base).wrapping_add(digit));
    Ok(Value.set(if negative { number.wrapping_neg() } else { number })?)
}

/// Stores what fits of a text in `room` bytes and says how many bytes those are.
fn convert<T: Copy + 'static>(
    at: usize,
    room: u32,
    text: &[T],
    written: &Option<Out<u32>>,
) -> Result<bool, NtStatus> {
    let fitting = text.len().min(room as usize / size_of::<T>());
    guest::write_slice(at, &text[..fitting])?;
    written.set((fitting * size_of::<T>()) as u32)?;
    Ok(fitting == text.len())
}

/// Converts bytes to UTF-16, as much as fits. (Microsoft: "RtlMultiByteToUnicodeN function")
#[export(ntdll, also = "RtlOemToUnicodeN")]
fn RtlMultiByteToUnicodeN(
    UnicodeString: Ptr<u16>,
    MaxBytesInUnicodeString: u32,
    BytesInUnicodeString: Option<Out<u32>>,
    MultiByteString: Ptr<u8>,
    BytesInMultiByteString: u32,
) -> Result<(), NtStatus> {
    let text = to_units(&MultiByteString.read_slice(BytesInMultiByteString as usize)?);
    let (at, room) = (UnicodeString.addr(), MaxBytesInUnicodeString);
    convert(at, room, &text, &BytesInUnicodeString).map(drop)
}

/// Tells how many bytes of UTF-16 a string of bytes has. (Microsoft: "RtlMultiByteToUnicodeSize
/// function")
#[export(ntdll)]
fn RtlMultiByteToUnicodeSize(
    BytesInUnicodeString: Out<u32>,
    MultiByteString: Ptr<u8>,
    BytesInMultiByteString: u32,
) -> Result<(), NtStatus> {
    let text = to_units(&MultiByteString.read_slice(BytesInMultiByteString as usize)?);
    Ok(BytesInUnicodeString.set(text.len() as u32 * 2)?)
}

/// Converts UTF-16 to bytes, as much as fits. (Microsoft: "RtlUnicodeToMultiByteN function")
#[export(ntdll, also = "RtlUnicodeToOemN")]
fn RtlUnicodeToMultiByteN(
    MultiByteString: Ptr<u8>,
    MaxBytesInMultiByteString: u32,
    BytesInMultiByteString: Option<Out<u32>>,
    UnicodeString: Ptr<u16>,
    BytesInUnicodeString: u32,
) -> Result<(), NtStatus> {
    let text = to_bytes(&UnicodeString.read_slice(BytesInUnicodeString as usize / 2)?);
    let (at, room) = (MultiByteString.addr(), MaxBytesInMultiByteString);
    convert(at, room, &text, &BytesInMultiByteString).map(drop)
}

/// Tells how many bytes a UTF-16 string becomes. (Microsoft: "RtlUnicodeToMultiByteSize
/// function")
#[export(ntdll)]
fn RtlUnicodeToMultiByteSize(
    BytesInMultiByteString: Out<u32>,
    UnicodeString: Ptr<u16>,
    BytesInUnicodeString: u32,
) -> Result<(), NtStatus> {
    let text = to_bytes(&UnicodeString.read_slice(BytesInUnicodeString as usize / 2)?);
    Ok(BytesInMultiByteString.set(text.len() as u32)?)
}

/// Stores the result of a strict conversion, or with a null address only its size.
fn strict<T: Copy + 'static>(
    at: Ptr<T>,
    room: u32,
    text: &[T],
    written: &Option<Out<u32>>,
    mapped: bool,
) -> Result<NtStatus, NtStatus> {
    if at.is_null() {
        written.set(size_of_val(text) as u32)?;
    } else if !convert(at.addr(), room, text, written)? {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    Ok(if mapped { NtStatus::SUCCESS } else { NtStatus::SOME_NOT_MAPPED })
}

/// Converts UTF-8 to UTF-16; bytes that are not UTF-8 become U+FFFD. (Microsoft:
/// "RtlUTF8ToUnicodeN function")
#[export(ntdll)]
fn RtlUTF8ToUnicodeN(
    UnicodeStringDestination: Ptr<u16>,
    UnicodeStringMaxByteCount: u32,
    UnicodeStringActualByteCount: Option<Out<u32>>,
    UTF8StringSource: Ptr<u8>,
    UTF8StringByteCount: u32,
) -> Result<NtStatus, NtStatus> {
    let source = UTF8StringSource.read_slice(UTF8StringByteCount as usize)?;
    let mapped = core::str::from_utf8(&source).is_ok();
    let (at, room) = (UnicodeStringDestination, UnicodeStringMaxByteCount);
    strict(at, room, &to_units(&source), &UnicodeStringActualByteCount, mapped)
}

/// Converts UTF-16 to UTF-8; unpaired surrogates become U+FFFD. (Microsoft:
/// "RtlUnicodeToUTF8N function")
#[export(ntdll)]
fn RtlUnicodeToUTF8N(
    UTF8StringDestination: Ptr<u8>,
    UTF8StringMaxByteCount: u32,
    UTF8StringActualByteCount: Option<Out<u32>>,
    UnicodeStringSource: Ptr<u16>,
    UnicodeStringByteCount: u32,
) -> Result<NtStatus, NtStatus> {
    let source = UnicodeStringSource.read_slice(UnicodeStringByteCount as usize / 2)?;
    let mapped = CodePage::encode_utf8(&source, true).is_ok();
    let (at, room) = (UTF8StringDestination, UTF8StringMaxByteCount);
    strict(at, room, &to_bytes(&source), &UTF8StringActualByteCount, mapped)
}

/// Reads a GUID from its text in braces. (Microsoft: "RtlGUIDFromString function")
#[export(ntdll)]
fn RtlGUIDFromString(GuidString: In<Counted>, Guid: Out<[u8; 16]>) -> Result<(), NtStatus> {
    let parsed = guid::parse(&units(&GuidString)?).ok_or(NtStatus::INVALID_PARAMETER)?;
    Ok(Guid.set(parsed)?)
}

/// Writes a GUID as text in braces, in new memory. (Microsoft: "RtlStringFromGUID function")
#[export(ntdll)]
fn RtlStringFromGUID(Guid: In<[u8; 16]>, GuidString: InOut<Counted>) -> Result<(), NtStatus> {
    deliver(&GuidString, haft_abi::wide::from_str(&guid::text(Guid.get())), true)
}
