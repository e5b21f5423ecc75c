//! Finds and reads the `charmcraft.yaml` that a macro names.

use std::{
    env, fs, io,
    path::{Component, Path, PathBuf},
};

use ops_metadata::CharmMeta;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, LitStr};

/// A charm's metadata, and its file.
pub(crate) struct Metadata {
    /// The parsed file.
    pub(crate) meta: CharmMeta,
    /// The file's name for errors, such as `charmcraft.yaml`.
    pub(crate) file: String,
    /// Code that makes the compiler run again when the file or its location has changed, and that shows warnings about
    /// the file.
    pub(crate) tracking: TokenStream,
}

impl Metadata {
    /// Read the file at a path relative to the package's folder; `charmcraft.yaml` by default.
    pub(crate) fn read(path: Option<&LitStr>) -> Result<Self, Error> {
        let span = path.map_or_else(Span::call_site, LitStr::span);
        let file = path.map_or_else(|| "charmcraft.yaml".to_owned(), LitStr::value);
        let folder = |variable: &str| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
        let package = folder("CARGO_MANIFEST_DIR").unwrap_or_default();
        let in_package = package.join(&file);
        let mut candidates = vec![in_package.clone()];
        if let Some(project) = folder("CRAFT_PROJECT_DIR") {
            let build = folder("CRAFT_PART_BUILD").unwrap_or_else(|| package.clone());
            candidates.extend(in_project(&in_package, &package, &build, &project));
        }
        let (path, text) = read_first(&candidates).map_err(|reason| Error::new(span, reason))?;
        let meta = CharmMeta::parse(&text).map_err(|error| Error::new(span, error))?;
        let path =
            path.to_str().ok_or_else(|| Error::new(span, format!("the path {} is not UTF-8", path.display())))?;
        // The compiler shows a deprecation note where the item is used.
        let warnings = ops_metadata::warnings(&text).into_iter().map(|warning| {
            let note = format!("{file}: {warning}");
            quote_spanned! {span=>
                const _: () = {
                    #[deprecated(note = #note)]
                    const fn charm_metadata() {}
                    charm_metadata()
                };
            }
        });
        let warnings: TokenStream = warnings.collect();
        let tracking = quote! {
            #warnings
            const _: &[u8] = ::core::include_bytes!(#path);
            const _: (::core::option::Option<&str>, ::core::option::Option<&str>) =
                (::core::option_env!("CRAFT_PROJECT_DIR"), ::core::option_env!("CRAFT_PART_BUILD"));
        };
        Ok(Self { meta, file, tracking })
    }
}

/// The project's copy of a file that is missing in a part's build folder: Charmcraft copies the part's source there,
/// but without the project's `charmcraft.yaml`. `None` for a package from elsewhere, such as a dependency.
fn in_project(in_package: &Path, package: &Path, build: &Path, project: &Path) -> Option<PathBuf> {
    let build = resolved(build);
    if !resolved(package).starts_with(&build) {
        return None;
    }
    match normalized(&resolved(package).join(in_package.strip_prefix(package).ok()?)).strip_prefix(&build) {
        Ok(inner) => Some(project.join(inner)),
        // The part's source is a folder of the project, and the path leads out of it: it must mean the project's own
        // file, because that is the only one that Charmcraft leaves out.
        Err(_) => Some(project.join(in_package.file_name()?)),
    }
}

/// A path without symbolic links, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| normalized(path))
}

/// A path without `.` and `..`.
fn normalized(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normalized.pop();
            }
            other => normalized.push(other),
        }
    }
    normalized
}

/// Why the charm's metadata cannot be read.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    /// The file exists.
    #[error("cannot read {}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    /// The file is in none of these places.
    #[error("cannot read {}", .0.join(", nor "))]
    NotFound(Vec<String>),
}

/// The first existing file, and its text.
fn read_first(paths: &[PathBuf]) -> Result<(&Path, String), ReadError> {
    let mut reasons = vec![];
    for path in paths {
        match fs::read_to_string(path) {
            Ok(text) => return Ok((path, text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                reasons.push(format!("{}: {error}", path.display()));
            }
            Err(error) => return Err(ReadError::File { path: path.clone(), error }),
        }
    }
    Err(ReadError::NotFound(reasons))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(package: &str, file: &str) -> Option<PathBuf> {
        let package = Path::new(package);
        in_project(&package.join(file), package, Path::new("/parts/charm/build"), Path::new("/project"))
    }

    #[test]
    fn files_missing_in_charmcrafts_build_folder_are_read_from_the_project() {
        assert_eq!(found("/parts/charm/build", "charmcraft.yaml"), Some("/project/charmcraft.yaml".into()));
        assert_eq!(found("/parts/charm/build", "charm/charmcraft.yaml"), Some("/project/charm/charmcraft.yaml".into()));
        let member = "/parts/charm/build/crates/charm";
        assert_eq!(found(member, "../../charmcraft.yaml"), Some("/project/charmcraft.yaml".into()));
        assert_eq!(found(member, "charmcraft.yaml"), Some("/project/crates/charm/charmcraft.yaml".into()));
    }

    #[test]
    fn a_part_whose_source_is_a_folder_of_the_project_reads_the_projects_file() {
        assert_eq!(found("/parts/charm/build", "../charmcraft.yaml"), Some("/project/charmcraft.yaml".into()));
    }

    #[test]
    fn a_package_outside_the_build_folder_has_nothing_in_the_project() {
        assert_eq!(found("/root/.cargo/git/checkouts/other", "charmcraft.yaml"), None);
    }
}
