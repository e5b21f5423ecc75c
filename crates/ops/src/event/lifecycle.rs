//! The events of a unit's life cycle.

use crate::error::Error;
use crate::event::deferral::{Deferral, deferrable};
use crate::event::{Event, private};
use crate::model::Model;
use crate::notice::Notice;

macro_rules! lifecycle {
    ($(#[$doc:meta] $event:ident $(, $deferrable:ident)?;)*) => {$(
        #[$doc]
        #[derive(Debug, Default)]
        pub struct $event {
            deferral: Deferral,
        }
        impl private::Sealed for $event {}
        impl Event for $event {
            fn load(_: &Notice, _: &Model) -> Result<Self, Error> {
                Ok(Self::default())
            }
            fn deferred(&self) -> bool {
                self.deferral.is_requested()
            }
        }
        $($deferrable!($event);)?
    )*};
}

lifecycle! {
    /// The unit is new. Juju sends this event once, before all others except `storage-attached`: install the workload.
    InstallEvent, deferrable;
    /// The unit is installed and configured. Sent again after a reboot: start the workload.
    StartEvent, deferrable;
    /// The unit will be removed: stop the workload. It cannot be deferred, because the unit will not exist for long.
    StopEvent;
    /// The last event of a unit: clean up. It cannot be deferred, because the unit is being removed.
    RemoveEvent;
    /// The config or the unit's addresses changed. Also sent after `install`, `upgrade-charm` and a reboot.
    ConfigChangedEvent, deferrable;
    /// Sent periodically, every five minutes by default (the model's `update-status-hook-interval`).
    UpdateStatusEvent, deferrable;
    /// The charm's files were replaced by those of another revision.
    UpgradeCharmEvent, deferrable;
    /// This unit is now the leader of its application.
    LeaderElectedEvent, deferrable;
}
