//! What an export says about itself in words: its signature and the first paragraph of its
//! documentation.

use quote::ToTokens;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// A type as a person writes it (but `;` without a space, which separates parameters).
pub fn type_name(t: &impl ToTokens) -> String {
    let mut text = String::new();
    for c in t.to_token_stream().to_string().chars() {
        if c != ' ' {
            text.push(c);
        } else if text.ends_with(',') || text.ends_with("mut") || text.ends_with("const") {
            text.push(' ');
        }
    }
    text.replace(",>", ">")
}

/// The first paragraph of an item's documentation, on one line.
pub fn first_paragraph(attrs: &[Attribute]) -> String {
    let mut text = String::new();
    for attr in attrs {
        let Meta::NameValue(pair) = &attr.meta else { continue };
        let Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) = &pair.value else { continue };
        if !pair.path.is_ident("doc") {
            continue;
        }
        let line = line.value();
        let line = line.trim();
        if line.is_empty() {
            if text.is_empty() {
                continue;
            }
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(line);
    }
    text
}
