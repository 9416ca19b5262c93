//! winmm.dll: its clock.

pub(crate) mod time;
