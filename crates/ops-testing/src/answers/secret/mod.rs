//! The commands for secrets.

mod changes;
mod commit;
mod content;
mod expiry;
mod grant;
mod read;
mod write;

pub(crate) use changes::SecretChanges;
pub(super) use commit::commit;
pub(super) use grant::{GRANT, REVOKE};
pub(super) use read::{GET, IDS, INFO_GET};
pub(super) use write::{ADD, REMOVE, SET};
