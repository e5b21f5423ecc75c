//! The package sources in the machine's files.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Apt, Error};
use crate::pathops;

/// A package source of the machine: a line of a `.list` file, or a stanza of a `.sources` file.
///
/// ```no_run
/// use charmlibs::apt;
///
/// // A machine that must get its packages from a mirror alone.
/// for source in apt::sources()?.iter().filter(|source| source.enabled) {
///     if source.uris.iter().any(|uri| uri.contains("archive.ubuntu.com")) {
///         apt::disable_source(source)?;
///     }
/// }
/// # Ok::<(), apt::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Source {
    /// Its file.
    pub path: PathBuf,
    /// Whether apt uses it. A line is disabled with a `#`, a stanza with `Enabled: no`.
    pub enabled: bool,
    /// `deb`, `deb-src`, or both.
    pub types: Vec<String>,
    /// The URIs of its repositories.
    pub uris: Vec<String>,
    /// The suites, such as `noble` and `noble-updates`.
    pub suites: Vec<String>,
    /// The components, such as `main`; none for a suite that ends in `/`.
    pub components: Vec<String>,
    /// The architectures, such as `amd64`. If there are none, apt uses the machine's.
    pub architectures: Vec<String>,
    /// The path of the signing key, or the key itself. If there is none, apt uses its own keys.
    pub signed_by: Option<String>,
}

/// The package sources of the machine, including disabled ones.
///
/// # Errors
/// See [`Apt::sources`].
pub fn sources() -> Result<Vec<Source>, Error> {
    Apt::new().sources()
}

/// Disable this package source. Returns whether it was enabled.
///
/// # Errors
/// See [`Apt::disable_source`].
pub fn disable_source(source: &Source) -> Result<bool, Error> {
    Apt::new().disable_source(source)
}

/// Enable this package source. Returns whether it was disabled.
///
/// # Errors
/// See [`Apt::enable_source`].
pub fn enable_source(source: &Source) -> Result<bool, Error> {
    Apt::new().enable_source(source)
}

impl Apt {
    /// The package sources of the machine, including disabled ones: first those in `sources.list`, then those in
    /// `sources.list.d`, sorted by file name. Invalid lines are skipped with a warning; apt itself fails because of
    /// them.
    ///
    /// # Errors
    /// [`Error::File`]: a file could not be read.
    pub fn sources(&self) -> Result<Vec<Source>, Error> {
        let mut paths = vec![self.config_folder.join("sources.list")];
        let folder = self.config_folder.join("sources.list.d");
        let mut more = match fs::read_dir(&folder) {
            Ok(entries) => entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<Vec<_>, _>>()
                .map_err(pathops::Error::step("read the folder", &folder))?,
            Err(_) if !folder.exists() => Vec::new(),
            Err(error) => return Err(pathops::Error::step("read the folder", &folder)(error).into()),
        };
        more.sort();
        paths.extend(more);
        let mut sources = Vec::new();
        for path in paths {
            if let Some(text) = read_if_source(&path)? {
                sources.extend(parse_file(&path, &text).into_iter().map(|(_, source)| source));
            }
        }
        Ok(sources)
    }

    /// Disable this package source. Returns whether it was enabled. Its line gets a `#`, its stanza gets `Enabled:
    /// no`. apt still knows its packages until the next [`Apt::update`].
    ///
    /// # Errors
    /// [`Error::SourceNotFound`]: its file no longer has it. [`Error::File`]: the file could not be read or written, and
    /// is unchanged.
    pub fn disable_source(&self, source: &Source) -> Result<bool, Error> {
        Self::set_enabled(source, false)
    }

    /// Enable this package source. Returns whether it was disabled.
    ///
    /// # Errors
    /// As [`Apt::disable_source`].
    pub fn enable_source(&self, source: &Source) -> Result<bool, Error> {
        Self::set_enabled(source, true)
    }

    fn set_enabled(source: &Source, enabled: bool) -> Result<bool, Error> {
        let not_found = || Error::SourceNotFound { path: source.path.clone(), uri: source.uris.join(" ") };
        let text = read_if_source(&source.path)?.ok_or_else(not_found)?;
        let found = parse_file(&source.path, &text);
        let same = |it: &Source| Source { enabled: source.enabled, ..it.clone() } == *source;
        let all: Vec<_> = found.iter().filter(|(_, it)| same(it)).collect();
        if all.is_empty() {
            return Err(not_found());
        }
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut changed = false;
        // A source that is in the file twice is used until both are disabled. Go backwards, because lines are
        // inserted.
        for (range, source) in all.into_iter().rev().filter(|(_, source)| source.enabled != enabled) {
            if is_deb822(&source.path) {
                set_stanza_enabled(&mut lines, range, enabled);
            } else if enabled {
                let line = &mut lines[range.start];
                *line = line.trim_start_matches(|c: char| c == '#' || c.is_whitespace()).to_owned();
            } else {
                lines[range.start].insert_str(0, "# ");
            }
            changed = true;
            tracing::info!(uris = source.uris.join(" "), enabled, "switched the package source");
        }
        if changed {
            pathops::ensure_contents(&source.path, lines.join("\n") + "\n")?;
        }
        Ok(changed)
    }
}

