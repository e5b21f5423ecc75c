//! minijuju under the name `juju`, which tests and users call.

mod sibling;

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    sibling::become_minijuju("juju", env::args_os().skip(1))
}
