//! The code that the attribute makes.

use crate::describe;
use crate::options::{Options, Variant};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{FnArg, Ident, Item, ItemFn, ItemStatic, Pat, ReturnType, Type};

pub fn expand(options: &Options, item: Item) -> syn::Result<TokenStream> {
    match item {
        Item::Fn(function) if options.raw => raw(options, &function),
        Item::Fn(function) => typed(options, &function),
        Item::Static(data) => self::data(options, &data),
        other => Err(syn::Error::new(other.span(), "only a `fn` or a `static` can be exported")),
    }
}

/// A parameter: its name and type.
struct Param<'a> {
    name: Ident,
    ty: &'a Type,
}

fn params(function: &ItemFn) -> syn::Result<Vec<Param<'_>>> {
    let mut params = Vec::new();
    for input in &function.sig.inputs {
        let FnArg::Typed(input) = input else {
            return Err(syn::Error::new(input.span(), "an export is a free function"));
        };
        let Pat::Ident(pat) = &*input.pat else {
            let text = "name the parameter as Microsoft does; take it apart inside";
            return Err(syn::Error::new(input.pat.span(), text));
        };
        params.push(Param { name: pat.ident.clone(), ty: &input.ty });
    }
    Ok(params)
}

/// `hObject: Handle; dwFlags: u32`.
fn signature(params: &[Param<'_>]) -> String {
    let one = |p: &Param<'_>| {
        let name = p.name.to_string();
        format!("{}: {}", name.trim_start_matches('_'), describe::type_name(p.ty))
    };
    params.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// The static that describes one export; `body` is its `Body` and may use items of its own.
fn describing_static(
    options: &Options,
    variant: &Variant,
    attrs: &[syn::Attribute],
    signature: &str,
    returns: &str,
    items: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let item = format_ident!("{}", variant.item);
    let name = &variant.name;
    let dlls = options.dlls.iter().map(|dll| dll.file.as_str());
    let doc = describe::first_paragraph(attrs);
    quote! {
        #[doc(hidden)]
        #[allow(non_upper_case_globals, non_snake_case)]
        pub(crate) static #item: crate::export::Export = {
            #items
            crate::export::Export {
                dlls: &[#(#dlls),*],
                name: #name,
                body: #body,
                signature: #signature,
                returns: #returns,
                doc: #doc,
                file: file!(),
                line: line!(),
            }
        };
    }
}

fn returns(function: &ItemFn) -> String {
    match &function.sig.output {
        ReturnType::Default => "()".to_owned(),
        ReturnType::Type(_, ty) => describe::type_name(ty),
    }
}

/// A function that is `extern "win64"` already.
fn raw(options: &Options, function: &ItemFn) -> syn::Result<TokenStream> {
    let abi = function.sig.abi.as_ref().and_then(|abi| abi.name.as_ref()).map(syn::LitStr::value);
    if abi.as_deref() != Some("win64") {
        let text = "a raw export is an `extern \"win64\" fn`, usually `unsafe` and naked";
        return Err(syn::Error::new(function.sig.span(), text));
    }
    let name = &function.sig.ident;
    let body = quote!(crate::export::Body::raw(#name as *const ()));
    let mut out = quote! {
        #[allow(non_snake_case, unsafe_code)]
        #[unsafe(link_section = "haft_border")]
        #function
    };
    for variant in options.variants(&name.to_string()) {
        out.extend(describing_static(
            options,
            &variant,
            &function.attrs,
            &signature(&params(function)?),
            &returns(function),
            &TokenStream::new(),
            &body,
        ));
    }
    Ok(out)
}

/// A typed function: entries that decode, call and encode.
fn typed(options: &Options, function: &ItemFn) -> syn::Result<TokenStream> {
    let sig = &function.sig;
    if let Some(abi) = &sig.abi {
        let text = "a typed export is a plain Rust function; say `raw` to export it as it is";
        return Err(syn::Error::new(abi.span(), text));
    }
    let generics: Vec<_> = sig.generics.params.iter().collect();
    let charset = match (options.charset, generics.as_slice()) {
        (true, [syn::GenericParam::Type(t)]) => Some(&t.ident),
        (false, []) => None,
        (true, _) => {
            let text = "a charset export has one type parameter: fn Name<C: Charset>(...)";
            return Err(syn::Error::new(sig.span(), text));
        }
        (false, _) => {
            let text = "only a `charset` export may be generic";
            return Err(syn::Error::new(sig.generics.span(), text));
        }
    };
    let params = params(function)?;
    if options.variadic && params.last().is_none_or(|p| describe::type_name(p.ty) != "VaList") {
        let text = "a variadic export's last parameter is its `VaList`";
        return Err(syn::Error::new(sig.span(), text));
    }
    let mut out = quote! {
        #[allow(non_snake_case, clippy::too_many_arguments)]
        #function
    };
    for variant in options.variants(&sig.ident.to_string()) {
        let alias = charset.zip(variant.charset).map(|(parameter, marker)| {
            let marker = format_ident!("{marker}");
            quote!(type #parameter = crate::abi::#marker;)
        });
        let entry = entry(function, &params, charset);
        let traced = traced(&variant);
        let types = params.iter().map(|p| p.ty);
        let result = result_type(function);
        let (shim, outermost) = if options.variadic {
            (variadic_shim(params.len() - 1), quote!(__variadic))
        } else {
            (TokenStream::new(), quote!(__entry))
        };
        let body = quote!(crate::export::Body::Function {
            entry: crate::export::Entry::new(#outermost as *const ()),
            traced: crate::export::Entry::new(__traced as *const ()),
            arguments: &[#(crate::trace::Argument::of::<#types>()),*],
            result: #result,
        });
        let mut text = signature(&params);
        if options.variadic {
            let fixed = text.rfind("; ").map_or(0, |at| at + 2);
            text.replace_range(fixed.., "...: ...");
        }
        out.extend(describing_static(
            options,
            &variant,
            &function.attrs,
            &text,
            &returns(function),
            &quote!(#alias #entry #shim #traced),
            &body,
        ));
    }
    Ok(out)
}

/// How a trace line shows the result.
fn result_type(function: &ItemFn) -> TokenStream {
    match &function.sig.output {
        ReturnType::Type(_, t) if matches!(**t, Type::Never(_)) => {
            quote!(crate::trace::Answer::NEVER)
        }
        ReturnType::Type(_, t) => quote!(crate::trace::Answer::of::<#t>()),
        ReturnType::Default => quote!(crate::trace::Answer::of::<()>()),
    }
}

/// `__entry`, which decodes the arguments, calls the function and encodes its result.
fn entry(function: &ItemFn, params: &[Param<'_>], charset: Option<&Ident>) -> TokenStream {
    let sig = &function.sig;
    let called = &sig.ident;
    let names: Vec<_> = params.iter().map(|p| &p.name).collect();
    let types: Vec<_> = params.iter().map(|p| p.ty).collect();
    let generic = charset.map(|c| quote!(::<#c>));
    let call = quote!(#called #generic (#(#names),*));
    let (allow, call) = if matches!(sig.safety, syn::Safety::Unsafe(_)) {
        (
            quote!(#[allow(unsafe_code, clippy::undocumented_unsafe_blocks)]),
            // SAFETY: as safe as the program's own call with these arguments is.
            quote!(unsafe { #call }),
        )
    } else {
        (TokenStream::new(), call)
    };
    let raw_params = quote!(#(#names: <#types as crate::abi::Param>::Raw),*);
    let decode = |on_fault: TokenStream| {
        quote!(#(let #names = match <#types as crate::abi::Param>::decode(#names) {
            Ok(value) => value,
            Err(fault) => #on_fault,
        };)*)
    };
    let result = match &sig.output {
        ReturnType::Type(_, t) if matches!(**t, Type::Never(_)) => {
            let decode = decode(quote!(crate::hooks::fault(fault)));
            return quote! {
                #allow
                extern "win64" fn __entry(#raw_params) -> ! {
                    #decode
                    #call
                }
            };
        }
        ReturnType::Type(_, t) => quote!(#t),
        ReturnType::Default => quote!(()),
    };
    let decode = decode(quote!(break '__call <#result as crate::abi::Return>::fault(fault)));
    // Behind the last look nothing is called; see `haft_host::border`.
    quote! {
        #allow
        #[allow(unsafe_code)]
        #[unsafe(link_section = "haft_border")]
        extern "win64" fn __entry(#raw_params) -> <#result as crate::abi::Return>::Raw {
            let __result = '__call: {
                #decode
                <#result as crate::abi::Return>::encode(#call)
            };
            crate::hooks::leave();
            __result
        }
    }
}

/// `__traced`, which hands the export to the one routine that traces calls.
fn traced(variant: &Variant) -> TokenStream {
    let item = format_ident!("{}", variant.item);
    quote! {
        #[allow(unsafe_code)]
        #[unsafe(naked)]
        #[unsafe(link_section = "haft_border")]
        extern "win64" fn __traced() {
            ::core::arch::naked_asm!(
                "lea rax, [rip + {export}]",
                "jmp {call}",
                export = sym #item,
                call = sym crate::trace::call,
            )
        }
    }
}

/// A naked shim in front of `__entry` that gives it a `VaList`: the four register arguments go to
/// their home slots, so that all arguments stand in one row, and the address of the first
/// variable one becomes the argument behind the fixed ones.
fn variadic_shim(fixed: usize) -> TokenStream {
    let spill =
        [".cfi_startproc", "mov [rsp + 8], rcx", "mov [rsp + 16], rdx", "mov [rsp + 24], r8"]
            .into_iter()
            .chain(["mov [rsp + 32], r9"])
            .map(str::to_owned);
    let mut lines: Vec<String> = spill.collect();
    let first = 8 + 8 * fixed;
    if let Some(register) = ["rcx", "rdx", "r8", "r9"].get(fixed) {
        lines.push(format!("lea {register}, [rsp + {first}]"));
        lines.push("jmp {inner}".to_owned());
    } else {
        // The list's own slot is taken by the first variable argument: a frame of our own, whose
        // size keeps the stack aligned (it is 8 off by the return address).
        let frame = (32 + 8 * (fixed - 3)).next_multiple_of(16) + 8;
        lines.push(format!("sub rsp, {frame}"));
        lines.push(format!(".cfi_adjust_cfa_offset {frame}"));
        lines.push(format!(".cfi_adjust_cfa_offset {frame}"));
        for slot in 4..fixed {
            lines.push(format!("mov rax, [rsp + {}]", frame + 8 + 8 * slot));
            lines.push(format!("mov [rsp + {}], rax", 8 * slot));
        }
        lines.push(format!("lea rax, [rsp + {}]", frame + first));
        lines.push(format!("mov [rsp + {}], rax", 8 * fixed));
        lines.push("call {inner}".to_owned());
        lines.push(format!("add rsp, {frame}"));
        lines.push(format!(".cfi_adjust_cfa_offset -{frame}"));
        lines.push("ret".to_owned());
    }
    lines.push(".cfi_endproc".to_owned());
    quote! {
        #[allow(unsafe_code)]
        #[unsafe(naked)]
        #[unsafe(link_section = "haft_border")]
        extern "win64" fn __variadic() {
            ::core::arch::naked_asm!(#(#lines),*, inner = sym __entry)
        }
    }
}

/// A variable that programs link to.
fn data(options: &Options, data: &ItemStatic) -> syn::Result<TokenStream> {
    if options.charset || options.raw || options.variadic {
        let text = "`charset`, `raw` and `variadic` are for functions";
        return Err(syn::Error::new(data.span(), text));
    }
    if options.dlls.len() != 1 || !options.also.is_empty() {
        let text = "a variable has one place: export one static for each DLL and name";
        return Err(syn::Error::new(data.span(), text));
    }
    let name = &data.ident;
    let mut out = quote! {
        #[allow(non_upper_case_globals)]
        #data
    };
    for variant in options.variants(&name.to_string()) {
        out.extend(describing_static(
            options,
            &variant,
            &data.attrs,
            "",
            &describe::type_name(&data.ty),
            &TokenStream::new(),
            &quote!(crate::export::Body::Data(&#name)),
        ));
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
