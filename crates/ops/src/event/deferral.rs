//! Deferring an event.

use std::cell::Cell;

/// Whether a handler deferred its event.
#[derive(Debug, Default)]
pub struct Deferral(Cell<bool>);

impl Deferral {
    pub(crate) fn request(&self) {
        self.0.set(true);
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.0.get()
    }
}

/// `defer()` for an event type with a `deferral` field.
macro_rules! deferrable {
    ($event:ident $(<$payload:ident: $bound:ident>)?) => {
        impl $(<$payload>)? $event $(<$payload>)? {
            /// Emit this event to this handler again, before the next event that Juju sends to this unit.
            ///
            /// The handler continues after this call, so return. Deferred events keep their order, and stay deferred
            /// if the hook fails. You cannot know when the next event comes: if Juju sends an event for what you are
            /// waiting for, observe that event instead.
            pub fn defer(&self) {
                self.deferral.request();
            }
        }

        impl $(<$payload: $bound>)? crate::event::Deferrable for $event $(<$payload>)? {
            fn defer(&self) {
                self.deferral.request();
            }
        }
    };
}
pub(super) use deferrable;
