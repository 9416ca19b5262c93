//! The places of a user's files, from the process's environment (Microsoft: "KNOWNFOLDERID",
//! "CSIDL").

use super::environment::{expand, get};
use haft_abi::wide::{from_str, to_string};

/// A folder: its known-folder identifier, its number if it has one, and where it is.
type Folder = (&'static str, Option<u32>, &'static str);

const FOLDERS: &[Folder] = &[
    ("{B4BFCC3A-DB2C-424C-B029-7FE99A87C641}", Some(0x00), r"%USERPROFILE%\Desktop"),
    ("{FDD39AD0-238F-46AF-ADB4-6C85480369C7}", Some(0x05), r"%USERPROFILE%\Documents"),
    ("{4BD8D571-6D19-48D3-BE97-422220080E43}", Some(0x0D), r"%USERPROFILE%\Music"),
    ("{18989B1D-99B5-455B-841C-AB7C74E4DDFC}", Some(0x0E), r"%USERPROFILE%\Videos"),
    ("{33E28130-4E1E-4676-835A-98395C3BC3BB}", Some(0x27), r"%USERPROFILE%\Pictures"),
    ("{374DE290-123F-4565-9164-39C4925E467B}", None, r"%USERPROFILE%\Downloads"),
    ("{3EB685DB-65F9-4CF6-A03A-E3EF65729F3D}", Some(0x1A), "%APPDATA%"),
    ("{F1B32785-6FBA-4FCF-9D55-7B8E7F157091}", Some(0x1C), "%LOCALAPPDATA%"),
    ("{A520A1A4-1780-4FF6-BD18-167343C5AF16}", None, r"%LOCALAPPDATA%\..\LocalLow"),
    ("{5E6C858F-0E22-4760-9AFE-EA3317B67173}", Some(0x28), "%USERPROFILE%"),
    ("{62AB5D82-FDC1-4DC3-A9DD-070D1D495D97}", Some(0x23), "%ProgramData%"),
    ("{F38BF404-1D43-42F2-9305-67DE0B28FC23}", Some(0x24), "%SystemRoot%"),
    ("{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}", Some(0x25), r"%SystemRoot%\System32"),
    ("{905E63B6-C1BF-494E-B29C-65B732D3D21A}", Some(0x26), "%ProgramFiles%"),
    ("{6D809377-6AF0-444B-8957-A3773F02200E}", None, "%ProgramFiles%"),
    ("{F7F1ED05-9F6D-47A2-AAAE-29D317C6F066}", Some(0x2B), r"%ProgramFiles%\Common Files"),
    ("{FD228CB7-AE11-4AE3-864C-16F3910AB8FE}", Some(0x14), r"%SystemRoot%\Fonts"),
    (
        "{A77F5D77-2E2B-44C3-A6A2-ABA601054A51}",
        Some(0x02),
        r"%APPDATA%\Microsoft\Windows\Start Menu\Programs",
    ),
    (
        "{625B53C3-AB48-4EC1-BA1F-A1EF4146FC19}",
        Some(0x0B),
        r"%APPDATA%\Microsoft\Windows\Start Menu",
    ),
    (
        "{B97D20BB-F46A-4C97-BA10-5E3608430854}",
        Some(0x07),
        r"%APPDATA%\Microsoft\Windows\Start Menu\Programs\Startup",
    ),
];

/// The path, if the environment has all that it is made of.
fn place(template: &str) -> Option<Vec<u16>> {
    let path = to_string(&expand(&from_str(template)));
    // `LocalLow` stands beside `Local`.
    let path = match path.split_once(r"\..\") {
        Some((before, after)) => {
            format!(r"{}\{after}", before.rsplit_once('\\').map_or("", |(parent, _)| parent))
        }
        None => path,
    };
    (!path.contains('%')).then(|| from_str(&path))
}

/// The path of a known folder, by its GUID in braces and capitals; `None` if haft has none.
#[must_use]
pub fn known(guid: &str) -> Option<Vec<u16>> {
    FOLDERS.iter().find(|(id, ..)| *id == guid).and_then(|(.., template)| place(template))
}

/// The path of a folder by its `CSIDL`; `None` if haft has none.
#[must_use]
pub fn numbered(csidl: u32) -> Option<Vec<u16>> {
    // The desktop as a folder of files, and the folder of a non-roaming start menu.
    let csidl = if csidl == 0x10 { 0 } else { csidl };
    let found = FOLDERS.iter().find(|(_, number, _)| *number == Some(csidl));
    found.and_then(|(.., template)| place(template))
}

/// The user's own folder.
#[must_use]
pub fn profile() -> Option<Vec<u16>> {
    get(&from_str("USERPROFILE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_is_listed_once() {
        let mut ids: Vec<&str> = FOLDERS.iter().map(|(id, ..)| *id).collect();
        let mut numbers: Vec<u32> = FOLDERS.iter().filter_map(|(_, number, _)| *number).collect();
        ids.sort_unstable();
        numbers.sort_unstable();
        let (all, all_numbers) = (ids.len(), numbers.len());
        ids.dedup();
        numbers.dedup();
        assert_eq!((ids.len(), numbers.len()), (all, all_numbers));
        assert!(ids.iter().all(|id| super::super::guid::parse(&from_str(id)).is_some()));
    }
}
