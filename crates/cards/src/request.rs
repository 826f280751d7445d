//! What we ask a card host for.

use crate::{Expiry, OriginalData, WireKeys};
use pmts_money::Money;
use pmts_sensitive::{Cvv, Pan};

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
    /// What to hold: 0 (an account check) to 999,999,999,999 minor units.
    pub amount: Money,
    /// Who sells.
    pub merchant: Merchant,
}

/// Take an amount that was held.
#[derive(Debug, Clone)]
pub struct CaptureRequest {
    /// Its references; a repeat has those of the first.
    pub keys: WireKeys,
    /// Whether it was sent before (0221): the host books it once.
    pub repeat: bool,
    /// The authorization.
    pub original: OriginalData,
    /// What the authorization was answered with (field 38), if it was: up to 6 letters and digits.
    pub approval_code: Option<String>,
    /// The card.
    pub pan: Pan,
    /// When the card ends.
    pub expiry: Expiry,
    /// What to take: 1 to 999,999,999,999 minor units, in the currency of the authorization.
    pub amount: Money,
    /// Who sells.
    pub merchant: Merchant,
}

/// Give an amount back to the card.
#[derive(Debug, Clone)]
pub struct RefundRequest {
    /// Its references; a repeat has those of the first.
    pub keys: WireKeys,
    /// Whether it was sent before (0201): the host books it once.
    pub repeat: bool,
    /// The authorization or the capture of the sale.
    pub original: OriginalData,
    /// What the authorization was answered with (field 38), if it was.
    pub approval_code: Option<String>,
    /// The card.
    pub pan: Pan,
    /// When the card ends.
    pub expiry: Expiry,
    /// What to give back: 1 to 999,999,999,999 minor units.
    pub amount: Money,
    /// Who sells.
    pub merchant: Merchant,
}

/// Undo an authorization, in full or in part; the host takes it even if it never saw the authorization.
#[derive(Debug, Clone)]
pub struct ReversalRequest {
    /// Its references; a repeat has those of the first.
    pub keys: WireKeys,
    /// Whether it was sent before (0421).
    pub repeat: bool,
    /// The authorization.
    pub original: OriginalData,
    /// What the authorization was answered with (field 38), if it was.
    pub approval_code: Option<String>,
    /// The card.
    pub pan: Pan,
    /// When the card ends.
    pub expiry: Expiry,
    /// What was authorized.
    pub amount: Money,
    /// What shall stay authorized (field 95), less than `amount`; `None` undoes all.
    pub remaining: Option<Money>,
    /// Who sells.
    pub merchant: Merchant,
}
