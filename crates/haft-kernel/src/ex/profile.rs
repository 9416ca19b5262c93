//! Initialization files (Microsoft: "GetPrivateProfileStringW function"): sections of names and
//! values.

use super::nls::case::equal_ignoring_case;
use crate::io::path;
use haft_abi::{NtStatus, wide};
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Where files without a folder are.
const FOLDER: &str = r"C:\Windows\";
const BYTE_ORDER_MARK: u16 = 0xFEFF;

/// One writer at a time.
static WRITING: Mutex<()> = Mutex::new(());

/// An initialization file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    lines: Vec<Vec<u16>>,
    /// Whether it is in UTF-16.
    wide: bool,
}

fn full(name: &[u16]) -> Vec<u16> {
    let has_folder = name.iter().any(|&unit| [b'\\', b'/', b':'].map(u16::from).contains(&unit));
    if has_folder { path::full(name) } else { [&wide::from_str(FOLDER), name].concat() }
}

fn trim(text: &[u16]) -> &[u16] {
    let blank = |unit: &u16| *unit == u16::from(b' ') || *unit == u16::from(b'\t');
    let start = text.iter().position(|unit| !blank(unit)).unwrap_or(text.len());
    let end = text.iter().rposition(|unit| !blank(unit)).map_or(start, |at| at + 1);
    &text[start..end]
}

/// The name of the section that a line begins.
fn section_of(line: &[u16]) -> Option<&[u16]> {
    let inside = trim(line).strip_prefix(&[u16::from(b'[')])?;
    let end = inside.iter().position(|&unit| unit == u16::from(b']'))?;
    Some(trim(&inside[..end]))
}

/// The name and the value of a line.
fn entry_of(line: &[u16]) -> Option<(&[u16], &[u16])> {
    let line = trim(line);
    if line.first().is_none_or(|&unit| unit == u16::from(b';')) {
        return None;
    }
    let at = line.iter().position(|&unit| unit == u16::from(b'='))?;
    Some((trim(&line[..at]), trim(&line[at + 1..])))
}

fn without_quotes(value: &[u16]) -> &[u16] {
    match value {
        [first, inside @ .., last] if first == last && [34, 39].contains(first) => inside,
        _ => value,
    }
}

impl Profile {
    /// Reads a file; one that is not there is empty.
    #[must_use]
    pub fn read(name: &[u16]) -> Self {
        let bytes = path::find(&full(name)).and_then(|file| fs::read(file).ok());
        bytes.map(|bytes| Self::parse(&bytes)).unwrap_or_default()
    }

    fn parse(bytes: &[u8]) -> Self {
        let (text, wide) = match bytes {
            [0xFF, 0xFE, rest @ ..] => {
                (rest.as_chunks().0.iter().map(|&two| u16::from_le_bytes(two)).collect(), true)
            }
            [0xEF, 0xBB, 0xBF, rest @ ..] => (wide::from_bytes(rest), false),
            _ => (wide::from_bytes(bytes), false),
        };
        let mut lines: Vec<Vec<u16>> = text
            .split(|&unit| unit == u16::from(b'\n'))
            .map(|line| line.strip_suffix(&[u16::from(b'\r')]).unwrap_or(line).to_vec())
            .collect();
        lines.pop_if(|last| last.is_empty());
        Self { lines, wide }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let text = self.lines.iter().flat_map(|line| [line, &[13, 10][..]].concat());
        if self.wide {
            let marked = core::iter::once(BYTE_ORDER_MARK).chain(text);
            return marked.flat_map(u16::to_le_bytes).collect();
        }
        wide::to_bytes(&text.collect::<Vec<u16>>())
    }

    /// The lines of a section: the number of the first, and of the one behind the last.
    fn section(&self, name: &[u16]) -> Option<(usize, usize)> {
        let wanted =
            |line: &Vec<u16>| section_of(line).is_some_and(|own| equal_ignoring_case(own, name));
        let first = self.lines.iter().position(wanted)? + 1;
        let rest = self.lines[first..].iter().position(|line| section_of(line).is_some());
        Some((first, rest.map_or(self.lines.len(), |count| first + count)))
    }

    /// The names of all sections.
    #[must_use]
    pub fn sections(&self) -> Vec<Vec<u16>> {
        self.lines.iter().filter_map(|line| section_of(line)).map(<[u16]>::to_vec).collect()
    }

    /// The names and values of a section, as the file has them; `None` if it has no such section.
    #[must_use]
    pub fn entries(&self, section: &[u16]) -> Option<Vec<(Vec<u16>, Vec<u16>)>> {
        let (first, end) = self.section(section)?;
        let entries = self.lines[first..end].iter().filter_map(|line| entry_of(line));
        Some(entries.map(|(name, value)| (name.to_vec(), value.to_vec())).collect())
    }

    /// A value, without quotation marks around it.
    #[must_use]
    pub fn value(&self, section: &[u16], name: &[u16]) -> Option<Vec<u16>> {
        let entries = self.entries(section)?;
        let found = entries.iter().find(|(own, _)| equal_ignoring_case(own, name));
        found.map(|(_, value)| without_quotes(value).to_vec())
    }