/// The text of a file that apt would read. `None` if it does not exist, or has another extension.
fn read_if_source(path: &Path) -> Result<Option<String>, Error> {
    let is_source = path.extension().is_some_and(|ending| ending == "list" || ending == "sources");
    if !is_source || !path.is_file() {
        return Ok(None);
    }
    let bytes = fs::read(path).map_err(pathops::Error::step("read", path))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

type LineRange = std::ops::Range<usize>;

fn is_deb822(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "sources")
}

/// The sources in a text, with their lines.
fn parse_file(path: &Path, text: &str) -> Vec<(LineRange, Source)> {
    let lines: Vec<&str> = text.lines().collect();
    if is_deb822(path) { parse_stanzas(path, &lines) } else { parse_lines(path, &lines) }
}

fn parse_lines(path: &Path, lines: &[&str]) -> Vec<(LineRange, Source)> {
    let mut sources = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let uncommented = line.trim_start_matches(|c: char| c == '#' || c.is_whitespace());
        let enabled = !line.trim_start().starts_with('#');
        match Source::parse_line(path, uncommented, enabled) {
            Some(source) => sources.push((number..number + 1, source)),
            None if enabled && !uncommented.is_empty() => {
                tracing::warn!("{}, line {}: not a package source: {line}", path.display(), number + 1);
            }
            None => {}
        }
    }
    sources
}

fn parse_stanzas(path: &Path, lines: &[&str]) -> Vec<(LineRange, Source)> {
    let mut sources = Vec::new();
    let blank = |line: &&str| line.trim().is_empty();
    let mut start = 0;
    while start < lines.len() {
        let length = lines[start..].iter().position(blank).unwrap_or(lines.len() - start);
        let stanza = &lines[start..start + length];
        if stanza.iter().any(|line| !line.starts_with('#')) {
            if let Some(source) = Source::parse_stanza(path, stanza) {
                sources.push((start..start + length, source));
            } else {
                tracing::warn!("{}, line {}: not a package source", path.display(), start + 1);
            }
        }
        start += length + 1;
    }
    sources
}

impl Source {
    /// `deb [arch=amd64 signed-by=/key] URI SUITE COMPONENT…`
    pub(super) fn parse_line(path: &Path, line: &str, enabled: bool) -> Option<Self> {
        // The rest after a `#` is a comment, also at the end of a line.
        let line = line.split('#').next().unwrap_or_default();
        let (kind, rest) = line.split_once(char::is_whitespace)?;
        if !matches!(kind, "deb" | "deb-src") {
            return None;
        }
        let rest = rest.trim_start();
        let (options, rest) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", rest),
        };
        let mut words = rest.split_whitespace().map(str::to_owned);
        let (uri, suite) = (words.next()?, words.next()?);
        let components: Vec<_> = words.collect();
        // As apt requires. This also excludes a sentence in a comment that starts with `deb`.
        if !uri.contains(':') || components.is_empty() != suite.ends_with('/') {
            return None;
        }
        let option = |name: &str| options.split_whitespace().find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
        Some(Self {
            path: path.to_owned(),
            enabled,
            types: vec![kind.to_owned()],
            uris: vec![uri],
            suites: vec![suite],
            components,
            architectures: option("arch").into_iter().flat_map(|it| it.split(',')).map(str::to_owned).collect(),
            signed_by: option("signed-by").map(str::to_owned),
        })
    }

    fn parse_stanza(path: &Path, lines: &[&str]) -> Option<Self> {
        let field = |name: &str| {
            let first = lines.iter().position(|line| is_field(line, name))?;
            let mut value = lines[first].split_once(':')?.1.trim().to_owned();
            for line in continuation_lines(lines, first).filter(|line| !line.starts_with('#')) {
                value = format!("{value}\n{}", line.trim());
            }
            Some(value.trim().to_owned())
        };
        let words = |name: &str| -> Vec<String> {
            field(name).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
        };
        let (types, uris, suites) = (words("Types"), words("URIs"), words("Suites"));
        if types.is_empty() || uris.is_empty() || suites.is_empty() {
            return None;
        }
        let off =
            |value: String| matches!(value.to_lowercase().as_str(), "no" | "false" | "without" | "off" | "disable");
        Some(Self {
            path: path.to_owned(),
            enabled: !field("Enabled").is_some_and(off),
            types,
            uris,
            suites,
            components: words("Components"),
            architectures: words("Architectures"),
            signed_by: field("Signed-By").filter(|value| !value.is_empty()),
        })
    }
}

/// apt ignores the case of field names.
fn is_field(line: &str, name: &str) -> bool {
    line.split_once(':').is_some_and(|(field, _)| field.eq_ignore_ascii_case(name))
}

