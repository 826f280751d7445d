//! The codes of the Nacha rules: transaction codes, reasons of returns and of changes. Facts as generally known; the
//! standing of each code is listed in the Nacha Operating Rules, Appendix Four (returns) and Five (changes).

/// Which way the money goes, seen from the receiver's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the receiver.
    Credit,
    /// From the receiver.
    Debit,
}

/// The direction of a transaction code; `None` if there is no such code.
///
/// 2x checking, 3x savings, 4x general ledger, 5x loan, 8x advices of class ADV.
pub const fn direction(code: u64) -> Option<Direction> {
    match code {
        21..=24 | 31..=34 | 41..=44 | 51..=54 | 81 | 83 | 85 | 87 => Some(Direction::Credit),
        26..=29 | 36..=39 | 46..=49 | 55 | 56 | 82 | 84 | 86 | 88 => Some(Direction::Debit),
        _ => None,
    }
}

/// Whether the code is that of a prenote: an entry of amount zero that only tries the account.
pub const fn is_prenote(code: u64) -> bool {
    matches!(code, 23 | 28 | 33 | 38 | 43 | 48 | 53)
}

/// Whether the code is that of a return or a notification of change.
pub(super) const fn is_return(code: u64) -> bool {
    matches!(code, 21 | 26 | 31 | 36 | 41 | 46 | 51 | 56)
}

/// Whether the code is that of an entry of amount zero with remittance.
pub(super) const fn is_zero_remittance(code: u64) -> bool {
    matches!(code, 24 | 29 | 34 | 39 | 44 | 49 | 54)
}

/// What a reason of a return means, by its code: `R01`. `None` if the rules do not have it.
pub fn return_reason(code: &str) -> Option<&'static str> {
    RETURNS.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)
}

/// What a notification of change is about, by its code: `C01`. `None` if the rules do not have it.
pub fn change_reason(code: &str) -> Option<&'static str> {
    CHANGES.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)
}

const RETURNS: &[(&str, &str)] = &[
    ("R01", "insufficient funds"),
    ("R02", "account closed"),
    ("R03", "no account"),
    ("R04", "invalid account number"),
    ("R05", "unauthorized debit to a consumer account by a corporate entry"),
    ("R06", "returned at the originating bank's request"),
    ("R07", "authorization revoked"),
    ("R08", "payment stopped"),
    ("R09", "uncollected funds"),
    ("R10", "the receiver does not know the originator or did not authorize"),
    ("R11", "not in accordance with the authorization"),
    ("R12", "branch sold to another bank"),
    ("R13", "receiving bank is not qualified to participate"),
    ("R14", "representative payee deceased"),
    ("R15", "beneficiary or account holder deceased"),
    ("R16", "account frozen, or entry returned by order of OFAC"),
    ("R17", "file record edit criteria, or questionable account"),
    ("R18", "improper effective entry date"),
    ("R19", "amount field error"),
    ("R20", "non-transaction account"),
    ("R21", "invalid company identification"),
    ("R22", "invalid individual identification number"),
    ("R23", "credit entry refused by the receiver"),
    ("R24", "duplicate entry"),
    ("R25", "addenda error"),
    ("R26", "mandatory field error"),
    ("R27", "trace number error"),
    ("R28", "routing number check digit error"),
    ("R29", "corporate customer advises not authorized"),
    ("R30", "receiving bank does not take part in check truncation"),
    ("R31", "permissible return entry"),
    ("R32", "receiving bank does not settle"),
    ("R33", "return of an XCK entry"),
    ("R34", "participation of the receiving bank limited"),
    ("R35", "improper debit entry"),
    ("R36", "improper credit entry"),
    ("R37", "source document presented for payment"),
    ("R38", "stop payment on the source document"),
    ("R39", "improper source document"),
    ("R40", "return of an ENR entry by a federal agency"),
    ("R41", "invalid transaction code"),
    ("R42", "routing number or check digit error"),
    ("R43", "invalid account number"),
    ("R44", "invalid individual identification"),
    ("R45", "invalid individual or company name"),
    ("R46", "invalid representative payee indicator"),
    ("R47", "duplicate enrollment"),
    ("R50", "state law affecting RCK acceptance"),
    ("R51", "item of an RCK entry is ineligible or improper"),
    ("R52", "stop payment on an item of an RCK entry"),
    ("R53", "item and RCK entry presented for payment"),
    ("R61", "misrouted return"),
    ("R62", "return of an erroneous or reversing debit"),
    ("R67", "duplicate return"),
    ("R68", "untimely return"),
    ("R69", "field error"),
    ("R70", "permissible return entry not accepted"),
    ("R71", "misrouted dishonored return"),
    ("R72", "untimely dishonored return"),
    ("R73", "timely original return"),
    ("R74", "corrected return"),
    ("R75", "return was not a duplicate"),
    ("R76", "no errors found"),
    ("R77", "non-acceptance of a dishonored return"),
    ("R80", "IAT entry coding error"),
    ("R81", "the bank does not take part in IAT"),
    ("R82", "invalid foreign receiving bank"),
    ("R83", "foreign receiving bank unable to settle"),
    ("R84", "entry not processed by the gateway"),
    ("R85", "incorrectly coded outbound international payment"),
];

const CHANGES: &[(&str, &str)] = &[
    ("C01", "account number"),
    ("C02", "routing number"),
    ("C03", "routing number and account number"),
    ("C04", "individual name or receiving company name"),
    ("C05", "transaction code"),
    ("C06", "account number and transaction code"),
    ("C07", "routing number, account number and transaction code"),
    ("C08", "receiving bank of an IAT entry"),
    ("C09", "individual identification number"),
    ("C10", "company name"),
    ("C11", "company identification"),
    ("C12", "company name and company identification"),
    ("C13", "format of the addenda"),
    ("C14", "entry class for outbound international payment"),
    ("C61", "misrouted notification"),
    ("C62", "incorrect trace number"),
    ("C63", "incorrect company identification"),
    ("C64", "incorrect individual identification"),
    ("C65", "incorrectly formatted corrected data"),
    ("C66", "incorrect discretionary data"),
    ("C67", "routing number not from the original entry"),
    ("C68", "account number not from the original entry"),
    ("C69", "incorrect transaction code"),
];
