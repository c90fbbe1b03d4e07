//! What Chromium keeps for a site beside its cookies: whose an entry is, by its name.
//!
//! Every kind follows the rule of cookies: an entry belongs to a site by its own host, or
//! by the host of the site that it is partitioned under.

pub(crate) mod names;
pub(crate) mod storage_key;
