//! What becomes of the stores when a system call fails or the program is killed at it,
//! when the disk is full or memory is short, and in which order it writes and syncs.
//!
//! `tests/faults/all` runs every point there is; `cargo test` a sample of them.
#![cfg(target_os = "linux")]

#[path = "../world/mod.rs"]
mod world;

mod calls;
mod check;
mod contents;
mod order;
mod points;
mod scene;
mod shortage;
mod site_data;
