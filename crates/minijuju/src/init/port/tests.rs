//! Tests of `minijuju port`.

use std::fs;
use std::path::Path;

use super::port;
use super::skeleton::PortedCharm;
use crate::init::{CrateSource, InitError};

const METADATA: &str = "\
name: my-web
summary: Serves {{ pages }}.
description: Pages.
requires: {data-base: {interface: pgsql}}
storage: {files: {type: filesystem}}
actions:
  back-up: {params: {path: {type: string}, type: {type: object}, keep: {type: integer, default: 3}}, required: [path]}
  stop-it: {}
config: {options: {log-level: {type: string, default: info}, type: {type: int}, ratio: {type: float, default: 1.5}}}
parts: {charm: {plugin: uv, source: .}}
base: ubuntu@24.04
platforms: {amd64: , arm64: }
";

const CHARM: &str = r#"
import ops
from charms.tls import Tls

REL = "data-base"

class Other(ops.Object):
    def __init__(self, charm):
        self.framework.observe(charm.on.start, self._on_start)

class MyWeb(Base, ops.CharmBase):
    """Serves `pages`.

    More.
    """
    _stored = ops.StoredState()
    on = Events()

    def __init__(self, framework):
        super().__init__(framework)
        self.tls = Tls(self, "certificates")
        observe = framework.observe
        for event in (self.on.install, self.on.upgrade_charm):
            self.framework.observe(event, self._set_up)
        for name, handler in [("start", self._on_start)]:
            framework.observe(getattr(self.on, name), handler)
        if True:
            framework.observe(self.on[REL].relation_changed, self._on_db)
        self.framework.observe(self.on.data_base_relation_broken, self._on_db)
        self.framework.observe(self.on["files"].storage_attached, self._on_files)
        self.framework.observe(self.on.back_up_action, self.impl)
        self.framework.observe(self.on.web_pebble_ready, self._on_ready)
        self.framework.observe(self.tls.on.ready, self._on_ready)
        self.framework.observe(self.on.stop, self.tls.stop)
        self.framework.observe(self.on.remove, self._nowhere)

    def _set_up(self, event):
        """Install \\ it"""

    def _on_start(self, _): ...
    def _on_db(self, event): ...
    def _on_files(self, event): ...
    def impl(self, event): ...
    def _helper(self): ...

if __name__ == "__main__":
    ops.main(MyWeb)
"#;

fn project(charm: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("charmcraft.yaml"), METADATA).unwrap();
    fs::write(folder.path().join("src/charm.py"), charm).unwrap();
    folder
}

fn port_charm(project: &Path) -> Result<PortedCharm, InitError> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    port(project, Some(&project.join("rust")), &CrateSource::Folder(crates))
}

#[test]
fn each_handler_has_its_name_and_names_its_source_line() {
    let project = project(CHARM);
    port_charm(project.path()).unwrap();
    let charm = fs::read_to_string(project.path().join("rust/src/charm.rs")).unwrap();
    let flat = charm.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(").replace(", )", ")");
    for part in [
        "framework.observe(on::install(), Self::set_up);",
        "framework.observe(on::upgrade_charm(), Self::set_up);",
        "framework.observe(on::start(), Self::on_start);",
        "framework.observe(on::data_base_relation_changed(), Self::on_db);",
        "framework.observe(on::data_base_relation_broken(), Self::on_db);",
        "framework.observe(on::files_storage_attached(), Self::on_files);",
        "framework.observe(on::back_up_action(), Self::r#impl);",
        "/// Install it. fn set_up<E>(&mut self, _event: &E, _model: &Model) -> anyhow::Result<()> { todo!(\"port src/charm.py:37\")",
        "fn on_start(&mut self, _event: &StartEvent, _model: &Model)",
        "fn on_db<E>(&mut self, _event: &E,",
        "fn r#impl(&mut self, _event: &ActionEvent,",
        "/// Serves pages. #[derive(Debug, Default)] pub struct MyWeb;",
        "struct Config { log_level: String, ratio: f64, r#type: Option<i64>, }",
        "struct BackUpParams { keep: i64, path: String, r#type: Option<serde_json::Value>, }",
    ] {
        assert!(flat.contains(part), "{part}: {charm}");
    }
    let charmcraft = fs::read_to_string(project.path().join("rust/charmcraft.yaml")).unwrap();
    assert!(
        charmcraft.contains("summary: Serves {{ pages }}.\n") && !charmcraft.contains("plugin: uv"),
        "{charmcraft}"
    );
}

#[test]
fn code_without_a_counterpart_is_listed() {
    let project = project(CHARM);
    let ported = port_charm(project.path()).unwrap();
    let is_listed = |part: &str| ported.unconverted.iter().any(|line| line.contains(part));
    for part in [
        "`Base`: a base class",
        "`_stored = ops.StoredState()`: stored state",
        "`self.tls = Tls(self, 'certificates')`: an object of the charm, such as a library",
        "`self.framework.observe(self.tls.on.ready, self._on_ready)`: an event that is not a named event of the charm",
        "`self.framework.observe(self.on.stop, self.tls.stop)`: a handler that is not a method",
        "`web_pebble_ready`: not an event of a machine charm",
        "`_nowhere`: the method that it names is not in the class",
        "`def _helper`: a method that is not a handler",
    ] {
        assert!(is_listed(part), "{part}: {:#?}", ported.unconverted);
    }
    let page = fs::read_to_string(project.path().join("rust/PORTING.md")).unwrap();
    assert_eq!(page.matches("- [ ] ").count(), ported.unconverted.len());
    assert_eq!(ported.counts(), "5 handlers, 3 options, 2 actions, 1 endpoint");
}

#[test]
fn python_that_does_not_parse_is_named_by_line_and_nothing_is_written() {
    for (charm, reason) in
        [("class A(\n", "src/charm.py:1: "), ("x = 1\n", "there is no charm"), ("\0", "src/charm.py:1: ")]
    {
        let project = project(charm);
        let error = port_charm(project.path()).unwrap_err().to_string();
        assert!(error.starts_with("cannot read the Python in ") && error.contains(reason), "{error}");
        assert!(!project.path().join("rust").exists());
    }
    let project = project("");
    fs::remove_file(project.path().join("src/charm.py")).unwrap();
    let error = port_charm(project.path()).unwrap_err().to_string();
    assert!(error.ends_with("is not a charm in Python: it has no src/charm.py"), "{error}");
}
