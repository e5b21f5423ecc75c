//! Restricts the expressions of alert rules to the series or streams of one application.
//!
//! The Python library uses `cos-tool` for this, a program with the parsers of Prometheus and Loki. This module needs
//! to know less: only where the selectors are.

/// The language of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// `PromQL`, of Prometheus.
    PromQl,
    /// `LogQL`, of Loki, in which only braces select.
    LogQl,
}

/// A label, and its required value.
pub(super) type Matcher<'a> = (&'static str, &'a str);

/// Words that are never a metric's name, whatever follows them.
const OPERATORS: [&str; 10] =
    ["and", "atan2", "bool", "inf", "nan", "offset", "or", "unless", "group_left", "group_right"];

/// Words that are followed by a list of labels.
const GROUPINGS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// An expression that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unclosed {
    #[error("a string is not closed: {0}")]
    String(String),
    #[error("{end:?} is missing for the first of {text}")]
    Bracket { end: char, text: String },
}

/// Add these matchers to each selector of the expression. Labels that a selector already matches are left alone.
///
/// # Errors
/// A string or bracket is not closed.
pub(super) fn select(expression: &str, matchers: &[Matcher<'_>], language: Language) -> Result<String, Unclosed> {
    let mut text = Text { rest: expression, out: String::with_capacity(2 * expression.len()) };
    while let Some(first) = text.rest.chars().next() {
        match first {
            '"' | '\'' | '`' => text.copy(string(text.rest)?),
            '#' => text.copy(text.rest.find('\n').unwrap_or(text.rest.len())),
            '[' => text.copy(closed(text.rest, ']')?),
            '{' => text.selector(matchers)?,
            c if c.is_ascii_digit() => text.copy(number(text.rest)),
            c if is_name(c) => {
                let name = &text.rest
                    [..text.rest.find(|c: char| !is_name(c) && !c.is_ascii_digit()).unwrap_or(text.rest.len())];
                text.copy(name.len());
                if language == Language::PromQl {
                    text.after_name(&name.to_ascii_lowercase(), matchers)?;
                }
            }
            c => text.copy(c.len_utf8()),
        }
    }
    Ok(text.out)
}

struct Text<'a> {
    rest: &'a str,
    out: String,
}

impl Text<'_> {
    fn copy(&mut self, length: usize) {
        let (copied, rest) = self.rest.split_at(length);
        self.out.push_str(copied);
        self.rest = rest;
    }

    /// What follows a name shows whether it is a metric.
    fn after_name(&mut self, name: &str, matchers: &[Matcher<'_>]) -> Result<(), Unclosed> {
        let next = self.rest.trim_start();
        if GROUPINGS.contains(&name) && next.starts_with('(') {
            self.copy(self.rest.len() - next.len());
            self.copy(closed(self.rest, ')')?);
        } else if !OPERATORS.contains(&name)
            // A function, or an aggregation such as `sum(…)` or `sum by (…) (…)`.
            && !next.starts_with('(')
            && !["by", "without"].iter().any(|word| starts_with_word(next, word))
            && !next.starts_with('{')
        {
            self.out.push('{');
            self.out.push_str(&joined(matchers.iter()));
            self.out.push('}');
        }
        Ok(())
    }

    /// A selector in braces.
    fn selector(&mut self, matchers: &[Matcher<'_>]) -> Result<(), Unclosed> {
        let length = closed(self.rest, '}')?;
        let inside = &self.rest[1..length - 1];
        let missing = joined(matchers.iter().filter(|(label, _)| !matches(inside, label)));
        self.out.push('{');
        self.out.push_str(&missing);
        if !missing.is_empty() && !inside.trim().is_empty() {
            self.out.push_str(", ");
        }
        self.rest = &self.rest[1..];
        self.copy(length - 1);
        Ok(())
    }
}

fn joined<'a>(matchers: impl Iterator<Item = &'a Matcher<'a>>) -> String {
    // Quoted as in Go, whose strings both languages use.
    matchers.map(|(label, value)| format!("{label}={value:?}")).collect::<Vec<_>>().join(", ")
}

