//! Files.

use crate::abi::{In, Out, Ptr, Routine};
use haft_abi::nt::UnicodeString;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::guest::{self, Fault};
use haft_kernel::io::entries::{self, EntryClass};
use haft_kernel::io::information::{self, FileClass, Names};
use haft_kernel::io::name::{self, Name, Target};
use haft_kernel::io::named_pipe::{self, PipeSettings};
use haft_kernel::io::open::{self, Disposition, OpenRequest, Outcome};
use haft_kernel::io::request::{self, Request};
use haft_kernel::io::share::ShareMode;
use haft_kernel::io::{
    attributes, delete, device_control, file, lock, position, query, transfer, volume_information,
};
use haft_kernel::ps::thread;
use haft_macros::export;

haft_host::plain! {
    /// What is opened (Microsoft: "OBJECT_ATTRIBUTES structure").
    pub(crate) struct ObjectAttributes {
        pub(crate) length: u32,
        pub(crate) root: Handle,
        pub(crate) name: usize,
        pub(crate) attributes: u32,
        pub(crate) security_descriptor: usize,
        pub(crate) security_quality: usize,
    }

    /// What became of a request (Microsoft: "IO_STATUS_BLOCK structure").
    pub(crate) struct StatusBlock {
        pub(crate) status: u64,
        pub(crate) information: u64,
    }
}

const OBJ_INHERIT: u32 = 2;

impl ObjectAttributes {
    fn inherit(&self) -> bool {
        self.attributes & OBJ_INHERIT != 0
    }

    /// The name's text.
    pub(crate) fn text(&self) -> Result<Vec<u16>, Fault> {
        if self.name == 0 {
            return Ok(Vec::new());
        }
        counted(&guest::read(self.name)?)
    }

    /// What the name stands for.
    fn name(&self) -> Result<Name, NtStatus> {
        let text = self.text()?;
        if self.root.is_null() {
            return name::nt(&text);
        }
        let (_object, root) = file::by_handle(self.root, AccessMask::NONE)?;
        information::relative_to(&root, &text)
    }

    /// The server's handle that an empty name is relative to.
    fn pipe_server(&self) -> Result<Option<Handle>, NtStatus> {
        if self.root.is_null() || !self.text()?.is_empty() {
            return Ok(None);
        }
        let (_object, root) = file::by_handle(self.root, AccessMask::NONE)?;
        Ok(root.description.pipe.map(|_| self.root))
    }
}

fn counted(text: &UnicodeString) -> Result<Vec<u16>, Fault> {
    guest::read_slice(text.buffer as usize, usize::from(text.length) / 2)
}

fn finish(block: &Out<StatusBlock>, information: u64) -> Result<(), NtStatus> {
    Ok(block.set(StatusBlock { status: 0, information })?)
}

/// What a request comes to that ended with a warning: unlike an error, the block tells of it.
fn warn(block: &Out<StatusBlock>, status: NtStatus, information: u64) -> Result<(), NtStatus> {
    if !status.is_error() {
        block.set(StatusBlock { status: u64::from(status.0), information })?;
    }
    Err(status)
}

/// Creates or opens a file. (Microsoft: "NtCreateFile function")
#[export(ntdll, also = "ZwCreateFile")]
fn NtCreateFile(
    FileHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: In<ObjectAttributes>,
    IoStatusBlock: Out<StatusBlock>,
    AllocationSize: Ptr<i64>,
    FileAttributes: u32,
    ShareAccess: u32,
    CreateDisposition: u32,
    CreateOptions: u32,
    EaBuffer: usize,
    EaLength: u32,
) -> Result<(), NtStatus> {
    let _ = AllocationSize;
    if EaBuffer != 0 && EaLength != 0 {
        return Err(NtStatus::EAS_NOT_SUPPORTED);
    }
    let disposition =
        Disposition::from_number(CreateDisposition).ok_or(NtStatus::INVALID_PARAMETER)?;
    let how = How {
        access: DesiredAccess,
        share: ShareAccess,
        disposition,
        options: open::OpenOptions(CreateOptions),
        attributes: attributes::FileAttributes(FileAttributes),
    };
    open_file(&FileHandle, &ObjectAttributes, &IoStatusBlock, how)
}

