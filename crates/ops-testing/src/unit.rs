//! The unit under test.

use std::path::PathBuf;

use emulator::JujuVersion;

/// The unit and machine of a run.
#[derive(Clone, Debug)]
pub(crate) struct UnitInfo {
    pub(crate) app_name: String,
    pub(crate) unit_number: u32,
    pub(crate) machine_id: Option<String>,
    pub(crate) juju_version: String,
    pub(crate) availability_zone: Option<String>,
    pub(crate) principal_unit: Option<String>,
    pub(crate) charm_dir: PathBuf,
}

impl UnitInfo {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.app_name, self.unit_number)
    }

    /// The version of Juju that the emulator behaves as: 3.6 for all before 4.
    pub(crate) fn emulated_version(&self) -> JujuVersion {
        let is_4 = self.juju_version.starts_with("4.");
        self.juju_version.parse().unwrap_or(if is_4 { JujuVersion::V4_0 } else { JujuVersion::V3_6 })
    }
}
