//! Names made ready to be compared: scripts, letters, sounds, words that are known.

mod letters;
mod name;
mod script;
mod sounds;
mod translit;
mod words;

pub use name::{Name, PartyKind};
pub use script::Script;

pub(crate) use letters::{LETTERS_MAX, Letters};
pub(crate) use name::{Role, Token};
pub(crate) use sounds::{of as sounds_of, skeleton};
