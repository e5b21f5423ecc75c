//! What Juju runs for each event.

use std::process::ExitCode;

use keyvalue_client_charm::ClientCharm;
use keyvalue_client_charm::store::RemoteStore;

fn main() -> ExitCode {
    ops::main(|| ClientCharm { store: RemoteStore })
}
