//! Run Juju charms on any Linux machine in seconds, without Juju.

use std::process::ExitCode;

fn main() -> ExitCode {
    minijuju::main()
}
