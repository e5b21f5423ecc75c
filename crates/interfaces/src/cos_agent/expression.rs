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
pub(super) enum UnclosedError {
    #[error("a string is not closed: {0}")]
    String(String),
    #[error("{end:?} is missing for the first of {text}")]
    Bracket { end: char, text: String },
}

/// Add these matchers to each selector of the expression. Labels that a selector already matches are left alone.
///
/// # Errors
/// A string or bracket is not closed.
pub(super) fn add_matchers(
    expression: &str,
    matchers: &[Matcher<'_>],
    language: Language,
) -> Result<String, UnclosedError> {
    let mut rewriter = Rewriter { rest: expression, out: String::with_capacity(2 * expression.len()) };
    while let Some(first) = rewriter.rest.chars().next() {
        match first {
            '"' | '\'' | '`' => rewriter.copy(string_length(rewriter.rest)?),
            '#' => rewriter.copy(rewriter.rest.find('\n').unwrap_or(rewriter.rest.len())),
            '[' => rewriter.copy(bracketed_length(rewriter.rest, ']')?),
            '{' => rewriter.rewrite_selector(matchers)?,
            c if c.is_ascii_digit() => rewriter.copy(number_length(rewriter.rest)),
            c if is_name(c) => {
                let end = rewriter.rest.find(|c: char| !is_name(c) && !c.is_ascii_digit());
                let name = &rewriter.rest[..end.unwrap_or(rewriter.rest.len())];
                rewriter.copy(name.len());
                if language == Language::PromQl {
                    rewriter.rewrite_after_name(&name.to_ascii_lowercase(), matchers)?;
                }
            }
            c => rewriter.copy(c.len_utf8()),
        }
    }
    Ok(rewriter.out)
}

struct Rewriter<'a> {
    rest: &'a str,
    out: String,
}

impl Rewriter<'_> {
    fn copy(&mut self, length: usize) {
        let (copied, rest) = self.rest.split_at(length);
        self.out.push_str(copied);
        self.rest = rest;
    }

    /// What follows a name shows whether it is a metric.
    fn rewrite_after_name(&mut self, name: &str, matchers: &[Matcher<'_>]) -> Result<(), UnclosedError> {
        let next = self.rest.trim_start();
        if GROUPINGS.contains(&name) && next.starts_with('(') {
            self.copy(self.rest.len() - next.len());
            self.copy(bracketed_length(self.rest, ')')?);
        } else if !OPERATORS.contains(&name)
            // A function, or an aggregation such as `sum(…)` or `sum by (…) (…)`.
            && !next.starts_with('(')
            && !["by", "without"].iter().any(|word| starts_with_word(next, word))
            && !next.starts_with('{')
        {
            self.out.push('{');
            self.out.push_str(&join_matchers(matchers.iter()));
            self.out.push('}');
        }
        Ok(())
    }

    /// A selector in braces.
    fn rewrite_selector(&mut self, matchers: &[Matcher<'_>]) -> Result<(), UnclosedError> {
        let length = bracketed_length(self.rest, '}')?;
        let content = &self.rest[1..length - 1];
        let missing = join_matchers(matchers.iter().filter(|(label, _)| !has_matcher(content, label)));
        self.out.push('{');
        self.out.push_str(&missing);
        if !missing.is_empty() && !content.trim().is_empty() {
            self.out.push_str(", ");
        }
        self.rest = &self.rest[1..];
        self.copy(length - 1);
        Ok(())
    }
}

fn join_matchers<'a>(matchers: impl Iterator<Item = &'a Matcher<'a>>) -> String {
    // Quoted as in Go, whose strings both languages use.
    matchers.map(|(label, value)| format!("{label}={value:?}")).collect::<Vec<_>>().join(", ")
}

/// Whether the content of braces matches this label.
fn has_matcher(content: &str, label: &str) -> bool {
    let mut rest = content;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' | '`' => string_length(rest).unwrap_or(rest.len()),
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
fn number_length(text: &str) -> usize {
    let mut last = ' ';
    let ends = |c: char| {
        let sign = matches!(c, '+' | '-') && matches!(last, 'e' | 'E') && !text.starts_with("0x");
        last = c;
        !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || sign)
    };
    text.find(ends).unwrap_or(text.len())
}

/// The length of the string at the start of the text.
fn string_length(text: &str) -> Result<usize, UnclosedError> {
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
    Err(UnclosedError::String(text.to_owned()))
}

/// The length of the text's start, up to its closing bracket.
fn bracketed_length(text: &str, end: char) -> Result<usize, UnclosedError> {
    let mut at = 1;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '"' | '\'' | '`' => at += string_length(&text[at..])?,
            c if c == end => return Ok(at + c.len_utf8()),
            c => at += c.len_utf8(),
        }
    }
    Err(UnclosedError::Bracket { end, text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP_MATCHERS: [Matcher<'static>; 2] = [("m", "prod"), ("app", "shop")];
    const MATCHERS: &str = r#"m="prod", app="shop""#;

    /// Check that matchers are inserted in place of each `§`.
    fn check_rewrite(language: Language, template: &str) {
        let plain = template.replace("§, ", "").replace("{§}", "{}").replace('§', "");
        let expected = template.replace('§', MATCHERS);
        assert_eq!(add_matchers(&plain, &SHOP_MATCHERS, language).as_deref(), Ok(expected.as_str()), "{plain}");
        // Without braces after a metric's name.
        if language == Language::PromQl {
            let bare = template.replace("{§}", "").replace("§, ", "").replace('§', "");
            if !bare.contains("{}") && !bare.starts_with(' ') && !template.starts_with('{') {
                assert_eq!(add_matchers(&bare, &SHOP_MATCHERS, language).as_deref(), Ok(expected.as_str()), "{bare}");
            }
        }
    }

    #[test]
    fn every_prometheus_selector_is_limited_to_this_application() {
        for template in [
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
            check_rewrite(Language::PromQl, template);
        }
    }

    #[test]
    fn every_loki_stream_selector_is_limited_to_this_application() {
        for template in [
            r#"count_over_time({§} |= "error" [5m]) > 9"#,
            r#"sum by (level) (rate({§, job="a"} | json | line_format "{{.msg}}" | level =~ `e{1}` [1m]))"#,
            r#"{§, job="a"} |~ "up{}""#,
        ] {
            check_rewrite(Language::LogQl, template);
        }
    }

    #[test]
    fn an_existing_matcher_of_a_label_is_kept() {
        let add_shop_matchers = |expression: &str| add_matchers(expression, &SHOP_MATCHERS, Language::PromQl).unwrap();
        assert_eq!(add_shop_matchers(r#"up{app=~"a|b"}"#), r#"up{m="prod", app=~"a|b"}"#);
        assert_eq!(add_shop_matchers(r#"up{app="x", m!=""}"#), r#"up{app="x", m!=""}"#);
        assert_eq!(add_shop_matchers(r#"up{x="app", apps="m"}"#), format!(r#"up{{{MATCHERS}, x="app", apps="m"}}"#));
    }

    #[test]
    fn unclosed_strings_and_brackets_are_an_error() {
        for expression in ["up{a=\"b}", "up{a", "rate(a[5m", "a and 'b", "sum by (a"] {
            assert!(add_matchers(expression, &SHOP_MATCHERS, Language::PromQl).is_err(), "{expression}");
        }
    }
}
