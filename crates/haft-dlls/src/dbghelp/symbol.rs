//! Names of functions.

use crate::abi::{Ansi, Bool, Charset, Out, Ptr, SetIfSome as _, TBuf, TStr, Wide};
use core::sync::atomic::{AtomicU32, Ordering};
use haft_abi::Win32Error;
use haft_crt::undecorate;
use haft_host::guest;
use haft_kernel::ldr::symbols::{self, NoSymbol};
use haft_macros::export;

/// `SYMOPT_UNDNAME`.
const UNDECORATED: u32 = 2;
/// `UNDNAME_NAME_ONLY`.
const NAME_ONLY: u32 = 0x1000;

static OPTIONS: AtomicU32 = AtomicU32::new(UNDECORATED);

const fn code(error: NoSymbol) -> Win32Error {
    match error {
        NoSymbol::Session => Win32Error::INVALID_HANDLE,
        NoSymbol::Module => Win32Error::MOD_NOT_FOUND,
        NoSymbol::Name => Win32Error::INVALID_ADDRESS,
    }
}

/// Sets what is done about symbols; of the options haft knows `SYMOPT_UNDNAME`. (Microsoft:
/// "SymSetOptions function")
#[export(dbghelp)]
fn SymSetOptions(SymOptions: u32) -> u32 {
    OPTIONS.store(SymOptions, Ordering::Relaxed);
    SymOptions
}

/// Tells the options. (Microsoft: "SymGetOptions function")
#[export(dbghelp)]
fn SymGetOptions() -> u32 {
    OPTIONS.load(Ordering::Relaxed)
}

/// Begins to tell names of functions, of this process. PDB files are not looked for. (Microsoft:
/// "SymInitialize function")
#[export(dbghelp)]
fn SymInitialize(
    hProcess: usize,
    _UserSearchPath: Option<TStr<Ansi>>,
    fInvadeProcess: Bool,
) -> Result<(), Win32Error> {
    Ok(symbols::begin(hProcess, fInvadeProcess.0)?)
}

/// Begins to tell names of functions, of this process. PDB files are not looked for. (Microsoft:
/// "SymInitializeW function")
#[export(dbghelp)]
fn SymInitializeW(
    hProcess: usize,
    _UserSearchPath: Option<TStr<Wide>>,
    fInvadeProcess: Bool,
) -> Result<(), Win32Error> {
    Ok(symbols::begin(hProcess, fInvadeProcess.0)?)
}

/// Looks again which modules there are. (Microsoft: "SymRefreshModuleList function")
#[export(dbghelp)]
fn SymRefreshModuleList(hProcess: usize) -> Result<(), Win32Error> {
    Ok(symbols::refresh(hProcess)?)
}

/// Ends telling names of functions. (Microsoft: "SymCleanup function")
#[export(dbghelp)]
fn SymCleanup(hProcess: usize) -> Result<(), Win32Error> {
    Ok(symbols::end(hProcess)?)
}

/// Finds the module that an address is in. (Microsoft: "SymGetModuleBase64 function")
#[export(dbghelp)]
fn SymGetModuleBase64(hProcess: usize, dwAddr: u64) -> Result<usize, Win32Error> {
    symbols::module_base(hProcess, dwAddr as usize).map_err(code)
}

/// Where the members of `SYMBOL_INFO` are, and how large it is with one character of the name.
const BASE: usize = 32;
const NAME_LENGTH: usize = 76;
const NAME: usize = 84;
const SYMBOL_INFO: u32 = 88;

fn from_address<C: Charset>(
    process: usize,
    address: u64,
    displacement: Option<Out<u64>>,
    info: usize,
) -> Result<(), Win32Error> {
    const EXPORTED: u32 = 0x200;
    const FUNCTION: u32 = 0x800;
    /// `SymTagPublicSymbol`.
    const PUBLIC: u32 = 10;
    if guest::read::<u32>(info)? != SYMBOL_INFO {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let found = symbols::function_at(process, address as usize).map_err(code)?;
    displacement.set(address - found.address as u64)?;
    let shown = if OPTIONS.load(Ordering::Relaxed) & UNDECORATED != 0 {
        undecorate::symbol_name(&found.name, NAME_ONLY)
    } else {
        None
    };
    let name: Vec<u16> = shown.as_ref().unwrap_or(&found.name).encode_utf16().collect();
    let kind = if found.exported { EXPORTED | FUNCTION } else { FUNCTION };
    // Type, index and size are not known.
    guest::fill(info + 4, 0, BASE - 4)?;
    guest::write(info + BASE, [found.module as u64, u64::from(kind), 0, found.address as u64])?;
    guest::write(info + BASE + 32, [0, 0, PUBLIC, C::encode(&name).len() as u32])?;
    let room = guest::read::<u32>(info + NAME_LENGTH + 4)?;
    TBuf::<C>::new(info + NAME).fill_truncated(room, &name)?;
    Ok(())
}

/// Finds the function that an address is in, by the symbols of its file or its exports. (Microsoft:
/// "SymFromAddr function")
#[export(dbghelp)]
fn SymFromAddr(
    hProcess: usize,
    Address: u64,
    Displacement: Option<Out<u64>>,
    Symbol: Ptr<u8>,
) -> Result<(), Win32Error> {
    from_address::<Ansi>(hProcess, Address, Displacement, Symbol.addr())
}

/// Finds the function that an address is in, by the symbols of its file or its exports. (Microsoft:
/// "SymFromAddrW function")
#[export(dbghelp)]
fn SymFromAddrW(
    hProcess: usize,
    Address: u64,
    Displacement: Option<Out<u64>>,
    Symbol: Ptr<u8>,
) -> Result<(), Win32Error> {
    from_address::<Wide>(hProcess, Address, Displacement, Symbol.addr())
}

/// Tells that no line is known for an address: lines are in PDB files alone, which haft does not
/// read. (Microsoft: "SymGetLineFromAddr64 function")
#[export(dbghelp, also = "SymGetLineFromAddrW64")]
fn SymGetLineFromAddr64(
    hProcess: usize,
    dwAddr: u64,
    pdwDisplacement: Ptr<u32>,
    Line: Ptr<u32>,
) -> Result<(), Win32Error> {
    const IMAGEHLP_LINE64: u32 = 40;
    let _ = pdwDisplacement;
    if Line.read()? != IMAGEHLP_LINE64 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    symbols::module_base(hProcess, dwAddr as usize).map_err(code)?;
    Err(Win32Error::INVALID_ADDRESS)
}
