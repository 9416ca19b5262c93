//! Interlocked singly linked lists.

use haft_kernel::ke::slist::List;
use haft_macros::export;

/// Makes a list empty. (Microsoft: "InitializeSListHead function")
#[export(ntdll)]
fn RtlInitializeSListHead(ListHead: usize) {
    List::at(ListHead).initialize();
}

/// Puts an entry in front; returns the one before. (Microsoft: "InterlockedPushEntrySList
/// function")
#[export(ntdll)]
fn RtlInterlockedPushEntrySList(ListHead: usize, ListEntry: usize) -> usize {
    List::at(ListHead).push(ListEntry, ListEntry, 1)
}

/// Puts linked entries in front; returns the one before. (Microsoft:
/// "InterlockedPushListSListEx function")
#[export(ntdll, also = "RtlInterlockedPushListSList")]
fn RtlInterlockedPushListSListEx(
    ListHead: usize,
    List: usize,
    ListEnd: usize,
    Count: u32,
) -> usize {
    List::at(ListHead).push(List, ListEnd, Count)
}

/// Takes the first entry off. (Microsoft: "InterlockedPopEntrySList function")
#[export(ntdll)]
fn RtlInterlockedPopEntrySList(ListHead: usize) -> usize {
    List::at(ListHead).pop()
}

/// Takes every entry off. (Microsoft: "InterlockedFlushSList function")
#[export(ntdll)]
fn RtlInterlockedFlushSList(ListHead: usize) -> usize {
    List::at(ListHead).flush()
}

/// Returns how many entries there are. (Microsoft: "QueryDepthSList function")
#[export(ntdll)]
fn RtlQueryDepthSList(ListHead: usize) -> u16 {
    List::at(ListHead).depth()
}

/// Returns the first entry. (Microsoft: "RtlFirstEntrySList function")
#[export(ntdll)]
fn RtlFirstEntrySList(ListHead: usize) -> usize {
    List::at(ListHead).first()
}
