//! What each standard entry class allows. Facts as generally known from the Nacha Operating Rules, Appendix Three.

use super::codes::Direction;

/// Which addenda an entry of a class has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Addenda {
    /// None.
    None,
    /// At most so many of type 05.
    Remark(u32),
    /// Exactly one of type 02.
    Terminal,
    /// Seven of types 10 to 16, at most two of type 17 and five of type 18.
    Iat,
    /// One of type 98.
    Change,
}

/// The rules of a class.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClassRule {
    pub(super) code: &'static str,
    pub(super) addenda: Addenda,
    /// The only direction entries may have.
    pub(super) only: Option<Direction>,
    /// The most cents of an entry.
    pub(super) cents_max: Option<u64>,
    /// The entry description the batch header must have.
    pub(super) description: Option<&'static str>,
    /// Whether entries are without money.
    pub(super) zero: bool,
}

/// The rules of the class with this code; `None` if there is no such class.
pub(super) fn class_rule(code: &str) -> Option<&'static ClassRule> {
    CLASSES.iter().find(|rule| rule.code == code)
}

const fn class(code: &'static str, addenda: Addenda) -> ClassRule {
    ClassRule { code, addenda, only: None, cents_max: None, description: None, zero: false }
}

const fn debits(code: &'static str, addenda: Addenda, cents_max: Option<u64>) -> ClassRule {
    ClassRule { only: Some(Direction::Debit), cents_max, ..class(code, addenda) }
}

/// 25,000.00 dollars: the most for a check turned into an entry.
const CHECK_MAX: Option<u64> = Some(2_500_000);
/// 2,500.00 dollars: the most for a check presented again.
const AGAIN_MAX: Option<u64> = Some(250_000);

const CLASSES: &[ClassRule] = &[
    ClassRule { zero: true, ..class("ACK", Addenda::Remark(1)) },
    class("ADV", Addenda::None),
    debits("ARC", Addenda::None, CHECK_MAX),
    ClassRule { zero: true, ..class("ATX", Addenda::Remark(9_999)) },
    debits("BOC", Addenda::None, CHECK_MAX),
    class("CCD", Addenda::Remark(1)),
    ClassRule { only: Some(Direction::Credit), ..class("CIE", Addenda::Remark(1)) },
    ClassRule { zero: true, ..class("COR", Addenda::Change) },
    class("CTX", Addenda::Remark(9_999)),
    ClassRule { zero: true, ..class("DNE", Addenda::Remark(1)) },
    ClassRule { zero: true, description: Some("AUTOENROLL"), ..class("ENR", Addenda::Remark(9_999)) },
    class("IAT", Addenda::Iat),
    class("MTE", Addenda::Terminal),
    debits("POP", Addenda::None, CHECK_MAX),
    debits("POS", Addenda::Terminal, None),
    class("PPD", Addenda::Remark(1)),
    ClassRule { description: Some("REDEPCHECK"), ..debits("RCK", Addenda::None, AGAIN_MAX) },
    debits("SHR", Addenda::Terminal, None),
    debits("TEL", Addenda::None, None),
    debits("TRC", Addenda::None, None),
    debits("TRX", Addenda::Remark(9_999), None),
    class("WEB", Addenda::Remark(1)),
    ClassRule { description: Some("NO CHECK"), ..debits("XCK", Addenda::None, AGAIN_MAX) },
];
