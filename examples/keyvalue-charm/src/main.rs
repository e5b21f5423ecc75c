//! What Juju runs for each event. As `keyvalue-charm serve FOLDER PORT`, it is also the store's server, so that there
//! is only one file to pack.

use std::process::ExitCode;

use keyvalue_charm::KeyValueCharm;
use keyvalue_charm::server::{self, Server};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", folder, port] => server::main(folder, port),
        _ => ops::main(|| KeyValueCharm { workload: Server }),
    }
}
