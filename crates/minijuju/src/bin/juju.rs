//! minijuju by the name that tests and people call Juju by.

mod sibling;

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    sibling::become_minijuju("juju", env::args_os().skip(1))
}
