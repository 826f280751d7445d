//! What we ask a card host for.

use crate::{Expiry, OriginalData, WireKeys};
use pmts_money::Money;
use pmts_sensitive::{Cvv, Pan};
use std::fmt;

/// Who sells: shown to the issuer, and by it to the cardholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    /// Field 41: up to 8 printable ASCII characters.
    pub terminal_id: String,
    /// Field 42: up to 15 printable ASCII characters.
    pub merchant_id: String,
    /// In field 43, cut at 25 characters. Characters outside printable ASCII become `?`.
    pub name: String,
    /// In field 43, cut at 13 characters. Characters outside printable ASCII become `?`.
    pub city: String,
    /// In field 43: two capital letters (ISO 3166-1 alpha-2).
    pub country: String,
    /// Field 18, merchant category code (ISO 18245): 0 to 9999.
    pub mcc: u16,
}

/// Where the cardholder's bills go, for the issuer to compare (address verification). Personal data: `Debug` shows only
/// what is there.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct BillingAddress {
    /// House number and street. Its first 20 characters are sent; those outside printable ASCII become `?`.
    pub line: Option<String>,
    /// Up to 9 characters are sent; those outside printable ASCII become `?`.
    pub postal_code: Option<String>,
}

impl fmt::Debug for BillingAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |part: &Option<String>| if part.is_some() { "***" } else { "-" };
        write!(f, "BillingAddress(line {}, postal code {})", shown(&self.line), shown(&self.postal_code))
    }
}

/// Hold an amount on a card, for a sale without the card present.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    /// Its references.
    pub keys: WireKeys,
    /// The card.
    pub pan: Pan,
    /// When the card ends.
    pub expiry: Expiry,
    /// The security code, if the cardholder gave it just now; never from a store.
    pub cvv: Option<Cvv>,
    /// What the issuer shall compare with the address it knows.
    pub address: Option<BillingAddress>,
    /// What to hold: 0 (an account check) to 999,999,999,999 minor units.
    pub amount: Money,
    /// Whether the issuer may approve less than `amount`. A host may do so although it is not allowed: the answer then
    /// says so, and the caller decides.
    pub allow_partial: bool,
    /// Who sells.
    pub merchant: Merchant,
}

/// A sale that was authorized: what every later message about it names.
#[derive(Debug, Clone)]
pub struct Sale {
    /// The message that is referred to: the 0100 of the authorization. A refund may name the 0220 of a capture, a reversal
    /// the 0100 of an increment.
    pub original: OriginalData,
    /// What the authorization was answered with (field 38), if it was: up to 6 letters and digits.
    pub approval_code: Option<String>,
    /// The card.
    pub pan: Pan,
    /// When the card ends.
    pub expiry: Expiry,
    /// Who sells.
    pub merchant: Merchant,
}

/// Hold more for a sale that was authorized. What is unknown of it is undone by a [`ReversalRequest`] that names it.
#[derive(Debug, Clone)]
pub struct IncrementRequest {
    /// Its references, with the retrieval reference of the authorization.
    pub keys: WireKeys,
    /// The authorization.
    pub sale: Sale,
    /// What is added, not the new total: 1 to 999,999,999,999 minor units.
    pub amount: Money,
    /// What is held with it: more than `amount`, in the same currency. A host that counts otherwise refuses.
    pub total: Money,
}

/// Take an amount that was held.
#[derive(Debug, Clone)]
pub struct CaptureRequest {
    /// Its references; a repeat has those of the first.
    pub keys: WireKeys,
    /// The authorization.
    pub sale: Sale,
    /// Whether it was sent before (0221): the host books it once.
    pub repeat: bool,
    /// What to take: 1 to 999,999,999,999 minor units, in the currency of the authorization.
    pub amount: Money,
    /// Whether no further capture of this sale follows. What is held beyond it is not set free by that: a
    /// [`ReversalRequest`] with `remaining` does it.
    pub last: bool,
}

/// Set free all that is held for a sale of which nothing was captured. Unlike a [`ReversalRequest`] the host may decline.
#[derive(Debug, Clone)]
pub struct VoidRequest {
    /// Its references; a repeat has those of the first.
    pub keys: WireKeys,
    /// The authorization.
    pub sale: Sale,
    /// Whether it was sent before (0401): the host books it once.
    pub repeat: bool,
    /// All that is held: 1 to 999,999,999,999 minor units.
    pub amount: Money,
}

/// Give an amount back to the card.
#[derive(Debug, Clone)]
pub struct RefundRequest {
    /// Its references; a repeat has those of the first.
    pub keys: WireKeys,
    /// The authorization or the capture of the sale.
    pub sale: Sale,
    /// Whether it was sent before (0201): the host books it once.
    pub repeat: bool,
    /// What to give back: 1 to 999,999,999,999 minor units.
    pub amount: Money,
}

/// Undo an authorization or an increment, or say what stays of an authorization; the host takes it even if it never saw
/// the original.
#[derive(Debug, Clone)]
pub struct ReversalRequest {
    /// Its references; a repeat has those of the first.
    pub keys: WireKeys,
    /// The authorization or the increment.
    pub sale: Sale,
    /// Whether it was sent before (0421).
    pub repeat: bool,
    /// What was authorized, or added by the increment.
    pub amount: Money,
    /// What shall stay authorized (field 95), less than `amount`; `None` undoes all.
    pub remaining: Option<Money>,
}
