//! Package repositories.

use std::fs;
use std::path::{Path, PathBuf};

use super::packages::{check_characters, failure};
use super::{Apt, Error, Source};
use crate::pathops;

const ADD_APT_REPOSITORY: &str = "add-apt-repository";

/// A package repository, with the key that signs it.
///
/// ```
/// use charmlibs::apt::Repository;
///
/// # let key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n…";
/// let repository = Repository::new("postgresql", "https://apt.postgresql.org/pub/repos/apt", "noble-pgdg")
///     .components(&["main"])
///     .key(key);
/// # let _ = repository;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    name: String,
    uri: String,
    suite: String,
    types: Vec<String>,
    components: Vec<String>,
    architectures: Vec<String>,
    key: Option<Vec<u8>>,
    signed_by: Option<String>,
}

impl Repository {
    /// The repository `name` (used for its files) at `uri`, with the component `main` of `suite` (such as `noble`). A
    /// suite that ends in `/` is a folder with a package list.
    #[must_use]
    pub fn new(name: impl Into<String>, uri: impl Into<String>, suite: impl Into<String>) -> Self {
        let (name, uri, suite) = (name.into(), uri.into(), suite.into());
        let components = if suite.ends_with('/') { Vec::new() } else { vec!["main".to_owned()] };
        let types = vec!["deb".to_owned()];
        Self { name, uri, suite, types, components, architectures: Vec::new(), key: None, signed_by: None }
    }

    /// Parse a line as in `sources.list`, for example from a charm's option: `deb [arch=amd64
    /// signed-by=/etc/apt/keyrings/pg.asc] https://apt.postgresql.org/pub/repos/apt noble-pgdg main`.
    ///
    /// ```
    /// use charmlibs::apt::Repository;
    ///
    /// let repository = Repository::from_line("mirror", "deb http://mirror.example/ubuntu noble main universe")?;
    /// # let _ = repository;
    /// # Ok::<(), charmlibs::apt::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Name`]: the line is invalid, or has options other than `arch` and `signed-by`. `trusted=yes` is
    /// refused, because anyone who can answer for the address could then install packages.
    pub fn from_line(name: impl Into<String>, line: &str) -> Result<Self, Error> {
        let invalid = |kind| Error::Name { kind, text: line.to_owned() };
        let source = Source::parse_line(Path::new(""), line.trim(), true);
        let source = source.ok_or_else(|| invalid("line of a package source"))?;
        let options =
            line.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(options, _)| options);
        if !options.split_whitespace().all(|it| it.starts_with("arch=") || it.starts_with("signed-by=")) {
            return Err(invalid("line of a package source with no options but arch and signed-by"));
        }
        let Source { types, uris, suites, components, architectures, signed_by, .. } = source;
        let key = None;
        Ok(Self {
            name: name.into(),
            uri: uris.concat(),
            suite: suites.concat(),
            types,
            components,
            architectures,
            key,
            signed_by,
        })
    }

    /// The PPA `ppa` (`OWNER/NAME`) for the series `suite`, such as `noble`. Its [`Repository::key`] is on its
    /// Launchpad page. [`add_ppa`] gets the key automatically.
    #[must_use]
    pub fn ppa(ppa: &str, suite: impl Into<String>) -> Self {
        let ppa = ppa.trim_start_matches("ppa:");
        let uri = format!("https://ppa.launchpadcontent.net/{ppa}/ubuntu");
        Self::new(ppa.replace('/', "-"), uri, suite)
    }

    /// What to read from it: `deb` for packages (the default), `deb-src` for their sources.
    #[must_use]
    pub fn types(mut self, types: &[&str]) -> Self {
        self.types = types.iter().map(|&it| it.to_owned()).collect();
        self
    }

    /// The components, such as `main` and `universe`.
    #[must_use]
    pub fn components(mut self, components: &[&str]) -> Self {
        self.components = components.iter().map(|&it| it.to_owned()).collect();
        self
    }

    /// The architectures, such as `amd64`; by default the machine's.
    #[must_use]
    pub fn architectures(mut self, architectures: &[&str]) -> Self {
        self.architectures = architectures.iter().map(|&it| it.to_owned()).collect();
        self
    }

    /// The public PGP key that signs the repository, armoured (`-----BEGIN PGP PUBLIC KEY BLOCK-----`) or binary. No
    /// other key is trusted for it, and the key is not trusted for other repositories. Without a key, it must be
    /// signed with one of the distribution's keys.
    #[must_use]
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The extension of the key's file, by which apt tells the two formats apart.
    fn key_extension(&self) -> Result<Option<&'static str>, Error> {
        let Some(key) = &self.key else { return Ok(None) };
        if String::from_utf8_lossy(key).contains("-----BEGIN PGP PUBLIC KEY BLOCK-----") {
            return Ok(Some("asc"));
        }
        // The first byte of a public-key packet (RFC 4880): bit 7 is set, and its tag is 6.
        match key.first() {
            Some(0x98..=0x9b | 0xc6) => Ok(Some("gpg")),
            _ => Err(Error::Key { repository: self.name.clone() }),
        }
    }

    /// The content of its `.sources` file.
    fn to_deb822(&self, key: Option<&str>) -> Result<String, Error> {
        let mut text = String::new();
        let mut field = |name: &str, value: &str| {
            // A line break would start another field.
            if value.contains(char::is_control) {
                return Err(Error::Name { kind: "value for a repository", text: value.to_owned() });
            }
            if !value.is_empty() {
                text = format!("{text}{name}: {value}\n");
            }
            Ok(())
        };
        field("Types", &self.types.join(" "))?;
        field("URIs", &self.uri)?;
        field("Suites", &self.suite)?;
        field("Components", &self.components.join(" "))?;
        field("Architectures", &self.architectures.join(" "))?;
        field("Signed-By", key.or(self.signed_by.as_deref()).unwrap_or_default())?;
        Ok(text)
    }
}

