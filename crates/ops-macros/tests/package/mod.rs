//! Packages that a test writes and builds with Cargo.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A package that depends on `ops`, outside of this workspace. It uses this workspace's target folder, so that nothing
/// is built twice.
pub struct Package {
    name: String,
    pub folder: PathBuf,
}

impl Package {
    /// Write a package with this code, in an empty folder at a path of the test's choice.
    pub fn new(name: &str, path: &str, code: &str) -> Self {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(path);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(folder.join("src")).unwrap();
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
             ops = {{ package = \"juju-ops\", path = {:?} }}\n[profile.dev]\ndebug = \"line-tables-only\"\n",
            crates.join("ops").to_str().unwrap()
        );
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::copy(crates.parent().unwrap().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        fs::write(folder.join("src/main.rs"), code).unwrap();
        Self { name: name.to_owned(), folder }
    }

    /// Run a Cargo command on it, with these variables, and without any others of Charmcraft.
    pub fn cargo(&self, command: &str, variables: &[(&str, &Path)]) -> Output {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        // Cargo marks its target folder with this file.
        let target = temporary.ancestors().filter(|folder| folder.join("CACHEDIR.TAG").exists()).last().unwrap();
        Command::new(env!("CARGO"))
            .args([command, "--offline", "--color=never", "--target-dir"])
            .arg(target)
            .current_dir(&self.folder)
            .env_remove("CRAFT_PROJECT_DIR")
            .env_remove("CRAFT_PART_BUILD")
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    }

    /// Build and run the program, and return its output.
    #[allow(dead_code, reason = "each test file that has this module uses some of it")]
    pub fn prints(&self, variables: &[(&str, &Path)]) -> String {
        let output = self.cargo("run", variables);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} does not run:\n{message}", self.name);
        String::from_utf8(output.stdout).unwrap()
    }

    /// The compiler's warnings for a program that compiles.
    #[allow(dead_code, reason = "each test file that has this module uses some of it")]
    pub fn warned(&self) -> String {
        let output = self.cargo("build", &[]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{} does not compile:\n{message}", self.name);
        message
    }

    /// The compiler's errors for a program that does not compile.
    #[allow(dead_code, reason = "each test file that has this module uses some of it")]
    pub fn refused(&self, variables: &[(&str, &Path)]) -> String {
        let output = self.cargo("build", variables);
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{} compiles:\n{message}", self.name);
        message
    }
}
