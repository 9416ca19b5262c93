//! Drives and volumes.

use crate::abi::{Charset, OrInvalid, Out, SetIfSome as _, TBuf, TStr};
use haft_abi::{Handle, Win32Error};
use haft_kernel::io::{device, query, volume, volume_search};
use haft_macros::export;

/// Tells what kind of drive a root is on. (Microsoft: "GetDriveTypeW function")
#[export(kernel32, charset)]
fn GetDriveType<C: Charset>(lpRootPathName: Option<TStr<C>>) -> u32 {
    volume::drive_type(lpRootPathName.as_deref()) as u32
}

/// Returns the drives that there are, a bit each. (Microsoft: "GetLogicalDrives function")
#[export(kernel32)]
fn GetLogicalDrives() -> u32 {
    volume::drives().iter().fold(0, |bits, letter| bits | 1 << (letter - b'A'))
}

/// Gets the roots of the drives that there are. (Microsoft: "GetLogicalDriveStringsW function")
#[export(kernel32, charset)]
fn GetLogicalDriveStrings<C: Charset>(
    nBufferLength: u32,
    lpBuffer: TBuf<C>,
) -> Result<u32, Win32Error> {
    let roots = volume::drives()
        .into_iter()
        .flat_map(|letter| [u16::from(letter), u16::from(b':'), u16::from(b'\\'), 0]);
    Ok(lpBuffer.fill(nBufferLength, &roots.collect::<Vec<_>>())?.count())
}

fn tell<C: Charset>(
    volume: &volume::Volume,
    (name, name_size): (TBuf<C>, u32),
    serial: &Option<Out<u32>>,
    longest: &Option<Out<u32>>,
    flags: &Option<Out<u32>>,
    (filesystem, filesystem_size): (TBuf<C>, u32),
) -> Result<(), Win32Error> {
    for (place, size, text) in
        [(name, name_size, &volume.label), (filesystem, filesystem_size, &volume.filesystem)]
    {
        if !place.is_null() && size > 0 && !place.fill_truncated(size, text)? {
            return Err(Win32Error::MORE_DATA);
        }
    }
    serial.set(volume.serial)?;
    longest.set(volume::LONGEST_NAME)?;
    Ok(flags.set(volume.flags)?)
}

/// Gets what is known of a volume. (Microsoft: "GetVolumeInformationW function")
#[export(kernel32, charset)]
fn GetVolumeInformation<C: Charset>(
    lpRootPathName: Option<TStr<C>>,
    lpVolumeNameBuffer: TBuf<C>,
    nVolumeNameSize: u32,
    lpVolumeSerialNumber: Option<Out<u32>>,
    lpMaximumComponentLength: Option<Out<u32>>,
    lpFileSystemFlags: Option<Out<u32>>,
    lpFileSystemNameBuffer: TBuf<C>,
    nFileSystemNameSize: u32,
) -> Result<(), Win32Error> {
    let volume = volume::of_root(lpRootPathName.as_deref())?;
    tell(
        &volume,
        (lpVolumeNameBuffer, nVolumeNameSize),
        &lpVolumeSerialNumber,
        &lpMaximumComponentLength,
        &lpFileSystemFlags,
        (lpFileSystemNameBuffer, nFileSystemNameSize),
    )
}

/// Gets what is known of the volume of an open file. (Microsoft:
/// "GetVolumeInformationByHandleW function")
#[export(kernel32)]
fn GetVolumeInformationByHandleW(
    hFile: Handle,
    lpVolumeNameBuffer: TBuf<crate::abi::Wide>,
    nVolumeNameSize: u32,
    lpVolumeSerialNumber: Option<Out<u32>>,
    lpMaximumComponentLength: Option<Out<u32>>,
    lpFileSystemFlags: Option<Out<u32>>,
    lpFileSystemNameBuffer: TBuf<crate::abi::Wide>,
    nFileSystemNameSize: u32,
) -> Result<(), Win32Error> {
    let volume = volume::of_device(query::by_handle(hFile)?.volume);
    tell(
        &volume,
        (lpVolumeNameBuffer, nVolumeNameSize),
        &lpVolumeSerialNumber,
        &lpMaximumComponentLength,
        &lpFileSystemFlags,
        (lpFileSystemNameBuffer, nFileSystemNameSize),
    )
}

/// Gets the root of the volume that a path is on. (Microsoft: "GetVolumePathNameW function")
#[export(kernel32, charset)]
fn GetVolumePathName<C: Charset>(
    lpszFileName: TStr<C>,
    lpszVolumePathName: TBuf<C>,
    cchBufferLength: u32,
) -> Result<(), Win32Error> {
    let root = volume::root_of(&lpszFileName)?;
    lpszVolumePathName.fill(cchBufferLength, &root)?.stored_or(Win32Error::FILENAME_EXCED_RANGE)?;
    Ok(())
}

/// The texts one after the other, each with its null, and one more.
fn list(texts: &[Vec<u16>]) -> Vec<u16> {
    let each = texts.iter().flat_map(|text| text.iter().copied().chain([0]));
    each.chain([0]).collect()
}

