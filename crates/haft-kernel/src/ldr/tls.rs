//! Static TLS: a block for each module that declares one, in every thread.

use super::module::Module;
use crate::ps::process;
use crate::ps::thread::Thread;
use core::mem::offset_of;
use haft_abi::NtStatus;
use haft_abi::nt::Teb;
use haft_host::guest;
use haft_image::tls::TlsDirectory;
use haft_image::{DirectoryKind, ImageError, ImageMemory, ImageMemoryMut};
use std::sync::{Mutex, PoisonError};

/// A module that wants larger blocks than this is not believed.
const MAX_BLOCK: usize = 256 << 20;

/// What every thread's block of one module is made from.
#[derive(Clone)]
struct Template {
    data: Vec<u8>,
    size: usize,
    align: usize,
}

/// Templates by TLS index; an unloaded module leaves a hole that the next one takes.
static TEMPLATES: Mutex<Vec<Option<Template>>> = Mutex::new(Vec::new());

/// The static TLS memory of one thread: the array that its TEB points to, and the blocks.
#[derive(Default)]
pub struct ThreadTls {
    array: Vec<u64>,
    blocks: Vec<Option<Vec<u128>>>,
}

fn templates() -> std::sync::MutexGuard<'static, Vec<Option<Template>>> {
    TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a module's TLS directory, gives it an index and each running thread a block.
pub(super) fn add_module(module: &Module) -> Result<(), ImageError> {
    let image = module.image();
    let Some(directory) = module.directories.get(DirectoryKind::Tls) else { return Ok(()) };
    let tls = TlsDirectory::read(&image, directory, module.base as u64)?;
    let size = tls.data_length as usize + tls.zero_fill as usize;
    if size > MAX_BLOCK {
        return Err(ImageError::Damaged("it asks for more thread local memory than there is"));
    }
    let mut data = vec![0; tls.data_length as usize];
    image.read(tls.data, &mut data)?;
    let template = Template { data, size, align: tls.alignment.max(16) as usize };
    let index = {
        let mut templates = templates();
        let index = templates.iter().position(Option::is_none).unwrap_or(templates.len());
        if index == templates.len() {
            templates.push(Some(template));
        } else {
            templates[index] = Some(template);
        }
        index as u32
    };
    let mut image = image;
    image.write_u32(tls.index, index)?;
    module.state().tls = Some(index);
    let threads = process().threads.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for thread in threads {
        let _ = fill_thread(thread);
    }
    Ok(())
}

/// Frees an unloaded module's index.
pub(super) fn remove_module(module: &Module) {
    if let Some(index) = module.state().tls.take()
        && let Some(slot) = templates().get_mut(index as usize)
    {
        *slot = None;
    }
}

/// Gives a thread a block for each module that it has none for yet.
///
/// # Errors
/// `ACCESS_VIOLATION` when the program unmapped the TEB.
pub fn fill_thread(thread: &Thread) -> Result<(), NtStatus> {
    let templates = templates();
    let mut tls = thread.tls.lock().unwrap_or_else(PoisonError::into_inner);
    if templates.is_empty() {
        return Ok(());
    }
    tls.blocks.resize_with(templates.len(), || None);
    let mut addresses = vec![0; templates.len()];
    for (index, template) in templates.iter().enumerate() {
        let Some(template) = template else { continue };
        if let Some(&known) = tls.array.get(index)
            && known != 0
        {
            addresses[index] = known;
            continue;
        }
        let mut block = vec![0u128; (template.size + template.align).div_ceil(16)];
        let start = (block.as_mut_ptr() as usize).next_multiple_of(template.align);
        guest::copy_out(start, &template.data)?;
        addresses[index] = start as u64;
        tls.blocks[index] = Some(block);
    }
    guest::write(thread.teb + offset_of!(Teb, thread_local_storage), addresses.as_ptr() as u64)?;
    tls.array = addresses;
    Ok(())
}

/// Calls a module's TLS callbacks with a reason, as its entry point is called.
pub(super) fn call_callbacks(module: &Module, reason: usize) {
    let Some(directory) = module.directories.get(DirectoryKind::Tls) else { return };
    let image = module.image();
    let Ok(tls) = TlsDirectory::read(&image, directory, module.base as u64) else { return };
    for callback in tls.callbacks(&image).map_while(Result::ok) {
        haft_host::jump::call(callback as usize, [module.base, reason, 0, 0]);
    }
}
