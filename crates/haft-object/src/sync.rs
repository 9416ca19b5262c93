//! The atomics everything here is built on: the processor's, or shuttle's when interleavings are
//! being explored (feature `shuttle`).

#[cfg(not(feature = "shuttle"))]
pub use core::sync::atomic::{AtomicU64, Ordering};
#[cfg(feature = "shuttle")]
pub use shuttle::sync::atomic::{AtomicU64, Ordering};
