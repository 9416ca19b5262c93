//! The attribute that makes a Rust function an export of a built-in DLL.

mod describe;
mod expand;
#[allow(dead_code, reason = "the build script of haft-dlls uses the rest")]
mod options;

use proc_macro::TokenStream;

/// Makes a function or a static an export of a built-in DLL.
///
/// For use in `haft-dlls` only, whose `abi`, `export`, `trace` and `hooks` modules the code refers
/// to, and whose build script puts what it makes into the DLLs' tables. The page
/// `docs/exports.md` says how to add a function.
///
/// ```ignore
/// /// Closes an open object handle. (Microsoft: "CloseHandle function")
/// #[export(kernel32)]
/// fn CloseHandle(hObject: Handle) -> Result<(), Win32Error> {
///     Ok(ob::close(hObject)?)
/// }
/// ```
///
/// # Arguments
/// | argument | meaning |
/// | --- | --- |
/// | `kernel32` | The DLL, by its file name without `.dll`; several are separated by commas. Trace lines name the first. |
/// | `"winspool.drv"` | A DLL whose file name is not an identifier and `.dll`. |
/// | `ws2_32(ordinal = 3)` | The DLL, with the fixed ordinal that programs import from it. With a single DLL `ordinal = 3` does too. |
/// | `name = "_open"` | The exported name, if it is not the item's. |
/// | `also = "lstrlen"` | A further name of the same function; may be given several times. |
/// | `charset` | The function is generic over one `C: Charset` and makes two exports, `NameA` and `NameW`. |
/// | `variadic` | The function takes variable arguments: its last parameter is their `VaList`. |
/// | `raw` | The function is `extern "win64"` already (often naked) and is exported as it is: neither decoded nor traced. |
///
/// # What an item becomes
/// The item stays as it is and can be called from Rust. Beside it stands `EXPORT_<item>` (with
/// `charset` `EXPORT_<item>A` and `EXPORT_<item>W`), a `haft_dlls::export::Export`: names,
/// documentation, signature, and the addresses of two entries:
/// - the plain one takes the registers, decodes each with `haft_dlls::abi::Param`, calls the
///   function, and encodes the result with `haft_dlls::abi::Return`. A parameter that cannot be
///   decoded (a bad pointer) makes the call fail in the way of its result type.
/// - the traced one is two instructions in front of the one routine that traces any call. The
///   image of a DLL gets one or the other, so that tracing costs nothing while it is off.
///
/// # Items
/// - A plain function: parameters are named as Microsoft names them and have types that are
///   `Param`, the result is `Return`, nothing, or `!`.
/// - An `unsafe fn`, for the few that work on the program's memory directly (`memcpy`): called
///   with whatever the program passes. Its module opts out of the lint on unsafe code.
/// - A `static` of the type `haft_dlls::abi::Data`, for a variable in the DLL's image; from one
///   DLL and under one name.
#[proc_macro_attribute]
pub fn export(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let options = syn::parse_macro_input!(arguments as options::Options);
    let item = syn::parse_macro_input!(item as syn::Item);
    expand::expand(&options, item).unwrap_or_else(|e| e.to_compile_error()).into()
}
