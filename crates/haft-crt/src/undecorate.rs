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

#[cfg(test)]
mod tests {
    use super::type_name;

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