/// Ensure that `repository` is configured. Returns whether it was added.
///
/// # Errors
/// See [`Apt::add_repository`].
pub fn add_repository(repository: &Repository) -> Result<bool, Error> {
    Apt::new().add_repository(repository)
}

/// Remove the repository `name`. Returns whether it was configured.
///
/// # Errors
/// See [`Apt::remove_repository`].
pub fn remove_repository(name: &str) -> Result<bool, Error> {
    Apt::new().remove_repository(name)
}

/// Ensure that the PPA `ppa`, such as `ppa:deadsnakes/ppa`, is configured. Returns whether it was added.
///
/// # Errors
/// See [`Apt::add_ppa`].
pub fn add_ppa(ppa: &str) -> Result<bool, Error> {
    Apt::new().add_ppa(ppa)
}

impl Apt {
    /// Ensure that `repository` is configured. Returns whether anything changed: its files were written, and its
    /// package list was downloaded.
    ///
    /// # Errors
    /// [`Error::Key`]: its key is not valid. [`Error::Failed`]: it could not be read, or is not signed with its key;
    /// then apt's configuration is restored. See [`Error`] for others.
    pub fn add_repository(&self, repository: &Repository) -> Result<bool, Error> {
        let [sources, asc, gpg] = self.file_paths(&repository.name)?;
        let extension = repository.key_extension()?;
        let key_file = extension.map(|extension| if extension == "asc" { &asc } else { &gpg });
        let text = repository.to_deb822(key_file.map(|path| path.display().to_string()).as_deref())?;
        let previous: Vec<_> = [&sources, &asc, &gpg].into_iter().map(|path| (path, fs::read(path).ok())).collect();
        let mut changed = false;
        if let (Some(path), Some(key)) = (key_file, &repository.key) {
            changed |= pathops::ensure_contents(path, key)?;
        }
        changed |= pathops::ensure_contents(&sources, text)?;
        if !changed {
            return Ok(false);
        }
        let list = format!("Dir::Etc::SourceList={}", sources.display());
        // Only this repository: do not touch the lists of others.
        let options = ["-o", &list, "-o", "Dir::Etc::SourceParts=-", "-o", "APT::Get::List-Cleanup=0"];
        let args: Vec<_> = options.into_iter().chain(["-o", "APT::Update::Error-Mode=any", "update"]).collect();
        if let Err(error) = self.apt_get("read the repository's package list", None, &args) {
            for (path, content) in previous {
                match content {
                    Some(content) => _ = pathops::ensure_contents(path, content)?,
                    None => _ = pathops::remove(path)?,
                }
            }
            return Err(error);
        }
        tracing::info!(repository = repository.name, uri = repository.uri, "added the repository");
        Ok(true)
    }

