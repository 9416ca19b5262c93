//! The rights that handles to files have (Microsoft: "File Access Rights Constants").

use haft_abi::AccessMask;

/// Read data, or list a directory.
pub const FILE_READ_DATA: AccessMask = AccessMask(1);
/// Write data, or make a file in a directory.
pub const FILE_WRITE_DATA: AccessMask = AccessMask(2);
/// Write at the end, or make a directory in a directory.
pub const FILE_APPEND_DATA: AccessMask = AccessMask(4);
/// Make an instance of a pipe.
pub const FILE_CREATE_PIPE_INSTANCE: AccessMask = AccessMask(4);
/// Execute a file, or pass through a directory.
pub const FILE_EXECUTE: AccessMask = AccessMask(0x20);
/// Delete what is in a directory.
pub const FILE_DELETE_CHILD: AccessMask = AccessMask(0x40);
/// Read attributes.
pub const FILE_READ_ATTRIBUTES: AccessMask = AccessMask(0x80);
/// Change attributes.
pub const FILE_WRITE_ATTRIBUTES: AccessMask = AccessMask(0x100);
