//! What a process is born with: everything that its creator decides.

use haft_abi::Handle;
use haft_object::security::Token;
use serde::{Deserialize, Serialize};

/// A new process as its creator describes it. Strings are UTF-16 without a terminator.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Birth {
    /// Path of the program's file, as Linux knows it.
    pub image: Vec<u8>,
    /// Path of the program's file, as the program is to see it.
    pub image_name: Vec<u16>,
    /// The command line.
    pub command_line: Vec<u16>,
    /// The environment block: `name=value` strings, each with a null, and one more null.
    #[serde(with = "units")]
    pub environment: Vec<u16>,
    /// The current directory, as the program is to see it.
    pub current_directory: Vec<u16>,
    /// Standard input, output and error.
    #[serde(with = "handles")]
    pub standard: [Handle; 3],
    /// What `STARTUPINFO` says of windows and what C runtimes hand over.
    pub startup: Startup,
    /// Whether the first thread waits to be resumed.
    pub suspended: bool,
    /// Whether Ctrl-C is ignored from the start.
    pub ignore_ctrl_c: bool,
    /// Which signals of a console its creator holds, and so does it (`console_signal::Held`).
    pub held_signals: u8,
    /// The console process group: its leader's identifier, zero for one that the process leads.
    pub process_group: u32,
    /// Whether the process has no console.
    pub no_console: bool,
    /// Whether it says at its end which handles it leaves open, and so do its children.
    pub leaks: bool,
    /// The session whose executive it asks; its creator's.
    pub session: String,
    /// Whether the process leaves the terminal of its creator for good (`DETACHED_PROCESS`).
    pub own_session: bool,
    /// The Linux nice value of its priority class, where its creator named one.
    pub nice: Option<i32>,
    /// Its token, where that is another than its Linux account's.
    pub token: Option<Token>,
    /// The Linux user that it becomes, where that is another than its creator.
    pub user: Option<NewUser>,
    /// The user whose session it is in, where that is another.
    pub session_user: Option<u32>,
}

/// The Linux user that a process becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUser {
    /// The user.
    pub uid: u32,
    /// The first group.
    pub gid: u32,
    /// The other groups.
    pub groups: Vec<u32>,
}

/// The part of `STARTUPINFO` that a process only passes on (Microsoft: "STARTUPINFOW structure").
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Startup {
    /// `lpDesktop`.
    pub desktop: Vec<u16>,
    /// `lpTitle`.
    pub title: Vec<u16>,
    /// `dwX`, `dwY`, `dwXSize`, `dwYSize`, `dwXCountChars`, `dwYCountChars`, `dwFillAttribute`.
    pub geometry: [u32; 7],
    /// `dwFlags`.
    pub flags: u32,
    /// `wShowWindow`.
    pub show_window: u16,
    /// `lpReserved2`: what C runtimes hand over, descriptors among it.
    pub runtime_data: Vec<u8>,
}

/// Long text travels as bytes, not unit by unit.
mod units {
    use haft_abi::wide;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(units: &[u16], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&wide::to_le_bytes(units))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u16>, D::Error> {
        <&[u8]>::deserialize(from).map(wide::from_le_bytes)
    }
}

/// Handles travel as numbers.
mod handles {
    use haft_abi::Handle;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(handles: &[Handle; 3], to: S) -> Result<S::Ok, S::Error> {
        handles.map(|h| h.0 as u64).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[Handle; 3], D::Error> {
        <[u64; 3]>::deserialize(from).map(|values| values.map(|v| Handle(v as usize)))
    }
}
