//! State-transition tests: how the charm responds to simulated events from Juju.

use ops_testing::{Context, State, Status, on};
use tinyproxy_charm::tinyproxy::{Error, Workload};
use tinyproxy_charm::{PORT, TinyproxyCharm};

/// A mock of tinyproxy.
#[derive(Debug, Default)]
struct MockTinyproxy {
    config: Option<(u16, String)>,
    installed: bool,
    reloaded_config: bool,
    running: bool,
}

impl Workload for MockTinyproxy {
    fn ensure_config(&mut self, port: u16, slug: &str) -> Result<bool, Error> {
        let config = Some((port, slug.to_owned()));
        let changed = self.config != config;
        self.config = config;
        Ok(changed)
    }

    fn version(&self) -> Result<String, Error> {
        Ok("1.11.0".to_owned())
    }

    fn install(&mut self) -> Result<(), Error> {
        self.installed = true;
        Ok(())
    }

    fn is_installed(&self) -> bool {
        self.installed
    }

    fn is_running(&self) -> bool {
        self.running
    }

    fn start(&mut self) -> Result<(), Error> {
        self.running = true;
        Ok(())
    }

    fn stop(&mut self) -> Result<(), Error> {
        self.running = false;
        Ok(())
    }

    fn reload_config(&mut self) -> Result<(), Error> {
        self.reloaded_config = true;
        Ok(())
    }

    fn uninstall(&mut self) -> Result<(), Error> {
        self.installed = false;
        Ok(())
    }
}

type TestContext = Context<TinyproxyCharm<MockTinyproxy>>;

fn context(workload: MockTinyproxy) -> TestContext {
    Context::new(TinyproxyCharm::new(workload))
}

/// An installed tinyproxy.
fn tinyproxy_installed() -> TestContext {
    context(MockTinyproxy { installed: true, ..Default::default() })
}

/// An installed, configured, and running tinyproxy.
fn tinyproxy_configured() -> TestContext {
    let config = Some((PORT, "example".to_owned()));
    context(MockTinyproxy { config, installed: true, running: true, ..Default::default() })
}

const INVALID_SLUGS: [&str; 3] = ["", "foo_bar", "foo/bar"];

fn blocked_by_slug(slug: &str) -> Status {
    Status::blocked(format!("Invalid slug: '{slug}'. Slug must match the regex [a-z0-9-]+"))
}

/// The charm correctly handles the install event.
#[test]
fn test_install() {
    // A state-transition test has three broad steps:
    // Step 1. Arrange the input state.
    let mut ctx = context(MockTinyproxy::default());
    let state_in = State::default();
    // Step 2. Simulate an event, in this case an install event.
    let state_out = ctx.run(on::install(), state_in).unwrap();
    // Step 3. Check the output state.
    assert_eq!(state_out.workload_version, "1.11.0");
    assert_eq!(state_out.unit_status, Status::maintenance("Waiting for tinyproxy to start"));
    assert!(ctx.charm().workload.installed);
}

/// The charm correctly handles the start event.
#[test]
fn test_start() {
    let mut ctx = tinyproxy_installed();
    let state_out = ctx.run(on::start(), State::default()).unwrap();
    assert_eq!(state_out.unit_status, Status::active());
    assert!(ctx.charm().workload.running);
    assert_eq!(ctx.charm().workload.config, Some((PORT, "example".to_owned())));
}

/// The charm correctly handles the config-changed event.
#[test]
fn test_config_changed() {
    let mut ctx = tinyproxy_configured();
    let state_in = State::default().with_config("slug", "foo");
    let state_out = ctx.run(on::config_changed(), state_in).unwrap();
    assert_eq!(state_out.unit_status, Status::active());
    assert!(ctx.charm().workload.running);
    assert_eq!(ctx.charm().workload.config, Some((PORT, "foo".to_owned())));
    assert!(ctx.charm().workload.reloaded_config);
}

/// The charm fails to start if the config is invalid.
#[test]
fn test_start_invalid_config() {
    for slug in INVALID_SLUGS {
        let mut ctx = tinyproxy_installed();
        let state_in = State::default().with_config("slug", slug);
        let state_out = ctx.run(on::start(), state_in).unwrap();
        assert_eq!(state_out.unit_status, blocked_by_slug(slug));
        assert!(!ctx.charm().workload.running);
        assert_eq!(ctx.charm().workload.config, None);
    }
}

/// The charm fails to change config if the config is invalid.
#[test]
fn test_config_changed_invalid_config() {
    for slug in INVALID_SLUGS {
        let mut ctx = tinyproxy_configured();
        let state_in = State::default().with_config("slug", slug);
        let state_out = ctx.run(on::config_changed(), state_in).unwrap();
        assert_eq!(state_out.unit_status, blocked_by_slug(slug));
        assert!(ctx.charm().workload.running); // tinyproxy should still be running...
        assert_eq!(ctx.charm().workload.config, Some((PORT, "example".to_owned()))); // ...with the original config.
        assert!(!ctx.charm().workload.reloaded_config);
    }
}

/// The charm correctly handles the stop event.
#[test]
fn test_stop() {
    let mut ctx = tinyproxy_configured();
    let state_out = ctx.run(on::stop(), State::default()).unwrap();
    assert_eq!(state_out.unit_status, Status::maintenance("Waiting for tinyproxy to start"));
    assert!(!ctx.charm().workload.running);
}

/// The charm correctly handles the remove event.
#[test]
fn test_remove() {
    let mut ctx = tinyproxy_installed();
    let state_out = ctx.run(on::remove(), State::default()).unwrap();
    assert_eq!(state_out.unit_status, Status::maintenance("Waiting for tinyproxy to be installed"));
    assert!(!ctx.charm().workload.installed);
}
