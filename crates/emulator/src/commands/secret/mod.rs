//! The commands for secrets.

mod commit;
mod content;
mod expiry;
mod grant;
mod owned;
mod read;
mod write;

pub(crate) use commit::commit;
pub(crate) use grant::{GRANT, REVOKE};
pub(crate) use read::{GET, IDS, INFO_GET};
pub(crate) use write::{ADD, REMOVE, SET};
