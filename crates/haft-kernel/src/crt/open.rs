//! Opening files for descriptors and streams.

use super::descriptor::{self, Descriptor, Encoding, flag};
use super::error::Error;
use super::variable::Variable;
use crate::io::attributes::FileAttributes;
use crate::io::name;
use crate::io::open::{self, Disposition, OpenOptions, OpenRequest};
use crate::io::share::ShareMode;
use haft_abi::{AccessMask, Handle};
use haft_crt::Errno;
use haft_crt::stdio::{self, Access, Creation, Mode, OpenFlags, Share, oflag};

/// `SYNCHRONIZE` and `FILE_READ_ATTRIBUTES`, which every open file may be used for.
const USUAL: AccessMask = AccessMask(0x0010_0080);

/// `_fmode`.
pub static DEFAULT_MODE: Variable = Variable::new([0]);

/// The default for files that are opened neither as text nor as binary: `_O_TEXT`, `_O_BINARY`
/// or 0, which is text.
#[must_use]
pub fn default_mode() -> i32 {
    DEFAULT_MODE.get().unwrap_or(0)
}

/// Sets the default (`_set_fmode`).
///
/// # Errors
/// `EINVAL` for what is neither `_O_TEXT` nor `_O_BINARY`.
pub fn set_default_mode(mode: i32) -> Result<(), Error> {
    match mode {
        0 | oflag::TEXT | oflag::BINARY => Ok(DEFAULT_MODE.set(mode)?),
        _ => Err(Error::Invalid(Errno::EINVAL)),
    }
}

fn default_is_text() -> bool {
    default_mode() & oflag::BINARY == 0
}

/// The flags that a mode string of `fopen` means.
#[must_use]
pub fn flags_of(mode: &Mode) -> OpenFlags {
    OpenFlags {
        access: mode.access,
        creation: mode.creation,
        append: mode.append,
        text: mode.text.unwrap_or_else(default_is_text),
        encoding: mode.encoding,
        no_inherit: mode.no_inherit,
        delete_on_close: mode.delete_on_close,
        sequential: mode.sequential,
        random: mode.random,
        short_lived: mode.short_lived,
        directory: false,
    }
}

/// The flags of `_open`.
///
/// # Errors
/// `EINVAL` for flags that contradict each other.
pub fn parse_flags(flags: i32) -> Result<OpenFlags, Error> {
    OpenFlags::parse(flags, default_is_text()).ok_or(Error::Invalid(Errno::EINVAL))
}

/// Opens a file; the number of its descriptor.
///
/// # Errors
/// `ENOENT`, `EACCES`, `EEXIST`, `EMFILE`, `EINVAL` for a sharing that is none.
pub fn open(name: &[u16], flags: &OpenFlags, share: i32, writable: bool) -> Result<i32, Error> {
    let share = Share::parse(share, flags.access).ok_or(Error::Invalid(Errno::EINVAL))?;
    let handle = open_handle(name, flags, share, writable)?;
    let mut bits = 0;
    for (set, bit) in [
        (flags.text, flag::TEXT),
        (flags.append, flag::APPEND),
        (flags.no_inherit, flag::NO_INHERIT),
    ] {
        if set {
            bits |= bit;
        }
    }
    let descriptor = Descriptor::new(handle, bits);
    let encoding = begin_encoding(&descriptor, flags)?;
    descriptor.set_mode(flags.text, encoding);
    descriptor::insert(descriptor)
}

/// Reads or writes the byte order mark, and says what the file's encoding is.
fn begin_encoding(descriptor: &Descriptor, flags: &OpenFlags) -> Result<Encoding, Error> {
    let Some(wanted) = flags.encoding else { return Ok(Encoding::Ansi) };
    let fallback = match wanted {
        stdio::Encoding::Unicode => Encoding::Utf16,
        stdio::Encoding::Utf16Le => Encoding::Utf16,
        stdio::Encoding::Utf8 => Encoding::Utf8,
    };
    let empty = descriptor.length().unwrap_or(1) == 0;
    if empty && flags.access != Access::Read {
        let mark: &[u8] = if fallback == Encoding::Utf8 { b"\xEF\xBB\xBF" } else { b"\xFF\xFE" };
        descriptor.write_raw(mark.as_ptr().expose_provenance(), mark.len())?;
        return Ok(fallback);
    }
    if flags.access == Access::Write {
        return Ok(fallback);
    }
    let mut mark = [0u8; 3];
    let got = descriptor.read_raw(mark.as_mut_ptr().expose_provenance(), 3)?;
    let (encoding, length) = match &mark[..got] {
        b"\xEF\xBB\xBF" => (Encoding::Utf8, 3),
        [0xFF, 0xFE, ..] => (Encoding::Utf16, 2),
        // `ccs=UNICODE` of a file without a mark is ANSI.
        _ if wanted == stdio::Encoding::Unicode => (Encoding::Ansi, 0),
        _ => (fallback, 0),
    };
    descriptor.seek(length, 0)?;
    Ok(encoding)
}

fn open_handle(
    name: &[u16],
    flags: &OpenFlags,
    share: Share,
    writable: bool,
) -> Result<Handle, Error> {
    let wanted = match flags.access {
        Access::Read => AccessMask::GENERIC_READ,
        Access::Write => AccessMask::GENERIC_WRITE,
        Access::ReadWrite => AccessMask::GENERIC_READ | AccessMask::GENERIC_WRITE,
    };
    let disposition = match flags.creation {
        Creation::OpenExisting => Disposition::Open,
        Creation::OpenAlways => Disposition::OpenIf,
        Creation::CreateAlways => Disposition::OverwriteIf,
        Creation::CreateNew => Disposition::Create,
        Creation::TruncateExisting => Disposition::Overwrite,
    };
    let mut options = OpenOptions::SYNCHRONOUS_NONALERT;
    if !flags.directory {
        options = options.with(OpenOptions::NON_DIRECTORY_FILE);
    }
    let (mut access, mut sharing) = (wanted | USUAL, 0);
    for (allowed, mode) in [(share.read, ShareMode::READ), (share.write, ShareMode::WRITE)] {
        if allowed {
            sharing |= mode.0;
        }
    }
    if flags.delete_on_close {
        options = options.with(OpenOptions::DELETE_ON_CLOSE);
        access |= AccessMask::DELETE;
        sharing |= ShareMode::DELETE.0;
    }
    let readonly = !writable
        && matches!(
            flags.creation,
            Creation::OpenAlways | Creation::CreateAlways | Creation::CreateNew
        );
    let request = OpenRequest {
        share: ShareMode(sharing),
        disposition,
        options,
        attributes: if readonly { FileAttributes::READONLY } else { FileAttributes::NORMAL },
        inherit: !flags.no_inherit,
        ..OpenRequest::existing(name::dos(name)?, access)
    };
    Ok(open::open(request)?.0)
}
