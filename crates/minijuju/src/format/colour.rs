//! Juju's colours.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::IsTerminal;

/// Whether output has colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colours {
    On,
    #[default]
    Off,
}

impl Colours {
    /// On if the stream is a terminal with colours, and `NO_COLOR` is not set.
    pub fn on(stream: &impl IsTerminal) -> Colours {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_disabled = is_dumb || std::env::var_os("NO_COLOR").is_some();
        if stream.is_terminal() && !is_disabled { Colours::On } else { Colours::Off }
    }
}

/// The style of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// No style.
    Plain,
    /// Success, and the current item.
    Good,
    Warning,
    Error,
    /// Addresses and similar values.
    Info,
    /// Headings.
    Bold,
    /// Messages.
    Gray,
    /// Endpoints.
    Magenta,
    /// Ports.
    BrightMagenta,
    /// Ports, and colons of the summary.
    BoldBrightMagenta,
    /// Names in the summary.
    BrightGreen,
    /// Keys of the summary.
    BoldBrightCyan,
    /// `ERROR` before an error.
    BrightRed,
}

impl Paint {
    /// Resets all styles.
    pub const RESET: &str = "\u{1b}[0m";

    /// The escape sequence that starts it.
    pub fn code(self) -> Option<&'static str> {
        Some(match self {
            Paint::Plain => return None,
            Paint::Good => "\u{1b}[32m",
            Paint::Warning => "\u{1b}[33m",
            Paint::Error => "\u{1b}[31m",
            Paint::Info => "\u{1b}[36m",
            Paint::Bold => "\u{1b}[1;39m",
            Paint::Gray => "\u{1b}[37m",
            Paint::Magenta => "\u{1b}[35m",
            Paint::BrightMagenta => "\u{1b}[95m",
            Paint::BoldBrightMagenta => "\u{1b}[1;95m",
            Paint::BrightGreen => "\u{1b}[92m",
            Paint::BoldBrightCyan => "\u{1b}[1;96m",
            Paint::BrightRed => "\u{1b}[91m",
        })
    }

    /// The style of a status.
    pub fn of_status(status: &str) -> Paint {
        match status {
            "active" | "running" | "idle" | "started" | "executing" | "attaching" | "attached" => Paint::Good,
            "allocating" | "lost" | "maintenance" | "pending" | "rebooting" | "stopped" | "unknown" | "detaching"
            | "detached" => Paint::Warning,
            "blocked" | "down" | "error" | "failed" | "terminated" => Paint::Error,
            _ => Paint::Plain,
        }
    }

    /// Text in this style.
    pub fn text(self, text: &str, colours: Colours) -> String {
        match self.code().filter(|_| colours == Colours::On) {
            Some(code) => format!("{code}{text}{}", Paint::RESET),
            None => text.to_owned(),
        }
    }
}

/// Make text safe for a terminal: text of a charm or a user must not move the cursor or ring the bell. Control
/// characters other than line breaks, tabs and our own colours are escaped, as `\\x1b`.
fn escape_controls(text: &str) -> Cow<'_, str> {
    const COLOURS: [Paint; 12] = [
        Paint::Good,
        Paint::Warning,
        Paint::Error,
        Paint::Info,
        Paint::Bold,
        Paint::Gray,
        Paint::Magenta,
        Paint::BrightMagenta,
        Paint::BoldBrightMagenta,
        Paint::BrightGreen,
        Paint::BoldBrightCyan,
        Paint::BrightRed,
    ];
    if !text.contains(is_unsafe_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let colour =
            COLOURS.iter().filter_map(|paint| paint.code()).chain([Paint::RESET]).find(|code| rest.starts_with(code));
        let length = if let Some(code) = colour {
            shown.push_str(code);
            code.len()
        } else {
            if is_unsafe_control(character) {
                // Control characters end at U+009F. Writing to a string does not fail.
                let _ = write!(shown, "\\x{:02x}", u32::from(character));
            } else {
                shown.push(character);
            }
            character.len_utf8()
        };
        rest = &rest[length..];
    }
    Cow::Owned(shown)
}

/// Text for this stream: escaped by [`escape_controls`] if it is a terminal.
pub fn escape_for<'a>(stream: &impl IsTerminal, text: &'a str) -> Cow<'a, str> {
    if stream.is_terminal() { escape_controls(text) } else { Cow::Borrowed(text) }
}

fn is_unsafe_control(character: char) -> bool {
    character.is_control() && !['\n', '\t'].contains(&character)
}

/// The line for an error: `ERROR ` and the reason.
#[must_use]
pub fn error(reason: &str, colours: Colours) -> String {
    format!("{} {reason}\n", Paint::BrightRed.text("ERROR", colours))
}

/// The line for a warning: `WARNING ` and the text.
#[must_use]
pub fn warning(what: &str, colours: Colours) -> String {
    format!("{} {what}\n", Paint::Warning.text("WARNING", colours))
}

/// The number of columns that text takes. Escape sequences take none.
pub fn width(text: &str) -> usize {
    let mut count = 0;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // An escape sequence ends with a letter.
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_for_a_terminal_except_colours() {
        let text = format!("{}\t\u{1b}]0;title\u{7}\u{1b}[2J\r\u{9b}2J ä\n", Paint::Good.text("active", Colours::On));
        let shown = "\u{1b}[32mactive\u{1b}[0m\t\\x1b]0;title\\x07\\x1b[2J\\x0d\\x9b2J ä\n";
        assert_eq!(escape_controls(&text), shown);
        assert!(matches!(escape_controls("as it is\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_width_of_text_does_not_count_colours() {
        assert_eq!(width("\u{1b}[1;39mApp\u{1b}[0m ä"), 5);
    }
}
