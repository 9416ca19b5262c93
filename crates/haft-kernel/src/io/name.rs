//! What a program's name for a file stands for: a path of Linux, or one of the devices.

use super::device::SOCKETS;
use super::drive::Drive;
use super::path::{self, is_forbidden, is_separator};
use super::serial::Port;
use haft_abi::{NtStatus, wide};
use std::path::PathBuf;

const BACKSLASH: u16 = b'\\' as u16;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file or directory of Linux, names as spelled.
    File(PathBuf),
    /// `NUL`.
    Null,
    /// `CONIN$`.
    ConsoleInput,
    /// `CONOUT$`.
    ConsoleOutput,
    /// `CON`: input or output, by the access that is wanted.
    Console,
    /// A named pipe, by its name behind `\pipe\`.
    Pipe(Vec<u16>),
    /// The directory of named pipes.
    PipeDirectory,
    /// A mailslot, by its name behind `\mailslot\`.
    Mailslot(Vec<u16>),
    /// What knows the names of volumes.
    MountManager,
    /// The driver of sockets.
    Sockets,
    /// A serial line.
    Serial(Port),
}

/// A name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// What it stands for.
    pub target: Target,
    /// Whether it ends in a backslash, so that only a directory will do.
    pub directory: bool,
}

/// The meaning of a DOS name as programs give it to Win32 (Microsoft: "Naming Files, Paths, and
/// Namespaces").
///
/// # Errors
/// `OBJECT_NAME_INVALID` for characters that no name has, `OBJECT_PATH_NOT_FOUND` for an empty
/// name or an unknown drive, `BAD_NETWORK_PATH` for `\\server\share`, `NAME_TOO_LONG`.
pub fn dos(given: &[u16]) -> Result<Name, NtStatus> {
    if given.is_empty() {
        return Err(NtStatus::OBJECT_PATH_NOT_FOUND);
    }
    if given.len() > 0x7FFF {
        return Err(NtStatus::NAME_TOO_LONG);
    }
    if let Some(literal) = strip(given, r"\\?\").or_else(|| strip(given, r"\??\")) {
        return device(literal);
    }
    let full = path::full(given);
    if let Some(rest) = strip(&full, r"\\.\").or_else(|| strip(&full, r"\\?\")) {
        return device(rest);
    }
    if full.starts_with(&[BACKSLASH; 2]) {
        if let Some(pipe) = strip_pipe_of_host(&full) {
            return Ok(pipe_name(pipe));
        }
        return Err(NtStatus::BAD_NETWORK_PATH);
    }
    file(&full)
}

/// The meaning of a name of the object namespace, as NT services take it.
///
/// # Errors
/// As for [`dos`]; `OBJECT_PATH_SYNTAX_BAD` for a name that does not start with a backslash.
pub fn nt(name: &[u16]) -> Result<Name, NtStatus> {
    let forms = [r"\??\", r"\DosDevices\", r"\GLOBAL??\"];
    if let Some(rest) = forms.iter().find_map(|form| strip(name, form)) {
        return device(rest);
    }
    if let Some(pipe) = strip(name, r"\Device\NamedPipe") {
        return match pipe {
            [] | [BACKSLASH] => Ok(Name { target: Target::PipeDirectory, directory: false }),
            [BACKSLASH, name @ ..] => Ok(pipe_name(name)),
            _ => Err(NtStatus::OBJECT_NAME_NOT_FOUND),
        };
    }
    if let Some((drive, rest)) = Drive::of_device(name) {
        return file(&[&drive.dos_name()[..], rest].concat());
    }
    if let Some(slot @ [_, ..]) = strip(name, r"\Device\Mailslot\") {
        return Ok(Name { target: Target::Mailslot(slot.to_vec()), directory: false });
    }
    if let Some(number) = strip(name, r"\Device\Serial")
        && let Some(port) = Port::of_device(&wide::to_string(number))
    {
        return Ok(Name { target: Target::Serial(port), directory: false });
    }
    if let Some([] | [BACKSLASH, ..]) = strip(name, SOCKETS) {
        return Ok(Name { target: Target::Sockets, directory: false });
    }
    for (device, target) in [
        (r"\Device\Null", Target::Null),
        (r"\Device\MountPointManager", Target::MountManager),
        (r"\Device\ConDrv\CurrentIn", Target::ConsoleInput),
        (r"\Device\ConDrv\CurrentOut", Target::ConsoleOutput),
        (r"\Device\ConDrv\Console", Target::Console),
    ] {
        if strip(name, device).is_some_and(<[u16]>::is_empty) {
            return Ok(Name { target, directory: false });
        }
    }
    match name.first() {
        Some(&BACKSLASH) => Err(NtStatus::OBJECT_PATH_NOT_FOUND),
        Some(_) => Err(NtStatus::OBJECT_PATH_SYNTAX_BAD),
        None => Err(NtStatus::OBJECT_PATH_SYNTAX_BAD),
    }
}

fn strip<'a>(text: &'a [u16], prefix: &str) -> Option<&'a [u16]> {
    let prefix = wide::from_str(prefix);
    let (head, rest) = text.split_at_checked(prefix.len())?;
    path::same_text(head, &prefix).then_some(rest)
}

