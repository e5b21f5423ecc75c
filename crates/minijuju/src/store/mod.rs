//! minijuju's data in one `SQLite` database: models, applications, units and the state of their agents.

pub mod agent;
pub mod application;
pub mod cross_model;
pub mod database;
pub mod endpoint;
pub mod life;
pub mod log;
pub mod machine;
pub mod model;
pub mod offer;
pub mod relation;
pub mod resource;
pub mod saas;
mod schema;
pub mod secret;
pub mod ssh_key;
pub mod status;
pub mod storage;
pub mod string_enum;
pub mod task;
pub mod unit;

pub use database::{Db, Error, Result, Store};
pub use life::Life;
