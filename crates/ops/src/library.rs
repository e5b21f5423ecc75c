//! Libraries: parts of a charm that others wrote.

use crate::event::Emitted;
use crate::framework::Framework;
use crate::model::Model;
use crate::on::EventSource;

/// A part of a charm that observes, stores, emits and defers as a charm does: one end of a relation, as a rule.
///
/// A library is a small value that says what it works on, such as an endpoint. A charm has one for each:
///
/// ```
/// use ops::{Custom, Framework, Library, Model, RelationChangedEvent, on};
/// use ops::on::EventSource;
/// use serde::{Deserialize, Serialize};
///
/// // The library.
/// #[derive(Clone, Copy, Debug)]
/// pub struct Database {
///     endpoint: &'static str,
/// }
///
/// #[derive(Serialize, Deserialize)]
/// pub struct DatabaseCreated {
///     pub address: String,
/// }
///
/// impl ops::CustomEvent for DatabaseCreated {
///     const NAME: &'static str = "created";
/// }
///
/// impl Database {
///     pub const fn new(endpoint: &'static str) -> Self {
///         Self { endpoint }
///     }
///
///     /// The database is there to be used.
///     pub fn created(&self) -> EventSource<Custom<DatabaseCreated>> {
///         self.event()
///     }
///
///     fn on_changed(&self, event: &RelationChangedEvent, model: &Model) -> Result<(), ops::Error> {
///         let Some(address) = event.relation.data(&event.app).get("address")? else { return Ok(()) };
///         if model.stored("address")?.as_ref() != Some(&address) {
///             model.store("address", &address)?;
///             self.created().emit(model, &DatabaseCreated { address })?;
///         }
///         Ok(())
///     }
/// }
///
/// impl Library for Database {
///     fn name(&self) -> &str {
///         self.endpoint
///     }
///
///     fn observe(&self, framework: &mut Framework<Self>) {
///         framework.observe(on::relation_changed(self.endpoint), Self::on_changed);
///     }
/// }
///
/// // A charm that uses two databases.
/// const USERS: Database = Database::new("users-db");
/// const ORDERS: Database = Database::new("orders-db");
///
/// struct ShopCharm;
///
/// impl ops::Charm for ShopCharm {
///     fn observe(framework: &mut Framework<Self>) {
///         framework.library(USERS);
///         framework.library(ORDERS);
///         framework.observe(USERS.created(), Self::on_users_created);
///         framework.observe(ORDERS.created(), Self::on_orders_created);
///     }
/// }
///
/// impl ShopCharm {
///     fn on_users_created(&self, event: &Custom<DatabaseCreated>, _model: &Model) {
///         println!("users are at {}", event.address);
///     }
/// #   fn on_orders_created(&self, event: &Custom<DatabaseCreated>, _model: &Model) {}
/// }
/// ```
///
/// It is made again in each hook, as the charm is.
pub trait Library: Sized + 'static {
    /// Its name, which no other library of the charm has: as a rule its endpoint. Its events and stored values go by it.
    fn name(&self) -> &str;

    /// Say which events the library observes, and which of its methods handle each. It may have libraries of its own.
    fn observe(&self, framework: &mut Framework<Self>);

    /// Look again, because the charm said so with [`RefreshOn::refresh_on`](crate::RefreshOn::refresh_on).
    ///
    /// # Errors
    /// What fails the hook.
    fn refresh(&self, _model: &Model) -> anyhow::Result<()> {
        Ok(())
    }

    /// An event that this library emits, apart from those of all others.
    fn event<E: Emitted>(&self) -> EventSource<E> {
        EventSource::custom(Some(self.name()))
    }
}
