//! The compatibility page: what each built-in DLL has and what it lacks.

use crate::missing::Failure;
use crate::table::DLLS;

/// A row of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The DLL's file name.
    pub dll: &'static str,
    /// The function or variable.
    pub name: &'static str,
    /// What it does, in one sentence; empty if it is missing.
    pub does: &'static str,
    /// The title of Microsoft's page; empty if it is missing.
    pub source: &'static str,
    /// What happens if it is called; `None` if it is there.
    pub missing: Option<Failure>,
}

/// All rows, by DLL and name.
#[must_use]
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for dll in DLLS {
        for slot in dll.exports {
            let (does, source) = split(slot.export.doc);
            rows.push(Row { dll: dll.name, name: slot.name, does, source, missing: None });
        }
        for missing in dll.missing {
            let failure = Some(missing.failure);
            rows.push(Row {
                dll: dll.name,
                name: missing.name,
                does: "",
                source: "",
                missing: failure,
            });
        }
    }
    rows.sort_by_key(|row| (row.dll, row.name));
    rows
}

/// Takes `Closes a handle. (Microsoft: "CloseHandle function")` apart.
fn split(doc: &'static str) -> (&'static str, &'static str) {
    let Some((does, rest)) = doc.split_once("(Microsoft: \"") else { return (doc, "") };
    let source = rest.split_once('"').map_or(rest, |(title, _)| title);
    (does.trim(), source)
}
