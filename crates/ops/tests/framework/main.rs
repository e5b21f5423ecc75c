//! Tests of the framework against a scripted Juju.

mod actions;
mod custom_events;
mod databags;
mod deferral;
mod hook_commands;
mod juju;
mod libraries;
mod outcomes;
mod relations;
mod secrets;
mod statuses;
mod stored_state;
mod surface;
