//! Which device of Linux a port `COMn` is.

use crate::ex::environment;
use haft_abi::wide;
use std::path::PathBuf;

/// The highest number of a port (Microsoft: "HKEY_LOCAL_MACHINE\HARDWARE\DEVICEMAP\SERIALCOMM" has no
/// more).
pub const LAST: u32 = 256;

/// A serial port, by its number from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port(u32);

impl Port {
    /// By the name of its DOS device.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (head, number) = name.split_at_checked(3)?;
        let number = digits(number).filter(|number| (1..=LAST).contains(number))?;
        head.eq_ignore_ascii_case("COM").then_some(Self(number))
    }

    /// By what follows `\Device\Serial` in the name of its device.
    #[must_use]
    pub fn of_device(number: &str) -> Option<Self> {
        digits(number).filter(|&number| number < LAST).map(|number| Self(number + 1))
    }

    /// The name of its DOS device.
    #[must_use]
    pub fn name(self) -> String {
        format!("COM{}", self.0)
    }

    /// Its device in NT's namespace.
    #[must_use]
    pub fn device(self) -> String {
        format!(r"\Device\Serial{}", self.0 - 1)
    }

    /// The device of Linux: what `HAFT_COMn` names, else `/dev/ttyS` and the number less one.
    #[must_use]
    pub fn path(self) -> PathBuf {
        match environment::get(&wide::from_str(&format!("HAFT_COM{}", self.0))) {
            Some(path) if !path.is_empty() => PathBuf::from(wide::to_string(&path)),
            _ => PathBuf::from(format!("/dev/ttyS{}", self.0 - 1)),
        }
    }

    /// The ports that there are.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=LAST).map(Self).filter(|port| port.path().exists())
    }
}

/// A number as it is written, without a sign or a zero before it.
fn digits(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number: &u32| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(Port::of_name("com10"), Some(Port(10)));
        assert_eq!(Port::of_name("COM1").map(Port::device).as_deref(), Some(r"\Device\Serial0"));
        for none in ["COM", "COM0", "COM01", "COM+1", "COM257", "LPT1", "COM1x", "CÖ1"] {
            assert_eq!(Port::of_name(none), None, "{none}");
        }
    }
}
