//! What a charm observes: an event, and the type that its handlers receive.

use std::fmt;
use std::marker::PhantomData;

use crate::event_name::EventName;

/// An event to observe, whose handlers receive an `E`.
#[must_use = "an event is observed with `Framework::observe`, or emitted"]
pub struct EventSource<E> {
    pub(crate) name: EventName,
    event: PhantomData<fn() -> E>,
}

impl<E> EventSource<E> {
    pub(crate) fn new(name: EventName) -> Self {
        Self { name, event: PhantomData }
    }

    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &EventName {
        &self.name
    }
}

impl<E> From<EventSource<E>> for EventName {
    fn from(source: EventSource<E>) -> Self {
        source.name
    }
}

impl<E> fmt::Debug for EventSource<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "on::{}", self.name)
    }
}
