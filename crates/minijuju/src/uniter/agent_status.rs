//! The statuses of a unit's agent, in Juju's words.

use serde_json::{Value, json};

use crate::hook::Hook;
use crate::store::agent::Operation;
use crate::store::status::Status;

/// The agent's status between hooks and actions.
pub fn when_idle(operation: &Operation) -> Status {
    match operation {
        Operation::Failed(hook) => after_failure(hook),
        Operation::Continue | Operation::Queued(_) | Operation::Running { .. } => Status::new("idle", ""),
    }
}

/// The agent's status after a failed hook.
pub fn after_failure(hook: &Hook) -> Status {
    let mut data = serde_json::Map::new();
    if let Hook::Relation(hook) = hook {
        data.insert("relation-id".to_owned(), json!(hook.relation));
        if !hook.unit.is_empty() {
            data.insert("remote-unit".to_owned(), json!(hook.unit));
        }
    }
    if let Hook::Secret { uri, label, .. } = hook {
        data.insert("secret-uri".to_owned(), json!(uri));
        data.insert("secret-label".to_owned(), json!(label));
    }
    // Juju names neither the storage nor the secret here.
    let name = match hook {
        Hook::Storage { id, .. } => {
            let storage = id.split('/').next().unwrap_or_default();
            hook.name().trim_start_matches(storage).trim_start_matches('-').to_owned()
        }
        hook => hook.name(),
    };
    data.insert("hook".to_owned(), json!(name));
    let message = format!("hook failed: {name:?}");
    Status { data: Value::Object(data), ..Status::new("error", &message) }
}