/// Opens a file. (Microsoft: "NtOpenFile function")
#[export(ntdll, also = "ZwOpenFile")]
fn NtOpenFile(
    FileHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: In<ObjectAttributes>,
    IoStatusBlock: Out<StatusBlock>,
    ShareAccess: u32,
    OpenOptions: u32,
) -> Result<(), NtStatus> {
    let how = How {
        access: DesiredAccess,
        share: ShareAccess,
        disposition: Disposition::Open,
        options: open::OpenOptions(OpenOptions),
        attributes: attributes::FileAttributes::NORMAL,
    };
    open_file(&FileHandle, &ObjectAttributes, &IoStatusBlock, how)
}

struct How {
    access: AccessMask,
    share: u32,
    disposition: Disposition,
    options: open::OpenOptions,
    attributes: attributes::FileAttributes,
}

fn open_file(
    place: &Out<Handle>,
    attributes: &ObjectAttributes,
    block: &Out<StatusBlock>,
    how: How,
) -> Result<(), NtStatus> {
    place.probe()?;
    let inherit = attributes.inherit();
    let (handle, outcome) = match attributes.pipe_server()? {
        Some(server) => {
            let handle = named_pipe::open_client_of(server, how.access, how.options, inherit)?;
            (handle, Outcome::Opened)
        }
        None => open::open(OpenRequest {
            name: attributes.name()?,
            access: how.access,
            share: ShareMode(how.share),
            disposition: how.disposition,
            options: how.options,
            attributes: how.attributes,
            inherit,
        })?,
    };
    place.set(handle)?;
    finish(block, outcome as u64)
}

/// Creates an instance of a named pipe. (Microsoft: "NtCreateNamedPipeFile function")
#[export(ntdll, also = "ZwCreateNamedPipeFile")]
fn NtCreateNamedPipeFile(
    FileHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: In<ObjectAttributes>,
    IoStatusBlock: Out<StatusBlock>,
    ShareAccess: u32,
    CreateDisposition: u32,
    CreateOptions: u32,
    NamedPipeType: u32,
    ReadMode: u32,
    CompletionMode: u32,
    MaximumInstances: u32,
    InboundQuota: u32,
    OutboundQuota: u32,
    DefaultTimeout: Ptr<i64>,
) -> Result<(), NtStatus> {
    FileHandle.probe()?;
    let Target::Pipe(name) = ObjectAttributes.name()?.target else {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    };
    let disposition =
        Disposition::from_number(CreateDisposition).ok_or(NtStatus::INVALID_PARAMETER)?;
    // Clients write into what comes in, and read what goes out.
    let ways = (ShareAccess & 2) >> 1 | (ShareAccess & 1) << 1;
    let timeout = match DefaultTimeout.non_null() {
        Some(timeout) => (timeout.read()?.unsigned_abs() / 10_000) as u32,
        None => 50,
    };
    let settings = PipeSettings {
        message: NamedPipeType & 1 != 0,
        read_mode: if ReadMode & 1 != 0 { file::ReadMode::Message } else { file::ReadMode::Byte },
        no_wait: CompletionMode & 1 != 0,
        ways,
        instances: MaximumInstances,
        buffers: [OutboundQuota, InboundQuota],
        default_timeout: timeout,
        first: disposition == Disposition::Create,
    };
    let options = open::OpenOptions(CreateOptions);
    let inherit = ObjectAttributes.inherit();
    let (handle, created) = named_pipe::create(&name, settings, DesiredAccess, options, inherit)?;
    FileHandle.set(handle)?;
    let outcome = if created { Outcome::Created } else { Outcome::Opened };
    finish(&IoStatusBlock, outcome as u64)
}

/// How a native call wants to hear of its completion.
fn request(
    event: Handle,
    routine: Option<Routine>,
    context: usize,
    block: &Out<StatusBlock>,
) -> Request {
    Request {
        event,
        status_block: block.ptr().addr(),
        context,
        routine: routine.map(|Routine(address)| request::Routine {
            address,
            arguments: |_, _, request| [request.context, request.status_block, 0, 0],
        }),
        offset: None,
    }
}

fn offset(place: Ptr<i64>) -> Result<Option<u64>, Fault> {
    place.non_null().map(|p| p.read().map(i64::cast_unsigned)).transpose()
}

/// Reads from a file, pipe or device. (Microsoft: "NtReadFile function")
#[export(ntdll, also = "ZwReadFile")]
fn NtReadFile(
    FileHandle: Handle,
    Event: Handle,
    ApcRoutine: Option<Routine>,
    ApcContext: usize,
    IoStatusBlock: Out<StatusBlock>,
    Buffer: Ptr<u8>,
    Length: u32,
    ByteOffset: Ptr<i64>,
    Key: Ptr<u32>,
) -> Result<NtStatus, NtStatus> {
    let _ = Key;
    let request = Request {
        offset: offset(ByteOffset)?,
        ..request(Event, ApcRoutine, ApcContext, &IoStatusBlock)
    };
    transfer::start_read(FileHandle, Buffer.addr(), Length, &request)
}

