//! The names of access rights, for people.

use crate::types::ObjectType;
use haft_abi::AccessMask;

/// A right's bit and its name in Microsoft's headers.
type Right = (u32, &'static str);

/// Microsoft: "Standard Access Rights".
const STANDARD: &[Right] = &[
    (0x0001_0000, "DELETE"),
    (0x0002_0000, "READ_CONTROL"),
    (0x0004_0000, "WRITE_DAC"),
    (0x0008_0000, "WRITE_OWNER"),
    (0x0010_0000, "SYNCHRONIZE"),
];

/// Microsoft: "File Access Rights Constants".
const FILE: &[Right] = &[
    (0x001, "FILE_READ_DATA"),
    (0x002, "FILE_WRITE_DATA"),
    (0x004, "FILE_APPEND_DATA"),
    (0x008, "FILE_READ_EA"),
    (0x010, "FILE_WRITE_EA"),
    (0x020, "FILE_EXECUTE"),
    (0x040, "FILE_DELETE_CHILD"),
    (0x080, "FILE_READ_ATTRIBUTES"),
    (0x100, "FILE_WRITE_ATTRIBUTES"),
];

/// Microsoft: "Process Security and Access Rights".
const PROCESS: &[Right] = &[
    (0x0001, "PROCESS_TERMINATE"),
    (0x0002, "PROCESS_CREATE_THREAD"),
    (0x0004, "PROCESS_SET_SESSIONID"),
    (0x0008, "PROCESS_VM_OPERATION"),
    (0x0010, "PROCESS_VM_READ"),
    (0x0020, "PROCESS_VM_WRITE"),
    (0x0040, "PROCESS_DUP_HANDLE"),
    (0x0080, "PROCESS_CREATE_PROCESS"),
    (0x0100, "PROCESS_SET_QUOTA"),
    (0x0200, "PROCESS_SET_INFORMATION"),
    (0x0400, "PROCESS_QUERY_INFORMATION"),
    (0x0800, "PROCESS_SUSPEND_RESUME"),
    (0x1000, "PROCESS_QUERY_LIMITED_INFORMATION"),
    (0x2000, "PROCESS_SET_LIMITED_INFORMATION"),
];

/// Microsoft: "Thread Security and Access Rights".
const THREAD: &[Right] = &[
    (0x0001, "THREAD_TERMINATE"),
    (0x0002, "THREAD_SUSPEND_RESUME"),
    (0x0004, "THREAD_ALERT"),
    (0x0008, "THREAD_GET_CONTEXT"),
    (0x0010, "THREAD_SET_CONTEXT"),
    (0x0020, "THREAD_SET_INFORMATION"),
    (0x0040, "THREAD_QUERY_INFORMATION"),
    (0x0080, "THREAD_SET_THREAD_TOKEN"),
    (0x0100, "THREAD_IMPERSONATE"),
    (0x0200, "THREAD_DIRECT_IMPERSONATION"),
    (0x0400, "THREAD_SET_LIMITED_INFORMATION"),
    (0x0800, "THREAD_QUERY_LIMITED_INFORMATION"),
    (0x1000, "THREAD_RESUME"),
];

/// Microsoft: "File-Mapping Security and Access Rights".
const SECTION: &[Right] = &[
    (0x01, "SECTION_QUERY"),
    (0x02, "SECTION_MAP_WRITE"),
    (0x04, "SECTION_MAP_READ"),
    (0x08, "SECTION_MAP_EXECUTE"),
    (0x10, "SECTION_EXTEND_SIZE"),
];

/// Microsoft: "Synchronization Object Security and Access Rights".
const EVENT: &[Right] = &[(1, "EVENT_QUERY_STATE"), (2, "EVENT_MODIFY_STATE")];
const MUTANT: &[Right] = &[(1, "MUTANT_QUERY_STATE")];
const SEMAPHORE: &[Right] = &[(1, "SEMAPHORE_QUERY_STATE"), (2, "SEMAPHORE_MODIFY_STATE")];
const TIMER: &[Right] = &[(1, "TIMER_QUERY_STATE"), (2, "TIMER_MODIFY_STATE")];
const IO_COMPLETION: &[Right] =
    &[(1, "IO_COMPLETION_QUERY_STATE"), (2, "IO_COMPLETION_MODIFY_STATE")];

const fn specific(object_type: ObjectType) -> &'static [Right] {
    match object_type {
        ObjectType::File => FILE,
        ObjectType::Process => PROCESS,
        ObjectType::Thread => THREAD,
        ObjectType::Section => SECTION,
        ObjectType::Event => EVENT,
        ObjectType::Mutant => MUTANT,
        ObjectType::Semaphore => SEMAPHORE,
        ObjectType::Timer => TIMER,
        ObjectType::IoCompletion => IO_COMPLETION,
        _ => &[],
    }
}

/// The names of the rights in an access mask; bits that have none are one number at the end.
#[must_use]
pub fn names(object_type: ObjectType, access: AccessMask) -> Vec<String> {
    let mut left = access.0;
    let mut names = Vec::new();
    for &(bit, name) in specific(object_type).iter().chain(STANDARD) {
        if left & bit != 0 {
            names.push(name.to_owned());
            left &= !bit;
        }
    }
    if left != 0 {
        names.push(format!("{left:#x}"));
    }
    names
}

/// An access mask in a few words: *all*, *read* and *write* where it is what the generic rights
/// stand for, else the names of its rights.
#[must_use]
pub fn summary(object_type: ObjectType, access: AccessMask) -> String {
    let mapping = object_type.mapping();
    let (read, write) = (mapping.read.0, mapping.write.0);
    // Waiting is what a handle can nearly always do; it makes no difference to people.
    let wait = AccessMask::SYNCHRONIZE.0;
    match access.0 | wait {
        _ if access == mapping.all || access == mapping.valid => "all".to_owned(),
        mask if mask == read | write | wait => "read|write".to_owned(),
        mask if mask == read | wait => "read".to_owned(),
        // Win32 asks for FILE_READ_ATTRIBUTES with every file.
        mask if mask | 0x80 == write | wait | 0x80 => "write".to_owned(),
        _ if access == AccessMask::NONE => "none".to_owned(),
        _ => names(object_type, access).join("|"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_told() {
        for &object_type in ObjectType::ALL {
            let valid = object_type.mapping().valid;
            let known: u32 =
                specific(object_type).iter().chain(STANDARD).map(|&(bit, _)| bit).sum();
            let has_rest = names(object_type, valid).last().is_some_and(|n| n.starts_with("0x"));
            assert_eq!(has_rest, valid.0 & !known != 0, "{}", object_type.name());
        }
        assert_eq!(
            names(ObjectType::Event, AccessMask(0x0010_0002)),
            ["EVENT_MODIFY_STATE", "SYNCHRONIZE"]
        );
        assert_eq!(names(ObjectType::Key, AccessMask(0x0001_0019)), ["DELETE", "0x19"]);
    }

    #[test]
    fn the_generic_rights_are_told_in_a_word() {
        let file = |access| summary(ObjectType::File, AccessMask(access));
        assert_eq!(file(0x0012_0089), "read");
        assert_eq!(file(0x0012_0196), "write");
        assert_eq!(file(0x0012_019F), "read|write");
        assert_eq!(file(0x001F_01FF), "all");
        assert_eq!(file(0), "none");
        assert_eq!(file(0x0010_0001), "FILE_READ_DATA|SYNCHRONIZE");
    }
}
