//! The one form of a decimal number in text: `-12.30`.

/// The parts of a decimal number; both are digits, the fraction may be empty.
pub(crate) struct DecimalText<'a> {
    pub(crate) negative: bool,
    pub(crate) whole: &'a str,
    pub(crate) fraction: &'a str,
}

impl<'a> DecimalText<'a> {
    /// Reads an optional `-`, digits, and optionally a point and digits. No `+`, exponent, spaces, grouping, or bare
    /// point; `None` for those.
    pub(crate) fn split(text: &'a str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match rest.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (rest, ""),
        };
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        (!whole.is_empty() && digits(whole) && digits(fraction)).then_some(Self { negative, whole, fraction })
    }
}
