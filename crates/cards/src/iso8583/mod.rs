//! ISO 8583 messages: a message type, a bitmap and up to 127 fields.
//!
//! Hosts differ in lengths and in how they write digits, so the field table is data: [`FieldTable::iso1987_ascii`] and
//! [`FieldTable::iso1987_bcd`] are built in, others load from TOML. How messages lie on a stream is a [`Framing`].
//! Encoding and decoding check every length and character against the table and never panic.

mod codec;
mod framing;
mod kind;
mod mask;
mod message;
mod mti;
mod packed;
mod spec;
mod table;
mod table_file;
mod tlv;

pub use framing::{Frame, Frames, Framing, LengthHeader, Tpdu};
pub use kind::Kind;
pub use message::Message;
pub use mti::Mti;
pub use packed::Pad;
pub use spec::{Encoding, FieldSpec, LengthRule, Prefix};
pub use table::{BitmapEncoding, DigitEncoding, FieldTable};
pub use tlv::{Tag, TlvList};
