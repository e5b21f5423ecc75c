//! What Juju runs for each event.

use std::process::ExitCode;

use webserver_charm::WebServerCharm;

fn main() -> ExitCode {
    ops::main(WebServerCharm::default)
}
