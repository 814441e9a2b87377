use std::fmt::Display;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys and values of a TOML file without sections, each with its line.
///
/// Messages name line and key and say what would be right; the file's name is the caller's
/// to add.
#[derive(Debug)]
pub(super) struct Entries<'t> {
    text: &'t str,
    table: DeTable<'t>,
}

impl<'t> Entries<'t> {
    /// Reads a text that may have these keys and no others.
    pub(super) fn parse(text: &'t str, keys: &[&str]) -> Result<Self, String> {
        let table = DeTable::parse(text)
            .map_err(|error| syntax(text, &error))?
            .into_inner();
        let entries = Self { text, table };
        entries.refuse_unknown(keys)?;
        Ok(entries)
    }

    fn refuse_unknown(&self, keys: &[&str]) -> Result<(), String> {
        let unknown = self
            .table
            .keys()
            .filter(|key| !keys.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        let Some(unknown) = unknown else {
            return Ok(());
        };
        let near = nearest(unknown.get_ref(), keys)
            .map(|key| format!("did you mean {key}? "))
            .unwrap_or_default();
        Err(format!(
            "line {}: {} is no key, {near}there are {}",
            self.line(unknown.span().start),
            shortened(unknown.get_ref()),
            keys.join(", ")
        ))
    }

    /// Each key with its value as it is written, a line each, in the file's order.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .map(|(key, value)| format!("{} = {}", key.get_ref(), self.as_is(value)))
            .collect()
    }

    /// The text of a key, read by `read`.
    pub(super) fn text<T, E: Display>(
        &self,
        key: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, String> {
        self.value(key, "text in quotes", |value| {
            let text = value.as_str()?;
            Some(read(text).map_err(|error| error.to_string()))
        })
    }

    /// The text of a key as a type that reads itself.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self, key: &str) -> Result<Option<T>, String> {
        self.text(key, str::parse)
    }

    /// A number, with or without decimals, or a text, read by `read` as it is written.
    pub(super) fn number<T, E: Display>(
        &self,
        key: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, String> {
        self.scalar(key, "a number", read)
    }

    /// As [`number`](Self::number), where `allowed` says in a message what may stand there.
    pub(super) fn scalar<T, E: Display>(
        &self,
        key: &str,
        allowed: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, String> {
        self.value(key, allowed, |value| {
            let written = match value {
                DeValue::Integer(number) => number.to_string(),
                DeValue::Float(number) => number.to_string(),
                DeValue::String(text) => text.to_string(),
                _ => return None,
            };
            Some(read(&written).map_err(|error| error.to_string()))
        })
    }

    /// One of two things.
    pub(super) fn either<T>(&self, key: &str, yes: T, no: T) -> Result<Option<T>, String> {
        self.value(key, "true or false", |value| {
            value.as_bool().map(|said| Ok(if said { yes } else { no }))
        })
    }

    fn value<T>(
        &self,
        key: &str,
        allowed: &str,
        read: impl FnOnce(&DeValue<'_>) -> Option<Result<T, String>>,
    ) -> Result<Option<T>, String> {
        let Some(value) = self.table.get(key) else {
            return Ok(None);
        };
        let at = |message: String| format!("line {}: {message}", self.line(value.span().start));
        match read(value.get_ref()) {
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(reason)) => Err(at(reason)),
            None => Err(at(format!(
                "{key} is {}, it must be {allowed}",
                self.written(value)
            ))),
        }
    }

    /// A value as it stands in the file, as far as there is room for it in a message.
    fn written(&self, value: &Spanned<DeValue<'_>>) -> String {
        shortened(self.text.get(value.span()).unwrap_or("something else"))
    }

    /// A value as it stands in the file, without what would upset a terminal.
    fn as_is(&self, value: &Spanned<DeValue<'_>>) -> String {
        let text = self.text.get(value.span()).unwrap_or("something else");
        text.chars().filter(|c| !c.is_control()).collect()
    }

    fn line(&self, offset: usize) -> usize {
        line(self.text, offset)
    }
}

/// The line, from 1, of a byte of `text`.
fn line(text: &str, offset: usize) -> usize {
    let before = text.bytes().take(offset);
    1 + before.filter(|&byte| byte == b'\n').count()
}

fn syntax(text: &str, error: &toml::de::Error) -> String {
    let line = line(text, error.span().map_or(0, |span| span.start));
    let written = text.split('\n').nth(line - 1).unwrap_or("");
    // A path of Windows in double quotes is the commonest mistake of its kind.
    let remedy = if written.contains('\\') {
        "write text with \\ in single quotes"
    } else {
        "write KEY = \"VALUE\", one a line"
    };
    format!("line {line} is no TOML: {}: {remedy}", error.message())
}

/// Text of the file of at most 60 characters, without what would upset a terminal.
fn shortened(text: &str) -> String {
    const CHARS: usize = 60;
    let escaped: String = text.escape_debug().take(CHARS + 1).collect();
    match escaped.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}...", &escaped[..end]),
        None => escaped,
    }
}

