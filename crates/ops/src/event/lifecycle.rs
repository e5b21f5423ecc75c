//! The events of a unit's life.

use crate::error::Error;
use crate::event::notice::{Deferral, Notice, deferrable};
use crate::event::{Event, private};
use crate::model::Model;

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
                self.deferral.asked()
            }
        }
        $($deferrable!($event);)?
    )*};
}

lifecycle! {
    /// The unit is new. Juju sends this event once, before any other but `storage-attached`: install the workload.
    InstallEvent, deferrable;
    /// The unit is installed and configured; sent again when the machine has rebooted: start the workload.
    StartEvent, deferrable;
    /// The unit will be removed: stop the workload. It cannot be deferred, because the unit will not exist for long.
    StopEvent;
    /// The last event of a unit: clean up. It cannot be deferred, for the unit is going.
    RemoveEvent;
    /// Config changed, or the unit's addresses; also sent after `install`, after `upgrade-charm` and after a reboot.
    ConfigChangedEvent, deferrable;
    /// Sent every five minutes (the model's `update-status-hook-interval`).
    UpdateStatusEvent, deferrable;
    /// The charm's files were replaced by another revision.
    UpgradeCharmEvent, deferrable;
    /// This unit is now the leader of its application.
    LeaderElectedEvent, deferrable;
}
