//! Handles of hashes that providers make (Microsoft: "Hash and Digital Signature Functions").

use super::crypt_provider;
use super::digest::{Algorithm, Digest};
use haft_host::guest::{self, Fault};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The bytes of the program that are hashed at a time.
const PIECE: usize = 0x1_0000;

/// Why something of hashes failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashError {
    /// There is no such provider, or it is closed by now.
    Provider,
    /// There is no such hash.
    Hash,
    /// The provider does not make this hash.
    Algorithm,
    /// The hash has its value, and takes no more bytes.
    Finished,
    /// The program may not read there.
    Fault,
}

impl From<Fault> for HashError {
    fn from(_: Fault) -> Self {
        Self::Fault
    }
}

#[derive(Clone)]
enum State {
    Open(Digest),
    Finished(Vec<u8>),
}

#[derive(Clone)]
struct Hash {
    provider: usize,
    algorithm: Algorithm,
    state: State,
}

struct Hashes {
    // Each behind a lock of its own: one thread's long hash is no other thread's wait.
    known: BTreeMap<usize, Arc<Mutex<Hash>>>,
    next: usize,
}

impl Hashes {
    fn add(&mut self, hash: Hash) -> usize {
        let handle = self.next;
        self.next += 0x10;
        self.known.insert(handle, Arc::new(Mutex::new(hash)));
        handle
    }
}

static HASHES: Mutex<Hashes> = Mutex::new(Hashes { known: BTreeMap::new(), next: 0x1000_0000 });

fn hashes() -> MutexGuard<'static, Hashes> {
    HASHES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn with<R>(handle: usize, act: impl FnOnce(&mut Hash) -> R) -> Result<R, HashError> {
    let hash = hashes().known.get(&handle).cloned().ok_or(HashError::Hash)?;
    let mut hash = hash.lock().unwrap_or_else(PoisonError::into_inner);
    crypt_provider::of(hash.provider).ok_or(HashError::Provider)?;
    Ok(act(&mut hash))
}

/// Begins a hash of a provider; its handle is never given again.
///
/// # Errors
/// [`HashError::Provider`], [`HashError::Algorithm`].
pub fn create(provider: usize, algorithm: Algorithm) -> Result<usize, HashError> {
    let makes = crypt_provider::of(provider).ok_or(HashError::Provider)?.hashes;
    if !makes.contains(&algorithm) {
        return Err(HashError::Algorithm);
    }
    let state = State::Open(Digest::new(algorithm));
    Ok(hashes().add(Hash { provider, algorithm, state }))
}

/// Makes another hash that goes on from where one is.
///
/// # Errors
/// [`HashError::Hash`], [`HashError::Provider`].
pub fn duplicate(handle: usize) -> Result<usize, HashError> {
    let copy = with(handle, |hash| hash.clone())?;
    Ok(hashes().add(copy))
}

/// Ends a hash.
///
/// # Errors
/// [`HashError::Hash`].
pub fn destroy(handle: usize) -> Result<(), HashError> {
    hashes().known.remove(&handle).map(|_| ()).ok_or(HashError::Hash)
}

/// Adds bytes of the program's.
///
/// # Errors
/// [`HashError::Finished`], [`HashError::Fault`], [`HashError::Hash`], [`HashError::Provider`].
pub fn update(handle: usize, address: usize, length: usize) -> Result<(), HashError> {
    with(handle, |hash| {
        let State::Open(digest) = &mut hash.state else { return Err(HashError::Finished) };
        let mut buffer = vec![0; PIECE.min(length)];
        let mut done = 0;
        while done < length {
            let count = buffer.len().min(length - done);
            guest::copy_in(&mut buffer[..count], address.wrapping_add(done))?;
            digest.update(&buffer[..count]);
            done += count;
        }
        Ok(())
    })?
}

/// The algorithm of a hash.
///
/// # Errors
/// [`HashError::Hash`], [`HashError::Provider`].
pub fn algorithm(handle: usize) -> Result<Algorithm, HashError> {
    with(handle, |hash| hash.algorithm)
}

/// The value of a hash, which takes no more bytes from now on.
///
/// # Errors
/// [`HashError::Hash`], [`HashError::Provider`].
pub fn value(handle: usize) -> Result<Vec<u8>, HashError> {
    with(handle, |hash| {
        let value = match &hash.state {
            State::Open(digest) => digest.clone().finish(),
            State::Finished(value) => return value.clone(),
        };
        hash.state = State::Finished(value.clone());
        value
    })
}

/// Gives a hash its value from elsewhere, `address`, where as many bytes are as it has.
///
/// # Errors
/// [`HashError::Fault`], [`HashError::Hash`], [`HashError::Provider`].
pub fn set_value(handle: usize, address: usize) -> Result<(), HashError> {
    with(handle, |hash| {
        let value = guest::read_slice(address, hash.algorithm.size())?;
        hash.state = State::Finished(value);
        Ok(())
    })?
}
