//! What can go wrong with bank files and accounts. Account numbers and names are never in an error.

use pmts_kernel::{CodeInfo, Coded};
use pmts_money::MoneyError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayoutsError {
    /// The file cannot be read or written.
    #[error("the bank file cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
    /// What stands in the file cannot be read on.
    #[error("line {line}: {message}")]
    Content {
        /// The code of what is wrong, one of [`codes`].
        code: &'static CodeInfo,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// A value does not fit the field it is to be written into.
    #[error("{record}, {field}: {why}")]
    Unwritable {
        /// The record or message.
        record: &'static str,
        /// The field or element.
        field: &'static str,
        /// Why it does not fit.
        why: &'static str,
    },
    /// An account identifier is not right.
    #[error("{kind}: {why}")]
    Account {
        /// What kind of identifier: `IBAN`.
        kind: &'static str,
        /// The code, one of [`codes`].
        code: &'static CodeInfo,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A step that the rules of payouts do not allow.
    #[error("{what}")]
    Refused {
        /// The code, one of [`codes`].
        code: &'static CodeInfo,
        /// What is the matter.
        what: String,
    },
    /// An amount is not right.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

pmts_kernel::error_codes! {
    /// Reading or writing.
    FILE_IO = "PAYOUTS_FILE_IO", Operator, "the bank file cannot be read or written";
    /// A file of another kind.
    FILE_UNKNOWN = "PAYOUTS_FILE_UNKNOWN", Fix, "the file is of no kind that is known here";
    /// A value for a field that cannot hold it.
    UNWRITABLE = "PAYOUTS_VALUE_UNWRITABLE", Fix, "a value does not fit the field of the bank file";
    /// An IBAN.
    IBAN_INVALID = "PAYOUTS_IBAN_INVALID", Fix, "the IBAN has a wrong form, length or check digits";
    /// A BIC.
    BIC_INVALID = "PAYOUTS_BIC_INVALID", Fix, "the BIC has a wrong form or country";
    /// An ABA routing number.
    ABA_INVALID = "PAYOUTS_ABA_INVALID", Fix, "the ABA routing number has a wrong form or check digit";
    /// An IFSC.
    IFSC_INVALID = "PAYOUTS_IFSC_INVALID", Fix, "the IFSC has a wrong form or an unknown bank";
    /// A UPI address.
    VPA_INVALID = "PAYOUTS_VPA_INVALID", Fix, "the UPI address has a wrong form";
    /// A seller's name.
    PAYEE_INVALID = "PAYOUTS_PAYEE_INVALID", Fix, "a seller's name has a wrong form";
    /// The same person twice.
    FOUR_EYES = "PAYOUTS_FOUR_EYES", Fix, "whoever made a batch of payouts does not approve it";
    /// A batch in another state.
    BATCH_STATE = "PAYOUTS_BATCH_STATE", Fix, "the batch of payouts is in a state that does not allow this step";
    /// A line of the wrong length.
    NACHA_LINE_LENGTH = "NACHA_LINE_LENGTH", Fix, "a line of a NACHA file has not 94 characters";
    /// A line that is no record.
    NACHA_RECORD_UNKNOWN = "NACHA_RECORD_UNKNOWN", Fix, "a line of a NACHA file is of no known record type";
    /// Records in the wrong order, or missing.
    NACHA_RECORD_ORDER = "NACHA_RECORD_ORDER", Fix, "a record of a NACHA file is missing or stands in the wrong place";
    /// A character outside of the set.
    NACHA_CHARACTERS = "NACHA_CHARACTERS", Fix, "a NACHA file has a character that is not printable ASCII";
    /// A field with a wrong form.
    NACHA_FIELD = "NACHA_FIELD", Fix, "a field of a NACHA record is empty or has a wrong form";
    /// A code that the rules do not have.
    NACHA_CODE_UNKNOWN = "NACHA_CODE_UNKNOWN", Fix, "a NACHA record has a code that the rules do not have";
    /// Check digit of a routing number.
    NACHA_CHECK_DIGIT = "NACHA_CHECK_DIGIT", Fix, "a routing number in a NACHA file has a wrong check digit";
    /// Counts.
    NACHA_COUNT = "NACHA_COUNT", Fix, "a count in a NACHA control record differs from what was counted";
    /// Hash totals.
    NACHA_HASH = "NACHA_HASH", Fix, "an entry hash in a NACHA control record differs from what was summed";
    /// Amount totals.
    NACHA_TOTAL = "NACHA_TOTAL", Fix, "a total amount in a NACHA control record differs from what was summed";
    /// Header and control differ.
    NACHA_MISMATCH = "NACHA_MISMATCH", Fix, "a NACHA control record repeats its header differently";
    /// Trace and sequence numbers.
    NACHA_TRACE = "NACHA_TRACE", Fix, "a trace, batch or sequence number in a NACHA file is out of order or belongs to another";
    /// Rules of the entry class.
    NACHA_CLASS_RULE = "NACHA_CLASS_RULE", Fix, "a NACHA entry breaks a rule of its standard entry class";
    /// Padding.
    NACHA_BLOCKING = "NACHA_BLOCKING", Fix, "a NACHA file does not fill its last block of ten lines";
    /// XML that is none.
    XML_MALFORMED = "XML_MALFORMED", Fix, "the XML is not well formed";
    /// XML that is refused.
    XML_FORBIDDEN = "XML_FORBIDDEN", Fix, "the XML has a document type, an entity of its own, or is nested too deep";
    /// A message that is not known.
    ISO_MESSAGE_UNKNOWN = "ISO_MESSAGE_UNKNOWN", Fix, "the XML is of no ISO 20022 message whose schema is known here";
    /// An element that may not stand there.
    ISO_ELEMENT_UNEXPECTED = "ISO_ELEMENT_UNEXPECTED", Fix, "an element is unknown, repeated too often, or in the wrong place";
    /// An element that must be there.
    ISO_ELEMENT_MISSING = "ISO_ELEMENT_MISSING", Fix, "a required element is missing";
    /// A value against its type.
    ISO_VALUE = "ISO_VALUE", Fix, "a value does not fit the type that the schema gives it";
    /// An attribute.
    ISO_ATTRIBUTE = "ISO_ATTRIBUTE", Fix, "an attribute is missing or may not stand there";
    /// Number of transactions.
    ISO_COUNT = "ISO_COUNT", Fix, "a number of transactions differs from what was counted";
    /// Control sums.
    ISO_SUM = "ISO_SUM", Fix, "a control sum or total differs from what was summed";
    /// Balances of a statement.
    ISO_BALANCE = "ISO_BALANCE", Fix, "opening balance and entries of a statement do not give its closing balance";
    /// Currencies.
    ISO_CURRENCY = "ISO_CURRENCY", Fix, "a currency is unknown, or an amount has more digits than its currency";
    /// Countries.
    ISO_COUNTRY = "ISO_COUNTRY", Fix, "a country code is not one of ISO 3166";
    /// Business header.
    ISO_HEADER = "ISO_HEADER", Fix, "the business header names another message than the one that follows";
}

impl Coded for PayoutsError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Io(_) => &codes::FILE_IO,
            Self::Content { code, .. } | Self::Account { code, .. } | Self::Refused { code, .. } => code,
            Self::Unwritable { .. } => &codes::UNWRITABLE,
            Self::Money(error) => error.code(),
        }
    }
}
