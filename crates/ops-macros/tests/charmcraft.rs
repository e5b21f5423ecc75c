//! Builds in Charmcraft's build folder, which lacks `charmcraft.yaml`, and where `CRAFT_PROJECT_DIR` names the
//! project.

mod package;

use std::{
    fs,
    path::{Path, PathBuf},
};

use package::Package;

const CODE: &str = "
ops::charm!(\"PATH\");

#[ops::config(\"PATH\")]
struct Config;

fn main() {
    let _ = on::database_relation_changed();
    let _: Option<Option<i64>> = None::<Config>.map(|config| config.port);
    println!(\"{} {}\", endpoints::DATABASE, storages::DATA);
}
";

/// A project's folder with only a `charmcraft.yaml`.
fn project(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).join("project");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("charmcraft.yaml"), include_str!("charmcraft.yaml")).unwrap();
    folder
}

/// A package in a part's build folder, and the variables that Charmcraft sets there.
fn part(name: &str, folder: &str, code: &str) -> (Package, [(&'static str, PathBuf); 2]) {
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).join("parts/charm/build");
    let package = Package::new(name, &format!("{name}/parts/charm/build/{folder}"), code);
    (package, [("CRAFT_PROJECT_DIR", project(name)), ("CRAFT_PART_BUILD", build)])
}

fn borrowed<'a>(variables: &'a [(&'static str, PathBuf); 2]) -> [(&'static str, &'a Path); 2] {
    variables.each_ref().map(|(variable, value)| (*variable, value.as_path()))
}

#[test]
fn the_package_of_a_part_reads_the_projects_file() {
    let (package, variables) = part("part-package", "", &CODE.replace("PATH", "charmcraft.yaml"));
    assert_eq!(package.prints(&borrowed(&variables)), "database data\n");
    // Every time it is built, such as after an edit of another file.
    fs::write(package.folder.join("src/main.rs"), CODE.replace("PATH", "./charmcraft.yaml")).unwrap();
    assert_eq!(package.prints(&borrowed(&variables)), "database data\n");
}

#[test]
fn a_config_without_a_path_reads_the_projects_file() {
    let code = "#[ops::config] struct Config; fn main() { let _ = |c: Config| c.port; println!(\"ok\"); }";
    let (package, variables) = part("part-config", "", code);
    assert_eq!(package.prints(&borrowed(&variables)), "ok\n");
}

#[test]
fn a_member_of_a_workspace_names_the_projects_file_by_its_path() {
    let (package, variables) = part("part-member", "crates/charm", &CODE.replace("PATH", "../../charmcraft.yaml"));
    assert_eq!(package.prints(&borrowed(&variables)), "database data\n");
}

#[test]
fn a_part_whose_source_is_below_the_project_names_the_file_by_its_path() {
    let (package, variables) = part("part-below", "", &CODE.replace("PATH", "../charmcraft.yaml"));
    assert_eq!(package.prints(&borrowed(&variables)), "database data\n");
}

#[test]
fn the_file_beside_cargo_toml_comes_first() {
    let (package, variables) = part("part-beside", "", &CODE.replace("PATH", "charmcraft.yaml"));
    let beside = include_str!("charmcraft.yaml").replace("database", "store");
    fs::write(package.folder.join("charmcraft.yaml"), beside).unwrap();
    let message = package.refused(&borrowed(&variables));
    assert!(message.contains("database_relation_changed"), "{message}");
}

#[test]
fn the_next_build_uses_the_changed_file() {
    let (package, variables) = part("part-changes", "", &CODE.replace("PATH", "charmcraft.yaml"));
    assert_eq!(package.prints(&borrowed(&variables)), "database data\n");
    let file = variables[0].1.join("charmcraft.yaml");
    fs::write(&file, include_str!("charmcraft.yaml").replace("database", "store")).unwrap();
    let message = package.refused(&borrowed(&variables));
    assert!(message.contains("database_relation_changed"), "{message}");
}

#[test]
fn the_next_build_uses_the_file_of_another_project() {
    let (package, mut variables) = part("part-moves", "", &CODE.replace("PATH", "charmcraft.yaml"));
    assert_eq!(package.prints(&borrowed(&variables)), "database data\n");
    variables[0].1 = project("part-moves/elsewhere");
    let other = include_str!("charmcraft.yaml").replace("database", "store");
    fs::write(variables[0].1.join("charmcraft.yaml"), other).unwrap();
    let message = package.refused(&borrowed(&variables));
    assert!(message.contains("database_relation_changed"), "{message}");
}

#[test]
fn the_error_for_a_missing_file_names_both_places() {
    let (package, variables) = part("part-lacks", "", &CODE.replace("PATH", "charmcraft.yaml"));
    fs::remove_file(variables[0].1.join("charmcraft.yaml")).unwrap();
    let message = package.refused(&borrowed(&variables));
    for place in ["parts/charm/build/charmcraft.yaml: No such file", "project/charmcraft.yaml: No such file"] {
        assert!(message.contains(place), "{place}: {message}");
    }
    let other = package.refused(&[]);
    assert!(!other.contains("nor "), "without Charmcraft there is one place only: {other}");
}
