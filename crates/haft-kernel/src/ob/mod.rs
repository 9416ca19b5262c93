//! Objects and handles of this process.
//!
//! The rules are haft-object's; this is where they meet the process: its block, its pseudo
//! handles, and what stands behind the objects that are more than their record.

mod handle;
mod host;
pub mod left_open;
mod linger;
mod manager;
mod name;
pub mod names;
pub mod pending;
mod query;
pub mod shared;
pub mod side;

pub use haft_object::{DuplicateOptions, HandleFlags, ObjectType};
pub use handle::{
    close, duplicate, duplicate_here, handle_flags, insert, reference, same_object,
    set_handle_flags,
};
pub use host::KernelHost;
pub use manager::{Objects, Pinned, block_file, objects};
pub(crate) use manager::{adopt_block, create_block, own_block};
pub use name::name_of;
pub use query::{Basic, basic};
