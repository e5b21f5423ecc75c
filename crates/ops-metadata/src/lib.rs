//! A charm's metadata: `charmcraft.yaml` in a project, or `metadata.yaml`, `config.yaml` and `actions.yaml` in a
//! packed charm.
//!
//! ```
//! use ops_metadata::{CharmMeta, ConfigType};
//!
//! let meta = CharmMeta::parse(
//!     "
//! name: tinyproxy
//! summary: A reverse proxy.
//! description: A reverse proxy.
//! config:
//!   options:
//!     slug:
//!       type: string
//!       default: example
//! ",
//! )?;
//! assert_eq!(meta.name, "tinyproxy");
//! assert_eq!(meta.config["slug"].option_type, ConfigType::String);
//! # Ok::<(), ops_metadata::MetadataError>(())
//! ```
//!
//! What Juju would refuse is an error that names the file, the key and the reason. Unknown keys are ignored, because a
//! newer Charmcraft may write them; [`warnings()`] lists them.

mod action;
mod action_schema;
mod assumes;
mod charm_files;
mod charm_meta;
mod config;
mod error;
mod extra_bindings;
mod juju_name;
mod links;
mod node;
mod part;
mod platform;
mod relation;
mod resource;
mod spelling;
mod storage;
mod warnings;
mod yaml;
mod yaml_error;
mod yaml_scalar;
#[doc(hidden)]
pub mod yaml_writer;

pub use action::ActionMeta;
pub use assumes::{Assumes, AssumesCondition, Feature};
pub use charm_files::CharmFiles;
pub use charm_meta::{CharmMeta, CharmUser};
#[doc(hidden)]
pub use config::parse_bool;
pub use config::{ConfigMeta, ConfigType};
pub use error::MetadataError;
pub use links::MetadataLinks;
pub use part::Part;
pub use platform::{Base, Platform};
pub use relation::{RelationMeta, RelationRole, RelationScope};
pub use resource::{ResourceMeta, ResourceType};
#[doc(hidden)]
pub use spelling::nearest;
pub use storage::{StorageMeta, StorageType};
pub use warnings::warnings;
pub use yaml::{parse_text_map, parse_yaml};
pub use yaml_error::{TextMapError, YamlError, YamlErrorKind};