    /// Sets a value; `None` takes the name out.
    pub fn set(&mut self, section: &[u16], name: &[u16], value: Option<&[u16]>) {
        let line = value.map(|value| [name, &[u16::from(b'=')], value].concat());
        let Some((first, end)) = self.section(section) else {
            if let Some(line) = line {
                self.append_section(section);
                self.lines.push(line);
            }
            return;
        };
        let is_it =
            |line: &Vec<u16>| entry_of(line).is_some_and(|(n, _)| equal_ignoring_case(n, name));
        match (self.lines[first..end].iter().position(is_it).map(|at| first + at), line) {
            (Some(at), Some(line)) => self.lines[at] = line,
            (Some(at), None) => drop(self.lines.remove(at)),
            (None, Some(line)) => {
                let used = self.lines[first..end].iter().rposition(|line| !trim(line).is_empty());
                self.lines.insert(used.map_or(first, |at| first + at + 1), line);
            }
            (None, None) => {}
        }
    }

    fn append_section(&mut self, name: &[u16]) {
        self.lines.push([&[u16::from(b'[')], name, &[u16::from(b']')]].concat());
    }

    /// Replaces all lines of a section; `None` takes the section out.
    pub fn set_section(&mut self, name: &[u16], lines: Option<Vec<Vec<u16>>>) {
        match (self.section(name), lines) {
            (Some((first, end)), Some(lines)) => drop(self.lines.splice(first..end, lines)),
            (Some((first, end)), None) => drop(self.lines.drain(first - 1..end)),
            (None, Some(lines)) => {
                self.append_section(name);
                self.lines.extend(lines);
            }
            (None, None) => {}
        }
    }
}

/// Reads a file, changes it, and writes it, at once or not at all.
///
/// # Errors
/// `OBJECT_PATH_NOT_FOUND`, `ACCESS_DENIED`, `DISK_FULL`.
pub fn change(name: &[u16], change: impl FnOnce(&mut Profile)) -> Result<(), NtStatus> {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let full = full(name);
    let mut profile = Profile::read(name);
    let before = profile.clone();
    change(&mut profile);
    if profile == before {
        return Ok(());
    }
    let file = path::find(&full).map_or_else(|| new_file(&full), Ok)?;
    let mut beside = file.clone().into_os_string();
    beside.push(format!(".{}.tmp", std::process::id()));
    let written = fs::write(&beside, profile.to_bytes()).and_then(|()| fs::rename(&beside, &file));
    written.map_err(|e| {
        let _ = fs::remove_file(&beside);
        match e.kind() {
            std::io::ErrorKind::NotFound => NtStatus::OBJECT_PATH_NOT_FOUND,
            std::io::ErrorKind::StorageFull => NtStatus::DISK_FULL,
            _ => NtStatus::ACCESS_DENIED,
        }
    })
}

/// Where a file that is not there yet goes.
fn new_file(full: &[u16]) -> Result<PathBuf, NtStatus> {
    let missing = NtStatus::OBJECT_PATH_NOT_FOUND;
    let at = full.iter().rposition(|&unit| unit == u16::from(b'\\')).ok_or(missing)?;
    let folder = path::find(&full[..at]).or_else(|| path::find(&full[..=at])).ok_or(missing)?;
    Ok(folder.join(wide::to_string(&full[at + 1..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn w(text: &str) -> Vec<u16> {
        wide::from_str(text)
    }

    fn value(profile: &Profile, section: &str, name: &str) -> Option<String> {
        profile.value(&w(section), &w(name)).map(|value| wide::to_string(&value))
    }

    #[test]
    fn values_are_found_set_and_taken_out() {
        let text = "; first\r\n[One]\r\n a = 1 \r\nb=\"two words \"\r\n\r\n[two]\r\nA=x\r\n";
        let mut profile = Profile::parse(text.as_bytes());
        assert_eq!(value(&profile, "one", "A").as_deref(), Some("1"));
        assert_eq!(value(&profile, "ONE", "b").as_deref(), Some("two words "));
        assert_eq!(value(&profile, "two", "b"), None);
        assert_eq!(profile.sections(), [w("One"), w("two")]);
        profile.set(&w("one"), &w("c"), Some(&w("3")));
        profile.set(&w("two"), &w("a"), None);
        profile.set(&w("three"), &w("n"), Some(&w("ä")));
        let expected = "; first\r\n[One]\r\n a = 1 \r\nb=\"two words \"\r\nc=3\r\n\r\n[two]\r\n\
                        [three]\r\nn=ä\r\n";
        assert_eq!(String::from_utf8(profile.to_bytes()).unwrap(), expected);
        profile.set_section(&w("one"), None);
        profile.set_section(&w("TWO"), Some(vec![w("q=1")]));
        let expected = "; first\r\n[two]\r\nq=1\r\n[three]\r\nn=ä\r\n";
        assert_eq!(String::from_utf8(profile.to_bytes()).unwrap(), expected);
    }

    #[test]
    fn a_file_in_utf_16_stays_so() {
        let bytes: Vec<u8> =
            w("\u{FEFF}[s]\r\nk=v\r\n").into_iter().flat_map(u16::to_le_bytes).collect();
        let profile = Profile::parse(&bytes);
        assert_eq!(value(&profile, "s", "k").as_deref(), Some("v"));
        assert_eq!(profile.to_bytes(), bytes);
        assert_eq!(Profile::parse(b"").to_bytes(), b"");
    }
}
