//! What the charm itself keeps between hooks.

use ops::EventName;
use serde::{Deserialize, Serialize};

/// An event that a handler has deferred, and that will run again before the next event. In a unit test, create it with
/// `ops_testing::Context::deferred`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeferredEvent {
    /// The handler, such as `MyCharm::on_start`.
    pub handler: String,
    /// The deferred event.
    pub event: EventName,
    /// The endpoint and ID of the event's relation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<(String, u32)>,
    /// The remote application of that relation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_app: Option<String>,
    /// The remote unit of that relation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_unit: Option<String>,
    /// The unit that is leaving that relation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departing_unit: Option<String>,
    /// The event's storage instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_id: Option<String>,
    /// The event's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_id: Option<String>,
    /// The label of that secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_label: Option<String>,
    /// The revision of that secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_revision: Option<u32>,
    /// The ID of an action's task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_id: Option<String>,
    /// The content of a custom event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<serde_json::Value>,
}
