//! An event without its type, as it is stored when it is deferred.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

use crate::env::HookEnv;
use crate::event::EventName;

/// An event, and Juju's data about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub(crate) event: EventName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) relation: Option<(String, u32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) remote_app: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) remote_unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) departing_unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) storage_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret_label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret_revision: Option<u32>,
    /// The ID of an action's task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) action_id: Option<String>,
    /// A custom event's payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payload: Option<serde_json::Value>,
}

impl Notice {
    /// An event without data.
    pub(crate) fn new(event: EventName) -> Self {
        Self {
            event,
            relation: None,
            remote_app: None,
            remote_unit: None,
            departing_unit: None,
            storage_id: None,
            secret_id: None,
            secret_label: None,
            secret_revision: None,
            action_id: None,
            payload: None,
        }
    }

    /// The event that Juju dispatched.
    pub(crate) fn from_env(env: &HookEnv) -> Self {
        Self {
            event: env.event.clone(),
            relation: env.relation.clone(),
            remote_app: env.remote_app.clone(),
            remote_unit: env.remote_unit.clone(),
            departing_unit: env.departing_unit.clone(),
            storage_id: env.storage_id.clone(),
            secret_id: env.secret_id.clone(),
            secret_label: env.secret_label.clone(),
            secret_revision: env.secret_revision,
            action_id: env.action_id.clone(),
            payload: None,
        }
    }
}

/// Whether a handler deferred its event.
#[derive(Debug, Default)]
pub struct Deferral(Cell<bool>);

impl Deferral {
    pub(crate) fn ask(&self) {
        self.0.set(true);
    }

    pub(crate) fn asked(&self) -> bool {
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
                self.deferral.ask();
            }
        }

        impl $(<$payload: $bound>)? crate::event::Deferrable for $event $(<$payload>)? {
            fn defer(&self) {
                self.deferral.ask();
            }
        }
    };
}
pub(super) use deferrable;
