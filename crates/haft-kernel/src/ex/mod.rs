//! Executive support: the environment, clocks and calendar, code pages and locales, messages,
//! random numbers.

pub mod allocation;
pub mod apartment;
pub mod atom;
pub mod bstr;
pub mod crypt_provider;
pub mod environment;
pub mod event_provider;
pub mod folder;
pub mod guid;
pub mod machine;
pub mod memory_status;
pub mod message;
pub mod nls;
pub mod performance;
pub mod pointer;
pub mod processor;
pub mod profile;
pub mod random;
pub mod start_info;
pub mod text_hash;
pub mod time;
pub mod time_zone;
pub mod version;
pub mod version_info;
