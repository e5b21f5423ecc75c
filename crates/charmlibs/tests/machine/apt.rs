//! Tests of `apt` with the real one, a local repository, and no network.

use std::cmp::Ordering;
use std::fs;
use std::path::Path;

use charmlibs::apt::{self, Error, Repository};
use charmlibs::process::Run;

use crate::test_machine;

fn sh(script: &str) {
    Run::new("sh").args(["-ec", script]).output().unwrap();
}

/// A repository with packages `hello` (1.0 and 2.0) and `world`, which depends on it, signed with its own key. It is
/// the only repository.
fn make_repository() {
    sh(r#"
        # Of its own: the lists of this computer change beneath the machine when somebody updates them.
        for folder in /var/lib/apt /var/cache/apt; do mount -t tmpfs apt $folder; done
        mkdir -p /var/lib/apt/lists/partial /var/cache/apt/archives/partial
        rm -rf /etc/apt/sources.list.d/* /etc/apt/sources.list /etc/apt/apt.conf.d/*
        mkdir -p /srv/repo; cd /srv/repo
        deb() {
            mkdir -p /tmp/build/DEBIAN
            printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: T <t@example.com>\nDescription: test\n%s' \
                "$1" "$2" "$3" >/tmp/build/DEBIAN/control
            dpkg-deb --build --root-owner-group /tmp/build "$1_$2_all.deb" >/dev/null
            { cat /tmp/build/DEBIAN/control; echo "Filename: ./$1_$2_all.deb"; echo "Size: $(stat -c %s "$1_$2_all.deb")"
              echo "SHA256: $(sha256sum "$1_$2_all.deb" | cut -d' ' -f1)"; echo; } >>Packages
        }
        deb charmlibs-hello 1.0 ''
        deb charmlibs-hello 2.0 ''
        deb charmlibs-world 1.0 'Depends: charmlibs-hello
'
        export GNUPGHOME=/tmp/gnupg; mkdir -m 700 $GNUPGHOME
        gpg --batch --quiet --passphrase '' --quick-generate-key repo@example.com default default never
        gpg --batch --quiet --passphrase '' --quick-generate-key other@example.com default default never
        gpg --batch --armor --export repo@example.com >/tmp/repo.asc
        gpg --batch --export repo@example.com >/tmp/repo.gpg
        gpg --batch --armor --export other@example.com >/tmp/other.asc
        { echo 'Suite: stable'; echo "Date: $(date -Ru)"; echo SHA256:
          echo " $(sha256sum Packages | cut -d' ' -f1) $(stat -c %s Packages) Packages"; } >Release
        gpg --batch --quiet --local-user repo@example.com --clearsign --output InRelease Release
    "#);
}

fn repository(key: &str) -> Repository {
    Repository::new("test", "file:/srv/repo", "./").key(fs::read(key).unwrap())
}

#[test]
#[ignore = "needs root: it makes a machine, with apt and gnupg"]
fn packages_come_from_a_repository_with_its_key() {
    if !test_machine::rerun_in_machine("apt::packages_come_from_a_repository_with_its_key") {
        return;
    }
    assert!(Path::new("/usr/bin/gpg").exists(), "this test needs the package gnupg");
    make_repository();
    let error = apt::add_package("charmlibs-hello").unwrap_err();
    assert!(matches!(error, Error::PackageNotFound(_)), "{error}");

    // Signed with another key: refused, and nothing of it is left.
    let error = apt::add_repository(&repository("/tmp/other.asc")).unwrap_err();
    assert!(error.to_string().starts_with("failed to read the repository's package list: apt-get exited"), "{error}");
    assert!(error.to_string().contains("NO_PUBKEY") || error.to_string().contains("not signed"), "{error}");
    assert!(!Path::new("/etc/apt/sources.list.d/test.sources").exists());
    assert!(!Path::new("/etc/apt/keyrings/test.asc").exists());
    apt::update().unwrap();

    assert_eq!(apt::candidate_version("charmlibs-hello").unwrap(), None);
    assert!(apt::add_repository(&repository("/tmp/repo.asc")).unwrap());
    assert!(!apt::add_repository(&repository("/tmp/repo.asc")).unwrap());
    assert_eq!(apt::candidate_version("charmlibs-hello").unwrap().as_deref(), Some("2.0"));
    apt::add_packages(&["charmlibs-world", "charmlibs-hello=1.0"]).unwrap();
    assert_eq!(apt::installed_version("charmlibs-hello").unwrap().as_deref(), Some("1.0"));
    assert_eq!(apt::installed_version("charmlibs-world").unwrap().as_deref(), Some("1.0"));

    // A failed change leaves the repository unchanged.
    assert!(apt::add_repository(&repository("/tmp/other.asc")).is_err());
    assert_eq!(fs::read("/etc/apt/keyrings/test.asc").unwrap(), fs::read("/tmp/repo.asc").unwrap());

    assert!(apt::hold("charmlibs-hello").unwrap());
    assert!(!apt::hold("charmlibs-hello").unwrap());
    assert_eq!(apt::Apt::new().held().unwrap(), ["charmlibs-hello"]);
    apt::upgrade_package("charmlibs-world").unwrap();
    let error = apt::add_package_version("charmlibs-hello", "2.0").unwrap_err();
    assert!(error.to_string().contains("Held packages were changed"), "{error}");
    assert_eq!(apt::installed_version("charmlibs-hello").unwrap().as_deref(), Some("1.0"));
    assert!(apt::unhold("charmlibs-hello").unwrap());
    assert!(!apt::unhold("charmlibs-hello").unwrap());
    apt::upgrade_package("charmlibs-hello").unwrap();
    assert_eq!(apt::installed_version("charmlibs-hello").unwrap().as_deref(), Some("2.0"));

    let error = apt::add_packages(&["charmlibs-hello", "charmlibs-gone", "charmlibs-lost"]).unwrap_err();
    assert!(error.to_string().starts_with("failed to install packages charmlibs-gone, charmlibs-lost: "), "{error}");

    assert!(apt::remove_repository("test").unwrap());
    assert!(!apt::remove_repository("test").unwrap());
    apt::remove_package("charmlibs-world").unwrap();
    assert!(apt::add_package("charmlibs-world").is_err());

    // The same key without armour.
    assert!(apt::add_repository(&repository("/tmp/repo.gpg")).unwrap());
    apt::add_package("charmlibs-world").unwrap();

    apt::remove_packages(&["charmlibs-world", "charmlibs-gone", "charmlibs-hello"]).unwrap();
    for name in ["charmlibs-world", "charmlibs-hello"] {
        assert_eq!(apt::installed_version(name).unwrap(), None);
    }
    apt::remove_packages(&["charmlibs-world", "charmlibs-hello"]).unwrap();

    // A source that is disabled stays in its file, and apt does not read it.
    let [source] = &apt::sources().unwrap()[..] else { panic!("{:?}", apt::sources()) };
    assert_eq!((source.enabled, &source.uris[..]), (true, &["file:/srv/repo".to_owned()][..]));
    assert!(apt::disable_source(source).unwrap());
    apt::update().unwrap();
    assert_eq!(apt::candidate_version("charmlibs-world").unwrap(), None);
    assert!(apt::enable_source(source).unwrap());
    apt::update().unwrap();
    assert_eq!(apt::candidate_version("charmlibs-world").unwrap().as_deref(), Some("1.0"));

    // A line, as a charm's option may hold it, with the key in its file.
    assert!(apt::remove_repository("test").unwrap());
    fs::write("/srv/repo.asc", fs::read("/tmp/repo.asc").unwrap()).unwrap();
    let line = Repository::from_line("line", "deb [signed-by=/srv/repo.asc] file:/srv/repo ./").unwrap();
    assert!(apt::add_repository(&line).unwrap());
    assert_eq!(apt::candidate_version("charmlibs-world").unwrap().as_deref(), Some("1.0"));
    // The other format has the same source a second time.
    fs::write("/etc/apt/sources.list", "deb [signed-by=/srv/repo.asc] file:/srv/repo ./ # twice\n").unwrap();
    for source in apt::sources().unwrap() {
        assert!(apt::disable_source(&source).unwrap());
    }
    apt::update().unwrap();
    assert_eq!(apt::candidate_version("charmlibs-world").unwrap(), None);
}

#[test]
#[ignore = "needs root: it makes a machine, with dpkg"]
fn versions_compare_as_in_dpkg() {
    if !test_machine::rerun_in_machine("apt::versions_compare_as_in_dpkg") {
        return;
    }
    let words = ["", "0", "1", "09", "10", "a", "~", "~~", "~rc1", "+dfsg", ".", ".0", "-1", "-1ubuntu2", "1:"];
    let mut versions: Vec<String> = Vec::new();
    for one in &words {
        for other in &words {
            let version = format!("{}1{one}{other}", if one.len() % 2 == 0 { "" } else { "0:" });
            if Run::new("dpkg").args(["--validate-version", &version]).output().is_ok() {
                versions.push(version);
            }
        }
    }
    assert!(versions.len() > 100, "{}", versions.len());
    // Each against some of the others: dpkg compares two in a process.
    for (at, one) in versions.iter().enumerate() {
        for step in [1, 7, 31] {
            let other = &versions[(at + step) % versions.len()];
            let relation = match apt::compare_versions(one, other) {
                Ordering::Less => "lt",
                Ordering::Equal => "eq",
                Ordering::Greater => "gt",
            };
            Run::new("dpkg").args(["--compare-versions", one, relation, other]).output().unwrap();
        }
    }
}
