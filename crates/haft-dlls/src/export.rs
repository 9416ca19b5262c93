//! What the attribute says about each export.
#![allow(unsafe_code, reason = "code addresses are shared between threads")]

use crate::abi::AnyData;
use crate::trace;

/// An exported function or variable, as it was declared.
pub struct Export {
    /// The DLLs it is exported from; trace lines name the first.
    pub dlls: &'static [&'static str],
    /// Its exported name.
    pub name: &'static str,
    /// Its code or its place.
    pub body: Body,
    /// Parameters: `hObject: Handle; dwOptions: u32`. See [`Export::parameters`].
    pub signature: &'static str,
    /// The Rust type that it returns, or that the variable has.
    pub returns: &'static str,
    /// The first paragraph of its documentation.
    pub doc: &'static str,
    /// Where it is declared.
    pub file: &'static str,
    /// Where it is declared.
    pub line: u32,
}

/// The code or the place of an export.
pub enum Body {
    /// Code.
    Function {
        /// What a thunk jumps to.
        entry: Entry,
        /// What a thunk jumps to when calls are traced.
        traced: Entry,
        /// How a trace line shows the arguments.
        arguments: &'static [trace::Argument],
        /// How a trace line shows the result.
        result: trace::Answer,
    },
    /// A variable in the DLL's image.
    Data(&'static dyn AnyData),
}

impl Body {
    /// The body of a function that is exported as it is, and that a trace does not see: most
    /// such functions look at their caller's registers or stack.
    #[must_use]
    pub const fn raw(function: *const ()) -> Self {
        let entry = Entry(function);
        Self::Function { entry, traced: entry, arguments: &[], result: trace::Answer::NEVER }
    }
}

/// The address of code that the Windows calling convention enters.
#[derive(Clone, Copy)]
pub struct Entry(*const ());

// SAFETY: the address of code, which is the same for every thread and never changes.
unsafe impl Sync for Entry {}
// SAFETY: as above.
unsafe impl Send for Entry {}

impl Entry {
    /// The entry at a function.
    #[must_use]
    pub const fn new(function: *const ()) -> Self {
        Self(function)
    }

    /// The address.
    #[must_use]
    pub fn address(self) -> usize {
        self.0 as usize
    }
}

impl Export {
    /// The code of a function.
    pub(crate) const fn code(&self) -> Entry {
        match self.body {
            Body::Function { entry, .. } => entry,
            Body::Data(_) => panic!("a variable has no code"),
        }
    }

    /// The address of the code that traces calls, if the trace wants those of any DLL that has this
    /// export.
    #[must_use]
    pub fn traced(&self) -> Option<usize> {
        match self.body {
            Body::Function { traced, .. } if self.dlls.iter().any(|dll| trace::wanted(dll)) => {
                Some(traced.address())
            }
            _ => None,
        }
    }

    /// Whether it is a function.
    #[must_use]
    pub const fn is_function(&self) -> bool {
        matches!(self.body, Body::Function { .. })
    }

    /// The parameters' names and types, in order.
    pub fn parameters(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.signature.split("; ").filter_map(|parameter| parameter.split_once(": "))
    }

    /// Whether it takes variable arguments.
    #[must_use]
    pub fn is_variadic(&self) -> bool {
        self.signature.ends_with(trace::VARIABLE)
    }

    /// The first DLL's name without `.dll`.
    #[must_use]
    pub fn dll_stem(&self) -> &'static str {
        let name = self.dlls.first().copied().unwrap_or_default();
        name.strip_suffix(".dll").unwrap_or(name)
    }
}
