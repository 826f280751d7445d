//! What the host answered.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

/// Which codes a host writes into field 39.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
pub enum ResponseDialect {
    /// ISO 8583:1987: two characters.
    #[default]
    #[serde(rename = "1987")]
    Iso1987,
    /// ISO 8583:2003: four digits, as `data/response-codes-2003.toml` lists them.
    #[serde(rename = "2003")]
    Iso2003,
}

impl ResponseDialect {
    /// How many characters a code has.
    pub const fn digits(self) -> u16 {
        match self {
            Self::Iso1987 => 2,
            Self::Iso2003 => 4,
        }
    }
}

macro_rules! response_codes {
    ($($name:ident = $wire:literal, $meaning:literal;)+) => {
        /// Field 39, the response code: one list for both dialects, by its two characters of ISO 8583:1987. Codes that are
        /// not in it are kept as [`ResponseCode::Other`]. Serializes as the two characters.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum ResponseCode {
            $(
                #[doc = concat!($wire, ": ", $meaning, ".")]
                $name,
            )+
            /// A code that is not in the list; never an approval.
            Other(String),
        }

        impl ResponseCode {
            /// The listed codes, in order.
            pub const LISTED: &'static [Self] = &[$(Self::$name),+];

            /// The code for these two characters.
            pub fn from_wire(text: &str) -> Self {
                match text {
                    $($wire => Self::$name,)+
                    other => Self::Other(other.to_owned()),
                }
            }

            /// The two characters on the wire.
            pub fn wire(&self) -> &str {
                match self {
                    $(Self::$name => $wire,)+
                    Self::Other(text) => text,
                }
            }

            /// What it means, in words for the operator.
            pub fn meaning(&self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)+
                    Self::Other(_) => "a code of the host's own",
                }
            }
        }
    };
}

// The list of ISO 8583:1987 as research notes give it, and the approvals 08, 11 and 16 of the same list: an approval that
// is not recognised would leave a hold that nobody knows of.
response_codes! {
    Approved = "00", "approved";
    ReferToIssuer = "01", "refer to card issuer";
    ReferToIssuerSpecial = "02", "refer to card issuer, special conditions";
    InvalidMerchant = "03", "invalid merchant";
    PickUp = "04", "pick up card";
    DoNotHonor = "05", "do not honour";
    PickUpSpecial = "07", "pick up card, special conditions";
    ApprovedWithIdentification = "08", "honour with identification";
    PartialApproval = "10", "approved for a partial amount";
    ApprovedVip = "11", "approved, VIP";
    InvalidTransaction = "12", "invalid transaction";
    InvalidAmount = "13", "invalid amount";
    InvalidCardNumber = "14", "invalid card number";
    NoSuchIssuer = "15", "no such issuer";
    ApprovedUpdateTrack3 = "16", "approved, update track 3";
    CustomerCancelled = "17", "customer cancelled";
    ReEnter = "19", "re-enter transaction";
    UnacceptableFee = "23", "unacceptable fee";
    OriginalNotFound = "25", "unable to locate the original";
    FormatError = "30", "format error";
    NotSupported = "40", "function is not supported";
    LostCard = "41", "lost card";
    NoAccount = "42", "no account of the kind asked for";
    StolenCard = "43", "stolen card";
    ClosedAccount = "46", "closed account";
    InsufficientFunds = "51", "not sufficient funds";
    ExpiredCard = "54", "expired card";
    IncorrectPin = "55", "incorrect PIN";
    NoCardRecord = "56", "no record of the card";
    NotPermittedToCardholder = "57", "transaction not permitted to cardholder";
    NotPermittedToTerminal = "58", "transaction not permitted to terminal";
    SuspectedFraud = "59", "suspected fraud";
    ContactAcquirer = "60", "contact the acquirer";
    ExceedsAmountLimit = "61", "exceeds amount limit";
    RestrictedCard = "62", "restricted card";
    SecurityViolation = "63", "security violation";
    ExceedsFrequencyLimit = "65", "exceeds frequency limit, or strong authentication required";
    AuthenticationRequired = "1A", "strong customer authentication required";
    ContactSecurity = "66", "contact the acquirer's security";
    ReceivedTooLate = "68", "response received too late";
    PinTriesExceeded = "75", "PIN tries exceeded";
    CardNotActive = "78", "card is not active";
    LifeCycle = "79", "the life of the authorization does not allow it";
    SecurityCodeFailed = "82", "card security code failed";
    NoReasonToDecline = "85", "no reason to decline an account check";
    IssuerUnavailable = "91", "issuer or switch inoperative";
    RoutingUnknown = "92", "destination cannot be found";
    LawViolation = "93", "violation of law";
    Duplicate = "94", "duplicate transmission";
    SystemMalfunction = "96", "system malfunction";
    SecurityCodeMismatch = "N7", "card security code does not match";
    StopPayment = "R0", "cardholder stopped this payment";
    StopRecurring = "R1", "cardholder stopped this series of payments";
    StopAllRecurring = "R3", "cardholder stopped all series of payments";
}