/// Writes to a file, pipe or device. (Microsoft: "NtWriteFile function")
#[export(ntdll, also = "ZwWriteFile")]
fn NtWriteFile(
    FileHandle: Handle,
    Event: Handle,
    ApcRoutine: Option<Routine>,
    ApcContext: usize,
    IoStatusBlock: Out<StatusBlock>,
    Buffer: Ptr<u8>,
    Length: u32,
    ByteOffset: Ptr<i64>,
    Key: Ptr<u32>,
) -> Result<NtStatus, NtStatus> {
    let _ = Key;
    let request = Request {
        offset: offset(ByteOffset)?,
        ..request(Event, ApcRoutine, ApcContext, &IoStatusBlock)
    };
    transfer::start_write(FileHandle, Buffer.addr(), Length, &request)
}

/// Gets information about an open file. (Microsoft: "NtQueryInformationFile function")
#[export(ntdll, also = "ZwQueryInformationFile")]
fn NtQueryInformationFile(
    FileHandle: Handle,
    IoStatusBlock: Out<StatusBlock>,
    FileInformation: Ptr<u8>,
    Length: u32,
    FileInformationClass: u32,
) -> Result<(), NtStatus> {
    let class = FileClass::from_number(FileInformationClass).ok_or(NtStatus::INVALID_INFO_CLASS)?;
    let place = (FileInformation.addr(), Length as usize);
    match information::get(FileHandle, class, place) {
        Ok(length) => finish(&IoStatusBlock, length as u64),
        Err(status) => warn(&IoStatusBlock, status, u64::from(Length)),
    }
}

/// Changes an open file. (Microsoft: "NtSetInformationFile function")
#[export(ntdll, also = "ZwSetInformationFile")]
fn NtSetInformationFile(
    FileHandle: Handle,
    IoStatusBlock: Out<StatusBlock>,
    FileInformation: Ptr<u8>,
    Length: u32,
    FileInformationClass: u32,
) -> Result<(), NtStatus> {
    let class = FileClass::from_number(FileInformationClass).ok_or(NtStatus::INVALID_INFO_CLASS)?;
    let place = (FileInformation.addr(), Length as usize);
    information::set(FileHandle, class, place, Names::Nt)?;
    finish(&IoStatusBlock, 0)
}

/// Gets information about the volume of an open file. (Microsoft:
/// "NtQueryVolumeInformationFile function")
#[export(ntdll, also = "ZwQueryVolumeInformationFile")]
fn NtQueryVolumeInformationFile(
    FileHandle: Handle,
    IoStatusBlock: Out<StatusBlock>,
    FsInformation: Ptr<u8>,
    Length: u32,
    FsInformationClass: u32,
) -> Result<(), NtStatus> {
    let place = (FsInformation.addr(), Length as usize);
    let length = volume_information::get(FileHandle, FsInformationClass, place)?;
    finish(&IoStatusBlock, length as u64)
}

haft_host::plain! {
    /// Microsoft: "FILE_BASIC_INFORMATION structure"
    struct BasicInformation {
        times: [i64; 4],
        attributes: u32,
        reserved: u32,
    }

    /// Microsoft: "FILE_NETWORK_OPEN_INFORMATION structure"
    struct NetworkOpenInformation {
        times: [i64; 4],
        allocated: u64,
        size: u64,
        attributes: u32,
        reserved: u32,
    }
}

/// Gets the attributes and times of a file by its name. (Microsoft: "NtQueryAttributesFile
/// function")
#[export(ntdll, also = "ZwQueryAttributesFile")]
fn NtQueryAttributesFile(
    ObjectAttributes: In<ObjectAttributes>,
    FileInformation: Out<BasicInformation>,
) -> Result<(), NtStatus> {
    let known = query::by_name(&ObjectAttributes.name()?)?;
    let t = known.times;
    Ok(FileInformation.set(BasicInformation {
        times: [t.created, t.accessed, t.written, t.changed],
        attributes: known.attributes.0,
        reserved: 0,
    })?)
}

