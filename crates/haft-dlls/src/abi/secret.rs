//! Strings that nobody is to see.

use super::charset::Charset;
use super::param::{Nullable, Param};
use core::fmt;
use core::marker::PhantomData;
use haft_abi::wide;
use haft_host::guest::Fault;
use haft_kernel::se::logon::Password;

/// A zero-terminated password of either character set, copied in before the call. No trace line and
/// no message shows it.
pub struct Secret<C: Charset> {
    password: Password,
    marker: PhantomData<fn() -> C>,
}

impl<C: Charset> Secret<C> {
    /// The password.
    #[must_use]
    pub fn password(&self) -> &Password {
        &self.password
    }
}

impl<C: Charset> fmt::Debug for Secret<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<C: Charset> Param for Secret<C> {
    type Raw = usize;

    fn decode(raw: usize) -> Result<Self, Fault> {
        let mut text = C::read_z(raw, usize::MAX)?;
        let password = Password::new(wide::to_bytes(&text));
        text.fill(0);
        core::hint::black_box(&text);
        Ok(Self { password, marker: PhantomData })
    }

    fn show(_: usize, _: &str, out: &mut String) {
        out.push_str("***");
    }
}

impl<C: Charset> Nullable for Secret<C> {}
