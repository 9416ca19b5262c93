//! Names of C++ types as their source has them (Microsoft: "Decorated names", "type_info Class").

use msvc_demangler::{DemangleFlags, demangle};

/// The name of a type whose descriptor has this decorated name, without the dot that begins it.
/// One that cannot be read stays as it is.
#[must_use]
pub fn type_name(decorated: &str) -> String {
    // The descriptor itself, for classes; a variable of the type, for all others.
    let descriptor = demangle(&format!("??_R0{decorated}@8"), DemangleFlags::llvm());
    let of_class = descriptor
        .ok()
        .and_then(|name| name.strip_suffix("::`RTTI Type Descriptor'").map(str::to_owned));
    of_class
        .or_else(|| {
            let variable = demangle(&format!("?x@@3{decorated}A"), DemangleFlags::COMPLETE).ok()?;
            variable.strip_suffix('x').map(|name| name.trim_end().to_owned())
        })
        .unwrap_or_else(|| decorated.to_owned())
}

/// The name of a function or variable as its source has it, with what of `flags` (`UNDNAME_...`)
/// wants left out; a name that is not decorated as it is. `None` for flags that are not known here.
#[must_use]
pub fn symbol_name(decorated: &str, flags: u32) -> Option<String> {
    let flags = DemangleFlags::from_bits(flags)?;
    if !decorated.starts_with('?') {
        return Some(decorated.to_owned());
    }
    Some(demangle(decorated, flags).unwrap_or_else(|_| decorated.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{symbol_name, type_name};

    #[test]
    fn functions_are_named_as_in_their_source() {
        let name = |text, flags| symbol_name(text, flags);
        let whole = "void __cdecl f(int)";
        assert_eq!(name("?f@@YAXH@Z", 0).as_deref(), Some(whole));
        assert_eq!(name("?f@@YAXH@Z", 0x1000).as_deref(), Some("f"));
        assert_eq!(name("main", 0).as_deref(), Some("main"));
        assert_eq!(name("?", 0).as_deref(), Some("?"));
        assert_eq!(name("?f@@YAXH@Z", 0x2000), None);
    }

    #[test]
    fn types_are_named_as_in_their_source() {
        for (decorated, name) in [
            ("?AVout_of_range@std@@", "class std::out_of_range"),
            ("?AUexhausted@ff@@", "struct ff::exhausted"),
            (
                "?AV?$vector@HV?$allocator@H@std@@@std@@",
                "class std::vector<int, class std::allocator<int> >",
            ),
            ("H", "int"),
            ("?", "?"),
        ] {
            assert_eq!(type_name(decorated), name);
        }
    }
}
