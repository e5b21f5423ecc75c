//! `minijuju port`: turns a charm in Python into the skeleton of a charm in Rust.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::{Arguments, Session};
use crate::init::{self, CrateSource};

const PORT_HELP: &str = "\
Details:
The charm's metadata, options and actions are kept. Each handler that the class in src/charm.py
registers becomes a handler in Rust that names its origin. What has no counterpart is listed, and
written to PORTING.md. Python parses the charm, but does not run it.

Examples:
    minijuju port ./my-python-charm
    minijuju port ./my-python-charm --path ./my-rust-charm";

/// Write the Rust skeleton of a charm in Python (minijuju only).
#[derive(Debug, Clone, Args)]
#[command(after_help = PORT_HELP)]
pub struct PortArgs {
    /// The project folder of the charm in Python
    #[arg(value_name = "charm folder")]
    charm: PathBuf,
    /// Folder to write it to, which must be empty or missing; by default one with the charm's name
    #[arg(long, value_name = "folder")]
    path: Option<PathBuf>,
    /// Where the charm gets the framework from: a version, a repository's URL, or a folder; by default from where this
    /// program came from
    #[arg(long, value_name = "source")]
    crates: Option<String>,
}

impl Arguments for PortArgs {
    const MISSING: &[&str] = &["no charm folder specified"];
}

/// Run `minijuju port`. It needs no data.
pub fn port(session: &Session, args: &PortArgs) -> anyhow::Result<ExitCode> {
    let crates = args.crates.as_deref().map_or_else(CrateSource::of_this_program, CrateSource::parse)?;
    let ported = init::port(&args.charm, args.path.as_deref(), &crates)?;
    if !session.global.quiet {
        eprintln!("Wrote the skeleton of {} to {}: {}.", ported.name, ported.folder.display(), ported.counts());
        if !ported.unconverted.is_empty() {
            eprintln!("Not carried over, and listed in PORTING.md:");
            for line in &ported.unconverted {
                eprintln!("    {line}");
            }
        }
        eprintln!("Next:\n    cd {}\n    cargo test", ported.folder.display());
    }
    Ok(ExitCode::SUCCESS)
}
