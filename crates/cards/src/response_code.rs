//! What the host answered.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! response_codes {
    ($($name:ident = $wire:literal, $meaning:literal;)+) => {
        /// Field 39, the response code (ISO 8583:1987, two characters). Codes that are not in the list are kept as
        /// [`ResponseCode::Other`]. Serializes as the two characters.
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
    InvalidMerchant = "03", "invalid merchant";
    PickUp = "04", "pick up card";
    DoNotHonor = "05", "do not honour";
    ApprovedWithIdentification = "08", "honour with identification";
    PartialApproval = "10", "approved for a partial amount";
    ApprovedVip = "11", "approved, VIP";
    InvalidTransaction = "12", "invalid transaction";
    InvalidAmount = "13", "invalid amount";
    InvalidCardNumber = "14", "invalid card number";
    NoSuchIssuer = "15", "no such issuer";
    ApprovedUpdateTrack3 = "16", "approved, update track 3";
    ReEnter = "19", "re-enter transaction";
    OriginalNotFound = "25", "unable to locate the original";
    FormatError = "30", "format error";
    LostCard = "41", "lost card";
    StolenCard = "43", "stolen card";
    InsufficientFunds = "51", "not sufficient funds";
    ExpiredCard = "54", "expired card";
    IncorrectPin = "55", "incorrect PIN";
    NotPermittedToCardholder = "57", "transaction not permitted to cardholder";
    NotPermittedToTerminal = "58", "transaction not permitted to terminal";
    SuspectedFraud = "59", "suspected fraud";
    ExceedsAmountLimit = "61", "exceeds amount limit";
    RestrictedCard = "62", "restricted card";
    ExceedsFrequencyLimit = "65", "exceeds frequency limit, or strong authentication required";
    AuthenticationRequired = "1A", "strong customer authentication required";
    ReceivedTooLate = "68", "response received too late";
    PinTriesExceeded = "75", "PIN tries exceeded";
    SecurityCodeFailed = "82", "card security code failed";
    NoReasonToDecline = "85", "no reason to decline an account check";
    IssuerUnavailable = "91", "issuer or switch inoperative";
    RoutingUnknown = "92", "destination cannot be found";
    Duplicate = "94", "duplicate transmission";
    SystemMalfunction = "96", "system malfunction";
    SecurityCodeMismatch = "N7", "card security code does not match";
}

impl ResponseCode {
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
    fn other_codes_are_kept() {
        let code = ResponseCode::from_wire("Q1");
        assert_eq!(code, ResponseCode::Other("Q1".to_owned()));
        assert!(!code.is_approval());
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"Q1\"");
        assert_eq!(serde_json::from_str::<ResponseCode>("\"51\"").unwrap(), ResponseCode::InsufficientFunds);
        assert_eq!(ResponseCode::InsufficientFunds.to_string(), "51 (not sufficient funds)");
    }
}
