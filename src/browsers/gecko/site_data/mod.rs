//! What Firefox keeps for a site beside its cookies: whose an entry is, by its name.

pub(crate) mod origin_folder;
pub(crate) mod service_workers;
