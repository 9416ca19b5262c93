//! The structures of `windows-sys` that are plain data.
//!
//! A foreign type can be marked only beside the trait, so this list serves every crate. To add
//! one: write its name under its module here (and the module's feature in `Cargo.toml`), after
//! looking that no field, nor a field's field, is a `bool` (`BOOLEAN`) outside a `union`. A
//! structure that is only written to the program needs no mark.

use super::Pod;
use windows_sys::Win32;

macro_rules! plain_structures {
    ($($module:path { $($name:ident),* $(,)? })*) => {$(
        const _: () = {
            use $module as module;
            // SAFETY: a C structure of integers, floats, addresses, and arrays and unions of
            // them, which any bytes are a valid value of.
            $(unsafe impl Pod for module::$name {})*
        };
    )*};
}

plain_structures! {
    Win32::Devices::Communication {
        COMMPROP, COMMTIMEOUTS, COMSTAT, DCB,
    }
    Win32::Foundation {
        FILETIME, LUID, POINT, SYSTEMTIME, UNICODE_STRING,
    }
    Win32::Networking::WinSock {
        ADDRINFOA, ADDRINFOW, FD_SET, IN6_ADDR, IN_ADDR, LINGER, SOCKADDR, SOCKADDR_IN,
        SOCKADDR_IN6, SOCKADDR_STORAGE, SOCKET_ADDRESS, TIMEVAL, TRANSMIT_FILE_BUFFERS, WSABUF, WSAMSG, WSANETWORKEVENTS,
        WSAPOLLFD, WSAPROTOCOL_INFOW,
    }
    Win32::Security {
        ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, GENERIC_MAPPING, LUID_AND_ATTRIBUTES, PRIVILEGE_SET,
        SECURITY_ATTRIBUTES, SECURITY_DESCRIPTOR, SID_AND_ATTRIBUTES, SID_IDENTIFIER_AUTHORITY,
        TOKEN_MANDATORY_LABEL, TOKEN_PRIVILEGES, TOKEN_SOURCE,
    }
    Win32::Security::Authorization {
        EXPLICIT_ACCESS_A, EXPLICIT_ACCESS_W, TRUSTEE_A, TRUSTEE_W,
    }
    Win32::Storage::FileSystem {
        CREATEFILE2_EXTENDED_PARAMETERS, FILE_ALLOCATION_INFO, FILE_BASIC_INFO,
        FILE_DISPOSITION_INFO_EX, FILE_END_OF_FILE_INFO, FILE_ID_DESCRIPTOR,
        FILE_IO_PRIORITY_HINT_INFO, FILE_RENAME_INFO, VS_FIXEDFILEINFO, WIN32_FIND_DATAA,
        WIN32_FIND_DATAW,
    }
    Win32::System::Console {
        CHAR_INFO, CONSOLE_CURSOR_INFO, CONSOLE_FONT_INFO, CONSOLE_FONT_INFOEX,
        CONSOLE_READCONSOLE_CONTROL, CONSOLE_SCREEN_BUFFER_INFO, CONSOLE_SCREEN_BUFFER_INFOEX,
        COORD, INPUT_RECORD, SMALL_RECT,
    }
    Win32::System::Diagnostics::Debug {
        CONTEXT, EXCEPTION_POINTERS, EXCEPTION_RECORD,
    }
    Win32::System::Diagnostics::ToolHelp {
        MODULEENTRY32, MODULEENTRY32W, PROCESSENTRY32, PROCESSENTRY32W, THREADENTRY32,
    }
    Win32::System::IO {
        IO_STATUS_BLOCK, OVERLAPPED, OVERLAPPED_ENTRY,
    }
    Win32::System::JobObjects {
        JOBOBJECT_ASSOCIATE_COMPLETION_PORT, JOBOBJECT_BASIC_LIMIT_INFORMATION,
        JOBOBJECT_BASIC_UI_RESTRICTIONS, JOBOBJECT_CPU_RATE_CONTROL_INFORMATION,
        JOBOBJECT_END_OF_JOB_TIME_INFORMATION, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
        JOBOBJECT_NOTIFICATION_LIMIT_INFORMATION,
    }
    Win32::System::Kernel {
        LIST_ENTRY, PROCESSOR_NUMBER, SLIST_ENTRY, SLIST_HEADER,
    }
    Win32::System::Memory {
        MEMORY_BASIC_INFORMATION, MEM_ADDRESS_REQUIREMENTS, MEM_EXTENDED_PARAMETER,
        PROCESS_HEAP_ENTRY, WIN32_MEMORY_RANGE_ENTRY,
    }
    Win32::System::Registry {
        VALENTW,
    }
    Win32::System::SystemInformation {
        GROUP_AFFINITY, MEMORYSTATUSEX, OSVERSIONINFOA, OSVERSIONINFOEXA, OSVERSIONINFOEXW,
        OSVERSIONINFOW, SYSTEM_INFO,
    }
    Win32::System::Threading {
        APP_MEMORY_INFORMATION, CONDITION_VARIABLE, CRITICAL_SECTION, INIT_ONCE, IO_COUNTERS,
        MEMORY_PRIORITY_INFORMATION, PROCESS_INFORMATION, PROCESS_POWER_THROTTLING_STATE,
        REASON_CONTEXT, SRWLOCK, STARTUPINFOA, STARTUPINFOEXA, STARTUPINFOEXW, STARTUPINFOW,
        THREAD_POWER_THROTTLING_STATE,
    }
    Win32::System::Time {
        TIME_ZONE_INFORMATION,
    }
}

// SAFETY: structures of integers, which stand for addresses too, and arrays of them.
unsafe impl Pod for haft_abi::nt::Teb {}
// SAFETY: as above.
unsafe impl Pod for haft_abi::nt::Peb {}
// SAFETY: as above.
unsafe impl Pod for haft_abi::nt::PebLdrData {}
// SAFETY: as above.
unsafe impl Pod for haft_abi::nt::LdrDataTableEntry {}
// SAFETY: as above.
unsafe impl Pod for haft_abi::nt::ListEntry {}
// SAFETY: as above.
unsafe impl Pod for haft_abi::nt::ProcessParameters {}
// SAFETY: as above.
unsafe impl Pod for haft_abi::nt::UnicodeString {}
// SAFETY: as above.
unsafe impl Pod for haft_abi::Context {}
