//! What all hook commands share: parsing as in Juju's Go library, help, and access to files. Nothing here knows a
//! command.

pub(crate) mod call;
pub(crate) mod failure;
pub(crate) mod file;
pub(crate) mod flag;
pub(crate) mod flag_set;
pub(crate) mod help;
pub(crate) mod invocation;
pub(crate) mod key_value;
pub(crate) mod spec;
