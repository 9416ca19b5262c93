//! Strings, paths and command lines, where Microsoft's runtime has functions of its own.

pub mod argv;
mod case;
pub mod path;
mod secure;
mod token;
pub mod wildcard;

pub use case::{Fold, compare, lower, upper};
pub use secure::{CopyPlan, TRUNCATE, strcat_s, strcpy_s, strncat_s, strncpy_s};
pub use token::{Token, next_token};
