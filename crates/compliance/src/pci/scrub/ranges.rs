//! Which numbers networks issue: leading digits and lengths, as wide as any network has them.

/// Whether a network issues numbers like this: 13 to 19 digits, each 0 to 9. The check digit is not looked at.
pub fn is_issued(digits: &[u8]) -> bool {
    let [a, b, c, d, ..] = digits else { return false };
    let head = [*a, *b, *c, *d].iter().fold(0_u16, |head, digit| 10 * head + u16::from(*digit));
    let length = digits.len();
    match head {
        // JCB.
        1800 | 2131 => (15..=19).contains(&length),
        // Mir; JCB.
        2200..=2204 | 3528..=3589 => (16..=19).contains(&length),
        // Mastercard; Troy.
        2221..=2720 | 5100..=5599 | 9792 => length == 16,
        // Diners Club; RuPay and UnionPay.
        3000..=3059 | 3600..=3699 | 3800..=3999 | 8100..=8299 => (14..=19).contains(&length),
        // American Express.
        3400..=3499 | 3700..=3799 => length == 15,
        // Visa, with 13 digits until the nineties; Elo; Maestro has a range of all lengths.
        4000..=4999 => {
            matches!(length, 13 | 16 | 18 | 19)
                || (digits.starts_with(&[4, 9, 3, 6, 9, 8]) && (13..=19).contains(&length))
        }
        // Maestro, Elo, RuPay, Verve; Discover, Maestro, RuPay, UnionPay and others.
        5000..=5099 | 5600..=6999 => (13..=19).contains(&length),
        _ => false,
    }
}
