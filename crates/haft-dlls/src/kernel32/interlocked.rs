//! Interlocked singly linked lists. (The interlocked operations on numbers are the compiler's.)

use haft_kernel::ke::slist::List;
use haft_macros::export;

/// Makes a list empty. (Microsoft: "InitializeSListHead function")
#[export(kernel32)]
fn InitializeSListHead(ListHead: usize) {
    List::at(ListHead).initialize();
}

/// Puts an entry in front; returns the one before. (Microsoft: "InterlockedPushEntrySList
/// function")
#[export(kernel32)]
fn InterlockedPushEntrySList(ListHead: usize, ListEntry: usize) -> usize {
    List::at(ListHead).push(ListEntry, ListEntry, 1)
}

/// Puts linked entries in front; returns the one before. (Microsoft:
/// "InterlockedPushListSListEx function")
#[export(kernel32, also = "InterlockedPushListSList")]
fn InterlockedPushListSListEx(ListHead: usize, List: usize, ListEnd: usize, Count: u32) -> usize {
    List::at(ListHead).push(List, ListEnd, Count)
}

/// Takes the first entry off. (Microsoft: "InterlockedPopEntrySList function")
#[export(kernel32)]
fn InterlockedPopEntrySList(ListHead: usize) -> usize {
    List::at(ListHead).pop()
}

/// Takes every entry off. (Microsoft: "InterlockedFlushSList function")
#[export(kernel32)]
fn InterlockedFlushSList(ListHead: usize) -> usize {
    List::at(ListHead).flush()
}

/// Returns how many entries there are. (Microsoft: "QueryDepthSList function")
#[export(kernel32)]
fn QueryDepthSList(ListHead: usize) -> u16 {
    List::at(ListHead).depth()
}
