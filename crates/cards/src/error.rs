//! What can go wrong, with stable codes.

use pmts_kernel::{CodeInfo, Coded};

/// The error of this crate.
///
/// Values of fields never appear in it: they may be card data. `field` is the number of the data element (0 is the
/// message type, 1 the bitmap); `offset` counts bytes from the start of the encoded message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardsError {
    /// The bytes end inside a field.
    #[error("message ends inside field {field} at byte {offset}")]
    Truncated {
        /// The data element.
        field: u8,
        /// Where the missing bytes should start.
        offset: usize,
    },
    /// Bytes are left after the last field.
    #[error("{count} bytes are left after the last field at byte {offset}")]
    TrailingBytes {
        /// Where they start.
        offset: usize,
        /// How many.
        count: usize,
    },
    /// The message type is not four digits.
    #[error("message type is not four digits")]
    MtiMalformed,
    /// The field table has no such field, so its length is unknown.
    #[error("field {field} at byte {offset} is not in the field table")]
    FieldUnknown {
        /// The data element.
        field: u8,
        /// Where it starts.
        offset: usize,
    },
    /// A length prefix is not digits.
    #[error("length of field {field} at byte {offset} is not digits")]
    LengthMalformed {
        /// The data element.
        field: u8,
        /// Where the prefix starts.
        offset: usize,
    },
    /// A value has a length its field cannot have.
    #[error("field {field} at byte {offset} has length {length}, allowed is {allowed}")]
    FieldLength {
        /// The data element.
        field: u8,
        /// Where its value starts.
        offset: usize,
        /// The length found, in bytes.
        length: usize,
        /// The largest length, or the only one if the field is fixed.
        allowed: usize,
    },
    /// A value has a character its field cannot have.
    #[error("field {field} has a character at byte {offset} that its kind does not allow")]
    FieldCharacter {
        /// The data element.
        field: u8,
        /// Where the character is.
        offset: usize,
    },
    /// All values together are too long for one message.
    #[error("values of a message exceed {max} bytes")]
    MessageTooLong {
        /// The largest sum of lengths, in bytes.
        max: usize,
    },
    /// A field that the message needs is not there.
    #[error("field {field} is missing")]
    FieldMissing {
        /// The data element.
        field: u8,
    },
    /// A field's value has the right characters, but not a meaning.
    #[error("field {field} is not {expected}")]
    FieldMeaning {
        /// The data element.
        field: u8,
        /// What it should be.
        expected: &'static str,
    },
    /// The message type or processing code is none that our dialect has.
    #[error("message type {mti} with this processing code is not in the dialect")]
    RequestUnknown {
        /// The message type, as a number: 100 for 0100.
        mti: u16,
    },
    /// Chip data is not a list of tags, lengths and values.
    #[error("chip data at byte {offset} is not {expected}")]
    TlvMalformed {
        /// Where the element starts.
        offset: usize,
        /// What it should be.
        expected: &'static str,
    },
    /// A frame is announced with a length that is not allowed.
    #[error("frame of {length} bytes, allowed is {min} to {max}")]
    FrameLength {
        /// The announced length, in bytes.
        length: usize,
        /// The shortest frame.
        min: usize,
        /// The longest frame.
        max: usize,
    },
    /// The length of a frame is not digits.
    #[error("length of a frame is not digits")]
    FrameMalformed,
    /// A field table could not be read.
    #[error("field table{}: {reason}", line_words(*line))]
    TableMalformed {
        /// The line of the text, from 1, if it is about one.
        line: Option<u32>,
        /// Which entry and why.
        reason: Box<str>,
    },
    /// Advices that wait cannot be written or read.
    #[error("queue of advices: {reason}")]
    AdviceQueue {
        /// Why, without card data.
        reason: Box<str>,
    },
    /// The name of a framing that does not exist.
    #[error(
        "framing is binary2, ascii4 or bcd2, with a + and 10 hexadecimal digits of a TPDU if there is one"
    )]
    FramingUnknown,
    /// Not an expiry date of a card.
    #[error("not an expiry date in the form YYMM")]
    ExpiryMalformed,
    /// A value of a request cannot go on the wire.
    #[error("request cannot be sent: {what}")]
    RequestValue {
        /// Which value and what it should be.
        what: &'static str,
    },
}

fn line_words(line: Option<u32>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line}"))
}

