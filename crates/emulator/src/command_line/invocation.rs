//! A running hook command: its arguments and its output.

use super::call::Call;
use super::failure::{CommandResult, Failure};
use super::file;
use super::flag::{DEPRECATED_FORMAT, FORMAT, File, Number, OUTPUT, Switch, Text};
use super::flag_set::FlagSet;
use crate::format::{Value, json, smart, yaml};
use crate::go::quoted_list;
use crate::juju::Juju;
use crate::state::{Relation, RelationId};

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Smart,
    Yaml,
    Json,
}

/// A running hook command.
pub(crate) struct Invocation<'a> {
    /// The command's name.
    pub(crate) command: &'static str,
    pub(crate) flags: FlagSet<'a>,
    pub(crate) call: &'a Call<'a>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl<'a> Invocation<'a> {
    /// The positional arguments.
    pub(crate) fn args(&self) -> &[&'a str] {
        &self.flags.args
    }

    /// Whether a boolean flag was given.
    pub(crate) fn is_set(&self, Switch(flag): Switch) -> bool {
        self.flags.is_set(&flag)
    }

    /// The value of a flag, or its default.
    pub(crate) fn text(&self, Text(flag): Text) -> &'a str {
        self.flags.text(&flag)
    }

    /// The value of a numeric flag.
    pub(crate) fn number(&self, Number(flag): Number) -> i64 {
        self.flags.number(&flag)
    }

    /// The requested format.
    pub(crate) fn format(&self) -> Format {
        match self.text(FORMAT) {
            "json" => Format::Json,
            "yaml" => Format::Yaml,
            _ => Format::Smart,
        }
    }

    /// Refuse positional arguments from number `from` on.
    pub(crate) fn no_args_from(&self, from: usize) -> CommandResult {
        match self.args().get(from..) {
            None | Some([]) => Ok(()),
            Some(args) => Err(Failure::usage(format!("unrecognized args: {}", quoted_list(args)))),
        }
    }

    /// The first positional argument, or "". More than one is an error.
    pub(crate) fn optional_arg(&self) -> Result<&'a str, Failure> {
        self.no_args_from(1)?;
        Ok(self.args().first().copied().unwrap_or_default())
    }

    /// The ID of the named relation, or of the hook's.
    pub(crate) fn relation_id(&self, juju: &Juju) -> Result<RelationId, Failure> {
        self.flags.relation(juju).ok_or_else(|| Failure::usage("no relation id specified"))
    }

    /// The named relation, or the hook's.
    pub(crate) fn relation<'j>(&self, juju: &'j Juju) -> Result<&'j Relation, Failure> {
        juju.state.get_relation(self.relation_id(juju)?).ok_or_else(|| Failure::run("relation not found"))
    }

    /// The content of a flag's file (`-` is standard input), or `None` without the flag.
    pub(crate) fn file(&self, File(flag): File) -> Result<Option<Vec<u8>>, Failure> {
        match self.flags.text(&flag) {
            "" => Ok(None),
            "-" => Ok(Some(self.call.stdin.unwrap_or_default().to_vec())),
            path => file::read(self.call, path).map(Some),
        }
    }

    /// Print `value` in the requested format, to standard output or the requested file. The command must list the flags
    /// `--format` and `--output` ([`OUTPUT`]).
    pub(crate) fn write(&mut self, value: &Value) -> CommandResult {
        let text = match self.format() {
            Format::Smart => smart::print(value),
            Format::Yaml => yaml::print(value),
            Format::Json => json::print(value) + "\n",
        };
        match self.text(OUTPUT) {
            "" => self.stdout.extend_from_slice(text.as_bytes()),
            path => file::write(self.call, path, text.as_bytes())?,
        }
        Ok(())
    }

    pub(crate) fn print(&mut self, text: &str) {
        self.stdout.extend_from_slice(text.as_bytes());
    }

    /// Warn that `--format` has no effect, if it was given. Juju prints no line break here.
    pub(crate) fn warn_deprecated_format(&mut self) {
        if !self.text(DEPRECATED_FORMAT).is_empty() {
            let warning = format!("--format flag deprecated for command {:?}", self.command);
            self.stderr.extend_from_slice(warning.as_bytes());
        }
    }
}
