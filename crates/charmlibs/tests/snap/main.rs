//! Tests of `snap` with a server that answers on a Unix socket as snapd's documentation says, and records requests.

mod snapd;

use std::fs;
use std::time::{Duration, Instant};

use charmlibs::snap::{Error, Install, Snapd};
use serde_json::{Value, json};
use snapd::Server;

fn juju_snap(tracking: &str, revision: &str) -> Value {
    json!({
        "name": "juju", "tracking-channel": tracking, "channel": "3.5/stable", "revision": revision, "version": "3.6.1",
        "confinement": "strict", "apps": [{"name": "juju"}, {"name": "fetch", "daemon": "simple", "enabled": true}],
    })
}

#[test]
fn a_snap_is_installed_once_from_its_channel() {
    let server = Server::new(&[]);
    let snapd = server.snapd();
    assert_eq!(snapd.list_one("juju").unwrap(), None);
    let install = Install::new().channel("3.6/stable").revision(30_000).cohort("MSBz").classic();
    assert!(snapd.ensure("juju", &install).unwrap());
    let sent = server.last_body("POST /v2/snaps/juju");
    let body = json!({
        "action": "install", "channel": "3.6/stable", "revision": "30000", "cohort-key": "MSBz", "classic": true
    });
    assert_eq!(sent, body);
    assert!(!snapd.install("juju", &install).unwrap());
}

#[test]
fn ensure_changes_what_differs_and_nothing_else() {
    let server = Server::new(&[("juju", juju_snap("3.6/stable", "30000"))]);
    let snapd = server.snapd();
    let info = snapd.list_one("juju").unwrap().unwrap();
    assert_eq!((info.tracking.as_str(), info.revision.as_str(), info.classic), ("3.6/stable", "30000", false));
    assert_eq!((info.devmode, info.apps), (false, vec!["juju".to_owned(), "fetch".to_owned()]));
    assert_eq!(info.services.len(), 1);
    assert_eq!((info.services[0].name.as_str(), info.services[0].enabled), ("fetch", true));

    assert!(!snapd.ensure("juju", &Install::new().channel("3.6").no_update()).unwrap());
    assert!(!snapd.ensure("juju", &Install::new().channel("stable").revision(30_000)).unwrap());
    assert_eq!(server.request_count("POST"), 0);
    assert!(snapd.ensure("juju", &Install::new().channel("edge")).unwrap());
    assert_eq!(server.last_body("POST /v2/snaps/juju"), json!({"action": "refresh", "channel": "edge"}));
    // Nothing newer.
    assert!(!snapd.ensure("juju", &Install::new()).unwrap());
}

#[test]
fn the_error_about_an_unknown_snap_has_snapd_s_kind() {
    let server = Server::new(&[]);
    let error = server.snapd().install("gone", &Install::new()).unwrap_err();
    assert!(error.is("snap-not-found"));
    assert_eq!(error.to_string(), "could not install the snap gone: snap not found (snap-not-found)");
    let error = server.snapd().refresh("juju", &Install::new()).unwrap_err();
    assert_eq!(error, Error::NotInstalled { snap: "juju".to_owned() });
}

#[test]
fn a_failed_change_has_the_reason() {
    let server = Server::new(&[]);
    let error = server.snapd().install("broken", &Install::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to install the snap broken: cannot perform the following tasks: \
         - Run install hook of \"broken\" snap (exit status 1) (snapd's change 1)"
    );
}

#[test]
fn a_conflicting_change_is_waited_for_up_to_the_timeout() {
    let server = Server::new(&[]);
    assert!(server.snapd().install("busy", &Install::new()).unwrap());
    assert_eq!(server.request_count("POST /v2/snaps/busy"), 3);

    let server = Server::new(&[]);
    let error = server.snapd().timeout(Duration::from_millis(20)).install("busy", &Install::new()).unwrap_err();
    assert!(error.is("snap-change-conflict"), "{error}");

    // On a new machine, snapd refuses changes for a while, with an error without a kind.
    let server = Server::new(&[]);
    assert!(server.snapd().install("early", &Install::new()).unwrap());
    assert_eq!(server.request_count("POST /v2/snaps/early"), 2);
}

