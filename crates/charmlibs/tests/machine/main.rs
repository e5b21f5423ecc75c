//! Tests of the libraries on real machines, each of which is thrown away after its test.

mod apt;
mod passwd;
mod snap;
mod sysctl;
mod systemd;
mod test_machine;
