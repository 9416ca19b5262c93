//! The loader: images of the program and its DLLs, bound to one another.

mod binary_type;
mod bind;
mod built_in;
mod data;
mod error;
mod handles;
mod init;
mod kept;
mod lists;
mod load;
mod map;
mod memory;
mod module;
mod name;
mod place;
pub mod resource;
mod search;
pub mod symbols;
mod tls;

pub use binary_type::{BinaryType, binary_type};
pub use bind::Procedure;
pub use built_in::{BuiltInDll, BuiltIns, Found, LaidOut};
pub use data::{image_of, version_resource};
pub use error::LoadError;
pub use handles::{
    base_of, disable_thread_calls, find_loaded, free_library_and_exit_thread, keep, lock, unlock,
};
pub use init::{initialize_process, leave_for_good, process_detach, thread_attach, thread_detach};
pub use kept::keep_ready;
pub use load::{
    Program, default_stack_reserve, free_library, load_library, load_library_with, load_program,
    prepare, procedure_address,
};
pub use map::check_program;
pub use memory::LiveImage;
pub use module::{Module, find_by_address, find_by_base, find_by_name, main_module, modules};
pub use name::base_name;
pub use place::Place;
pub use search::{
    LoadFlags, add_dll_directory, add_folder as add_search_folder, dll_directory,
    remove_dll_directory, remove_folder as remove_search_folder, set_default_search,
    set_dll_directory,
};
pub use tls::{ThreadTls, fill_thread};
