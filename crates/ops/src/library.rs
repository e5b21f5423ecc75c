//! Libraries: reusable parts of charms.

use std::any::TypeId;
use std::cell::RefCell;
use std::rc::Rc;

use crate::event::Emitted;
use crate::event_name::EventName;
use crate::event_source::EventSource;
use crate::framework::{Framework, Observer, handle_error};
use crate::model::Model;

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

impl Model {
    /// The model of this library: it stores values and emits events in the library's namespace. A library's handlers
    /// get it. Its other methods, which the charm calls with its own model, should start with `let model =
    /// model.of(self);`.
    #[must_use]
    pub fn of(&self, library: &impl Library) -> Self {
        self.of_library(&library.name().into())
    }
}

impl<C: 'static> Framework<C> {
    /// Add a library, which starts to observe its events.
    pub fn library<L: Library>(&mut self, library: L) -> RefreshOn<'_, C> {
        let name: Rc<str> = library.name().into();
        let mut framework = Framework::new();
        library.observe(&mut framework);
        let library = Rc::new(RefCell::new(library));
        for observer in framework.observers {
            let (library, name, run) = (Rc::clone(&library), Rc::clone(&name), observer.run);
            self.push(Observer {
                event: observer.event,
                handler: format!("{name}/{}", observer.handler),
                function: observer.function,
                custom_type: observer.custom_type,
                check: observer.check,
                drop_reason: observer.drop_reason,
                run: Box::new(move |_, notice, model| run(&mut library.borrow_mut(), notice, &model.of_library(&name))),
            });
        }
        self.libraries.push(Rc::clone(&name));
        self.libraries.extend(framework.libraries);
        let namespace = Rc::clone(&name);
        let refresh = Rc::new(move |model: &Model| library.borrow().refresh(&model.of_library(&namespace)));
        RefreshOn { framework: self, handler: format!("{name}/refresh"), function: TypeId::of::<L>(), refresh }
    }
}

type Refresh = dyn Fn(&Model) -> anyhow::Result<()>;

/// A library that was added, and may be refreshed on events.
pub struct RefreshOn<'a, C> {
    framework: &'a mut Framework<C>,
    handler: String,
    function: TypeId,
    refresh: Rc<Refresh>,
}

impl<C: 'static> RefreshOn<'_, C> {
    /// Refresh the library ([`Library::refresh`]) on each of these events:
    /// `framework.library(TLS).refresh_on([on::config_changed().into(), on::leader_elected().into()])`.
    pub fn refresh_on(self, events: impl IntoIterator<Item = EventName>) {
        for event in events {
            let refresh = Rc::clone(&self.refresh);
            self.framework.push(Observer {
                event,
                handler: self.handler.clone(),
                function: self.function,
                custom_type: None,
                check: |event, meta| meta.check_event(event),
                drop_reason: |_, _| Ok(None),
                run: Box::new(move |_, notice, model| {
                    if let Err(error) = refresh(model) {
                        handle_error(error, notice, model)?;
                    }
                    Ok(false)
                }),
            });
        }
    }
}
