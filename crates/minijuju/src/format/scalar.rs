//! Text and numbers in YAML: what has to be quoted, and how.

/// A letter inside double quotes.
pub(super) fn escaped(letter: char) -> String {
    match letter {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\0' => "\\0".to_owned(),
        '\u{7}' => "\\a".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\t' => "\\t".to_owned(),
        '\n' => "\\n".to_owned(),
        '\u{b}' => "\\v".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\r' => "\\r".to_owned(),
        '\u{1b}' => "\\e".to_owned(),
        '\u{85}' => "\\N".to_owned(),
        '\u{2028}' => "\\L".to_owned(),
        '\u{2029}' => "\\P".to_owned(),
        _ if is_printable(letter) => letter.to_string(),
        _ => match u32::from(letter) {
            code @ ..=0xff => format!("\\x{code:02X}"),
            code @ ..=0xffff => format!("\\u{code:04X}"),
            code => format!("\\U{code:08X}"),
        },
    }
}

fn is_printable(letter: char) -> bool {
    matches!(letter, '\n' | ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// In which styles a text can be written.
pub(super) struct Shape {
    /// Bare.
    pub plain: bool,
    /// In single quotes.
    pub single: bool,
    /// Line by line after `|`.
    pub literal: bool,
    /// Whether it has several lines.
    pub lines: bool,
}

impl Shape {
    /// Looks a text over.
    pub(super) fn of(text: &str) -> Shape {
        let is_break = |letter: char| matches!(letter, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let letters: Vec<char> = text.chars().collect();
        let blank_at = |place: usize| letters.get(place).is_none_or(|letter| matches!(letter, ' ' | '\t'));
        let mut indicator = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut breaks, mut break_space, mut space_break) = (false, false, false, false);
        let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
        for (place, &letter) in letters.iter().enumerate() {
            indicator |= match letter {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
                    if place == 0 =>
                {
                    true
                }
                '?' | '-' if place == 0 => blank_at(place + 1),
                ':' => blank_at(place + 1),
                '#' => after_blank,
                _ => false,
            };
            special |= !is_printable(letter);
            break_space |= letter == ' ' && after_break;
            space_break |= is_break(letter) && after_space;
            breaks |= is_break(letter);
            after_space = letter == ' ';
            after_break = is_break(letter);
            after_blank = letter == ' ' || letter == '\t' || is_break(letter);
        }
        let edge = |letter: Option<&char>| letter.is_some_and(|&letter| letter == ' ' || is_break(letter));
        let unprintable = space_break || special;
        Shape {
            plain: !(indicator
                || unprintable
                || break_space
                || breaks
                || edge(letters.first())
                || edge(letters.last())),
            single: !unprintable && !break_space,
            literal: !unprintable && letters.last() != Some(&' ') && !text.is_empty(),
            lines: breaks,
        }
    }
}

/// Words that stand for nothing, yes, no or a number.
#[rustfmt::skip]
const WORDS: [&str; 40] = [
    "", "~", "null", "Null", "NULL", "<<",
    "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON",
    "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF",
    ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
];

/// Whether a reader would take the bare text for something else than text.
pub(super) fn reads_as_other(text: &str) -> bool {
    if WORDS.contains(&text) {
        return true;
    }
    match text.chars().next() {
        Some('.') => text.parse::<f64>().is_ok(),
        Some('0'..='9' | '+' | '-') => {
            let bare = text.replace('_', "");
            is_timestamp(text) || is_integer(&bare) || is_float(&bare) || is_base_60(text)
        }
        _ => false,
    }
}

/// Decimal, `0x`, `0o`, `0b` or a leading 0 for octal, within 64 bits.
fn is_integer(text: &str) -> bool {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(digits) = lower.strip_prefix("0x") {
        (16, digits)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (8, digits)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (2, digits)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    if digits.starts_with(['+', '-']) {
        return false;
    }
    match u64::from_str_radix(digits, radix) {
        Ok(size) if negative => size <= 1 << 63,
        // Go reads what is larger than 63 bits without a sign only.
        Ok(size) => size < 1 << 63 || !text.starts_with('+'),
        Err(_) => false,
    }
}

/// Juju's own reading of floats: no leading zeros, digits after the point, a sign in the exponent.
fn is_float(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    (whole.is_empty() || whole == "0" || digits(whole) && !whole.starts_with('0'))
        && !mantissa.is_empty()
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| exponent.strip_prefix(['+', '-']).is_some_and(digits))
}

/// `190:20:30`, which readers of YAML 1.1 take for a number.
fn is_base_60(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let rest = rest.split_once('.').map_or(Some(rest), |(whole, fraction)| {
        fraction.chars().all(|c| c.is_ascii_digit() || c == '_').then_some(whole)
    });
    let Some(rest) = rest else { return false };
    let mut parts = rest.split(':');
    let first = parts.next().unwrap_or_default();
    let mut count = 0;
    let sixty = |part: &str| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    first.starts_with(|c: char| c.is_ascii_digit())
        && first.chars().all(|c| c.is_ascii_digit() || c == '_')
        && parts.inspect(|_| count += 1).all(sixty)
        && count > 0
}

/// `2026-11-22`, `2026-11-22 08:15:01`, `2026-11-22T08:15:01Z`, with fractions of a second.
fn is_timestamp(text: &str) -> bool {
    let number = |text: &str, most: usize, range: std::ops::RangeInclusive<u32>| {
        (1..=most).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_digit())
            && text.parse().is_ok_and(|number| range.contains(&number))
    };
    let is_date = |text: &str| match text.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] => {
            year.len() == 4 && number(year, 4, 0..=9999) && number(month, 2, 1..=12) && number(day, 2, 1..=31)
        }
        _ => false,
    };
    let is_time = |text: &str| {
        let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, f)| (whole, Some(f)));
        fraction.is_none_or(|f| !f.is_empty() && f.chars().all(|c| c.is_ascii_digit()))
            && match whole.split(':').collect::<Vec<_>>().as_slice() {
                [hour, minute, second] => {
                    number(hour, 2, 0..=23) && number(minute, 2, 0..=59) && number(second, 2, 0..=59)
                }
                _ => false,
            }
    };
    if let Some((date, time)) = text.split_once(['T', 't']) {
        let time = match time.strip_suffix('Z') {
            Some(time) => Some(time),
            None => time.len().checked_sub(6).and_then(|at| time.split_at_checked(at)).and_then(|(time, zone)| {
                let mut parts = zone.strip_prefix(['+', '-'])?.split(':');
                let fits = parts.next().is_some_and(|hour| hour.len() == 2 && number(hour, 2, 0..=24))
                    && parts.next().is_some_and(|minute| minute.len() == 2 && number(minute, 2, 0..=60));
                fits.then_some(time)
            }),
        };
        is_date(date) && time.is_some_and(is_time)
    } else if let Some((date, time)) = text.split_once(' ') {
        is_date(date) && is_time(time)
    } else {
        is_date(text)
    }
}

/// As few digits as there are, with an exponent from a million on and below a ten thousandth.
pub(super) fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        format!("{value}")
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    }
}
