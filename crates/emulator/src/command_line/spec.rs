//! What a hook command is: its name, its flags, its help.

use super::failure::Answer;
use super::invocation::Invocation;
use crate::Juju;

/// A hook command.
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    /// Its positional arguments, as its usage line shows them.
    pub(crate) args: &'static str,
    pub(crate) purpose: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) examples: &'static [&'static str],
    pub(crate) see_also: &'static [&'static str],
    pub(crate) flags: &'static [Flag],
    pub(crate) run: fn(&mut Juju, &mut Invocation<'_>) -> Answer,
}

/// A flag of a hook command: its names from the shortest on, and what it takes.
pub(crate) struct Flag {
    pub(crate) names: &'static [&'static str],
    pub(crate) kind: Kind,
    pub(crate) usage: &'static str,
}

/// What a flag takes.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Nothing, or `=true`, `=false`.
    Bool,
    /// Text, with a default.
    Text(&'static str),
    /// A whole number, 0 by default.
    Number,
    /// The path of a file, or `-` for standard input.
    File(&'static str),
    /// One of the formats, with a default.
    Format(&'static [&'static str], &'static str),
    /// A relation that the unit takes part in; the hook's by default.
    Relation,
    /// A storage instance that is attached; the hook's by default.
    Storage,
}

impl Flag {
    pub(crate) const fn bool(names: &'static [&'static str], usage: &'static str) -> Self {
        Self { names, kind: Kind::Bool, usage }
    }

    pub(crate) const fn text(names: &'static [&'static str], usage: &'static str) -> Self {
        Self { names, kind: Kind::Text(""), usage }
    }
}

/// `--format`, for commands that print in any format.
pub(crate) const FORMAT: Flag = Flag {
    names: &["format"],
    kind: Kind::Format(&["json", "smart", "yaml"], "smart"),
    usage: "Specify output format (json|smart|yaml)",
};

/// `--format`, for commands that print no scalars.
pub(crate) const STRUCTURED_FORMAT: Flag = Flag {
    names: &["format"],
    kind: Kind::Format(&["json", "yaml"], "yaml"),
    usage: "Specify output format (json|yaml)",
};

/// `--format`, for commands that have stopped to heed it.
pub(crate) const DEPRECATED_FORMAT: Flag =
    Flag { names: &["format"], kind: Kind::Text(""), usage: "(DEPRECATED) Has no effect." };

/// `--output`.
pub(crate) const OUTPUT: Flag = Flag { names: &["o", "output"], kind: Kind::Text(""), usage: "Specify an output file" };

/// `--relation`.
pub(crate) const RELATION: Flag =
    Flag { names: &["r", "relation"], kind: Kind::Relation, usage: "Names the relation by its id." };
