//! File formats: bytes and durability. Nothing here knows a cookie or a browser.

pub(crate) mod json;
#[cfg_attr(not(test), expect(dead_code, reason = "deleting site data comes next"))]
pub(crate) mod leveldb;
pub(crate) mod sqlite;