/// `\\.\pipe\x` by its other spelling, `\\host\pipe\x`, where the host is this one.
fn strip_pipe_of_host(full: &[u16]) -> Option<&[u16]> {
    strip(full, r"\\localhost\pipe\").or_else(|| strip(full, r"\\127.0.0.1\pipe\"))
}

fn pipe_name(name: &[u16]) -> Name {
    let target = if name.is_empty() { Target::PipeDirectory } else { Target::Pipe(name.to_vec()) };
    Name { target, directory: false }
}

/// What follows `\\.\`, `\\?\` or `\??\`.
fn device(name: &[u16]) -> Result<Name, NtStatus> {
    if let [_, colon, ..] = name
        && *colon == u16::from(b':')
    {
        return file(name);
    }
    if let Some(pipe) = strip(name, r"pipe\") {
        return Ok(pipe_name(pipe));
    }
    if let Some(slot @ [_, ..]) = strip(name, r"mailslot\") {
        return Ok(Name { target: Target::Mailslot(slot.to_vec()), directory: false });
    }
    if let Some(rest) = strip(name, "GLOBALROOT") {
        return nt(rest);
    }
    if let Some((drive, rest)) = Drive::of_volume(name) {
        return file(&[&drive.dos_name()[..], rest].concat());
    }
    if strip(name, r"UNC\").is_some() {
        return Err(NtStatus::BAD_NETWORK_PATH);
    }
    let upper = wide::to_string(name).to_ascii_uppercase();
    let target = match upper.as_str() {
        "NUL" => Target::Null,
        "CON" => Target::Console,
        "CONIN$" => Target::ConsoleInput,
        "CONOUT$" => Target::ConsoleOutput,
        "PIPE" => Target::PipeDirectory,
        "MOUNTPOINTMANAGER" => Target::MountManager,
        "AUX" => return device(&wide::from_str("COM1")),
        "PRN" => return device(&wide::from_str("LPT1")),
        _ => match (Port::of_name(&upper), upper.strip_prefix("LPT").map(str::parse::<u32>)) {
            (Some(port), _) => Target::Serial(port),
            (_, Some(Ok(n @ 1..))) => Target::File(format!("/dev/lp{}", n - 1).into()),
            _ => return Err(NtStatus::OBJECT_NAME_NOT_FOUND),
        },
    };
    Ok(Name { target, directory: false })
}

/// A file by `X:\...`, every name checked.
fn file(full: &[u16]) -> Result<Name, NtStatus> {
    let names = full.get(2..).unwrap_or_default();
    let dots = wide::from_str("..");
    for name in names.split(|&u| u == BACKSLASH) {
        if name.iter().any(|&u| is_forbidden(u)) || name == dots || name == &dots[..1] {
            return Err(NtStatus::OBJECT_NAME_INVALID);
        }
        if name.len() > 255 {
            return Err(NtStatus::OBJECT_NAME_INVALID);
        }
    }
    let linux = path::to_linux(full).ok_or(NtStatus::OBJECT_PATH_NOT_FOUND)?;
    let directory = names.len() > 1 && names.last().is_some_and(|&u| is_separator(u));
    Ok(Name { target: Target::File(linux), directory })
}

/// The Linux path of a DOS name that must be a file's or a directory's.
///
/// # Errors
/// Those of [`dos`]; `OBJECT_NAME_INVALID` for a device.
pub fn linux_path(given: &[u16]) -> Result<PathBuf, NtStatus> {
    match dos(given)?.target {
        Target::File(path) => Ok(path),
        _ => Err(NtStatus::OBJECT_NAME_INVALID),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str) -> Result<Target, NtStatus> {
        dos(&wide::from_str(name)).map(|n| n.target)
    }

    #[test]
    fn devices_are_known_by_name() {
        assert_eq!(target("nul"), Ok(Target::Null));
        assert_eq!(target(r"\\.\NUL"), Ok(Target::Null));
        assert_eq!(target("CONOUT$"), Ok(Target::ConsoleOutput));
        assert_eq!(target("con"), Ok(Target::Console));
        assert_eq!(target("COM3").ok(), Port::of_name("COM3").map(Target::Serial));
        assert_eq!(target(r"\\.\GLOBALROOT\Device\Serial2"), target("com3"));
        assert_eq!(target(r"\\.\pipe\x\y"), Ok(Target::Pipe(wide::from_str(r"x\y"))));
        assert_eq!(target(r"\\.\MountPointManager"), Ok(Target::MountManager));
        assert_eq!(target(r"\\.\nothing"), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    }

    #[test]
    fn literal_names_are_taken_as_they_are() {
        assert_eq!(target(r"\\?\Z:\a\b"), Ok(Target::File("/a/b".into())));
        assert_eq!(target(r"\\?\Z:\a\..\b"), Err(NtStatus::OBJECT_NAME_INVALID));
        assert_eq!(target(r"\\?\Z:\a/b"), Err(NtStatus::OBJECT_NAME_INVALID));
        let volume = r"\\?\GLOBALROOT\Device\HarddiskVolume2\a\b";
        assert_eq!(target(volume), Ok(Target::File("/a/b".into())));
        let volume = format!(r"\\?\{}\a", wide::to_string(&Drive::Z.volume_name()));
        assert_eq!(target(&volume), Ok(Target::File("/a".into())));
        assert_eq!(target(r"Z:\a\..\b"), Ok(Target::File("/b".into())));
        assert_eq!(target("Z:/a/b. "), Ok(Target::File("/a/b".into())));
        assert_eq!(target(r"Z:\a?"), Err(NtStatus::OBJECT_NAME_INVALID));
        assert_eq!(target(r"Z:\a:stream"), Err(NtStatus::OBJECT_NAME_INVALID));
        assert_eq!(target(r"Q:\"), Err(NtStatus::OBJECT_PATH_NOT_FOUND));
        assert_eq!(target(r"\\server\share\x"), Err(NtStatus::BAD_NETWORK_PATH));
        assert!(dos(&wide::from_str(r"Z:\a\")).unwrap().directory);
    }
}