    /// Remove the repository `name`. Returns whether it was configured. Its installed packages are kept.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn remove_repository(&self, name: &str) -> Result<bool, Error> {
        let mut removed = false;
        for path in self.file_paths(name)? {
            removed |= pathops::remove(path)?;
        }
        if removed {
            self.update()?;
        }
        Ok(removed)
    }

    /// Ensure that the PPA `ppa`, such as `ppa:deadsnakes/ppa`, is configured. Returns whether it was added. The
    /// program `add-apt-repository` (package `software-properties-common`, on every Ubuntu server) gets its key from
    /// Launchpad. Without access to Launchpad, use [`Repository::ppa`].
    ///
    /// # Errors
    /// [`Error::Start`]: the machine does not have the program. [`Error::Failed`]: there is no such PPA, or Launchpad
    /// cannot be reached.
    pub fn add_ppa(&self, ppa: &str) -> Result<bool, Error> {
        let path = ppa.strip_prefix("ppa:").unwrap_or(ppa);
        let invalid = || Error::Name { kind: "PPA (ppa:OWNER/NAME)", text: ppa.to_owned() };
        let (owner, name) = path.split_once('/').ok_or_else(invalid)?;
        for part in [owner, name] {
            check_characters("PPA", part, |byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte))
                .map_err(|_| invalid())?;
        }
        let uris = ["ppa.launchpadcontent.net", "ppa.launchpad.net"].map(|host| format!("{host}/{path}/ubuntu"));
        let is_ppa = |uri: &String| uris.iter().any(|ppa_uri| uri.contains(ppa_uri.as_str()));
        if self.sources()?.iter().any(|source| source.enabled && source.uris.iter().any(is_ppa)) {
            return Ok(false);
        }
        let output = self.run(ADD_APT_REPOSITORY, &["--yes", "--no-update", &format!("ppa:{path}")])?;
        if !output.status.success() {
            return Err(Error::Failed(failure(format!("add the PPA {path}"), None, ADD_APT_REPOSITORY, &output)));
        }
        self.update()?;
        tracing::info!(ppa = path, "added the PPA");
        Ok(true)
    }

    /// The files of the repository `name`: its sources, and its key in both formats.
    fn file_paths(&self, name: &str) -> Result<[PathBuf; 3], Error> {
        check_characters("name for a repository", name, |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))?;
        let keys = self.config_folder.join("keyrings");
        Ok([
            self.config_folder.join(format!("sources.list.d/{name}.sources")),
            keys.join(format!("{name}.asc")),
            keys.join(format!("{name}.gpg")),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_written_as_deb822() {
        let repository = Repository::ppa("ppa:team/app", "noble").architectures(&["amd64", "arm64"]);
        assert_eq!(
            repository.to_deb822(Some("/etc/apt/keyrings/team-app.asc")).unwrap(),
            "Types: deb\nURIs: https://ppa.launchpadcontent.net/team/app/ubuntu\nSuites: noble\nComponents: main\n\
             Architectures: amd64 arm64\nSigned-By: /etc/apt/keyrings/team-app.asc\n"
        );
        let flat = Repository::new("flat", "file:/srv/repo", "./").to_deb822(None).unwrap();
        assert_eq!(flat, "Types: deb\nURIs: file:/srv/repo\nSuites: ./\n");
        let error = Repository::new("a", "https://a.example\nTrusted: yes", "./").to_deb822(None).unwrap_err();
        assert!(matches!(error, Error::Name { .. }), "{error}");
    }

    #[test]
    fn a_repository_is_read_from_a_line() {
        let line = "deb-src [arch=amd64,arm64 signed-by=/k.asc] https://a.example/x noble main extra # a comment";
        assert_eq!(
            Repository::from_line("a", line).unwrap().to_deb822(None).unwrap(),
            "Types: deb-src\nURIs: https://a.example/x\nSuites: noble\nComponents: main extra\n\
             Architectures: amd64 arm64\nSigned-By: /k.asc\n"
        );
        let both = Repository::from_line("a", "deb file:/srv ./").unwrap().types(&["deb", "deb-src"]);
        assert_eq!(both.to_deb822(None).unwrap(), "Types: deb deb-src\nURIs: file:/srv\nSuites: ./\n");
        for invalid in ["", "deb", "rpm http://a.example x main", "deb a.example x main", "deb http://a.example noble"]
        {
            let error = Repository::from_line("a", invalid).unwrap_err();
            assert_eq!(error.to_string(), format!("'{invalid}' is not a line of a package source"));
        }
        let error = Repository::from_line("a", "deb [trusted=yes] http://a.example ./").unwrap_err().to_string();
        assert!(error.ends_with("with no options but arch and signed-by"), "{error}");
    }

    #[test]
    fn a_key_s_format_is_recognized_by_its_start() {
        let extension = |key: &[u8]| Repository::new("a", "b", "c").key(key).key_extension();
        assert_eq!(extension(b"# key\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n").unwrap(), Some("asc"));
        assert_eq!(extension(&[0x99, 1, 2]).unwrap(), Some("gpg"));
        for invalid in [&b""[..], b"<html>404", b"-----BEGIN PGP PRIVATE KEY BLOCK-----"] {
            let error = extension(invalid).unwrap_err();
            assert_eq!(error.to_string(), "the key of the repository a is not an OpenPGP public key");
        }
    }
}
