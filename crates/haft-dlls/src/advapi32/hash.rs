//! Hashes that cryptographic providers make.

use super::provider::{BAD_FLAGS, BAD_TYPE, BAD_UID};
use crate::abi::{InOut, Out, Ptr, give};
use haft_abi::Win32Error;
use haft_kernel::ex::crypt_hash::{self, HashError};
use haft_kernel::ex::digest::Algorithm;
use haft_macros::export;

const fn code(error: HashError) -> Win32Error {
    match error {
        HashError::Provider => BAD_UID,
        // `NTE_BAD_HASH`, `NTE_BAD_ALGID`, `NTE_BAD_HASH_STATE`.
        HashError::Hash => Win32Error(0x8009_0002),
        HashError::Algorithm => Win32Error(0x8009_0008),
        HashError::Finished => Win32Error(0x8009_000C),
        HashError::Fault => Win32Error::NOACCESS,
    }
}

/// `CALG_MD5`, `CALG_SHA1`, `CALG_SHA_256`, `CALG_SHA_384`, `CALG_SHA_512`.
const IDENTIFIERS: [(u32, Algorithm); 5] = [
    (0x8003, Algorithm::Md5),
    (0x8004, Algorithm::Sha1),
    (0x800C, Algorithm::Sha256),
    (0x800D, Algorithm::Sha384),
    (0x800E, Algorithm::Sha512),
];

/// Begins a hash. Those with a key are not there, since there are no keys. (Microsoft:
/// "CryptCreateHash function")
#[export(advapi32)]
fn CryptCreateHash(
    hProv: usize,
    Algid: u32,
    hKey: usize,
    dwFlags: u32,
    phHash: Out<usize>,
) -> Result<(), Win32Error> {
    /// `CALG_MAC`, `CALG_HMAC`.
    const KEYED: [u32; 2] = [0x8005, 0x8009];
    /// `NTE_BAD_KEY`.
    const BAD_KEY: Win32Error = Win32Error(0x8009_0003);
    /// Not used, the page says.
    const CRYPT_SECRETDIGEST: u32 = 1;
    if dwFlags & !CRYPT_SECRETDIGEST != 0 {
        return Err(BAD_FLAGS);
    }
    if KEYED.contains(&Algid) {
        return Err(BAD_KEY);
    }
    if hKey != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let known = IDENTIFIERS.iter().find(|(id, _)| *id == Algid);
    let (_, algorithm) = known.ok_or(code(HashError::Algorithm))?;
    phHash.probe()?;
    Ok(phHash.set(crypt_hash::create(hProv, *algorithm).map_err(code)?)?)
}

/// Makes another hash that goes on from where one is. (Microsoft: "CryptDuplicateHash function")
#[export(advapi32)]
fn CryptDuplicateHash(
    hHash: usize,
    pdwReserved: Option<Ptr<u32>>,
    dwFlags: u32,
    phHash: Out<usize>,
) -> Result<(), Win32Error> {
    if pdwReserved.is_some() || dwFlags != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    phHash.probe()?;
    Ok(phHash.set(crypt_hash::duplicate(hHash).map_err(code)?)?)
}

/// Adds bytes to a hash. (Microsoft: "CryptHashData function")
#[export(advapi32)]
fn CryptHashData(
    hHash: usize,
    pbData: Ptr<u8>,
    dwDataLen: u32,
    dwFlags: u32,
) -> Result<(), Win32Error> {
    // `CRYPT_USERDATA` has the provider ask a person, which haft's do not.
    if dwFlags != 0 {
        return Err(BAD_FLAGS);
    }
    crypt_hash::update(hHash, pbData.addr(), dwDataLen as usize).map_err(code)
}

const HP_ALGID: u32 = 1;
const HP_HASHVAL: u32 = 2;
const HP_HASHSIZE: u32 = 4;

/// Tells the value of a hash, which takes no more bytes then, its length or its algorithm.
/// (Microsoft: "CryptGetHashParam function")
#[export(advapi32)]
fn CryptGetHashParam(
    hHash: usize,
    dwParam: u32,
    pbData: Ptr<u8>,
    pdwDataLen: InOut<u32>,
    dwFlags: u32,
) -> Result<(), Win32Error> {
    if dwFlags != 0 {
        return Err(BAD_FLAGS);
    }
    let algorithm = crypt_hash::algorithm(hHash).map_err(code)?;
    let size = algorithm.size();
    let bytes = match dwParam {
        HP_ALGID => {
            let known = IDENTIFIERS.iter().find(|(_, known)| *known == algorithm);
            known.map_or(0, |(id, _)| *id).to_le_bytes().to_vec()
        }
        HP_HASHSIZE => (size as u32).to_le_bytes().to_vec(),
        // Who asks for the length alone may go on hashing.
        HP_HASHVAL if pbData.is_null() || (pdwDataLen.get() as usize) < size => vec![0; size],
        HP_HASHVAL => crypt_hash::value(hHash).map_err(code)?,
        _ => return Err(BAD_TYPE),
    };
    give(&bytes, pbData, pdwDataLen)
}

/// Gives a hash a value from elsewhere. (Microsoft: "CryptSetHashParam function")
#[export(advapi32)]
fn CryptSetHashParam(
    hHash: usize,
    dwParam: u32,
    pbData: Ptr<u8>,
    dwFlags: u32,
) -> Result<(), Win32Error> {
    // `CRYPT_NOHASHOID` is of signatures alone.
    if dwFlags != 0 {
        return Err(BAD_FLAGS);
    }
    if dwParam != HP_HASHVAL {
        return Err(BAD_TYPE);
    }
    crypt_hash::set_value(hHash, pbData.addr()).map_err(code)
}

/// Ends a hash. (Microsoft: "CryptDestroyHash function")
#[export(advapi32)]
fn CryptDestroyHash(hHash: usize) -> Result<(), Win32Error> {
    crypt_hash::destroy(hHash).map_err(code)
}
