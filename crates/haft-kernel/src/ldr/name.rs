//! Names of modules: they compare without case, and a name without an extension is a `.dll`.

use haft_abi::wide;

/// The form in which module names are compared: the file name alone, lower case, with `.dll`
/// where it has no extension; a trailing dot says that it is to have none.
#[must_use]
pub fn normalize(name: &[u16]) -> String {
    let base = base_name(name);
    let mut text = wide::to_string(base).to_lowercase();
    if let Some(stripped) = text.strip_suffix('.') {
        text.truncate(stripped.len());
    } else if !text.contains('.') {
        text.push_str(".dll");
    }
    text
}

/// The part of a path after its last separator.
#[must_use]
pub fn base_name(path: &[u16]) -> &[u16] {
    let start =
        path.iter().rposition(|&u| crate::io::path::is_separator(u) || u == u16::from(b':'));
    &path[start.map_or(0, |i| i + 1)..]
}

/// Whether a name has a folder in it.
#[must_use]
pub fn has_folder(path: &[u16]) -> bool {
    base_name(path).len() != path.len()
}

/// Whether two paths are spelled alike but for case and the kind of slash.
#[must_use]
pub fn same_path(a: &[u16], b: &[u16]) -> bool {
    let text = |p: &[u16]| wide::to_string(p).to_lowercase().replace('/', "\\");
    text(a) == text(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_as_windows_compares_them() {
        let n = |s: &str| normalize(&wide::from_str(s));
        assert_eq!(n("KERNEL32"), "kernel32.dll");
        assert_eq!(n("Kernel32.DLL"), "kernel32.dll");
        assert_eq!(n(r"Z:\x\Plug.ocx"), "plug.ocx");
        assert_eq!(n("noext."), "noext");
    }
}
