//! The state of one hook while it runs.

use std::sync::Arc;

use ops::Status;
use ops_metadata::CharmMeta;

use crate::hook::Hook;
use crate::pending::Pending;
use crate::record::Record;
use crate::state::{Relation, State};

/// Juju, as seen by one hook: it answers the hook's commands from a [`State`], and returns the new state at the end.
///
/// As in Juju, most changes are applied only when the hook has succeeded. The hook itself sees its own changes.
///
/// ```
/// use std::path::Path;
/// use ops_metadata::CharmMeta;
/// use emulator::State;
/// use emulator::{Call, Hook, Juju};
///
/// let meta = CharmMeta::parse("name: app\nsummary: An app.\ndescription: An app.\n")?;
/// let mut juju = Juju::new(State::default(), Hook::new("app/0", "install"), meta);
/// let args = ["maintenance".to_owned(), "Installing".to_owned()];
/// let call = Call { name: "status-set", args: &args, stdin: None, cwd: Path::new("/"), root: Path::new("/") };
/// assert_eq!(juju.answer(&call).code, 0);
/// let outcome = juju.succeed();
/// assert_eq!(outcome.state.unit_status.message, "Installing");
/// # Ok::<(), ops_metadata::MetadataError>(())
/// ```
#[derive(Debug)]
pub struct Juju {
    /// The state before the hook, with what takes effect at once: statuses, the workload's version, leader settings,
    /// payloads.
    pub state: State,
    /// The hook.
    pub hook: Hook,
    /// What the hook has done so far, besides changing the state.
    pub record: Record,
    pub(crate) meta: Arc<CharmMeta>,
    pub(crate) pending: Pending,
    /// The result of the hook's first `status-get`.
    pub(crate) first_status: Option<Status>,
}

impl Juju {
    /// Start `hook` of the charm `meta` in `state`.
    #[must_use]
    pub fn new(state: State, hook: Hook, meta: impl Into<Arc<CharmMeta>>) -> Self {
        Self {
            state,
            hook,
            record: Record::default(),
            meta: meta.into(),
            pending: Pending::default(),
            first_status: None,
        }
    }

    /// The relation that the hook is about.
    pub(crate) fn hook_relation(&self) -> Option<&Relation> {
        self.hook.relation.and_then(|id| self.state.get_relation(id))
    }

    /// The UUID of an application or unit in the errors of Juju 4.
    pub(crate) fn uuid_of(&self, name: &str) -> String {
        crate::name::uuid(&self.state.model.uuid, name)
    }
}