#[test]
fn holds_last_for_a_duration_or_forever() {
    let server = Server::new(&[("juju", juju_snap("latest/stable", "1"))]);
    server.snapd().hold("juju", None).unwrap();
    let forever = json!({"action": "hold", "hold-level": "general", "time": "forever"});
    assert_eq!(server.last_body("POST /v2/snaps/juju"), forever);
    server.snapd().hold("juju", Some(Duration::from_hours(1))).unwrap();
    let until = server.last_body("POST /v2/snaps/juju")["time"].as_str().unwrap().to_owned();
    assert!(until.starts_with("20") && until.ends_with('Z') && until.len() == 20, "{until}");
    server.snapd().unhold("juju").unwrap();
    assert_eq!(server.last_body("POST /v2/snaps/juju"), json!({"action": "unhold"}));
    assert_eq!(server.snapd().hold("lxd", None).unwrap_err().to_string(), "the snap lxd is not installed");
    server.snapd().hold_refresh(None).unwrap();
    assert_eq!(server.last_body("PUT /v2/snaps/system/conf"), json!({"refresh.hold": "forever"}));
    server.snapd().unhold_refresh().unwrap();
    assert_eq!(server.last_body("PUT /v2/snaps/system/conf"), json!({"refresh.hold": null}));
}

#[test]
fn a_removed_snap_is_not_removed_again() {
    let server = Server::new(&[("juju", juju_snap("latest/stable", "1"))]);
    assert!(server.snapd().purge("juju").unwrap());
    assert_eq!(server.last_body("POST /v2/snaps/juju"), json!({"action": "remove", "purge": true}));
    assert!(!server.snapd().remove("juju").unwrap());
}

#[test]
fn a_local_file_is_sent_as_a_form() {
    let server = Server::new(&[]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.snap");
    let content: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
    fs::write(&path, &content).unwrap();
    server.snapd().install_local(&path, &Install::new().devmode()).unwrap();
    let form = server.form();
    assert_eq!(form["action"], b"install");
    assert_eq!(form["dangerous"], b"true");
    assert_eq!(form["devmode"], b"true");
    assert!(!form.contains_key("classic"));
    assert!(form["snap"] == content);

    let error = server.snapd().install_local(folder.path().join("gone"), &Install::new()).unwrap_err();
    assert!(error.to_string().starts_with("could not read the snap file /"), "{error}");
}

#[test]
fn config_is_set_read_and_unset() {
    let server = Server::new(&[("juju", juju_snap("latest/stable", "1"))]);
    let snapd = server.snapd();
    snapd.set("juju", &json!({"server.port": 80, "name": "x"})).unwrap();
    assert_eq!(snapd.get("juju", &["server.port"]).unwrap()["server.port"], 80);
    assert_eq!(snapd.get_one("juju", "server.port").unwrap(), 80);
    assert_eq!(server.request_lines().last().unwrap(), "GET /v2/snaps/juju/conf?keys=server.port");
    snapd.unset("juju", &["name"]).unwrap();
    assert_eq!(server.last_body("PUT /v2/snaps/juju/conf"), json!({"name": null}));
    assert!(snapd.get("juju", &["name"]).unwrap_err().is("option-not-found"));
    assert_eq!(snapd.get("lxd", &[]).unwrap_err(), Error::NotInstalled { snap: "lxd".to_owned() });
    assert_eq!(snapd.get("juju", &["a,b"]).unwrap_err().to_string(), "'a,b' is not the name of a config key");
}

#[test]
fn services_aliases_and_plugs_are_sent_as_documented() {
    let server = Server::new(&[("juju", juju_snap("latest/stable", "1"))]);
    let snapd = server.snapd();
    let sent = || server.last_body("POST /v2/apps");
    snapd.start("juju", &["fetch"]).unwrap();
    assert_eq!(sent(), json!({"action": "start", "names": ["juju.fetch"]}));
    snapd.start_and_enable("juju", &["fetch", "serve"]).unwrap();
    assert_eq!(sent(), json!({"action": "start", "names": ["juju.fetch", "juju.serve"], "enable": true}));
    snapd.stop("juju", &[]).unwrap();
    assert_eq!(sent(), json!({"action": "stop", "names": ["juju"]}));
    snapd.stop_and_disable("juju", &[]).unwrap();
    assert_eq!(sent(), json!({"action": "stop", "names": ["juju"], "disable": true}));
    snapd.restart("juju", &[]).unwrap();
    assert_eq!(sent(), json!({"action": "restart", "names": ["juju"]}));
    snapd.reload_or_restart("juju", &["fetch"]).unwrap();
    assert_eq!(sent(), json!({"action": "restart", "names": ["juju.fetch"], "reload": true}));
    snapd.alias("juju", "juju", "j").unwrap();
    let alias = json!({"action": "alias", "snap": "juju", "app": "juju", "alias": "j"});
    assert_eq!(server.last_body("POST /v2/aliases"), alias);
    snapd.unalias("j").unwrap();
    snapd.connect("juju", "home", None).unwrap();
    let connect =
        json!({"action": "connect", "plugs": [{"snap": "juju", "plug": "home"}], "slots": [{"snap": "", "slot": ""}]});
    assert_eq!(server.last_body("POST /v2/interfaces"), connect);
    snapd.disconnect("juju", "home", Some(("core", "home"))).unwrap();
    let slot = json!({"snap": "core", "slot": "home"});
    let disconnect = json!({"action": "disconnect", "plugs": [{"snap": "juju", "plug": "home"}], "slots": [slot]});
    assert_eq!(server.last_body("POST /v2/interfaces"), disconnect);
    let logs = snapd.logs("juju", &["fetch"], 5).unwrap();
    assert_eq!(server.request_lines().last().unwrap(), "GET /v2/logs?names=juju.fetch&n=5");
    let lines: Vec<_> = logs.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["2026-01-01T00:00:00Z juju.fetch[7]: hello", "2026-01-01T00:00:01Z juju.fetch[7]: bye"]);
    assert_eq!((logs[0].sid.as_str(), logs[1].message.as_str()), ("juju.fetch", "bye"));
}

