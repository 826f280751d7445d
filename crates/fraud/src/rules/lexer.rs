//! An expression cut into words.

use super::parse::Fault;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Name(String),
    Int(i64),
    Text(String),
    Sign(&'static str),
}

/// Signs, the longer first.
const SIGNS: [&str; 19] =
    ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "%", "(", ")", "[", "]", ","];

/// Cuts an expression into words, each with the character it begins at, from 1.
pub(super) fn words(text: &str) -> Result<Vec<(usize, Word)>, Fault> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut i = 0;
    while let Some(c) = chars.get(i).copied() {
        let at = i + 1;
        if c.is_whitespace() {
            i += 1;
        } else if c.is_ascii_alphabetic() || c == '_' {
            let end = run(&chars, i, |c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            found.push((at, Word::Name(chars[i..end].iter().collect())));
            i = end;
        } else if c.is_ascii_digit() {
            let end = run(&chars, i, |c| c.is_ascii_digit() || c == '_');
            let digits: String = chars[i..end].iter().filter(|c| **c != '_').collect();
            let number = digits.parse().map_err(|_| Fault::new(at, "the number is too large"))?;
            found.push((at, Word::Int(number)));
            i = end;
        } else if c == '"' || c == '\'' {
            let Some(length) = chars[i + 1..].iter().position(|e| *e == c) else {
                return Err(Fault::new(at, "the text has no end"));
            };
            let text: String = chars[i + 1..i + 1 + length].iter().collect();
            if text.contains('\\') {
                return Err(Fault::new(at, "a text has no backslash"));
            }
            found.push((at, Word::Text(text)));
            i += length + 2;
        } else {
            let sign =
                SIGNS.iter().find(|s| s.chars().enumerate().all(|(k, c)| chars.get(i + k) == Some(&c)));
            let Some(sign) = sign else {
                return Err(Fault::new(at, format!("{c:?} is not known here")));
            };
            found.push((at, Word::Sign(sign)));
            i += sign.len();
        }
    }
    Ok(found)
}

fn run(chars: &[char], from: usize, is: impl Fn(char) -> bool) -> usize {
    from + chars[from..].iter().take_while(|c| is(**c)).count()
}
