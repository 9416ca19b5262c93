//! The registry: what is asked and answered of it (Microsoft: "Registry").

use haft_object::SharedId;
use haft_object::security::{SecurityDescriptor, SecurityInformation, Sid};
use serde::{Deserialize, Serialize};

/// The most units of a key's name (Microsoft: "Registry Element Size Limits").
pub const MAX_KEY_NAME: usize = 255;

/// The most units of a path that one request names.
pub const MAX_PATH: usize = 4096;

/// The most units of a value's name that a packet takes; Windows takes 16,383.
pub const MAX_VALUE_NAME: usize = 4096;

/// The most bytes of data that travel in a packet; more is in a file beside it.
pub const MAX_INLINE: usize = 4096;

/// The most bytes of a value's data.
pub const MAX_DATA: usize = 1 << 20;

/// The name of a user's key below `\Registry\User`: the SID of the Linux user.
#[must_use]
pub fn user_key(user: u32) -> String {
    Sid::linux_user(user).to_string()
}

/// Where a path begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum KeyPlace {
    /// `\Registry\Machine`.
    Machine,
    /// `\Registry\User`.
    Users,
    /// A key of the asker's.
    Key(SharedId),
}

/// A value's data on its way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Data {
    /// Here, at most [`MAX_INLINE`] bytes.
    Inline(Vec<u8>),
    /// So many bytes, at most [`MAX_DATA`], in the file beside the packet.
    Beside(u32),
}

/// What a key is to be when it is made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewKey {
    /// Its class.
    pub class: Vec<u16>,
    /// Whether it lasts no longer than the session.
    pub volatile: bool,
}

/// What a process asks of the registry. Names are UTF-16; upper and lower case are the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RegistryRequest {
    /// Whether what is written is kept on disk: [`RegistryAnswer::Kept`].
    IsKept,
    /// Opens a key: [`Answer::Object`](crate::Answer::Object).
    Open {
        /// Where the path begins.
        at: KeyPlace,
        /// Names with a backslash between them; empty for the place itself.
        path: Vec<u16>,
        /// Makes the keys of the path that are not there, the last one so.
        create: Option<NewKey>,
    },
    /// Removes a key that has no subkeys.
    DeleteKey {
        /// The key.
        key: SharedId,
    },
    /// What is known of a key: [`RegistryAnswer::Information`].
    Query {
        /// The key.
        key: SharedId,
    },
    /// A subkey, in the order of their names: [`RegistryAnswer::Subkey`].
    Subkey {
        /// The key.
        key: SharedId,
        /// Which one, from 0.
        index: u32,
    },
    /// A value: [`RegistryAnswer::Value`].
    Value {
        /// The key.
        key: SharedId,
        /// Its name.
        name: Vec<u16>,
    },
    /// A value, in the order in which they came: [`RegistryAnswer::Value`].
    ValueAt {
        /// The key.
        key: SharedId,
        /// Which one, from 0.
        index: u32,
    },
    /// Sets a value.
    SetValue {
        /// The key.
        key: SharedId,
        /// Its name; empty for the key's default value.
        name: Vec<u16>,
        /// Its type (`REG_SZ` and its kin), which the registry does not look at.
        kind: u32,
        /// Its data.
        data: Data,
    },
    /// Removes a value.
    DeleteValue {
        /// The key.
        key: SharedId,
        /// Its name.
        name: Vec<u16>,
    },
    /// Has everything that was written be on disk.
    Flush,
    /// Sets parts of a key's security descriptor.
    Protect {
        /// The key.
        key: SharedId,
        /// Which parts.
        parts: SecurityInformation,
        /// Where they are.
        descriptor: SecurityDescriptor,
    },
}

/// What is known of a key. Lengths are in bytes.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeyInformation {
    /// Its name.
    pub name: Vec<u16>,
    /// Its class.
    pub class: Vec<u16>,
    /// How many subkeys it has.
    pub subkeys: u32,
    /// The length of the longest name of a subkey.
    pub longest_subkey: u32,
    /// The length of the longest class of a subkey.
    pub longest_class: u32,
    /// How many values it has.
    pub values: u32,
    /// The length of the longest name of a value.
    pub longest_value_name: u32,
    /// The length of the longest data of a value.
    pub longest_data: u32,
    /// When it, or a value of it, was last written, in system time.
    pub written: i64,
}

/// What is answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RegistryAnswer {
    /// It is done.
    Done,
    /// Whether what is written is kept on disk.
    Kept(bool),
    /// What is known of a key.
    Information(KeyInformation),
    /// A subkey.
    Subkey {
        /// Its name.
        name: Vec<u16>,
        /// Its class.
        class: Vec<u16>,
        /// When it was last written, in system time.
        written: i64,
    },
    /// A value.
    Value {
        /// Its name, as it was first written.
        name: Vec<u16>,
        /// Its type.
        kind: u32,
        /// Its data.
        data: Data,
    },
}