/// Gets attributes, times and size of a file by its name. (Microsoft: "ZwQueryFullAttributesFile
/// function")
#[export(ntdll, also = "ZwQueryFullAttributesFile")]
fn NtQueryFullAttributesFile(
    ObjectAttributes: In<ObjectAttributes>,
    FileInformation: Out<NetworkOpenInformation>,
) -> Result<(), NtStatus> {
    let known = query::by_name(&ObjectAttributes.name()?)?;
    let t = known.times;
    Ok(FileInformation.set(NetworkOpenInformation {
        times: [t.created, t.accessed, t.written, t.changed],
        allocated: known.allocated,
        size: known.size,
        attributes: known.attributes.0,
        reserved: 0,
    })?)
}

/// Deletes a file by its name. (Microsoft: "ZwDeleteFile function")
#[export(ntdll, also = "ZwDeleteFile")]
fn NtDeleteFile(ObjectAttributes: In<ObjectAttributes>) -> Result<(), NtStatus> {
    let name = ObjectAttributes.name()?;
    if query::by_name(&name)?.is_directory() {
        return delete::directory(&name);
    }
    delete::file(&name)
}

/// Has what was written to a file reach the disk. (Microsoft: "NtFlushBuffersFile function")
#[export(ntdll, also = "ZwFlushBuffersFile")]
fn NtFlushBuffersFile(FileHandle: Handle, IoStatusBlock: Out<StatusBlock>) -> Result<(), NtStatus> {
    position::flush(FileHandle)?;
    finish(&IoStatusBlock, 0)
}

fn control(
    file: Handle,
    code: u32,
    [input, output]: [(usize, usize); 2],
    request: &Request,
    block: &Out<StatusBlock>,
) -> Result<NtStatus, NtStatus> {
    let (status, length) = device_control::control(file, code, input, output, request)?;
    if status != NtStatus::PENDING {
        let status = u64::from(status.0);
        block.set(StatusBlock { status, information: length as u64 })?;
    }
    Ok(status)
}

/// Sends a control code to a device. (Microsoft: "NtDeviceIoControlFile function")
#[export(ntdll, also = "ZwDeviceIoControlFile")]
fn NtDeviceIoControlFile(
    FileHandle: Handle,
    Event: Handle,
    ApcRoutine: Option<Routine>,
    ApcContext: usize,
    IoStatusBlock: Out<StatusBlock>,
    IoControlCode: u32,
    InputBuffer: Ptr<u8>,
    InputBufferLength: u32,
    OutputBuffer: Ptr<u8>,
    OutputBufferLength: u32,
) -> Result<NtStatus, NtStatus> {
    let request = request(Event, ApcRoutine, ApcContext, &IoStatusBlock);
    let input = (InputBuffer.addr(), InputBufferLength as usize);
    let output = (OutputBuffer.addr(), OutputBufferLength as usize);
    control(FileHandle, IoControlCode, [input, output], &request, &IoStatusBlock)
}

/// Sends a control code to a filesystem. (Microsoft: "NtFsControlFile function")
#[export(ntdll, also = "ZwFsControlFile")]
fn NtFsControlFile(
    FileHandle: Handle,
    Event: Handle,
    ApcRoutine: Option<Routine>,
    ApcContext: usize,
    IoStatusBlock: Out<StatusBlock>,
    FsControlCode: u32,
    InputBuffer: Ptr<u8>,
    InputBufferLength: u32,
    OutputBuffer: Ptr<u8>,
    OutputBufferLength: u32,
) -> Result<NtStatus, NtStatus> {
    let request = request(Event, ApcRoutine, ApcContext, &IoStatusBlock);
    let input = (InputBuffer.addr(), InputBufferLength as usize);
    let output = (OutputBuffer.addr(), OutputBufferLength as usize);
    control(FileHandle, FsControlCode, [input, output], &request, &IoStatusBlock)
}

/// Cancels the calling thread's requests on a file. (Microsoft: "NtCancelIoFile function")
#[export(ntdll, also = "ZwCancelIoFile")]
fn NtCancelIoFile(FileHandle: Handle, IoStatusBlock: Out<StatusBlock>) -> Result<(), NtStatus> {
    match transfer::cancel(FileHandle, Some(thread::current().tid()), None) {
        Ok(()) | Err(NtStatus::NOT_FOUND) => finish(&IoStatusBlock, 0),
        Err(error) => Err(error),
    }
}

