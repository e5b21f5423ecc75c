//! Events that a charm defines and emits itself.

use std::ops::Deref;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::event::notice::{Deferral, Notice};
use crate::event::{Event, private};
use crate::model::Model;

/// An event that a charm, or a library for charms, defines. Emit it with [`Model::emit`], observe it with
/// [`on::custom`](crate::on::custom).
///
/// ```
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct DatabaseReady {
///     endpoint: String,
/// }
///
/// impl ops::CustomEvent for DatabaseReady {
///     const NAME: &'static str = "database_ready";
/// }
/// ```
pub trait CustomEvent: Serialize + DeserializeOwned + 'static {
    /// Its name, unique in the charm.
    const NAME: &'static str;
}

/// A [`CustomEvent`] as a handler receives it.
#[derive(Debug)]
pub struct Custom<T> {
    payload: T,
    deferral: Deferral,
}

impl<T> Custom<T> {
    /// See this event again, in this handler, before the next event that Juju sends to this unit.
    pub fn defer(&self) {
        self.deferral.ask();
    }
}

impl<T> Deref for Custom<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.payload
    }
}

impl<T> private::Sealed for Custom<T> {}

impl<T: CustomEvent> Event for Custom<T> {
    fn load(notice: &Notice, _: &Model) -> Result<Self, Error> {
        let payload = notice.payload.clone().unwrap_or_default();
        let payload = serde_json::from_value(payload)
            .map_err(|source| Error::CustomEvent { name: T::NAME.to_owned(), source })?;
        Ok(Self { payload, deferral: Deferral::default() })
    }

    fn deferred(&self) -> bool {
        self.deferral.asked()
    }
}
