//! What the charm itself keeps from hook to hook.

use ops::EventName;
use serde::{Deserialize, Serialize};

/// An event that a handler has deferred, and will see again before the next one. In a unit test,
/// `ops_testing::Context::deferred` makes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeferredEvent {
    /// The handler, such as `MyCharm::on_start`.
    pub handler: String,
    /// The event.
    pub event: EventName,
    /// Endpoint and id of the relation that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<(String, u32)>,
    /// The application at the other end of that relation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_app: Option<String>,
    /// The unit at the other end of that relation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_unit: Option<String>,
    /// The unit that leaves that relation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departing_unit: Option<String>,
    /// The storage instance that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_id: Option<String>,
    /// The secret that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_id: Option<String>,
    /// The label of that secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_label: Option<String>,
    /// The revision of that secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_revision: Option<u32>,
    /// The number of the run of an action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_id: Option<String>,
    /// What an event of the charm's own carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<serde_json::Value>,
}
