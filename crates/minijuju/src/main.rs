//! Run Juju charms on any Linux machine in seconds, without Juju.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A machine's first process is this program too.
    if let Some(code) = minijuju::machine::run_if_asked() {
        return code;
    }
    ExitCode::SUCCESS
}
