//! Printing: tables, JSON, YAML and times, byte for byte as Juju prints them. It does not know what is printed.
//!
//! The functions turn values into text and have no side effects. Times are already strings: [`Clock`] makes them in
//! the zone that the command asks for.

mod choice;
mod clock;
mod colour;
mod document;
mod natural;
mod shape;
mod table;
mod truncate;

pub use choice::{ConstraintsFormat, Document, OffersFormat, Plain, Smart, StatusFormat, Tabular};
pub use clock::{Clock, ago};
pub use colour::{Colours, Paint, error, escape_for, warning};
pub use document::{document, json_or_yaml_field, smart, table_or};
pub use emulator::format::Instant;
pub use natural::{compare as natural_compare, sorted};
pub use shape::{json, serialize_even_if_empty, yaml};
pub use table::Table;
pub use truncate::truncate;
