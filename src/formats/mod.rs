//! File formats: bytes and durability. Nothing here knows a cookie or a browser.

pub(crate) mod json;
pub(crate) mod leveldb;
pub(crate) mod protobuf;
pub(crate) mod sqlite;
