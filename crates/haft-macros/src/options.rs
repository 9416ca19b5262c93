//! The attribute's arguments, and the names that follow from them. The build script of
//! `haft-dlls` includes this file too, so that both read the attribute alike.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitInt, LitStr, Token};

/// A DLL that the function is exported from.
pub struct DllRef {
    /// The file name: `kernel32.dll`.
    pub file: String,
    /// The ordinal, where programs rely on a fixed one.
    pub ordinal: Option<u16>,
}

/// What stands between the parentheses of `#[export(...)]`.
pub struct Options {
    /// The DLLs, the one a trace line names first.
    pub dlls: Vec<DllRef>,
    /// The exported name, if it is not the function's.
    pub name: Option<String>,
    /// Further names of the same function.
    pub also: Vec<String>,
    /// One generic function makes the `A` and the `W` export.
    pub charset: bool,
    /// The function is `extern "win64"` already and is exported as it is.
    pub raw: bool,
    /// The function takes variable arguments; its last parameter is a `VaList`.
    pub variadic: bool,
}

/// One exported function: a charset function makes two.
pub struct Variant {
    /// The exported name.
    pub name: String,
    /// Further exported names.
    pub also: Vec<String>,
    /// The identifier of the generated static.
    pub item: String,
    /// The charset marker to instantiate with.
    pub charset: Option<&'static str>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self {
            dlls: Vec::new(),
            name: None,
            also: Vec::new(),
            charset: false,
            raw: false,
            variadic: false,
        };
        let mut ordinal: Option<(Span, u16)> = None;
        while !input.is_empty() {
            if input.peek(LitStr) {
                let file: LitStr = input.parse()?;
                options.dlls.push(DllRef { file: file.value(), ordinal: None });
            } else {
                let word = Ident::parse_any(input)?;
                let key = word.to_string();
                if input.peek(Token![=]) {
                    input.parse::<Token![=]>()?;
                    match key.as_str() {
                        "ordinal" => {
                            let number = input.parse::<LitInt>()?.base10_parse()?;
                            ordinal = Some((word.span(), number));
                        }
                        "name" => options.name = Some(input.parse::<LitStr>()?.value()),
                        "also" => options.also.push(input.parse::<LitStr>()?.value()),
                        _ => return Err(unknown(&word)),
                    }
                } else if input.peek(syn::token::Paren) {
                    let inner;
                    syn::parenthesized!(inner in input);
                    let inner_key = Ident::parse_any(&inner)?;
                    if inner_key != "ordinal" {
                        return Err(unknown(&inner_key));
                    }
                    inner.parse::<Token![=]>()?;
                    let number = inner.parse::<LitInt>()?.base10_parse()?;
                    options.dlls.push(DllRef { file: file_name(&key), ordinal: Some(number) });
                } else {
                    match key.as_str() {
                        "charset" => options.charset = true,
                        "raw" => options.raw = true,
                        "variadic" => options.variadic = true,
                        "ordinal" | "name" | "also" => return Err(unknown(&word)),
                        _ => options.dlls.push(DllRef { file: file_name(&key), ordinal: None }),
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        options.check(ordinal)
    }
}

impl Options {
    fn check(mut self, ordinal: Option<(Span, u16)>) -> syn::Result<Self> {
        if self.dlls.is_empty() {
            let text = "name at least one DLL: #[export(kernel32)]";
            return Err(syn::Error::new(Span::call_site(), text));
        }
        if let Some((span, number)) = ordinal {
            let [only] = self.dlls.as_mut_slice() else {
                let text = "with several DLLs give each its own: wsock32(ordinal = 3)";
                return Err(syn::Error::new(span, text));
            };
            only.ordinal = Some(number);
        }
        if usize::from(self.charset) + usize::from(self.raw) + usize::from(self.variadic) > 1 {
            let text = "`charset`, `raw` and `variadic` exclude each other";
            return Err(syn::Error::new(Span::call_site(), text));
        }
        Ok(self)
    }

    /// The exports that the item named `item` makes.
    pub fn variants(&self, item: &str) -> Vec<Variant> {
        let base = self.name.as_deref().unwrap_or(item);
        let with = |suffix: &str, charset| Variant {
            name: format!("{base}{suffix}"),
            also: self.also.iter().map(|name| format!("{name}{suffix}")).collect(),
            item: format!("EXPORT_{item}{suffix}"),
            charset,
        };
        if self.charset {
            vec![with("A", Some("Ansi")), with("W", Some("Wide"))]
        } else {
            vec![with("", None)]
        }
    }
}

fn file_name(word: &str) -> String {
    format!("{word}.dll")
}

fn unknown(word: &Ident) -> syn::Error {
    let text = "expected a DLL's name, `charset`, `raw`, `variadic`, `name = \"...\"`, \
                `also = \"...\"` or `ordinal = 1`";
    syn::Error::new(word.span(), text)
}
