//! The attribute that makes a Rust function an export of a built-in DLL.

mod describe;
mod expand;
#[allow(dead_code, reason = "the build script of haft-dlls uses the rest")]
mod options;

use proc_macro::TokenStream;

/// Makes a function or a static an export of a built-in DLL.
#[proc_macro_attribute]
pub fn export(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let options = syn::parse_macro_input!(arguments as options::Options);
    let item = syn::parse_macro_input!(item as syn::Item);
    expand::expand(&options, item).unwrap_or_else(|e| e.to_compile_error()).into()
}
