//! The definition of a flag of a hook command.

/// A flag of a hook command: its names, shortest first, and its value.
#[derive(Clone, Copy)]
pub(crate) struct Flag {
    pub(crate) names: &'static [&'static str],
    pub(crate) kind: Kind,
    pub(crate) usage: &'static str,
}

/// The kind of value that a flag takes.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// None, or `=true`, `=false`.
    Bool,
    /// Text, with a default.
    Text(&'static str),
    /// An integer, 0 by default.
    Number,
    /// The path of a file, or `-` for standard input.
    File(&'static str),
    /// One of the formats, with a default.
    Format(&'static [&'static str], &'static str),
    /// A relation of the unit; by default the hook's.
    Relation,
    /// An attached storage instance; by default the hook's.
    Storage,
}

/// A boolean flag.
#[derive(Clone, Copy)]
pub(crate) struct Switch(pub(crate) Flag);

/// A flag with text.
#[derive(Clone, Copy)]
pub(crate) struct Text(pub(crate) Flag);

/// A flag with an integer.
#[derive(Clone, Copy)]
pub(crate) struct Number(pub(crate) Flag);

/// A flag with the path of a file.
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

/// `--format`, for commands with all formats.
pub(crate) const FORMAT: Text = Text(Flag {
    names: &["format"],
    kind: Kind::Format(&["json", "smart", "yaml"], "smart"),
    usage: "Specify output format (json|smart|yaml)",
});

/// `--format`, for commands whose output is never a scalar.
pub(crate) const STRUCTURED_FORMAT: Text = Text(Flag {
    names: &["format"],
    kind: Kind::Format(&["json", "yaml"], "yaml"),
    usage: "Specify output format (json|yaml)",
});

/// `--format`, for commands that ignore it.
pub(crate) const DEPRECATED_FORMAT: Text = Text::new(&["format"], "(DEPRECATED) Has no effect.");

/// `--output`.
pub(crate) const OUTPUT: Text = Text::new(&["o", "output"], "Specify an output file");

/// `--relation`.
pub(crate) const RELATION: Flag = relation("Names the relation by its id.");

/// `--relation`, with its usage.
pub(crate) const fn relation(usage: &'static str) -> Flag {
    Flag { names: &["r", "relation"], kind: Kind::Relation, usage }
}
