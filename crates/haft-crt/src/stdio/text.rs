//! Text-mode translation as streaming state machines (Microsoft: "Text and binary mode file I/O",
//! "_read", "_write").
//!
//! Reading turns CR LF into LF and ends at Ctrl-Z; writing turns every LF into CR LF.

use crate::Unit;

const CR: u8 = b'\r';
const LF: u8 = b'\n';
const CTRL_Z: u8 = 0x1A;

/// The reading side: keeps a CR at the end of a buffer until it is known what follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextReader {
    pending_cr: bool,
    ended: bool,
}

impl TextReader {
    /// Translates `units` in place; gives how many of its first units are text now.
    ///
    /// `before` is given a CR kept from the last buffer when that turns out not to be of a
    /// line end: it belongs before the result.
    pub fn translate<U: Unit>(&mut self, units: &mut [U], before: &mut Option<U>) -> usize {
        *before = None;
        if self.ended || units.is_empty() {
            return 0;
        }
        if core::mem::take(&mut self.pending_cr) && !units[0].is(LF) {
            *before = Some(U::from_ascii(CR));
        }
        let (mut from, mut to) = (0, 0);
        while let Some(&unit) = units.get(from) {
            from += 1;
            if unit.is(CTRL_Z) {
                self.ended = true;
                break;
            }
            if unit.is(CR) {
                match units.get(from) {
                    None => {
                        self.pending_cr = true;
                        break;
                    }
                    Some(next) if next.is(LF) => continue,
                    Some(_) => {}
                }
            }
            units[to] = unit;
            to += 1;
        }
        to
    }

    /// Whether Ctrl-Z was read: the file ends there whatever follows.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Whether a CR is kept: the caller reads one unit more before it gives back nothing.
    #[must_use]
    pub const fn pending(&self) -> bool {
        self.pending_cr
    }

    /// The end of the file: a CR still kept is text.
    pub fn finish<U: Unit>(&mut self) -> Option<U> {
        core::mem::take(&mut self.pending_cr).then(|| U::from_ascii(CR))
    }

    /// Forgets the state, as after a seek.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// The writing side.
///
/// It has no memory: a CR that the program wrote before its LF stays, and CR CR LF is in the
/// file, as with Microsoft's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextWriter;

impl TextWriter {
    /// Translates as much of `text` as fits `out`; gives how many units were taken and written.
    pub fn translate<U: Unit>(text: &[U], out: &mut [U]) -> (usize, usize) {
        let (mut taken, mut written) = (0, 0);
        for &unit in text {
            let needed = if unit.is(LF) { 2 } else { 1 };
            if out.len() - written < needed {
                break;
            }
            if unit.is(LF) {
                out[written] = U::from_ascii(CR);
                written += 1;
            }
            out[written] = unit;
            (taken, written) = (taken + 1, written + 1);
        }
        (taken, written)
    }

    /// How many of the units of `text` are in the first `written` units of its translation.
    ///
    /// For a write cut short by the disk: `_write` gives the count in the program's units.
    #[must_use]
    pub fn taken<U: Unit>(text: &[U], written: usize) -> usize {
        let mut left = written;
        let fits = |unit: &&U| {
            let needed = if unit.is(LF) { 2 } else { 1 };
            let fits = left >= needed;
            left = left.saturating_sub(needed);
            fits
        };
        text.iter().take_while(fits).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(chunks: &[&[u8]]) -> Vec<u8> {
        let (mut reader, mut out, mut before) = (TextReader::default(), Vec::new(), None);
        for chunk in chunks {
            let mut chunk = chunk.to_vec();
            let len = reader.translate(&mut chunk, &mut before);
            out.extend(before);
            out.extend_from_slice(&chunk[..len]);
        }
        out.extend(reader.finish::<u8>());
        out
    }

    fn write(text: &[u8], room: usize) -> Vec<u8> {
        let (mut rest, mut file, mut out) = (text, Vec::new(), vec![0; room]);
        while !rest.is_empty() {
            let (taken, written) = TextWriter::translate(rest, &mut out);
            assert_eq!(TextWriter::taken(rest, written), taken);
            file.extend_from_slice(&out[..written]);
            rest = &rest[taken..];
        }
        file
    }

    #[test]
    fn line_ends_at_buffer_ends() {
        assert_eq!(read(&[b"a\r\nb\rc\n"]), b"a\nb\rc\n");
        assert_eq!(read(&[b"a\r", b"\nb"]), b"a\nb");
        assert_eq!(read(&[b"a\r", b"b"]), b"a\rb");
        assert_eq!(read(&[b"a\r", b"\r", b"\n"]), b"a\r\n");
        assert_eq!(read(&[b"a\r"]), b"a\r");
        assert_eq!(read(&[b"a\r\r\nb"]), b"a\r\nb");
    }

    #[test]
    fn ctrl_z_ends_the_text() {
        assert_eq!(read(&[b"ab\x1Acd", b"ef"]), b"ab");
        assert_eq!(read(&[b"ab\r", b"\x1Acd"]), b"ab\r");
        let mut reader = TextReader::default();
        let mut before = None;
        assert_eq!(reader.translate(&mut [0x1Au8], &mut before), 0);
        assert!(reader.ended());
        reader.reset();
        assert_eq!(reader.translate(&mut [b'a'], &mut before), 1);
    }

    #[test]
    fn writing() {
        assert_eq!(write(b"a\n\r\nb", 2), b"a\r\n\r\r\nb");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            text in "[ab\n]{0,40}", room in 2usize..9, chunk in 1usize..9,
        ) {
            let file = write(text.as_bytes(), room);
            let chunks: Vec<&[u8]> = file.chunks(chunk).collect();
            prop_assert_eq!(read(&chunks), text.as_bytes());
        }

        #[test]
        fn chunks_do_not_matter(file in "[a\r\n\u{1A}]{0,40}", chunk in 1usize..9) {
            let chunks: Vec<&[u8]> = file.as_bytes().chunks(chunk).collect();
            prop_assert_eq!(read(&chunks), read(&[file.as_bytes()]));
        }
    }
}
