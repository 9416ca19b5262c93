//! Memory management: the program's address space, its heaps, and the page that every process
//! reads clocks from.
//!
//! Whatever a program may see of memory is a reservation here ([`Vad`]): what it allocates, its
//! images, stacks and thread blocks. The lock over them is a leaf: no program memory is touched
//! and no other lock taken under it, so that a fault can be looked up at any time.

mod elsewhere;
pub mod heap;
mod image;
mod locked;
pub mod movable;
pub(crate) mod named_section;
mod patch;
mod place;
mod prefetch;
mod protection;
mod query;
pub mod section;
pub mod shared_data;
mod space;
mod stack;
mod vad;

pub use elsewhere::{
    VM_READ, VM_WRITE, allocate_in, free_in, protect_in, query_in, read_from, write_to,
};
pub use image::{ImagePart, adopt_image, map_image, protect_image, unmap_image};
pub use locked::{lock, unlock};
pub use patch::write_through;
pub use prefetch::prefetch;
pub use protection::PageProtection;
pub use query::{Region, RegionState, query};
pub use space::{
    AllocationType, FreeType, MAXIMUM_ADDRESS, MINIMUM_ADDRESS, Request, adopt, allocate,
    allocate_data, committed_bytes, disown, free, on_fault, protect, zero_bits_limit,
};
pub use stack::{register_stack, release_stack};
pub use vad::{Kind, PageState, Run, Vad};

pub(crate) use haft_host::mem::{GRANULARITY, PAGE};

use haft_host::signal::MemoryFault;

/// What an access that faulted means to memory management: the address, and whether it was a
/// write. For the fault path.
#[must_use]
pub fn fault(address: usize, write: bool) -> MemoryFault {
    if shared_data::on_fault(address, write) {
        return MemoryFault::Mended;
    }
    on_fault(address).map_or(MemoryFault::Unknown, MemoryFault::Exception)
}
