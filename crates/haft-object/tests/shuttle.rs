//! Interleavings, explored by shuttle.
