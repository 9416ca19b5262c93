//! The namespace: what is asked and answered of directories, symbolic links and names (Microsoft:
//! "Object Namespaces").

use crate::message::ObjectId;
use crate::name::ObjectName;
use haft_abi::Pid;
use haft_object::SharedId;
use serde::{Deserialize, Serialize};

/// The most bytes of names that one answer lists.
pub const MAX_LISTED_BYTES: usize = 12 << 10;

/// The most holders that one answer lists.
pub const MAX_HOLDERS: usize = 1024;

/// What the names of DOS devices lead to; drives among them.
pub const DOS_DEVICES: &[(&str, &str)] = &[
    ("C:", r"\Device\HarddiskVolume1"),
    ("Z:", r"\Device\HarddiskVolume2"),
    ("NUL", r"\Device\Null"),
    ("CON", r"\Device\ConDrv\Console"),
    ("CONIN$", r"\Device\ConDrv\CurrentIn"),
    ("CONOUT$", r"\Device\ConDrv\CurrentOut"),
    ("PIPE", r"\Device\NamedPipe"),
    ("MAILSLOT", r"\Device\Mailslot"),
    ("MountPointManager", r"\Device\MountPointManager"),
    ("Volume{68616674-0000-4000-8000-000000000001}", r"\Device\HarddiskVolume1"),
    ("Volume{68616674-0000-4000-8000-000000000002}", r"\Device\HarddiskVolume2"),
];

/// The session's number in paths and process lists: there is one.
pub const SESSION: u32 = 1;

/// What a process asks about the namespace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum NamesRequest {
    /// Makes a directory, or opens the one of the name: [`Answer::Object`](crate::Answer::Object).
    CreateDirectory {
        /// Its name, if it is to have one.
        name: Option<ObjectName>,
    },
    /// Makes a symbolic link, or opens the one of the name:
    /// [`Answer::Object`](crate::Answer::Object).
    CreateLink {
        /// Its name, if it is to have one.
        name: Option<ObjectName>,
        /// The path that it leads to.
        target: String,
    },
    /// Where a symbolic link leads to: [`NamesAnswer::Text`].
    Target {
        /// The link.
        link: SharedId,
    },
    /// What is in a directory, in the order of the names: [`NamesAnswer::Entries`].
    List {
        /// The directory.
        directory: SharedId,
        /// How many of the list the asker has already.
        from: u32,
    },
    /// An object's path, empty where it has no name: [`NamesAnswer::Text`].
    Name {
        /// The object.
        object: SharedId,
    },
    /// Has an object keep its name, and be there, without a handle, or no longer.
    Keep {
        /// The object.
        object: SharedId,
        /// Whether.
        permanent: bool,
    },
    /// Which processes have handles to an object: [`NamesAnswer::Holders`].
    Holders {
        /// The object.
        object: SharedId,
    },
    /// What a process of the session has: [`NamesAnswer::Held`].
    HeldBy {
        /// The process.
        pid: Pid,
        /// How many of the list the asker has already.
        from: u32,
    },
}

/// What a process has of the executive, and what it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Held {
    /// The number: a shared object's, or an offer's.
    pub number: u64,
    /// Whether it is an offer's, which the process has not taken yet.
    pub is_offer: bool,
    /// Which object it is.
    pub id: ObjectId,
    /// Its path, at most [`MAX_SHOWN`] bytes; empty where it has no name.
    pub name: String,
}

/// The most bytes of a name in a list.
pub const MAX_SHOWN: usize = 1024;

/// An entry of a directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NameEntry {
    /// Its name.
    pub name: String,
    /// What its type is called.
    pub type_name: String,
}

/// A process that has an object, and how its handles name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    pub pid: Pid,
    /// The number: a shared object's, or an offer's.
    pub number: u64,
    /// Whether it is an offer's, which the process has not taken yet.
    pub is_offer: bool,
}

/// What is answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum NamesAnswer {
    /// It is done.
    Done,
    /// A path.
    Text(String),
    /// Entries, and whether there are more behind them.
    Entries(Vec<NameEntry>, bool),
    /// Who has the object, at most [`MAX_HOLDERS`], and which one it is.
    Holders(ObjectId, Vec<Holder>),
    /// What a process has, and whether there is more behind that.
    Held(Vec<Held>, bool),
}