/// Gets what a DOS device leads to, or the names of all. (Microsoft: "QueryDosDeviceW function")
#[export(kernel32, charset)]
fn QueryDosDevice<C: Charset>(
    lpDeviceName: Option<TStr<C>>,
    lpTargetPath: TBuf<C>,
    ucchMax: u32,
) -> Result<u32, Win32Error> {
    let texts = match lpDeviceName {
        Some(name) => vec![device::of_dos_name(&name).ok_or(Win32Error::FILE_NOT_FOUND)?],
        None => device::dos_names(),
    };
    // The last null is the terminator.
    let list = list(&texts);
    let stored = lpTargetPath.fill(ucchMax, &list[..list.len() - 1])?;
    Ok(stored.stored_or(Win32Error::INSUFFICIENT_BUFFER)? + 1)
}

/// Gets the name of the volume that a drive leads to. (Microsoft:
/// "GetVolumeNameForVolumeMountPointW function")
#[export(kernel32, charset)]
fn GetVolumeNameForVolumeMountPoint<C: Charset>(
    lpszVolumeMountPoint: TStr<C>,
    lpszVolumeName: TBuf<C>,
    cchBufferLength: u32,
) -> Result<(), Win32Error> {
    let name = volume::name_of(&lpszVolumeMountPoint)?;
    lpszVolumeName.fill(cchBufferLength, &name)?.stored_or(Win32Error::FILENAME_EXCED_RANGE)?;
    Ok(())
}

/// Gets the drive of a volume. (Microsoft: "GetVolumePathNamesForVolumeNameW function")
#[export(kernel32, charset)]
fn GetVolumePathNamesForVolumeName<C: Charset>(
    lpszVolumeName: TStr<C>,
    lpszVolumePathNames: TBuf<C>,
    cchBufferLength: u32,
    lpcchReturnLength: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let list = list(&[volume::root_of_volume(&lpszVolumeName)?]);
    lpcchReturnLength.set(list.len() as u32)?;
    let stored = lpszVolumePathNames.fill(cchBufferLength, &list[..list.len() - 1])?;
    stored.stored_or(Win32Error::MORE_DATA)?;
    Ok(())
}

/// Gets the room on a volume in clusters. (Microsoft: "GetDiskFreeSpaceW function")
#[export(kernel32, charset)]
fn GetDiskFreeSpace<C: Charset>(
    lpRootPathName: Option<TStr<C>>,
    lpSectorsPerCluster: Option<Out<u32>>,
    lpBytesPerSector: Option<Out<u32>>,
    lpNumberOfFreeClusters: Option<Out<u32>>,
    lpTotalNumberOfClusters: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    const SECTOR: u64 = 512;
    let room = volume::room(lpRootPathName.as_deref())?;
    let cluster = room.cluster.max(SECTOR);
    let clusters = |bytes: u64| (bytes / cluster).min(u64::from(u32::MAX)) as u32;
    lpSectorsPerCluster.set((cluster / SECTOR) as u32)?;
    lpBytesPerSector.set(SECTOR as u32)?;
    lpNumberOfFreeClusters.set(clusters(room.available))?;
    Ok(lpTotalNumberOfClusters.set(clusters(room.total))?)
}

/// Gets the room on a volume in bytes. (Microsoft: "GetDiskFreeSpaceExW function")
#[export(kernel32, charset)]
fn GetDiskFreeSpaceEx<C: Charset>(
    lpDirectoryName: Option<TStr<C>>,
    lpFreeBytesAvailableToCaller: Option<Out<u64>>,
    lpTotalNumberOfBytes: Option<Out<u64>>,
    lpTotalNumberOfFreeBytes: Option<Out<u64>>,
) -> Result<(), Win32Error> {
    let room = volume::room(lpDirectoryName.as_deref())?;
    lpFreeBytesAvailableToCaller.set(room.available)?;
    lpTotalNumberOfBytes.set(room.total)?;
    Ok(lpTotalNumberOfFreeBytes.set(room.free)?)
}

/// Begins to go through the names of all volumes. (Microsoft: "FindFirstVolumeW function")
#[export(kernel32, charset)]
fn FindFirstVolume<C: Charset>(
    lpszVolumeName: TBuf<C>,
    cchBufferLength: u32,
) -> Result<OrInvalid<Handle>, Win32Error> {
    let (search, name) = volume_search::find_first()?;
    let told = lpszVolumeName.fill(cchBufferLength, &name).map_err(Win32Error::from);
    let told = told.and_then(|stored| stored.stored_or(Win32Error::FILENAME_EXCED_RANGE));
    if let Err(error) = told {
        let _ = volume_search::find_close(search);
        return Err(error);
    }
    Ok(OrInvalid(search))
}

/// Goes on to the next volume. (Microsoft: "FindNextVolumeW function")
#[export(kernel32, charset)]
fn FindNextVolume<C: Charset>(
    hFindVolume: Handle,
    lpszVolumeName: TBuf<C>,
    cchBufferLength: u32,
) -> Result<(), Win32Error> {
    let name = volume_search::find_next(hFindVolume)?;
    lpszVolumeName.fill(cchBufferLength, &name)?.stored_or(Win32Error::FILENAME_EXCED_RANGE)?;
    Ok(())
}

/// Ends going through volumes. (Microsoft: "FindVolumeClose function")
#[export(kernel32)]
fn FindVolumeClose(hFindVolume: Handle) -> Result<(), Win32Error> {
    Ok(volume_search::find_close(hFindVolume)?)
}
