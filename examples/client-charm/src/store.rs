//! The store on the other side of the relation.

use std::net::SocketAddr;

use keyvalue_charm::{Answer, Client, Name};
use ops::{CustomEvent, Model, SecretContent};
use serde::{Deserialize, Serialize};

/// Emitted when the store's application has answered.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoreReady {
    /// Where the store listens.
    pub endpoint: SocketAddr,
}

impl CustomEvent for StoreReady {
    const NAME: &'static str = "store_ready";
}

/// The answer of the store's application. `None` before the answer, or without a relation.
///
/// # Errors
/// A hook command failed, or the answer is invalid.
pub fn answer(model: &Model, endpoint: &str) -> anyhow::Result<Option<Answer>> {
    let Some(relation) = model.relation(endpoint)? else { return Ok(None) };
    let Some(data) = relation.remote_app_data()? else { return Ok(None) };
    Ok(data.load_if_complete()?)
}

/// The charm's operations on a store. Tests replace it.
pub trait Store {
    /// The value of a key.
    ///
    /// # Errors
    /// The store cannot be reached, or refuses the credentials.
    fn get(&self, endpoint: SocketAddr, credentials: &SecretContent, key: &Name) -> anyhow::Result<Option<String>>;
    /// Set the value of a key.
    ///
    /// # Errors
    /// The store cannot be reached, or refuses the credentials.
    fn put(&self, endpoint: SocketAddr, credentials: &SecretContent, key: &Name, value: &str) -> anyhow::Result<()>;
}

/// A store over TCP.
#[derive(Clone, Copy, Debug, Default)]
pub struct RemoteStore;

impl Store for RemoteStore {
    fn get(&self, endpoint: SocketAddr, credentials: &SecretContent, key: &Name) -> anyhow::Result<Option<String>> {
        Client::connect(endpoint, credentials)?.get(key)
    }

    fn put(&self, endpoint: SocketAddr, credentials: &SecretContent, key: &Name, value: &str) -> anyhow::Result<()> {
        Client::connect(endpoint, credentials)?.set(key, value)
    }
}
