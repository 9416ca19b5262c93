//! The memory of stacks.

use super::PageProtection;
use super::space::{adopt, disown, space};
use super::vad::{Kind, PageState};
use haft_host::thread::Stack;

/// Makes a thread's stack known. Its lowest page is reserved only: the end that an overflow
/// runs into.
pub fn register_stack(stack: &Stack) {
    let protection = PageProtection::READWRITE;
    let size = stack.base - stack.allocation;
    adopt(stack.allocation, size, Kind::Private, protection, PageState::Committed(protection));
    if let Some((_, vad)) = space().vads.find_mut(stack.allocation) {
        vad.set(stack.allocation, stack.limit, PageState::Reserved);
    }
}

/// Gives a stack back that nobody runs on any more.
pub fn release_stack(stack: Stack) {
    disown(stack.allocation);
    stack.release();
}
