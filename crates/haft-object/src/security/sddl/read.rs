//! From text to descriptor.

use super::super::sid::number;
use super::super::{Ace, AceFlags, AceKind, Acl, AclPart, Control, SecurityDescriptor, Sid};
use super::words::{self, NULL_LIST};
use haft_abi::{AccessMask, NtStatus};

/// Neither SID nor list: the text is no descriptor's.
const BAD: NtStatus = NtStatus::INVALID_PARAMETER;

/// The SID that a text says: two letters, or `S-1-...` (Microsoft: "ConvertStringSidToSid
/// function"). Some letters are those of a domain.
///
/// # Errors
/// `INVALID_SID`.
pub fn sid(text: &str, domain: Option<&Sid>) -> Result<Sid, NtStatus> {
    words::sid_of(text, domain).map_or_else(|| text.parse(), Ok)
}

/// The descriptor that a text says (Microsoft: "ConvertStringSecurityDescriptorToSecurityDescriptor
/// function"). Some SIDs' letters are those of a domain.
///
/// # Errors
/// `INVALID_PARAMETER`, `INVALID_SID`, `INVALID_ACL` for a text that is none; `NOT_SUPPORTED` for
/// one with conditions or attributes.
pub fn descriptor(text: &str, domain: Option<&Sid>) -> Result<SecurityDescriptor, NtStatus> {
    let mut made = SecurityDescriptor::new();
    let mut control = Control::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut chars = rest.chars();
        let part = chars.next().ok_or(BAD)?.to_ascii_uppercase();
        let body = chars.as_str().trim_start().strip_prefix(':').ok_or(BAD)?.trim_start();
        rest = match part {
            'O' | 'G' => {
                let slot = if part == 'O' { &mut made.owner } else { &mut made.group };
                let (text, rest) = body.split_at(sid_end(body));
                if slot.replace(sid(text.trim_end(), domain)?).is_some() {
                    return Err(BAD);
                }
                rest
            }
            'D' | 'S' => {
                let slot = if part == 'D' { &mut made.dacl } else { &mut made.sacl };
                if slot.is_present() {
                    return Err(BAD);
                }
                let (read, flags, rest) = list(body, part == 'D', domain)?;
                *slot = read;
                control = control.with(flags);
                rest
            }
            _ => return Err(BAD),
        }
        .trim_start();
    }
    made.set_control(control);
    Ok(made)
}

/// Where the SID at the beginning of a text ends: at its end, or where the next part begins, which
/// is the letter before a colon.
fn sid_end(text: &str) -> usize {
    let Some(colon) = text.find(':') else { return text.len() };
    text[..colon].trim_end().char_indices().next_back().map_or(0, |(at, _)| at)
}

/// A list, its flags, and the rest of the text.
fn list<'t>(
    text: &'t str,
    is_dacl: bool,
    domain: Option<&Sid>,
) -> Result<(AclPart, Control, &'t str), NtStatus> {
    let mut control = Control::default();
    let mut rest = text;
    if let Some(rest) = rest.strip_prefix(NULL_LIST) {
        return Ok((AclPart::Null, control, rest));
    }
    while let Some((word, dacl, sacl)) =
        words::LIST_FLAGS.iter().find(|(word, ..)| starts_with(rest, word))
    {
        control = control.with(Control(if is_dacl { *dacl } else { *sacl }));
        rest = rest[word.len()..].trim_start();
    }
    if let Some(rest) = rest.strip_prefix(NULL_LIST) {
        return Ok((AclPart::Null, control, rest));
    }
    let mut aces = Vec::new();
    while let Some(body) = rest.strip_prefix('(') {
        let (text, after) = body.split_once(')').ok_or(BAD)?;
        aces.push(ace(text, domain)?);
        rest = after.trim_start();
    }
    let acl = Acl::of(aces).map_err(|_| NtStatus::INVALID_ACL)?;
    Ok((AclPart::List(acl), control, rest))
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn ace(text: &str, domain: Option<&Sid>) -> Result<Ace, NtStatus> {
    let fields: Vec<&str> = text.split(';').map(str::trim).collect();
    let kind = fields.first().copied().unwrap_or_default();
    if words::UNREAD_KINDS.iter().any(|word| word.eq_ignore_ascii_case(kind)) {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    let [kind, flags, rights, object, inheriting, account] = fields[..] else { return Err(BAD) };
    let named = words::KINDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(kind));
    let &(_, kind) = named.ok_or(BAD)?;
    let flags = AceFlags(sum(flags, words::FLAGS).ok_or(BAD)?);
    let mask = AccessMask(mask(rights, kind).ok_or(BAD)?);
    let guids = [guid(object)?, guid(inheriting)?];
    match Ace::new(kind, flags, mask, sid(account, domain)?) {
        Ace::Sid { kind, flags, mask, object: Some(_), sid, data } => {
            Ok(Ace::Sid { kind, flags, mask, object: Some(guids), sid, data })
        }
        // GUIDs have a place in some types of entries only.
        _ if guids != [None, None] => Err(BAD),
        ace => Ok(ace),
    }
}

/// Words one after another, each of them a number, put together.
fn sum<N: Copy + Default + core::ops::BitOr<Output = N>>(
    text: &str,
    words: &[(&str, N)],
) -> Option<N> {
    let mut all = N::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, number) = words.iter().find(|(word, _)| starts_with(rest, word))?;
        all = all | *number;
        rest = rest[word.len()..].trim_start();
    }
    Some(all)
}

fn mask(text: &str, kind: AceKind) -> Option<u32> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return number(text).and_then(|number| u32::try_from(number).ok());
    }
    if kind == AceKind::MANDATORY_LABEL {
        return sum(text, words::LABEL_RIGHTS);
    }
    let all: Vec<_> = words::WHOLE_RIGHTS.iter().chain(words::RIGHTS).copied().collect();
    sum(text, &all)
}

/// A GUID as text says it, or nothing.
fn guid(text: &str) -> Result<Option<super::super::Guid>, NtStatus> {
    if text.is_empty() {
        return Ok(None);
    }
    let parse = || {
        let parts: Vec<&str> = text.split('-').collect();
        if !parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) {
            return None;
        }
        let digits: String = parts.concat();
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = u128::from_str_radix(&digits, 16).ok()?.to_be_bytes();
        // The first three parts lie in memory as numbers.
        bytes[..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
        Some(bytes)
    };
    parse().map(Some).ok_or(BAD)
}
