//! What a hook command is: its name, its flags, its help.

use std::borrow::Cow;

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
    /// What its help says otherwise in the hook that runs.
    pub(crate) in_hook: fn(&Juju, &Spec) -> InHook,
}

/// What the help of a command says in one hook.
pub(crate) struct InHook {
    /// The positional arguments.
    pub(crate) args: &'static str,
    /// The details.
    pub(crate) doc: Cow<'static, str>,
}

/// A command without flags whose help is the same in all hooks: what most leave out.
pub(crate) const SPEC: Spec = Spec {
    name: "",
    args: "",
    purpose: "",
    doc: "",
    examples: &[],
    see_also: &[],
    flags: &[],
    run: |_, _| Ok(()),
    in_hook: |_, spec| InHook { args: spec.args, doc: spec.doc.into() },
};

/// A flag of a hook command: its names from the shortest on, and what it takes.
#[derive(Clone, Copy)]
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

/// A flag that takes nothing.
#[derive(Clone, Copy)]
pub(crate) struct Switch(pub(crate) Flag);

/// A flag that takes text.
#[derive(Clone, Copy)]
pub(crate) struct Text(pub(crate) Flag);

/// A flag that takes a whole number.
#[derive(Clone, Copy)]
pub(crate) struct Number(pub(crate) Flag);

/// A flag that takes the path of a file.
#[derive(Clone, Copy)]
pub(crate) struct File(pub(crate) Flag);

impl Switch {
    pub(crate) const fn new(names: &'static [&'static str], usage: &'static str) -> Self {
        Self(Flag { names, kind: Kind::Bool, usage })
    }
}

impl Text {
    pub(crate) const fn new(names: &'static [&'static str], usage: &'static str) -> Self {
        Self::with_default(names, "", usage)
    }

    pub(crate) const fn with_default(
        names: &'static [&'static str],
        default: &'static str,
        usage: &'static str,
    ) -> Self {
        Self(Flag { names, kind: Kind::Text(default), usage })
    }
}

impl Number {
    pub(crate) const fn new(names: &'static [&'static str], usage: &'static str) -> Self {
        Self(Flag { names, kind: Kind::Number, usage })
    }
}

impl File {
    pub(crate) const fn new(names: &'static [&'static str], default: &'static str, usage: &'static str) -> Self {
        Self(Flag { names, kind: Kind::File(default), usage })
    }
}

/// `--format`, for commands that print in any format.
pub(crate) const FORMAT: Text = Text(Flag {
    names: &["format"],
    kind: Kind::Format(&["json", "smart", "yaml"], "smart"),
    usage: "Specify output format (json|smart|yaml)",
});

/// `--format`, for commands that print no scalars.
pub(crate) const STRUCTURED_FORMAT: Text = Text(Flag {
    names: &["format"],
    kind: Kind::Format(&["json", "yaml"], "yaml"),
    usage: "Specify output format (json|yaml)",
});

/// `--format`, for commands that ignore it since it was deprecated.
pub(crate) const DEPRECATED_FORMAT: Text = Text::new(&["format"], "(DEPRECATED) Has no effect.");

/// `--output`.
pub(crate) const OUTPUT: Text = Text::new(&["o", "output"], "Specify an output file");

/// `--relation`.
pub(crate) const RELATION: Flag = relation("Names the relation by its id.");

/// `--relation`, with its usage.
pub(crate) const fn relation(usage: &'static str) -> Flag {
    Flag { names: &["r", "relation"], kind: Kind::Relation, usage }
}
