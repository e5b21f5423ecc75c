//! Everything that minijuju prints, byte for byte as Juju 3.6 prints it.
//!
//! The structures say what there is to show; the functions turn them into text and touch nothing else. Times are strings
//! already: [`Clock`] makes them in the zone that the command asked for.

mod actions;
mod choice;
mod clock;
mod colour;
mod config;
mod constraints;
mod controllers;
mod document;
mod entities;
mod log;
mod machines;
mod models;
mod natural;
mod oneline;
mod operations;
mod ports;
mod relate;
mod resources;
mod secrets;
mod select;
mod shape;
mod status;
mod storage;
mod summary;
mod table;
mod tabular;
mod tasks;

pub use actions::{action_schemas, actions, show_action};
pub use choice::{ConstraintsFormat, Document, Plain, Smart, StatusFormat, Tabular};
pub use clock::{Clock, ago};
pub use colour::{colour, error, warning};
pub use config::{ApplicationConfig, ModelOption, Setting, config, config_value, model_config, model_config_value};
pub use constraints::{Constraints, constraints};
pub use controllers::{
    ControllerAccount, ControllerDetails, ControllerInfo, ControllerItem, ControllerModel, ControllerSet, WhoAmI,
    controllers, whoami,
};
pub use document::{Instant, document, smart};
pub use entities::{ApplicationInfo, ExposedEndpoint, UnitInfo, UnitRelation, UnitRelationData};
pub use log::{LogMessage, LogStyle, is_wanted};
pub use machines::{MachineInfo, ModelMachines, machines, show_machine};
pub use models::{
    ModelCredential, ModelInfo, ModelMachine, ModelSet, ModelState, ModelSummary, ModelUser, SecretBackend,
    SupportedFeature, VersionDetail, models, version,
};
pub use oneline::status_oneline;
pub use operations::{
    Operation, OperationAction, OperationLine, OperationTask, OperationTiming, operations, show_operation,
};
pub use relate::{RelationEnds, RelationSide};
pub use resources::{ApplicationResources, ResourceInfo, resources, unit_resources};
pub use secrets::{SecretAccess, SecretContent, SecretInfo, SecretRevision, secrets, show_secret};
pub use shape::{json, yaml};
pub use status::{
    ApplicationRelation, ApplicationStatus, Base, ControllerStatus, FullStatus, MachineStatus, ModelStatus,
    NetworkInterface, RelationStatus, StatusInfo, UnitStatus,
};
pub use storage::{
    CombinedStorage, FilesystemAttachment, FilesystemAttachments, FilesystemInfo, StorageAttachments, StorageInfo,
    StorageStatus, UnitStorageAttachment, storage_tabular,
};
pub use summary::status_summary;
pub use tabular::status_tabular;
pub use tasks::{Task, Timing, exec, failure, log_line, run, running, scheduled, show_task, timed_out, waiting};
