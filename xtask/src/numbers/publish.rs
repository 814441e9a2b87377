//! Writes the figures into the repository's documents.

use std::fs;
use std::path::Path;

use super::figures::Figures;
use super::{beside, plots};
use crate::workspace::root;

/// Figures stand between these lines.
const BEGIN: &str = "<!-- numbers: begin, written by cargo xtask numbers -->";
const END: &str = "<!-- numbers: end -->";

/// Letters of a line of prose at most.
const LINE: usize = 120;

const PAGE: &str = "docs/BENCHMARKS.md";
const README: &str = "README.md";

/// Writes both documents and the plots.
///
/// # Errors
/// One line that names the file and says what is wrong with it. Both documents are looked at before one is written.
pub(super) fn all(figures: &Figures, page: &str) -> Result<(), String> {
    let documents = [(PAGE, page.to_owned()), (README, beside::readme(figures))];
    let mut texts = Vec::new();
    for (name, figures) in documents {
        let path = root().join(name);
        let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        let text = replaced(&text, &figures)
            .ok_or_else(|| format!("{name} has no lines \"{BEGIN}\" and \"{END}\""))?;
        texts.push((path, text));
    }
    for (name, plot) in plots::all(figures) {
        texts.push((root().join("docs").join(name), plot));
    }
    for (path, text) in texts {
        write(&path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
        eprintln!("written: {}", path.display());
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

/// Breaks prose into lines as the documents have them; tables, titles and pictures stay.
pub(super) fn wrapped(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let is_prose = !line.starts_with(['|', '#', '!', '<']);
        if is_prose {
            wrapped_line(line)
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str) -> String {
    let indent = if line.starts_with("- ") { "\n  " } else { "\n" };
    let (mut text, mut width) = (String::new(), 0);
    for word in line.split_whitespace() {
        let letters = word.chars().count();
        if width > 0 && width + 1 + letters > LINE {
            text += indent;
            width = indent.len() - 1;
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text += word;
        width += letters;
    }
    text
}

fn replaced(text: &str, figures: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!(
        "{before}{BEGIN}\n\n{}\n\n{END}{after}",
        figures.trim_end()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_put_between_their_lines_and_again() {
        let text = format!("# Title\n\n{BEGIN}\nold\n{END}\nrest\n");
        let once = replaced(&text, "new\n").unwrap();
        assert_eq!(once, format!("# Title\n\n{BEGIN}\n\nnew\n\n{END}\nrest\n"));
        assert_eq!(replaced(&once, "new").unwrap(), once);
        assert_eq!(replaced("# Title\n", "new"), None);
        assert_eq!(replaced(&format!("{END}\n{BEGIN}\n"), "new"), None);
    }

    #[test]
    fn prose_is_wrapped_and_tables_are_not() {
        let words = ["word"; 40].join(" ");
        let text = wrapped(&format!("{words}\n\n- {words}\n| {words} |"));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 6, "{text}");
        assert!(lines[..5].iter().all(|line| line.len() <= LINE), "{text}");
        assert!(lines[4].starts_with("  word") && lines[5].len() > LINE);
    }

    #[test]
    fn the_documents_have_a_place_for_figures() {
        for name in [PAGE, README] {
            let text = fs::read_to_string(root().join(name)).unwrap();
            assert!(replaced(&text, "").is_some(), "{name}");
        }
    }
}