pmts_kernel::error_codes! {
    /// See [`CardsError::Truncated`](crate::CardsError::Truncated).
    TRUNCATED = "CARDS_TRUNCATED", Operator, "a message from a host ends inside a field";
    /// See [`CardsError::TrailingBytes`](crate::CardsError::TrailingBytes).
    TRAILING_BYTES = "CARDS_TRAILING_BYTES", Operator, "a message from a host goes on after its last field";
    /// See [`CardsError::MtiMalformed`](crate::CardsError::MtiMalformed).
    MTI_MALFORMED = "CARDS_MTI_MALFORMED", Operator, "a message type is four digits";
    /// See [`CardsError::FieldUnknown`](crate::CardsError::FieldUnknown).
    FIELD_UNKNOWN = "CARDS_FIELD_UNKNOWN", Operator, "a message has a field that the field table does not describe";
    /// See [`CardsError::LengthMalformed`](crate::CardsError::LengthMalformed).
    LENGTH_MALFORMED = "CARDS_LENGTH_MALFORMED", Operator, "a length prefix in a message is not digits";
    /// See [`CardsError::FieldLength`](crate::CardsError::FieldLength).
    FIELD_LENGTH = "CARDS_FIELD_LENGTH", Fix, "a field's value has a length that the field table does not allow";
    /// See [`CardsError::FieldCharacter`](crate::CardsError::FieldCharacter).
    FIELD_CHARACTER = "CARDS_FIELD_CHARACTER", Fix, "a field's value has a character that the field table does not allow";
    /// See [`CardsError::MessageTooLong`](crate::CardsError::MessageTooLong).
    MESSAGE_TOO_LONG = "CARDS_MESSAGE_TOO_LONG", Fix, "the values of a message exceed what one message can hold";
    /// See [`CardsError::FieldMissing`](crate::CardsError::FieldMissing).
    FIELD_MISSING = "CARDS_FIELD_MISSING", Operator, "a message lacks a field that its kind of message needs";
    /// See [`CardsError::FieldMeaning`](crate::CardsError::FieldMeaning).
    FIELD_MEANING = "CARDS_FIELD_MEANING", Operator, "a field of a message has no meaning: a date, an amount or a currency that does not exist";
    /// See [`CardsError::RequestUnknown`](crate::CardsError::RequestUnknown).
    REQUEST_UNKNOWN = "CARDS_REQUEST_UNKNOWN", Operator, "a message is none of those the dialect has";
    /// See [`CardsError::TlvMalformed`](crate::CardsError::TlvMalformed).
    TLV_MALFORMED = "CARDS_TLV_MALFORMED", Operator, "chip data is not a list of tags, lengths and values";
    /// See [`CardsError::FrameLength`](crate::CardsError::FrameLength).
    FRAME_LENGTH = "CARDS_FRAME_LENGTH", Operator, "a frame is announced shorter or longer than allowed";
    /// See [`CardsError::FrameMalformed`](crate::CardsError::FrameMalformed).
    FRAME_MALFORMED = "CARDS_FRAME_MALFORMED", Operator, "the length of a frame is not digits";
    /// See [`CardsError::TableMalformed`](crate::CardsError::TableMalformed).
    TABLE_MALFORMED = "CARDS_TABLE_MALFORMED", Operator, "a field table is not valid";
    /// See [`CardsError::AdviceQueue`](crate::CardsError::AdviceQueue).
    ADVICE_QUEUE = "CARDS_ADVICE_QUEUE", Operator, "advices to a card host that wait cannot be written or read";
    /// See [`CardsError::FramingUnknown`](crate::CardsError::FramingUnknown).
    FRAMING_UNKNOWN = "CARDS_FRAMING_UNKNOWN", Fix, "a framing has a name that does not exist";
    /// See [`CardsError::ExpiryMalformed`](crate::CardsError::ExpiryMalformed).
    EXPIRY_MALFORMED = "CARDS_EXPIRY_MALFORMED", Fix, "an expiry date is YYMM with a month from 01 to 12";
    /// See [`CardsError::RequestValue`](crate::CardsError::RequestValue).
    REQUEST_VALUE = "CARDS_REQUEST_VALUE", Fix, "a value of a request cannot be put into its field";
}

impl Coded for CardsError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Truncated { .. } => &codes::TRUNCATED,
            Self::TrailingBytes { .. } => &codes::TRAILING_BYTES,
            Self::MtiMalformed => &codes::MTI_MALFORMED,
            Self::FieldUnknown { .. } => &codes::FIELD_UNKNOWN,
            Self::LengthMalformed { .. } => &codes::LENGTH_MALFORMED,
            Self::FieldLength { .. } => &codes::FIELD_LENGTH,
            Self::FieldCharacter { .. } => &codes::FIELD_CHARACTER,
            Self::MessageTooLong { .. } => &codes::MESSAGE_TOO_LONG,
            Self::FieldMissing { .. } => &codes::FIELD_MISSING,
            Self::FieldMeaning { .. } => &codes::FIELD_MEANING,
            Self::RequestUnknown { .. } => &codes::REQUEST_UNKNOWN,
            Self::TlvMalformed { .. } => &codes::TLV_MALFORMED,
            Self::FrameLength { .. } => &codes::FRAME_LENGTH,
            Self::FrameMalformed => &codes::FRAME_MALFORMED,
            Self::TableMalformed { .. } => &codes::TABLE_MALFORMED,
            Self::AdviceQueue { .. } => &codes::ADVICE_QUEUE,
            Self::FramingUnknown => &codes::FRAMING_UNKNOWN,
            Self::ExpiryMalformed => &codes::EXPIRY_MALFORMED,
            Self::RequestValue { .. } => &codes::REQUEST_VALUE,
        }
    }
}

/// Errors travel by value through the codec: a larger one makes every message slower.
const _: () = assert!(size_of::<CardsError>() <= 32);
