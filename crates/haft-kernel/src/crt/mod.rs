//! What the C runtime DLLs keep while a program runs: descriptors, streams, `errno`, exit
//! procedures, the environment as C sees it. The pure half of the runtime is in `haft-crt`.

pub mod arguments;
pub mod characters;
pub mod console;
pub mod convert;
pub mod descriptor;
pub mod diagnostics;
pub mod domain;
pub mod environment;
pub mod error;
pub mod exit;
pub mod files;
pub mod float_control;
pub mod heap;
pub mod invalid;
pub mod locale;
pub mod lock;
pub mod main;
pub mod multibyte;
pub mod open;
pub mod popen;
pub mod print;
pub mod random;
pub mod rtti;
pub mod scan;
pub mod signal;
pub mod sort;
pub mod spawn;
pub mod status;
pub mod stream;
pub mod stream_data;
pub mod strings;
pub mod terminate;
pub mod text;
pub mod thread;
pub mod thread_state;
pub mod time;
pub mod type_names;
pub mod variable;

pub use error::Error;