/// The codes of 2003.
struct Codes2003 {
    read: HashMap<String, ResponseCode>,
    written: HashMap<ResponseCode, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Codes2003File {
    code: Vec<Code2003Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code2003Entry {
    code: String,
    is: String,
    #[serde(default)]
    also: Vec<String>,
}

static CODES_2003: LazyLock<Codes2003> = LazyLock::new(|| {
    let file: Codes2003File = toml::from_str(include_str!("../data/response-codes-2003.toml"))
        .expect("the list is valid: a test loads it");
    let mut codes = Codes2003 { read: HashMap::new(), written: HashMap::new() };
    for Code2003Entry { code, is, also } in file.code {
        for is in also.iter().chain([&is]) {
            codes.written.entry(ResponseCode::from_wire(is)).or_insert_with(|| code.clone());
        }
        codes.read.insert(code, ResponseCode::from_wire(&is));
    }
    codes
});

impl ResponseCode {
    /// The code for these characters in a dialect.
    pub fn from_wire_in(dialect: ResponseDialect, text: &str) -> Self {
        match dialect {
            ResponseDialect::Iso1987 => Self::from_wire(text),
            ResponseDialect::Iso2003 => {
                CODES_2003.read.get(text).cloned().unwrap_or_else(|| Self::Other(text.to_owned()))
            }
        }
    }

    /// The characters on the wire in a dialect. A code of the host's own is written as it is.
    pub fn wire_in(&self, dialect: ResponseDialect) -> &str {
        match (dialect, self) {
            (ResponseDialect::Iso2003, listed) => {
                CODES_2003.written.get(listed).map_or(self.wire(), String::as_str)
            }
            (ResponseDialect::Iso1987, _) => self.wire(),
        }
    }

    /// Whether this is a code of the host's own that may stand for an approval: 0xxx in the dialect of 2003.
    pub fn may_approve(&self, dialect: ResponseDialect) -> bool {
        matches!((dialect, self), (ResponseDialect::Iso2003, Self::Other(text)) if text.starts_with('0'))
    }

    /// Whether an authorization, capture or refund with this answer stands: 00, 08, 10, 11, 16. 85 is not among them:
    /// it answers an account check, which holds no money.
    pub fn is_approval(&self) -> bool {
        use ResponseCode::{
            Approved, ApprovedUpdateTrack3, ApprovedVip, ApprovedWithIdentification, PartialApproval,
        };
        matches!(
            self,
            Approved | ApprovedWithIdentification | PartialApproval | ApprovedVip | ApprovedUpdateTrack3
        )
    }

    /// Whether a reversal with this answer is over: 00, 25 (the host never saw the original, and will refuse it should
    /// it still come) or 94 (reversed before).
    pub fn settles_reversal(&self) -> bool {
        matches!(self, Self::Approved | Self::OriginalNotFound | Self::Duplicate)
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.wire(), self.meaning())
    }
}

impl From<String> for ResponseCode {
    fn from(text: String) -> Self {
        Self::from_wire(&text)
    }
}

impl From<ResponseCode> for String {
    fn from(code: ResponseCode) -> Self {
        code.wire().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_and_only_five_approve() {
        for code in ResponseCode::LISTED {
            assert_eq!(&ResponseCode::from_wire(code.wire()), code);
            assert_eq!(code.wire().len(), 2);
        }
        let approvals: Vec<_> =
            ResponseCode::LISTED.iter().filter(|c| c.is_approval()).map(ResponseCode::wire).collect();
        assert_eq!(approvals, ["00", "08", "10", "11", "16"]);
        let settling: Vec<_> =
            ResponseCode::LISTED.iter().filter(|c| c.settles_reversal()).map(ResponseCode::wire).collect();
        assert_eq!(settling, ["00", "25", "94"]);
    }

    #[test]
    fn the_codes_of_2003_are_read_and_every_listed_code_can_be_written() {
        use ResponseDialect::Iso2003;
        for code in ResponseCode::LISTED {
            let wire = code.wire_in(Iso2003);
            assert!(wire.len() == 4 && wire.bytes().all(|b| b.is_ascii_digit()), "{code}: {wire}");
            let read = ResponseCode::from_wire_in(Iso2003, wire);
            assert_eq!(read.is_approval(), code.is_approval(), "{code}");
            // 08, 10, 11 and 16 have codes of their own or are read as 00, which settles too.
            assert!(code.is_approval() || read.settles_reversal() == code.settles_reversal(), "{code}");
        }
        for (wire, code) in &CODES_2003.read {
            assert!(ResponseCode::LISTED.contains(code), "{wire}");
            assert_eq!(code.is_approval(), wire.starts_with('0') && wire != "0885", "{wire}");
        }
        let check = |wire: &str, code| assert_eq!(ResponseCode::from_wire_in(Iso2003, wire), code);
        check("0000", ResponseCode::Approved);
        check("0002", ResponseCode::PartialApproval);
        check("1016", ResponseCode::InsufficientFunds);
        check("1816", ResponseCode::OriginalNotFound);
        check("0042", ResponseCode::Other("0042".to_owned()));
        assert!(ResponseCode::from_wire_in(Iso2003, "0042").may_approve(Iso2003));
        assert!(!ResponseCode::from_wire_in(Iso2003, "1999").may_approve(Iso2003));
        assert_eq!(ResponseCode::StolenCard.wire_in(Iso2003), "1032");
    }

    #[test]
    fn other_codes_are_kept() {
        let code = ResponseCode::from_wire("Q1");
        assert_eq!(code, ResponseCode::Other("Q1".to_owned()));
        assert!(!code.is_approval());
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"Q1\"");
        assert_eq!(serde_json::from_str::<ResponseCode>("\"51\"").unwrap(), ResponseCode::InsufficientFunds);
        assert_eq!(ResponseCode::InsufficientFunds.to_string(), "51 (not sufficient funds)");
    }
}