#[test]
fn a_missing_snapd_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("snapd.socket");
    let error = Snapd::at(&socket).ensure("juju", &Install::new()).unwrap_err();
    let text = format!(
        "snapd does not run on this machine: could not connect to {}: No such file or directory (os error 2)",
        socket.display()
    );
    assert_eq!(error.to_string(), text);
    assert_eq!(error.clone(), error);
}

#[test]
fn a_slow_or_broken_snapd_is_an_error() {
    let started = Instant::now();
    let limit = Duration::from_millis(200);
    let slow = Server::with_fixed_response(b"");
    let error = slow.snapd().timeout(limit).list_one("juju").unwrap_err();
    assert_eq!(error.to_string(), "snapd did not finish GET /v2/snaps/juju within 200ms");
    assert!(started.elapsed() < Duration::from_secs(20));

    let strange = Server::with_fixed_response(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nsorry");
    let error = strange.snapd().list_one("juju").unwrap_err();
    let text = "could not read what snapd answered to GET /v2/snaps/juju: HTTP status 502, and no JSON: ";
    assert!(error.to_string().starts_with(text), "{error}");

    let odd =
        Server::with_fixed_response(b"HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{\"type\":\"sync\",\"result\":[]}");
    let error = odd.snapd().list_one("juju").unwrap_err();
    assert!(error.to_string().ends_with("it lacks a name or a revision"), "{error}");
}

#[test]
fn a_change_that_never_ends_is_aborted() {
    let server = Server::new(&[]);
    let error = server.snapd().timeout(Duration::from_millis(300)).install("endless", &Install::new()).unwrap_err();
    assert_eq!(error.to_string(), "snapd did not finish change 1 (install the snap endless) within 300ms");
    assert_eq!(server.last_body("POST /v2/changes/1"), json!({"action": "abort"}));
}

#[test]
fn invalid_names_never_reach_snapd() {
    let snapd = Snapd::at("/nonexistent");
    for name in ["", "..", "a/b", "a?b", "-x", "a b"] {
        let error = snapd.remove(name).unwrap_err();
        assert_eq!(error.to_string(), format!("'{name}' is not the name of a snap"));
    }
}
