//! Dispatcher objects: what one can wait for, and the waits.
//!
//! * `state`: an object's state word; `wait_word`: a thread's;
//! * `lock`: a record locked, with the rules by which its object is signalled and consumed;
//! * `queue`: wait blocks; `hand_over`: from a signalled object to its waiters, first come first;
//! * [`event`], [`mutant`], [`semaphore`], [`timer`], [`notification`]: what each kind can do;
//! * [`wait`], `wait_all`: waiting; [`alert`]: what ends a wait besides objects;
//! * [`join`], [`moving`]: waits and objects that the executive has a part in.
//!
//! A wait for any object is decided by one compare-and-swap on the waiter's wait word, by
//! whoever comes first. A signaller that finds an object's queue head claims that waiter's word,
//! takes the signal on the waiter's behalf and only then wakes it: a signal that was handed over
//! cannot be stolen, and a waiter that has been served already is passed over.

pub mod alert;
pub mod event;
mod hand_over;
pub mod join;
mod lock;
pub mod moving;
pub mod mutant;
pub mod notification;
pub(crate) mod queue;
pub mod semaphore;
pub(crate) mod state;
#[cfg(all(test, not(feature = "shuttle")))]
mod tests;
pub mod timer;
pub mod wait;
mod wait_all;
pub mod wait_word;
