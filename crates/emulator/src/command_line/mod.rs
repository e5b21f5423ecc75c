//! What serves all hook commands: their command line as Juju's Go library reads it, their help, the files that they read
//! and write. Nothing here knows a command.

pub(crate) mod call;
pub(crate) mod failure;
pub(crate) mod file;
pub(crate) mod flags;
pub(crate) mod help;
pub(crate) mod invocation;
pub(crate) mod key_value;
pub(crate) mod spec;
