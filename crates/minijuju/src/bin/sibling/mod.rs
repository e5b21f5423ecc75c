//! For the other programs that `cargo install` puts beside minijuju: each runs minijuju under its own name.

use std::env;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

/// Replace this process by the `minijuju` beside it, under a name. Returns only on failure, after it has printed the
/// error.
pub fn become_minijuju<A: AsRef<OsStr>>(name: &str, args: impl IntoIterator<Item = A>) -> ExitCode {
    let program = match env::current_exe() {
        Ok(program) => program.with_file_name("minijuju"),
        Err(error) => return fail(name, &format!("cannot tell where this program is: {error}")),
    };
    let error = Command::new(&program).arg0(name).args(args).exec();
    fail(name, &format!("cannot start {}, which belongs beside it: {error}", program.display()))
}

/// Print what went wrong.
fn fail(name: &str, message: &str) -> ExitCode {
    eprintln!("{name}: {message}");
    ExitCode::FAILURE
}
