//! A Juju charm that runs [tinyproxy](https://tinyproxy.github.io/) as a reverse proxy.

mod charm;
pub mod tinyproxy;

pub use charm::{PORT, Slug, TinyproxyCharm, TinyproxyConfig};
