//! The events that collect statuses.

use std::cell::RefCell;

use crate::error::Error;
use crate::event::{Event, private};
use crate::event_name::EventName;
use crate::hookcmds::EntityKind;
use crate::model::Model;
use crate::notice::Notice;
use crate::status::Status;

/// Emitted after each event of Juju: propose statuses, and the worst one is set.
///
/// The order, worst first: error, blocked, maintenance, waiting, active, unknown. Of several equal ones the first
/// counts. If none is proposed, the status does not change.
#[derive(Debug)]
pub struct CollectStatusEvent {
    kind: EntityKind,
    proposed: RefCell<Vec<Status>>,
}

impl CollectStatusEvent {
    /// Propose a status.
    pub fn add_status(&self, status: Status) {
        self.proposed.borrow_mut().push(status);
    }
}

impl private::Sealed for CollectStatusEvent {}

impl Event for CollectStatusEvent {
    fn load(notice: &Notice, _: &Model) -> Result<Self, Error> {
        let kind = match notice.event {
            EventName::CollectAppStatus => EntityKind::Application,
            _ => EntityKind::Unit,
        };
        Ok(Self { kind, proposed: RefCell::default() })
    }

    fn finish(self, model: &Model) -> Result<(), Error> {
        model.propose(self.kind, self.proposed.into_inner());
        Ok(())
    }
}
