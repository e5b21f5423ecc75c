//! Unit tests of the charm: no root, no network, no Juju.

mod charm;
mod dispatch;
mod program;
mod tinyproxy;
