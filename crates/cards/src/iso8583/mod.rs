//! ISO 8583:1987 messages: a message type, a bitmap and up to 127 fields.
//!
//! Hosts differ in lengths, so the field table is data: [`FieldTable::iso1987_ascii`] is built in, others load from
//! TOML. Encoding and decoding check every length and character against the table and never panic.

mod codec;
mod framing;
mod kind;
mod mask;
mod message;
mod mti;
mod table;

pub use framing::{Frames, push_frame};
pub use kind::Kind;
pub use message::Message;
pub use mti::Mti;
pub use table::{FieldSpec, FieldTable, LengthRule};