/// The key that somebody who wrote `wrong` may have meant: at most two letters away.
fn nearest<'k>(wrong: &str, keys: &[&'k str]) -> Option<&'k str> {
    // Words of that length are not slips, and their distances cost time.
    if wrong.len() > 40 {
        return None;
    }
    let wrong = wrong.to_lowercase().replace('_', "-");
    let distances = keys.iter().map(|&key| (distance(&wrong, key), key));
    let (distance, key) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2).then_some(key)
}

/// How many letters must be put in, left out or replaced (Wagner and Fischer 1974).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 3] = ["background", "text-height", "fps"];

    #[test]
    fn distances_are_counted() {
        let cases = [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3)];
        for (from, to, expected) in cases {
            assert_eq!(distance(from, to), expected, "{from} {to}");
            assert_eq!(distance(to, from), expected, "{to} {from}");
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_key_that_was_meant() {
        let cases = [
            (
                "backgroud = 1",
                "line 1: backgroud is no key, did you mean background? there are background, text-height, fps",
            ),
            (
                "fps = 1\n\ntext_height = 2",
                "line 3: text_height is no key, did you mean text-height?",
            ),
            (
                "zzz = 1\naaa = 1",
                "line 1: zzz is no key, there are background",
            ),
            ("[run]\nfps = 1", "line 1: run is no key, there are"),
            ("Background = 1", "did you mean background?"),
        ];
        for (text, said) in cases {
            let error = Entries::parse(text, &KEYS).unwrap_err();
            assert!(error.starts_with(said) || error.contains(said), "{error}");
        }
    }

    #[test]
    fn values_of_another_kind_are_named_with_the_right_one() {
        let text = "background = 7\ntext-height = [\"1/17\"]\nfps = true";
        let entries = Entries::parse(text, &KEYS).unwrap();
        let error = entries.parsed::<String>("background").unwrap_err();
        assert_eq!(error, "line 1: background is 7, it must be text in quotes");
        let error = entries.parsed::<String>("text-height").unwrap_err();
        assert!(
            error.starts_with("line 2: text-height is [\\\"1/17\\\"], it"),
            "{error}"
        );
        let error = entries.number("fps", str::parse::<u32>).unwrap_err();
        assert_eq!(error, "line 3: fps is true, it must be a number");
        let error = entries.either("background", 1, 0).unwrap_err();
        assert!(error.ends_with("true or false"), "{error}");
    }

    #[test]
    fn what_is_no_toml_is_named_with_its_line_and_a_remedy() {
        for (text, said) in [
            ("fps = 1\nbackground = \"blur", "line 2 is no TOML"),
            ("background = blur", "line 1 is no TOML"),
            ("fps 30", "KEY = \"VALUE\""),
            ("background = \"image:C:\\Users\\a.png\"", "single quotes"),
            ("fps = 1\nfps = 2", "line 2 is no TOML"),
        ] {
            let error = Entries::parse(text, &KEYS).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn what_windows_editors_write_is_read() {
        let entries = Entries::parse("\u{feff}fps = 30\r\nbackground = 'a'\r\n", &KEYS).unwrap();
        assert_eq!(entries.number("fps", str::parse::<u32>), Ok(Some(30)));
        assert_eq!(entries.parsed("background"), Ok(Some("a".to_owned())));
    }

    #[test]
    fn a_message_is_short_and_does_not_upset_a_terminal() {
        let text = format!("\"\\u001b[31m{}\" = 1", "x".repeat(5000));
        let error = Entries::parse(&text, &KEYS).unwrap_err();
        assert!(error.len() < 200 && !error.contains('\u{1b}'), "{error}");
    }
}
