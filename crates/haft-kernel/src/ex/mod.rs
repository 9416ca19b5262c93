//! Executive support: the environment, clocks and calendar, code pages and locales, messages,
//! random numbers.

pub mod allocation;
pub mod environment;
pub mod nls;
pub mod random;
pub mod start_info;
pub mod time;
