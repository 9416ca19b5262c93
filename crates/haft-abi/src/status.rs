//! NTSTATUS values.

use core::fmt;

/// An NT status code: the kernel's own result, 0xC....... for errors (Microsoft: "MS-ERREF",
/// section 2.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[repr(transparent)]
pub struct NtStatus(pub u32);

impl NtStatus {
    /// Whether this is a success or informational code (`NT_SUCCESS`).
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 < 0x8000_0000
    }

    /// Whether this is an error code (severity 3).
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.0 >= 0xC000_0000
    }
}

macro_rules! statuses {
    ($($name:ident = $value:literal $text:literal,)*) => {
        impl NtStatus {
            $(#[doc = concat!("STATUS_", stringify!($name), ": ", $text, ".")]
            pub const $name: Self = Self($value);)*

            /// The code's name without `STATUS_`, where haft knows it.
            #[must_use]
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            /// What the code says, for a person, where haft knows it.
            #[must_use]
            pub fn text(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

statuses! {
    SUCCESS = 0x0000_0000 "the operation succeeded",
    ABANDONED_WAIT_0 = 0x0000_0080 "the mutex's owner ended without releasing it",
    USER_APC = 0x0000_00C0 "a user APC was delivered",
    ALERTED = 0x0000_0101 "the thread was alerted",
    TIMEOUT = 0x0000_0102 "the time-out elapsed",
    PENDING = 0x0000_0103 "the operation is under way",
    MORE_ENTRIES = 0x0000_0105 "more entries are available",
    NOT_ALL_ASSIGNED = 0x0000_0106 "not all privileges were assigned",
    SOME_NOT_MAPPED = 0x0000_0107 "some names were not translated",
    NOTIFY_ENUM_DIR = 0x0000_010C "too many changes to list",
    IMAGE_NOT_AT_BASE = 0x4000_0003 "the image was relocated",
    OBJECT_NAME_EXISTS = 0x4000_0000 "an object of that name was opened",
    GUARD_PAGE_VIOLATION = 0x8000_0001 "a guard page was touched",
    DATATYPE_MISALIGNMENT = 0x8000_0002 "misaligned data",
    BREAKPOINT = 0x8000_0003 "a breakpoint was reached",
    SINGLE_STEP = 0x8000_0004 "a single step completed",
    BUFFER_OVERFLOW = 0x8000_0005 "the data was too large for the buffer",
    NO_MORE_FILES = 0x8000_0006 "no more files match",
    HANDLES_CLOSED = 0x8000_000A "the handles were closed",
    PARTIAL_COPY = 0x8000_000D "only part of the request was done",
    DEVICE_BUSY = 0x8000_0011 "the device is busy",
    NO_MORE_ENTRIES = 0x8000_001A "no more entries",
    UNSUCCESSFUL = 0xC000_0001 "the operation failed",
    NOT_IMPLEMENTED = 0xC000_0002 "the function is not implemented",
    INVALID_INFO_CLASS = 0xC000_0003 "the information class is unknown",
    INFO_LENGTH_MISMATCH = 0xC000_0004 "the buffer's length does not fit the request",
    ACCESS_VIOLATION = 0xC000_0005 "memory was referenced that cannot be accessed so",
    IN_PAGE_ERROR = 0xC000_0006 "a page could not be read",
    PAGEFILE_QUOTA = 0xC000_0007 "the page file quota is used up",
    INVALID_HANDLE = 0xC000_0008 "the handle is invalid",
    BAD_INITIAL_STACK = 0xC000_0009 "the initial stack is invalid",
    BAD_INITIAL_PC = 0xC000_000A "the start address is invalid",
    INVALID_CID = 0xC000_000B "no such process or thread",
    TIMER_NOT_CANCELED = 0xC000_000C "the timer was not set by this thread",
    INVALID_PARAMETER = 0xC000_000D "a parameter is invalid",
    NO_SUCH_DEVICE = 0xC000_000E "no such device",
    NO_SUCH_FILE = 0xC000_000F "no such file",
    INVALID_DEVICE_REQUEST = 0xC000_0010 "the request is not valid for this object",
    END_OF_FILE = 0xC000_0011 "the end of the file was reached",
    WRONG_VOLUME = 0xC000_0012 "the wrong volume",
    NO_MEDIA_IN_DEVICE = 0xC000_0013 "no medium in the device",
    NONEXISTENT_SECTOR = 0xC000_0015 "no such sector",
    MORE_PROCESSING_REQUIRED = 0xC000_0016 "more processing is required",
    NO_MEMORY = 0xC000_0017 "not enough memory",
    CONFLICTING_ADDRESSES = 0xC000_0018 "the address range is in use",
    NOT_MAPPED_VIEW = 0xC000_0019 "the address is not a mapped view",
    UNABLE_TO_FREE_VM = 0xC000_001A "the memory could not be freed",
    UNABLE_TO_DELETE_SECTION = 0xC000_001B "the section could not be deleted",
    ILLEGAL_INSTRUCTION = 0xC000_001D "an illegal instruction was executed",
    INVALID_LOCK_SEQUENCE = 0xC000_001E "an invalid lock sequence was executed",
    INVALID_VIEW_SIZE = 0xC000_001F "the view's size is invalid",
    INVALID_FILE_FOR_SECTION = 0xC000_0020 "the file cannot back a section",
    ALREADY_COMMITTED = 0xC000_0021 "the memory is already committed",
    ACCESS_DENIED = 0xC000_0022 "access is denied",
    BUFFER_TOO_SMALL = 0xC000_0023 "the buffer is too small",
    OBJECT_TYPE_MISMATCH = 0xC000_0024 "the object is of another type",
    NONCONTINUABLE_EXCEPTION = 0xC000_0025 "the exception cannot be continued",
    INVALID_DISPOSITION = 0xC000_0026 "an exception handler gave an invalid disposition",
    UNWIND = 0xC000_0027 "an unwind is in progress",
    BAD_STACK = 0xC000_0028 "the stack is invalid",
    INVALID_UNWIND_TARGET = 0xC000_0029 "the unwind target is invalid",
    NOT_LOCKED = 0xC000_002A "the range is not locked",
    NOT_COMMITTED = 0xC000_002D "the memory is not committed",
    INVALID_PARAMETER_MIX = 0xC000_0030 "the parameters do not go together",
    INVALID_QUOTA_LOWER = 0xC000_0031 "the quota is too low",
    DISK_CORRUPT_ERROR = 0xC000_0032 "the disk is corrupt",
    OBJECT_NAME_INVALID = 0xC000_0033 "the name is invalid",
    OBJECT_NAME_NOT_FOUND = 0xC000_0034 "the name was not found",
    OBJECT_NAME_COLLISION = 0xC000_0035 "the name exists already",
    PORT_DISCONNECTED = 0xC000_0037 "the port is disconnected",
    OBJECT_PATH_INVALID = 0xC000_0039 "the path is invalid",
    OBJECT_PATH_NOT_FOUND = 0xC000_003A "the path was not found",
    OBJECT_PATH_SYNTAX_BAD = 0xC000_003B "the path's syntax is bad",
    DATA_ERROR = 0xC000_003E "a data error",
    SECTION_TOO_BIG = 0xC000_0040 "the section is too large for the file",
    PORT_CONNECTION_REFUSED = 0xC000_0041 "the connection was refused",
    SHARING_VIOLATION = 0xC000_0043 "the file is in use by another process",
    QUOTA_EXCEEDED = 0xC000_0044 "the quota is used up",
    INVALID_PAGE_PROTECTION = 0xC000_0045 "the page protection is invalid",
    MUTANT_NOT_OWNED = 0xC000_0046 "the mutex is not owned by this thread",
    SEMAPHORE_LIMIT_EXCEEDED = 0xC000_0047 "the semaphore's limit was exceeded",
    SECTION_NOT_IMAGE = 0xC000_0049 "the section is not an image",
    SUSPEND_COUNT_EXCEEDED = 0xC000_004A "the thread is suspended too many times",
    THREAD_IS_TERMINATING = 0xC000_004B "the thread is ending",
    SECTION_PROTECTION = 0xC000_004E "the section's protection does not allow it",
    EAS_NOT_SUPPORTED = 0xC000_004F "extended attributes are not supported",
    FILE_LOCK_CONFLICT = 0xC000_0054 "the range is locked by another process",
    LOCK_NOT_GRANTED = 0xC000_0055 "the lock was not granted",
    DELETE_PENDING = 0xC000_0056 "the file is being deleted",
    PRIVILEGE_NOT_HELD = 0xC000_0061 "a privilege is not held",
    UNKNOWN_REVISION = 0xC000_0058 "the revision is unknown",
    INVALID_OWNER = 0xC000_005A "the SID cannot be the owner of an object",
    INVALID_PRIMARY_GROUP = 0xC000_005B "the SID cannot be the group of an object",
    NO_IMPERSONATION_TOKEN = 0xC000_005C "the token is not for impersonation",
    CANT_DISABLE_MANDATORY = 0xC000_005D "a mandatory group cannot be disabled",
    ACCOUNT_RESTRICTION = 0xC000_006E "the account is restricted",
    PASSWORD_EXPIRED = 0xC000_0071 "the password has expired",
    ACCOUNT_DISABLED = 0xC000_0072 "the account is disabled",
    GENERIC_NOT_MAPPED = 0xC000_00E6 "a generic right was not mapped",
    NO_SECURITY_ON_OBJECT = 0xC000_00D7 "the object has no security",
    BAD_INHERITANCE_ACL = 0xC000_007D "the access control list cannot be inherited",
    ALLOTTED_SPACE_EXCEEDED = 0xC000_0099 "there is no more room",
    BAD_IMPERSONATION_LEVEL = 0xC000_00A5 "the impersonation level is too low",
    CANT_OPEN_ANONYMOUS = 0xC000_00A6 "an anonymous token cannot be opened",
    BAD_TOKEN_TYPE = 0xC000_00A8 "the token is of the wrong type",
    LOGON_TYPE_NOT_GRANTED = 0xC000_015B "the account may not log on so",
    NO_SUCH_PRIVILEGE = 0xC000_0060 "no such privilege",
    NO_SUCH_USER = 0xC000_0064 "no such user",
    WRONG_PASSWORD = 0xC000_006A "the password is wrong",
    LOGON_FAILURE = 0xC000_006D "the user name or password is wrong",
    NONE_MAPPED = 0xC000_0073 "no name was translated",
    INVALID_ACL = 0xC000_0077 "the access control list is invalid",
    INVALID_SID = 0xC000_0078 "the SID is invalid",
    INVALID_SECURITY_DESCR = 0xC000_0079 "the security descriptor is invalid",
    PROCEDURE_NOT_FOUND = 0xC000_007A "the procedure was not found",
    INVALID_IMAGE_FORMAT = 0xC000_007B "the file is not a valid image",
    NO_TOKEN = 0xC000_007C "there is no token",
    RANGE_NOT_LOCKED = 0xC000_007E "the range is not locked",
    DISK_FULL = 0xC000_007F "the disk is full",
    REGISTRY_IO_FAILED = 0xC000_014D "the registry could not be read or written",
    KEY_DELETED = 0xC000_017C "the registry key was deleted",
    CHILD_MUST_BE_VOLATILE = 0xC000_0181 "a lasting key cannot lie below a volatile one",
    SECTION_NOT_EXTENDED = 0xC000_0087 "the section cannot be extended",
    RESOURCE_DATA_NOT_FOUND = 0xC000_0089 "the image has no such resource data",
    RESOURCE_TYPE_NOT_FOUND = 0xC000_008A "the image has no such resource type",
    RESOURCE_NAME_NOT_FOUND = 0xC000_008B "the image has no such resource",
    ARRAY_BOUNDS_EXCEEDED = 0xC000_008C "an array bound was exceeded",
    FLOAT_DENORMAL_OPERAND = 0xC000_008D "a denormal floating-point operand",
    FLOAT_DIVIDE_BY_ZERO = 0xC000_008E "a floating-point division by zero",
    FLOAT_INEXACT_RESULT = 0xC000_008F "an inexact floating-point result",
    FLOAT_INVALID_OPERATION = 0xC000_0090 "an invalid floating-point operation",
    FLOAT_OVERFLOW = 0xC000_0091 "a floating-point overflow",
    FLOAT_STACK_CHECK = 0xC000_0092 "a floating-point stack overflow",
    FLOAT_UNDERFLOW = 0xC000_0093 "a floating-point underflow",
    INTEGER_DIVIDE_BY_ZERO = 0xC000_0094 "an integer division by zero",
    INTEGER_OVERFLOW = 0xC000_0095 "an integer overflow",
    PRIVILEGED_INSTRUCTION = 0xC000_0096 "a privileged instruction was executed",
    INSUFFICIENT_RESOURCES = 0xC000_009A "not enough resources",
    FREE_VM_NOT_AT_BASE = 0xC000_009F "the address is not where the memory was allocated",
    MEMORY_NOT_ALLOCATED = 0xC000_00A0 "the memory is not allocated",
    MEDIA_WRITE_PROTECTED = 0xC000_00A2 "the medium is write-protected",
    DEVICE_NOT_READY = 0xC000_00A3 "the device is not ready",
    INSTANCE_NOT_AVAILABLE = 0xC000_00AB "no pipe instance is available",
    PIPE_NOT_AVAILABLE = 0xC000_00AC "the pipe is not available",
    INVALID_PIPE_STATE = 0xC000_00AD "the pipe is in another state",
    PIPE_BUSY = 0xC000_00AE "all pipe instances are busy",
    PIPE_DISCONNECTED = 0xC000_00B0 "the pipe is disconnected",
    PIPE_CLOSING = 0xC000_00B1 "the pipe is being closed",
    PIPE_CONNECTED = 0xC000_00B2 "the pipe is connected",
    PIPE_LISTENING = 0xC000_00B3 "the pipe is listening",
    INVALID_READ_MODE = 0xC000_00B4 "the pipe's read mode is invalid",
    IO_TIMEOUT = 0xC000_00B5 "the I/O time-out elapsed",
    FILE_FORCED_CLOSED = 0xC000_00B6 "the file was closed",
    FILE_IS_A_DIRECTORY = 0xC000_00BA "the file is a directory",
    NOT_SUPPORTED = 0xC000_00BB "the request is not supported",
    DUPLICATE_NAME = 0xC000_00BD "the name is a duplicate",
    BAD_NETWORK_PATH = 0xC000_00BE "the network path was not found",
    INVALID_NETWORK_RESPONSE = 0xC000_00C3 "the network response is invalid",
    UNEXPECTED_NETWORK_ERROR = 0xC000_00C4 "an unexpected network error",
    NOT_SAME_DEVICE = 0xC000_00D4 "the files are on different devices",
    FILE_RENAMED = 0xC000_00D5 "the file was renamed",
    CANT_WAIT = 0xC000_00D8 "the operation cannot wait",
    PIPE_EMPTY = 0xC000_00D9 "the pipe is empty",
    CANT_TERMINATE_SELF = 0xC000_00DB "a thread cannot end itself so",
    INTERNAL_ERROR = 0xC000_00E5 "an internal error",
    INVALID_PARAMETER_1 = 0xC000_00EF "the first parameter is invalid",
    INVALID_PARAMETER_2 = 0xC000_00F0 "the second parameter is invalid",
    INVALID_PARAMETER_3 = 0xC000_00F1 "the third parameter is invalid",
    INVALID_PARAMETER_4 = 0xC000_00F2 "the fourth parameter is invalid",
    INVALID_PARAMETER_5 = 0xC000_00F3 "the fifth parameter is invalid",
    INVALID_PARAMETER_6 = 0xC000_00F4 "the sixth parameter is invalid",
    STACK_OVERFLOW = 0xC000_00FD "the stack overflowed",
    BAD_FUNCTION_TABLE = 0xC000_00FF "a function table is invalid",
    VARIABLE_NOT_FOUND = 0xC000_0100 "the variable was not found",
    MAPPED_FILE_SIZE_ZERO = 0xC000_011E "an empty file cannot be mapped",
    MAPPED_ALIGNMENT = 0xC000_0220 "the offset is no multiple of the allocation granularity",
    DIRECTORY_NOT_EMPTY = 0xC000_0101 "the directory is not empty",
    FILE_CORRUPT_ERROR = 0xC000_0102 "the file is corrupt",
    NOT_A_DIRECTORY = 0xC000_0103 "the file is not a directory",
    NAME_TOO_LONG = 0xC000_0106 "the name is too long",
    FILES_OPEN = 0xC000_0107 "files are open",
    TOO_MANY_OPENED_FILES = 0xC000_011F "too many files are open",
    CANCELLED = 0xC000_0120 "the operation was cancelled",
    CANNOT_DELETE = 0xC000_0121 "the file cannot be deleted",
    FILE_DELETED = 0xC000_0123 "the file was deleted",
    FILE_CLOSED = 0xC000_0128 "the file was closed",
    INVALID_ADDRESS = 0xC000_0141 "the address is invalid",
    PAGEFILE_QUOTA_EXCEEDED = 0xC000_012C "the page file quota was exceeded",
    COMMITMENT_LIMIT = 0xC000_012D "the commitment limit was reached",
    INVALID_IMAGE_NE_FORMAT = 0xC000_011B "the file is a 16-bit program (NE)",
    INVALID_IMAGE_LE_FORMAT = 0xC000_012E "the file is an OS/2 program or a driver (LE or LX)",
    INVALID_IMAGE_PROTECT = 0xC000_0130 "the file is a DOS program",
    INVALID_IMAGE_NOT_MZ = 0xC000_012F "the file is not a program (it has no MZ header)",
    PIPE_BROKEN = 0xC000_014B "the other end of the pipe was closed",
    DLL_NOT_FOUND = 0xC000_0135 "a DLL was not found",
    ORDINAL_NOT_FOUND = 0xC000_0138 "an ordinal was not found in a DLL",
    ENTRYPOINT_NOT_FOUND = 0xC000_0139 "an entry point was not found in a DLL",
    CONTROL_C_EXIT = 0xC000_013A "the program was ended by Ctrl-C",
    LOCAL_DISCONNECT = 0xC000_013B "the transport closed the connection",
    REMOTE_DISCONNECT = 0xC000_013C "the other end closed the connection",
    INVALID_CONNECTION = 0xC000_0140 "the socket is not connected",
    DLL_INIT_FAILED = 0xC000_0142 "a DLL's initialization failed",
    UNHANDLED_EXCEPTION = 0xC000_0144 "an exception was not handled",
    REQUEST_ABORTED = 0xC000_0240 "the request was aborted",
    REVISION_MISMATCH = 0xC000_0059 "the two sides are of different versions",
    NO_SUCH_LOGON_SESSION = 0xC000_005F "no such logon session",
    RESOURCE_LANG_NOT_FOUND = 0xC000_0204 "the image has no such resource in this language",
    INVALID_ADDRESS_COMPONENT = 0xC000_0207 "the address is not one of this machine",
    ADDRESS_ALREADY_EXISTS = 0xC000_020A "the address is in use",
    CONNECTION_DISCONNECTED = 0xC000_020C "the connection was shut down",
    CONNECTION_RESET = 0xC000_020D "the other end reset the connection",
    NOT_FOUND = 0xC000_0225 "it was not found",
    INVALID_DEVICE_STATE = 0xC000_0184 "the device is in another state",
    IO_DEVICE_ERROR = 0xC000_0185 "the device reported an I/O error",
    MUTANT_LIMIT_EXCEEDED = 0xC000_0191 "the mutex was acquired too many times",
    NO_CALLBACK_ACTIVE = 0xC000_0258 "no callback is active",
    RETRY = 0xC000_022D "the operation is to be tried again",
    PORT_NOT_SET = 0xC000_0353 "the process has no such port",
    INVALID_IMAGE_WIN_32 = 0xC000_0359 "the image is for 32-bit Windows",
    NOT_A_REPARSE_POINT = 0xC000_0275 "the file is not a reparse point",
    STOPPED_ON_SYMLINK = 0x8000_002D "a symbolic link was reached",
    MESSAGE_NOT_FOUND = 0xC000_0109 "there is no message of this number",
    PROCESS_IS_TERMINATING = 0xC000_010A "the process is ending",
    PROCESS_NOT_IN_JOB = 0x0000_0123 "the process is not in the job",
    PROCESS_IN_JOB = 0x0000_0124 "the process is in the job",
    HANDLE_NOT_CLOSABLE = 0xC000_0235 "the handle is protected from being closed",
    CONNECTION_REFUSED = 0xC000_0236 "the connection was refused",
    CONNECTION_INVALID = 0xC000_023A "there is no such connection",
    CONNECTION_ACTIVE = 0xC000_023B "the connection is in use",
    NETWORK_UNREACHABLE = 0xC000_023C "the network cannot be reached",
    HOST_UNREACHABLE = 0xC000_023D "the host cannot be reached",
    PORT_UNREACHABLE = 0xC000_023F "nothing listens at the port",
    CONNECTION_ABORTED = 0xC000_0241 "the connection was given up",
    ADDRESS_ALREADY_ASSOCIATED = 0xC000_0328 "the address is already associated",
    FAIL_FAST_EXCEPTION = 0xC000_0602 "the program gave up",
    HEAP_CORRUPTION = 0xC000_0374 "the heap is corrupt",
    STACK_BUFFER_OVERRUN = 0xC000_0409 "the program reported a fatal error of its own",
    INVALID_CRUNTIME_PARAMETER = 0xC000_0417 "an invalid parameter reached the C runtime",
    ASSERTION_FAILURE = 0xC000_0420 "an assertion failed",
    CONTEXT_MISMATCH = 0xC000_0719 "the context does not match",
    THREADPOOL_HANDLE_EXCEPTION = 0xC000_070A "a thread pool handle misbehaved",
    TRANSACTION_NOT_ACTIVE = 0xC019_0003 "the transaction is not active",
    LONGJUMP = 0x8000_0026 "a long jump was executed",
    UNWIND_CONSOLIDATE = 0x8000_0029 "a frame consolidation was executed",
}

impl fmt::Debug for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "STATUS_{name}"),
            None => write!(f, "{:#010x}", self.0),
        }
    }
}

impl fmt::Display for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => write!(f, "{text} ({:#010x})", self.0),
            None => write!(f, "status {:#010x}", self.0),
        }
    }
}
