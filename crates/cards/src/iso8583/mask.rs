//! Messages in logs: card data never shows.

use super::Message;
use std::fmt;

/// Fields that never hold card, track, PIN or personal data. All others show only their length; what a host puts into
/// a private field is not known here.
const SHOWN: [u8; 52] = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 37, 38, 39, 40, 41, 42, 43, 49, 50, 51, 54, 66, 67, 68, 69, 70, 71, 72, 73, 90, 95, 97,
];

impl Message {
    /// A field as it may be shown: field 2 with its first six and last four digits, a field that may hold card, track, PIN
    /// or personal data as its length in parentheses. `None` if the message does not have it.
    pub fn masked(&self, field: u8) -> Option<String> {
        let value = self.get(field)?;
        Some(match std::str::from_utf8(value) {
            Ok(text) if SHOWN.contains(&field) => text.trim_end().escape_debug().to_string(),
            Ok(text) if field == 2 => truncated(text),
            _ => format!("({})", value.len()),
        })
    }
}

impl fmt::Display for Message {
    /// The type and the fields in order: `0100 2=411111******1111 3=000000 14=(4)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.mti())?;
        for field in self.fields() {
            write!(f, " {field}={}", self.masked(field).unwrap_or_default())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({self})")
    }
}

/// First six and last four digits at most (PCI DSS v4.0.1, 3.4.1); only the length of what is too short or no number.
fn truncated(pan: &str) -> String {
    if pan.len() < 14 || !pan.bytes().all(|b| b.is_ascii_digit()) {
        return format!("({})", pan.len());
    }
    format!("{}{}{}", &pan[..6], "*".repeat(pan.len() - 10), &pan[pan.len() - 4..])
}

#[cfg(test)]
mod tests {
    use crate::iso8583::{Message, Mti};

    #[test]
    fn card_data_does_not_show() {
        let mut m = Message::new(Mti::AUTHORIZATION_REQUEST);
        for (field, value) in [
            (2, "4111111111111111"),
            (3, "000000"),
            (14, "3012"),
            (34, "4111111111111111"),
            (35, "4111111111111111=3012"),
            (36, "4111111111111111=3012"),
            (45, "B4111111111111111^DOE/J"),
            (48, "9203123"),
            (52, "\u{1}\u{2}\u{3}"),
            (55, "Z\u{8}4111"),
            (63, "4111111111111111"),
            (102, "4111111111111111"),
        ] {
            m.put(field, value).unwrap();
        }
        let shown = "0100 2=411111******1111 3=000000 14=(4) 34=(16) 35=(21) 36=(21) 45=(23) 48=(7) 52=(3) 55=(6) 63=(16) 102=(16)";
        assert_eq!(m.to_string(), shown);
        assert_eq!(format!("{m:?}"), format!("Message({shown})"));
    }

    #[test]
    fn a_short_or_odd_account_number_does_not_show_at_all() {
        let mut m = Message::new(Mti::AUTHORIZATION_REQUEST);
        m.put(2, "411111111111").unwrap();
        assert_eq!(m.to_string(), "0100 2=(12)");
        m.put(2, "41111111111\u{e9}11111").unwrap();
        assert_eq!(m.to_string(), "0100 2=(18)");
    }
}
