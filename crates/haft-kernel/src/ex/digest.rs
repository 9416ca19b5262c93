//! Hash algorithms: MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4).

use md5::{Digest as _, Md5};
use ring::digest::{self, Context};

/// A hash algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// MD5, 16 bytes.
    Md5,
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The bytes of a value.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The value of some bytes.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        let mut digest = Digest::new(self);
        digest.update(bytes);
        digest.finish()
    }
}

/// A hash in the making.
#[derive(Clone)]
pub struct Digest(State);

#[derive(Clone)]
enum State {
    Md5(Md5),
    Sha(Context),
}

impl Digest {
    /// The hash of nothing yet.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        let sha = |algorithm| State::Sha(Context::new(algorithm));
        Self(match algorithm {
            Algorithm::Md5 => State::Md5(Md5::new()),
            Algorithm::Sha1 => sha(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            Algorithm::Sha256 => sha(&digest::SHA256),
            Algorithm::Sha384 => sha(&digest::SHA384),
            Algorithm::Sha512 => sha(&digest::SHA512),
        })
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Md5(md5) => md5.update(bytes),
            State::Sha(sha) => sha.update(bytes),
        }
    }

    /// The value.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        match self.0 {
            State::Md5(md5) => md5.finalize().to_vec(),
            State::Sha(sha) => sha.finish().as_ref().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Algorithm;

    #[test]
    fn a_value_is_as_long_as_its_algorithm_says() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.of(b"abc").len(), algorithm.size());
        }
    }

    /// RFC 1321 and FIPS 180-4; the longer ones are tried by the fixture.
    #[test]
    fn values_are_those_of_the_standards() {
        let hex = |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(Algorithm::Md5.of(b"abc")), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(hex(Algorithm::Sha1.of(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
