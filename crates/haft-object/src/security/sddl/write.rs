//! From descriptor to text.

use super::super::{Ace, AceKind, AclPart, Control, Guid, SecurityDescriptor, Sid};
use super::words::{self, NULL_LIST};
use core::fmt::Write as _;
use haft_abi::NtStatus;

/// A SID as text: two letters where there are such.
#[must_use]
pub fn sid(sid: &Sid) -> String {
    words::letters_of(sid).map_or_else(|| sid.to_string(), str::to_owned)
}

/// A descriptor as text (Microsoft: "ConvertSecurityDescriptorToStringSecurityDescriptor
/// function").
///
/// # Errors
/// `NOT_SUPPORTED` for one with conditions, attributes, or entries that have no text.
pub fn descriptor(descriptor: &SecurityDescriptor) -> Result<String, NtStatus> {
    let mut out = String::new();
    for (letter, part) in [('O', &descriptor.owner), ('G', &descriptor.group)] {
        if let Some(part) = part {
            // A SID without subauthorities has no text.
            if part.parts().is_empty() {
                return Err(NtStatus::NOT_SUPPORTED);
            }
            let _ = write!(out, "{letter}:{}", sid(part));
        }
    }
    list(&mut out, "D:", &descriptor.dacl, descriptor.control(), true)?;
    list(&mut out, "S:", &descriptor.sacl, descriptor.control(), false)?;
    Ok(out)
}

fn list(
    out: &mut String,
    name: &str,
    part: &AclPart,
    control: Control,
    is_dacl: bool,
) -> Result<(), NtStatus> {
    if !part.is_present() {
        return Ok(());
    }
    out.push_str(name);
    for (word, dacl, sacl) in words::LIST_FLAGS {
        if control.contains(Control(if is_dacl { *dacl } else { *sacl })) {
            out.push_str(word);
        }
    }
    match part {
        AclPart::Absent => {}
        AclPart::Null => out.push_str(NULL_LIST),
        AclPart::List(acl) => acl.aces().iter().try_for_each(|ace| entry(out, ace))?,
    }
    Ok(())
}

fn entry(out: &mut String, ace: &Ace) -> Result<(), NtStatus> {
    const NO_TEXT: NtStatus = NtStatus::NOT_SUPPORTED;
    let Ace::Sid { kind, flags, mask, object, sid: account, data } = ace else {
        return Err(NO_TEXT);
    };
    let (name, _) = words::KINDS.iter().find(|(_, known)| known == kind).ok_or(NO_TEXT)?;
    if !data.is_empty() || account.parts().is_empty() {
        return Err(NO_TEXT);
    }
    let mut letters = String::new();
    let mut left = flags.0;
    for (word, bit) in words::FLAGS {
        if flags.0 & bit != 0 {
            letters.push_str(word);
            left &= !bit;
        }
    }
    if left != 0 {
        return Err(NO_TEXT);
    }
    let rights = rights(mask.0, *kind);
    let [object, inheriting] =
        object.unwrap_or_default().map(|guid| guid.map_or(String::new(), text));
    let account = sid(account);
    let _ = write!(out, "({name};{letters};{rights};{object};{inheriting};{account})");
    Ok(())
}

/// A mask in words if they say all of it, else as a number.
fn rights(mask: u32, kind: AceKind) -> String {
    let whole = words::WHOLE_RIGHTS.iter().find(|(_, rights)| *rights == mask);
    let words = match (kind, whole) {
        (AceKind::MANDATORY_LABEL, _) => words::LABEL_RIGHTS,
        (_, Some((word, _))) => return (*word).to_owned(),
        // What a word of a directory's rights means elsewhere is nothing to read.
        (_, None) if mask & 0xFFFF != 0 && mask >> 16 == 0 && mask != 0x100 => &[],
        (_, None) => words::RIGHTS,
    };
    let mut out = String::new();
    let mut left = mask;
    for (word, bit) in words {
        if mask & bit == *bit {
            out.push_str(word);
            left &= !bit;
        }
    }
    if left == 0 && mask != 0 { out } else { format!("{mask:#x}") }
}

/// A GUID as text.
fn text(mut guid: Guid) -> String {
    guid[..4].reverse();
    guid[4..6].reverse();
    guid[6..8].reverse();
    let digits = format!("{:032x}", u128::from_be_bytes(guid));
    let part = |from, to| &digits[from..to];
    let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
    parts.join("-")
}
