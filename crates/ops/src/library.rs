//! Libraries: reusable parts of charms.

use crate::event::Emitted;
use crate::framework::Framework;
use crate::model::Model;
use crate::on::EventSource;

/// A reusable part of a charm, which observes, stores, emits and defers like a charm. Usually it implements one end of
/// a relation.
///
/// A library is a small value that names what it works on, such as an endpoint. A charm has one value for each:
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
///     /// The database exists.
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
/// Like the charm, it is constructed again in each hook.
pub trait Library: Sized + 'static {
    /// The library's name, unique in the charm: usually its endpoint. It is the namespace of the library's events and
    /// stored values.
    fn name(&self) -> &str;

    /// Declare the events that the library observes, and the methods that handle them. It may add libraries of its
    /// own.
    fn observe(&self, framework: &mut Framework<Self>);

    /// Check everything again: the charm asked for this with [`RefreshOn::refresh_on`](crate::RefreshOn::refresh_on).
    ///
    /// # Errors
    /// An error fails the hook.
    fn refresh(&self, _model: &Model) -> anyhow::Result<()> {
        Ok(())
    }

    /// An event of this library, distinct from those of all other libraries.
    fn event<E: Emitted>(&self) -> EventSource<E> {
        EventSource::custom(Some(self.name()))
    }
}