/// Cancels requests on a file: one, or all. (Microsoft: "NtCancelIoFileEx function")
#[export(ntdll, also = "ZwCancelIoFileEx")]
fn NtCancelIoFileEx(
    FileHandle: Handle,
    IoRequestToCancel: Ptr<u8>,
    IoStatusBlock: Out<StatusBlock>,
) -> Result<(), NtStatus> {
    transfer::cancel(FileHandle, None, IoRequestToCancel.non_null().map(Ptr::addr))?;
    finish(&IoStatusBlock, 0)
}

/// Locks a range of a file; a caller that may wait does so in the call. (Microsoft: "NtLockFile
/// function")
#[export(ntdll, also = "ZwLockFile")]
fn NtLockFile(
    FileHandle: Handle,
    Event: Handle,
    ApcRoutine: Option<Routine>,
    ApcContext: usize,
    IoStatusBlock: Out<StatusBlock>,
    ByteOffset: In<u64>,
    Length: In<u64>,
    Key: u32,
    FailImmediately: u8,
    ExclusiveLock: u8,
) -> Result<(), NtStatus> {
    let _ = (Event, ApcRoutine, ApcContext, Key);
    let wait = FailImmediately == 0;
    lock::lock(FileHandle, ByteOffset.get(), Length.get(), ExclusiveLock != 0, wait)?;
    finish(&IoStatusBlock, 0)
}

/// Unlocks a range of a file. (Microsoft: "NtUnlockFile function")
#[export(ntdll, also = "ZwUnlockFile")]
fn NtUnlockFile(
    FileHandle: Handle,
    IoStatusBlock: Out<StatusBlock>,
    ByteOffset: In<u64>,
    Length: In<u64>,
    Key: u32,
) -> Result<(), NtStatus> {
    let _ = Key;
    lock::unlock(FileHandle, ByteOffset.get(), Length.get())?;
    finish(&IoStatusBlock, 0)
}

/// What a listing is asked for.
struct Wanted {
    class: u32,
    single: bool,
    restart: bool,
    pattern: Option<Vec<u16>>,
}

fn list(
    directory: Handle,
    (address, length): (usize, u32),
    wanted: &Wanted,
    block: &Out<StatusBlock>,
) -> Result<(), NtStatus> {
    let class = EntryClass::from_number(wanted.class).ok_or(NtStatus::INVALID_INFO_CLASS)?;
    let place = (address, length as usize);
    let pattern = wanted.pattern.as_deref();
    match entries::list(directory, class, place, pattern, wanted.restart, wanted.single) {
        Ok(used) => finish(block, used as u64),
        Err(status) => warn(block, status, 0),
    }
}

fn pattern(name: Option<In<UnicodeString>>) -> Result<Option<Vec<u16>>, Fault> {
    name.map(|name| counted(&name)).transpose()
}

/// Lists a directory. (Microsoft: "NtQueryDirectoryFile function")
#[export(ntdll, also = "ZwQueryDirectoryFile")]
fn NtQueryDirectoryFile(
    FileHandle: Handle,
    Event: Handle,
    ApcRoutine: Option<Routine>,
    ApcContext: usize,
    IoStatusBlock: Out<StatusBlock>,
    FileInformation: Ptr<u8>,
    Length: u32,
    FileInformationClass: u32,
    ReturnSingleEntry: u8,
    FileName: Option<In<UnicodeString>>,
    RestartScan: u8,
) -> Result<(), NtStatus> {
    let _ = (Event, ApcRoutine, ApcContext);
    let wanted = Wanted {
        class: FileInformationClass,
        single: ReturnSingleEntry != 0,
        restart: RestartScan != 0,
        pattern: pattern(FileName)?,
    };
    list(FileHandle, (FileInformation.addr(), Length), &wanted, &IoStatusBlock)
}

/// Lists a directory. (Microsoft: "NtQueryDirectoryFileEx function")
#[export(ntdll, also = "ZwQueryDirectoryFileEx")]
fn NtQueryDirectoryFileEx(
    FileHandle: Handle,
    Event: Handle,
    ApcRoutine: Option<Routine>,
    ApcContext: usize,
    IoStatusBlock: Out<StatusBlock>,
    FileInformation: Ptr<u8>,
    Length: u32,
    FileInformationClass: u32,
    QueryFlags: u32,
    FileName: Option<In<UnicodeString>>,
) -> Result<(), NtStatus> {
    let _ = (Event, ApcRoutine, ApcContext);
    let wanted = Wanted {
        class: FileInformationClass,
        restart: QueryFlags & 1 != 0,
        single: QueryFlags & 2 != 0,
        pattern: pattern(FileName)?,
    };
    list(FileHandle, (FileInformation.addr(), Length), &wanted, &IoStatusBlock)
}
