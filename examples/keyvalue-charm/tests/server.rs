//! Tests of the charm's program as the store's server.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use keyvalue_charm::store::Store;
use keyvalue_charm::{Client, Name};
use ops::SecretContent;

/// Killed when the test ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).expect("the server can be killed");
    }
}

fn serve(folder: &str, port: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyvalue-charm"));
    command.args(["serve", folder, &port.to_string()]).stderr(Stdio::piped());
    command
}

#[test]
fn the_program_serves_a_folder_and_accepts_new_passwords_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let name = |name: &str| Name::try_from(name.to_owned()).unwrap();
    let credentials = |password| SecretContent::new([("username", "client-1"), ("password", password)]);
    store.set_user(&name("client-1"), &name("shop"), "old").unwrap();

    let endpoint = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let _server = Server(serve(folder.path().to_str().unwrap(), endpoint.port()).spawn().unwrap());
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut client = loop {
        match Client::connect(endpoint, &credentials("old")) {
            Ok(client) => break client,
            Err(error) if Instant::now() > deadline => panic!("{error:#}"),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    client.set(&name("colour"), "red").unwrap();

    store.set_user(&name("client-1"), &name("shop"), "new").unwrap();
    assert!(Client::connect(endpoint, &credentials("old")).is_err());
    let mut client = Client::connect(endpoint, &credentials("new")).unwrap();
    assert_eq!(client.get(&name("colour")).unwrap().as_deref(), Some("red"));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = serve("/nowhere", port).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with(&format!("cannot serve /nowhere on port {port}: Address already in use")), "{error}");
}
