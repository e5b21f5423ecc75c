//! The program that `dispatch` starts.

use std::process::ExitCode;

use tinyproxy_charm::TinyproxyCharm;

fn main() -> ExitCode {
    ops::main(TinyproxyCharm::default)
}
