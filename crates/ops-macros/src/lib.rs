//! Names from a charm's `charmcraft.yaml`, read when the charm is compiled. Use these macros through `ops`, which
//! re-exports them.

mod config;
mod metadata;
mod names;

use proc_macro::TokenStream;

/// Defines the names in a charm's `charmcraft.yaml`, so that misspelt names do not compile.
///
/// The path is relative to the package's folder. (Charmcraft builds a copy of the project without this file; then it
/// is read from the project that `CRAFT_PROJECT_DIR` names.) For a charm with a relation `database`, a storage `data`,
/// a resource `archive` and an action `back-up`, this defines four modules:
///
/// - `on` contains everything in `ops::on`, and functions for each relation, storage and action, such as
///   `on::database_relation_changed()`, `on::data_storage_attached()` and `on::back_up_action()`.
/// - `endpoints::DATABASE`, `storages::DATA` and `resources::ARCHIVE` are the names as Juju writes them.
///
/// ```
/// ops::charm!("tests/charmcraft.yaml");
///
/// # struct MyCharm;
/// impl ops::Charm for MyCharm {
///     fn observe(framework: &mut ops::Framework<Self>) {
///         framework.observe(on::database_relation_changed(), Self::on_database_changed);
///     }
/// }
/// # impl MyCharm {
/// #     fn on_database_changed(&mut self, _: &ops::RelationChangedEvent, _: &ops::Model) -> anyhow::Result<()> { Ok(()) }
/// # }
/// assert_eq!(endpoints::DATABASE, "database");
/// ```
///
/// A name that the file does not define does not compile, and the compiler points to the file and the nearest name in
/// it:
///
/// ```compile_fail,E0425
/// ops::charm!("tests/charmcraft.yaml");
/// on::databse_relation_changed();
/// ```
///
/// Nor does a charm compile whose `charmcraft.yaml` Juju would refuse.
#[proc_macro]
pub fn charm(input: TokenStream) -> TokenStream {
    names::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Turns a struct into the type of the charm's config, for `Model::load_config`, and checks it against
/// `charmcraft.yaml`.
///
/// Each field is an option: `log_level` stands for `log-level` or `log_level`, whichever the file defines. The field's
/// type must fit the option's: a string goes into a `String` or into any type of your own that deserializes from one,
/// an `int` into integers, and so on. An option that may have no value must be an `Option`; otherwise, loading the
/// config fails until it is set. Options without a field are not loaded.
///
/// ```
/// #[ops::config("tests/charmcraft.yaml")]
/// struct MyConfig {
///     log_level: String,
///     port: Option<u16>,
/// }
/// ```
///
/// A struct without fields gets one for each option:
///
/// ```
/// #[ops::config("tests/charmcraft.yaml")]
/// pub struct MyConfig;
///
/// fn port(config: &MyConfig) -> Option<i64> {
///     config.port
/// }
/// ```
///
/// A field that is not an option, or has another type than the option, does not compile:
///
/// ```compile_fail
/// #[ops::config("tests/charmcraft.yaml")]
/// struct MyConfig {
///     log_levle: String,
/// }
/// ```
///
/// The struct deserializes with `serde`; do not derive `Deserialize` yourself. serde's attributes work as usual. The
/// default path is `charmcraft.yaml` in the package's folder; [`charm!`] describes where it is read from within
/// Charmcraft.
#[proc_macro_attribute]
pub fn config(path: TokenStream, item: TokenStream) -> TokenStream {
    config::expand(path.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
