//! Network management.

/// Field 70: what a network management message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NetworkCode {
    /// 001: we are here and ready.
    SignOn,
    /// 002: we leave.
    SignOff,
    /// 101: take a new key. What the key is for (PIN blocks, message authentication) is not part of our dialect; the
    /// exchange is.
    KeyChange,
    /// 301: are you there?
    Echo,
}

impl NetworkCode {
    /// The three digits.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::SignOn => "001",
            Self::SignOff => "002",
            Self::KeyChange => "101",
            Self::Echo => "301",
        }
    }

    /// The code for these three digits.
    pub const fn from_wire(digits: &[u8]) -> Option<Self> {
        match digits {
            b"001" => Some(Self::SignOn),
            b"002" => Some(Self::SignOff),
            b"101" => Some(Self::KeyChange),
            b"301" => Some(Self::Echo),
            _ => None,
        }
    }
}
