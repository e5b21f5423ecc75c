//! A Juju charm that runs tinyproxy as a reverse proxy.

pub mod tinyproxy;
