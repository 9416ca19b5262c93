//! Strings: formatted ones, and those of resources.

use crate::abi::{Charset, Ptr, TBuf, VaList};
use haft_abi::{Handle, Win32Error};
use haft_host::guest;
use haft_kernel::ex::message;
use haft_kernel::ldr;
use haft_macros::export;

/// The most units that `wsprintf` writes, with the terminator.
const MAX_UNITS: usize = 1025;

fn format<C: Charset>(
    to: Ptr<C::Unit>,
    text: Ptr<C::Unit>,
    list: VaList,
) -> Result<i32, Win32Error> {
    let text = C::read_z(text.addr(), usize::MAX)?;
    let slots = message::Slots { address: list.address(), wide: C::WIDE };
    let mut units = C::encode(&message::print(&text, slots)?);
    units.truncate(MAX_UNITS - 1);
    let length = units.len() as i32;
    units.push(C::Unit::default());
    guest::write_slice(to.addr(), &units)?;
    Ok(length)
}

/// Writes formatted text; at most 1,024 units. (Microsoft: "wvsprintfW function")
#[export(user32, charset)]
fn wvsprintf<C: Charset>(
    param0: TBuf<C>,
    param1: TBuf<C>,
    arglist: VaList,
) -> Result<i32, Win32Error> {
    format::<C>(param0.ptr(), param1.ptr(), arglist)
}

/// Writes formatted text; at most 1,024 units. (Microsoft: "wsprintfA function")
#[export(user32, variadic)]
fn wsprintfA(param0: Ptr<u8>, param1: Ptr<u8>, list: VaList) -> Result<i32, Win32Error> {
    format::<crate::abi::Ansi>(param0, param1, list)
}

/// Writes formatted text; at most 1,024 units. (Microsoft: "wsprintfW function")
#[export(user32, variadic)]
fn wsprintfW(param0: Ptr<u16>, param1: Ptr<u16>, list: VaList) -> Result<i32, Win32Error> {
    format::<crate::abi::Wide>(param0, param1, list)
}

/// Gets a string of a module's resources; with no room a pointer to it. (Microsoft:
/// "LoadStringW function")
#[export(user32, charset)]
fn LoadString<C: Charset>(
    hInstance: Option<Handle>,
    uID: u32,
    lpBuffer: TBuf<C>,
    cchBufferMax: i32,
) -> Result<i32, Win32Error> {
    let base = hInstance.map_or_else(|| ldr::main_module().base, |module| module.0);
    let (address, length) = message::string_resource(base, uID as u16)?;
    if cchBufferMax == 0 && C::WIDE {
        lpBuffer.ptr().cast::<usize>().write(address)?;
        return Ok(i32::from(length));
    }
    let room = u32::try_from(cchBufferMax).map_err(|_| Win32Error::INVALID_PARAMETER)?;
    let text: Vec<u16> = guest::read_slice(address, usize::from(length))?;
    lpBuffer.fill_truncated(room, &text)?;
    let stored = C::encode(&text).len().min((room as usize).saturating_sub(1));
    Ok(stored as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide;
    use haft_host::guest::testing::handler;

    #[test]
    fn text_is_formatted_in_either_set() {
        handler();
        let name = c"abc";
        let slots = [name.as_ptr() as u64, 0x2A];
        let list = VaList::new(slots.as_ptr() as usize);
        let mut room = [0u8; 32];
        let at = Ptr::new(room.as_mut_ptr() as usize);
        let text = Ptr::new(c"%-5s|%04X|%%".as_ptr() as usize);
        assert_eq!(format::<crate::abi::Ansi>(at, text, list), Ok(12));
        assert_eq!(guest::read_bytes_z(at.addr(), 32), Ok(b"abc  |002A|%".to_vec()));
        let wide_name = wide::from_str_z("x");
        let slots = [wide_name.as_ptr() as u64];
        let list = VaList::new(slots.as_ptr() as usize);
        let mut room = [0u16; 8];
        let at = Ptr::new(room.as_mut_ptr() as usize);
        let text = wide::from_str_z("[%s]");
        let text = Ptr::new(text.as_ptr() as usize);
        assert_eq!(format::<crate::abi::Wide>(at, text, list), Ok(3));
        assert_eq!(guest::read_wide_z(at.addr(), 8), Ok(wide::from_str("[x]")));
    }
}