/// The lines that continue the field at `first`: indented lines, and comments between them.
fn continuation_lines<'a>(lines: &'a [&'a str], first: usize) -> impl Iterator<Item = &'a str> {
    lines[first + 1..].iter().copied().take_while(|line| line.starts_with([' ', '\t', '#']))
}

fn set_stanza_enabled(lines: &mut Vec<String>, range: &LineRange, enabled: bool) {
    let field = format!("Enabled: {}", if enabled { "yes" } else { "no" });
    if let Some(found) = lines[range.clone()].iter().position(|line| is_field(line, "Enabled")) {
        lines[range.start + found] = field;
    } else {
        let comments = lines[range.clone()].iter().take_while(|line| line.starts_with('#')).count();
        lines.insert(range.start + comments, field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
# deb cdrom:[Debian]/ bookworm main
# deb packages are in two places
deb http://deb.debian.org/debian bookworm main contrib # the archive
deb-src\thttp://deb.debian.org/debian bookworm main
#deb [arch=amd64,arm64 signed-by=/etc/apt/keyrings/pg.asc] https://apt.postgresql.org/pub/repos/apt bookworm-pgdg main
deb [trusted=yes] file:/srv/repo ./
";
    const STANZAS: &str = "\
# The archive.
Types: deb
URIs: http://archive.ubuntu.com/ubuntu http://mirror.example/ubuntu
Suites: noble
 noble-updates
Components: main universe
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

# A comment alone.

enabled: off
types: deb deb-src
uris: file:/srv/repo
suites: ./
";

    fn apt() -> (tempfile::TempDir, Apt) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sources.list.d")).unwrap();
        fs::write(folder.path().join("sources.list"), LIST).unwrap();
        fs::write(folder.path().join("sources.list.d/ubuntu.sources"), STANZAS).unwrap();
        fs::write(folder.path().join("sources.list.d/ubuntu.sources.save"), STANZAS).unwrap();
        let apt = Apt::new().config_folder(folder.path());
        (folder, apt)
    }

    #[test]
    fn sources_of_both_formats_are_listed() {
        let (_folder, apt) = apt();
        let sources = apt.sources().unwrap();
        let fields: Vec<_> = sources
            .iter()
            .map(|it| {
                let (types, uris, suites) = (it.types.join(" "), it.uris.join(" "), it.suites.join(" "));
                (it.enabled, types, uris, suites, it.components.join(" "))
            })
            .collect();
        let entry = |enabled, types: &str, uris: &str, suites: &str, components: &str| {
            (enabled, types.to_owned(), uris.to_owned(), suites.to_owned(), components.to_owned())
        };
        let ubuntu = "http://archive.ubuntu.com/ubuntu http://mirror.example/ubuntu";
        assert_eq!(
            fields,
            [
                entry(false, "deb", "cdrom:[Debian]/", "bookworm", "main"),
                entry(true, "deb", "http://deb.debian.org/debian", "bookworm", "main contrib"),
                entry(true, "deb-src", "http://deb.debian.org/debian", "bookworm", "main"),
                entry(false, "deb", "https://apt.postgresql.org/pub/repos/apt", "bookworm-pgdg", "main"),
                entry(true, "deb", "file:/srv/repo", "./", ""),
                entry(true, "deb", ubuntu, "noble noble-updates", "main universe"),
                entry(false, "deb deb-src", "file:/srv/repo", "./", ""),
            ]
        );
        assert_eq!(sources[3].architectures, ["amd64", "arm64"]);
        assert_eq!(sources[3].signed_by.as_deref(), Some("/etc/apt/keyrings/pg.asc"));
        assert_eq!(sources[5].signed_by.as_deref(), Some("-----BEGIN PGP PUBLIC KEY BLOCK-----\n.\nabc"));
    }

    #[test]
    fn a_source_is_disabled_and_enabled_and_nothing_else_changes() {
        let (folder, apt) = apt();
        let before = apt.sources().unwrap();
        for source in &before {
            let (on, off) = (Source { enabled: true, ..source.clone() }, Source { enabled: false, ..source.clone() });
            assert_eq!(apt.disable_source(source).unwrap(), source.enabled);
            assert!(!apt.disable_source(source).unwrap());
            assert!(apt.sources().unwrap().contains(&off));
            assert!(apt.enable_source(source).unwrap());
            assert!(!apt.enable_source(source).unwrap());
            assert!(apt.sources().unwrap().contains(&on));
            if !source.enabled {
                apt.disable_source(source).unwrap();
            }
        }
        assert_eq!(apt.sources().unwrap(), before);
        let list = fs::read_to_string(folder.path().join("sources.list")).unwrap();
        assert_eq!(list, LIST.replace("#deb", "# deb"));
        let stanzas = fs::read_to_string(folder.path().join("sources.list.d/ubuntu.sources")).unwrap();
        let expected = STANZAS.replace("# The archive.\n", "# The archive.\nEnabled: yes\n");
        assert_eq!(stanzas, expected.replace("enabled: off", "Enabled: no"));
    }

    #[test]
    fn a_missing_source_is_an_error_that_names_its_file() {
        let (folder, apt) = apt();
        let source = apt.sources().unwrap().remove(1);
        fs::write(folder.path().join("sources.list"), "").unwrap();
        let error = apt.disable_source(&source).unwrap_err();
        let path = folder.path().join("sources.list");
        let text = format!("{} has no package source http://deb.debian.org/debian", path.display());
        assert_eq!(error.to_string(), text);
    }
}