/// Whether the content of braces matches this label.
fn matches(inside: &str, label: &str) -> bool {
    let mut rest = inside;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' | '`' => string(rest).unwrap_or(rest.len()),
            c if is_name(c) => {
                let length = rest.find(|c: char| !is_name(c) && !c.is_ascii_digit()).unwrap_or(rest.len());
                if rest[..length] == *label {
                    return true;
                }
                length
            }
            c => c.len_utf8(),
        };
        rest = &rest[length..];
    }
    false
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == ':'
}

fn starts_with_word(text: &str, word: &str) -> bool {
    let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
    text[..end].eq_ignore_ascii_case(word)
}

/// The length of the number or duration at the start of the text.
fn number(text: &str) -> usize {
    let mut last = ' ';
    let ends = |c: char| {
        let sign = matches!(c, '+' | '-') && matches!(last, 'e' | 'E') && !text.starts_with("0x");
        last = c;
        !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || sign)
    };
    text.find(ends).unwrap_or(text.len())
}

/// The length of the string at the start of the text.
fn string(text: &str) -> Result<usize, Unclosed> {
    let quote = text.chars().next().unwrap_or('"');
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            c if c == quote => return Ok(at + c.len_utf8()),
            _ => {}
        }
    }
    Err(Unclosed::String(text.to_owned()))
}

/// The length of the text's start, up to its closing bracket.
fn closed(text: &str, end: char) -> Result<usize, Unclosed> {
    let mut at = 1;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '"' | '\'' | '`' => at += string(&text[at..])?,
            c if c == end => return Ok(at + c.len_utf8()),
            c => at += c.len_utf8(),
        }
    }
    Err(Unclosed::Bracket { end, text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: [Matcher<'static>; 2] = [("m", "prod"), ("app", "shop")];
    const IN: &str = r#"m="prod", app="shop""#;

    /// Check that matchers are inserted in place of each `§`.
    fn check(language: Language, with: &str) {
        let plain = with.replace("§, ", "").replace("{§}", "{}").replace('§', "");
        let expected = with.replace('§', IN);
        assert_eq!(select(&plain, &SHOP, language).as_deref(), Ok(expected.as_str()), "{plain}");
        // Without braces after a metric's name.
        if language == Language::PromQl {
            let bare = with.replace("{§}", "").replace("§, ", "").replace('§', "");
            if !bare.contains("{}") && !bare.starts_with(' ') && !with.starts_with('{') {
                assert_eq!(select(&bare, &SHOP, language).as_deref(), Ok(expected.as_str()), "{bare}");
            }
        }
    }

    #[test]
    fn every_prometheus_selector_is_limited_to_this_application() {
        for with in [
            "up{§} == 0",
            r#"up{§, job="a"}"#,
            r#"{§, __name__=~"node_.+"} > 1"#,
            "absent(up{§})",
            "sum(rate(http_requests_total{§}[5m])) > 1e-3",
            "sum by (code, job) (rate(http_requests_total{§}[5m]))",
            "sum(rate(a{§}[5m])) without (instance) / on(job) group_left(team) sum by(job) (b{§})",
            "SUM BY (job) (a{§}) AND ON (job) b{§} OR c{§} unless ignoring (x) d{§}",
            "a{§} offset -1h30m > bool 0.5",
            "a{§} @ start() > b{§} @ 1609746000",
            "max_over_time(a{§}[1h:5m]) > 0x1f",
            "histogram_quantile(0.9, sum by (le) (rate(b_bucket{§}[10m]))) > Inf",
            "job:a:rate5m{§} > 3 # of all (a, b)",
            "label_replace(up{§}, \"by\", \"$1 {x}\", 'a', `\\`)",
            "topk(3, a{§}) > 1 and on() (vector(1) == 1)",
            "count_values(\"version\", build{§}) > time() - 2",
        ] {
            check(Language::PromQl, with);
        }
    }

    #[test]
    fn every_loki_stream_selector_is_limited_to_this_application() {
        for with in [
            r#"count_over_time({§} |= "error" [5m]) > 9"#,
            r#"sum by (level) (rate({§, job="a"} | json | line_format "{{.msg}}" | level =~ `e{1}` [1m]))"#,
            r#"{§, job="a"} |~ "up{}""#,
        ] {
            check(Language::LogQl, with);
        }
    }

    #[test]
    fn a_label_that_is_matched_already_is_not_changed() {
        let select = |expression: &str| select(expression, &SHOP, Language::PromQl).unwrap();
        assert_eq!(select(r#"up{app=~"a|b"}"#), r#"up{m="prod", app=~"a|b"}"#);
        assert_eq!(select(r#"up{app="x", m!=""}"#), r#"up{app="x", m!=""}"#);
        assert_eq!(select(r#"up{x="app", apps="m"}"#), format!(r#"up{{{IN}, x="app", apps="m"}}"#));
    }

    #[test]
    fn unclosed_strings_and_brackets_are_an_error() {
        for expression in ["up{a=\"b}", "up{a", "rate(a[5m", "a and 'b", "sum by (a"] {
            assert!(select(expression, &SHOP, Language::PromQl).is_err(), "{expression}");
        }
    }
}
