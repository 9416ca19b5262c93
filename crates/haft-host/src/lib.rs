//! Linux behind safe functions: mappings, futexes, descriptors, processes, signals, thread
//! registers. With `haft-image` the only home of `unsafe` host code; each module that needs it
//! opts in and says why.

pub mod gs;
