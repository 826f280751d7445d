//! Lists of one's own: a [`ListedParty`] as JSON on each line. Versions of lists are kept in this form, too.

use super::{LIST_BYTES_MAX, ListError, checked};
use crate::aml::party::ListedParty;
use std::io::{BufRead, BufReader, Read, Write};

/// The most bytes of a line.
const LINE_MAX: u64 = 1 << 20;

/// Reads a list of lines of JSON. Empty lines are passed over; a field that is not known is an error.
///
/// # Errors
/// [`ListError`].
pub fn jsonl(input: impl Read) -> Result<Vec<ListedParty>, ListError> {
    let mut input = BufReader::new(input.take(LIST_BYTES_MAX + 1));
    let (mut list, mut text, mut total) = (Vec::new(), Vec::new(), 0);
    for line in 1.. {
        text.clear();
        let read = input.by_ref().take(LINE_MAX + 1).read_until(b'\n', &mut text)? as u64;
        total += read;
        if total > LIST_BYTES_MAX {
            return Err(ListError::TooLarge);
        }
        if read == 0 {
            break;
        }
        if read > LINE_MAX {
            return Err(ListError::line(line, "longer than 1 MiB"));
        }
        let bytes = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&text);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let party: ListedParty =
            serde_json::from_slice(bytes).map_err(|e| ListError::line(line, e.to_string()))?;
        if let Some(span) = party.births.iter().find(|span| span.from > span.to) {
            return Err(ListError::line(
                line,
                format!("a date ends before it begins: {} to {}", span.from, span.to),
            ));
        }
        if party.id.is_empty() || party.names.iter().any(|name| name.text.trim().is_empty()) {
            return Err(ListError::line(line, "an id or a name is empty"));
        }
        list.push(party);
    }
    checked(list)
}

/// Writes entries as lines of JSON.
///
/// # Errors
/// Those of `output`.
pub fn write_jsonl(list: &[ListedParty], output: &mut impl Write) -> std::io::Result<()> {
    for party in list {
        serde_json::to_writer(&mut *output, party)?;
        output.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text = r#"{"id":"1","kind":"person","names":[{"text":"Ann Other","quality":"primary"}],"births":[{"from":"1957-01-01","to":"1957-12-31"}],"countries":["GB"]}"#;
        let list = jsonl(text.as_bytes()).unwrap();
        let mut out = Vec::new();
        write_jsonl(&list, &mut out).unwrap();
        assert_eq!(String::from_utf8(out.clone()).unwrap().trim(), text);
        assert_eq!(jsonl(&out[..]).unwrap(), list);
    }

    #[test]
    fn bad_lines_are_named() {
        let good = r#"{"id":"1","kind":"person","names":[{"text":"Ann Other","quality":"primary"}]}"#;
        for (bad, line) in [
            (format!("{good}\n{{"), 2),
            (good.replace("person", "planet"), 1),
            (good.replace("\"id\"", "\"extra\":1,\"id\""), 1),
            (good.replace("Ann Other", " "), 1),
        ] {
            let error = jsonl(bad.as_bytes()).unwrap_err();
            assert!(matches!(error, ListError::Line { line: l, .. } if l == line), "{bad}: {error}");
        }
        assert!(matches!(jsonl(&b""[..]), Err(ListError::Empty)));
        assert!(matches!(jsonl(format!("{good}\n{good}").as_bytes()), Err(ListError::Twice { .. })));
    }
}
