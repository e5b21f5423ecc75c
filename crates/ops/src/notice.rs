//! An event without its type, as it is stored when it is deferred.

use std::any::TypeId;

use serde::{Deserialize, Serialize};

use crate::env::HookEnv;
use crate::event_name::EventName;

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

/// An emitted custom event, and its type.
pub(crate) struct Emission {
    pub(crate) notice: Notice,
    pub(crate) custom_type: TypeId,
}
