//! Requests for the tests of the issuer.

use pmts_cards::iso8583::Mti;
use pmts_cards::{
    Acquirer, AuthorizationRequest, CaptureRequest, Expiry, IncrementRequest, Merchant, OriginalData,
    RefundRequest, ReversalRequest, VoidRequest, WireKeys,
};
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Money};
use pmts_sensitive::Pan;

/// 2026-11-22, 14:05:19 GMT.
pub(super) const NOW: Timestamp = Timestamp::from_micros(1_795_356_319_000_000);

pub(super) const GOOD: &str = "4242424242424242";

pub(super) fn acquirer() -> Acquirer {
    Acquirer { id: "400001".to_owned(), country: 826 }
}

pub(super) fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

fn merchant() -> Merchant {
    Merchant {
        terminal_id: "T1".to_owned(),
        merchant_id: "SHOP1".to_owned(),
        name: "Grocer".to_owned(),
        city: "Bath".to_owned(),
        country: "GB".to_owned(),
        mcc: 5411,
    }
}

/// A sale on one card; each request has a trace number of its own.
pub(super) struct Sale {
    pub(super) authorization: AuthorizationRequest,
    pub(super) approval_code: Option<String>,
    stan: u32,
}

impl Sale {
    pub(super) fn new(pan: &str, minor: i64, stan: u32) -> Self {
        let keys = WireKeys { stan, transmitted_at: NOW, rrn: format!("{stan:012}"), trace: None };
        let (pan, expiry) = (Pan::parse(pan).unwrap(), Expiry::try_new(30, 9).unwrap());
        let authorization = AuthorizationRequest {
            keys,
            pan,
            expiry,
            cvv: None,
            address: None,
            amount: gbp(minor),
            allow_partial: false,
            merchant: merchant(),
        };
        Self { authorization, approval_code: None, stan }
    }

    pub(super) fn rrn(&self) -> &str {
        &self.authorization.keys.rrn
    }

    fn keys(&mut self) -> WireKeys {
        self.stan += 1;
        self.authorization.keys.following(self.stan, NOW.saturating_add_secs(60))
    }

    fn original(&self) -> OriginalData {
        let keys = self.authorization.keys.clone();
        OriginalData { mti: Mti::AUTHORIZATION_REQUEST, keys, acquirer: acquirer().id }
    }

    pub(super) fn sale(&self) -> pmts_cards::Sale {
        pmts_cards::Sale {
            original: self.original(),
            approval_code: self.approval_code.clone(),
            pan: self.authorization.pan.clone(),
            expiry: self.authorization.expiry,
            merchant: merchant(),
        }
    }

    pub(super) fn increment(&mut self, minor: i64, total: i64) -> IncrementRequest {
        IncrementRequest { keys: self.keys(), sale: self.sale(), amount: gbp(minor), total: gbp(total) }
    }

    /// The reversal of an increment.
    pub(super) fn take_back(&mut self, increment: &IncrementRequest) -> ReversalRequest {
        let mut reversal = self.reversal(None);
        reversal.sale.original.keys = increment.keys.clone();
        ReversalRequest { amount: increment.amount, ..reversal }
    }

    pub(super) fn capture(&mut self, minor: i64) -> CaptureRequest {
        let (keys, amount) = (self.keys(), gbp(minor));
        CaptureRequest { keys, sale: self.sale(), repeat: false, amount, last: false }
    }

    pub(super) fn void(&mut self, minor: i64) -> VoidRequest {
        VoidRequest { keys: self.keys(), sale: self.sale(), repeat: false, amount: gbp(minor) }
    }

    pub(super) fn refund(&mut self, minor: i64) -> RefundRequest {
        RefundRequest { keys: self.keys(), sale: self.sale(), repeat: false, amount: gbp(minor) }
    }

    pub(super) fn reversal(&mut self, remaining: Option<i64>) -> ReversalRequest {
        let (keys, amount, remaining) = (self.keys(), self.authorization.amount, remaining.map(gbp));
        ReversalRequest { keys, sale: self.sale(), repeat: false, amount, remaining }
    }
}
