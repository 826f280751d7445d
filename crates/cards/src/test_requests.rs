//! One request of each kind, for the tests of this crate.

use crate::iso8583::Mti;
use crate::message::Acquirer;
use crate::{
    AuthorizationRequest, CaptureRequest, Expiry, Merchant, OriginalData, RefundRequest, ReversalRequest,
    WireKeys,
};
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Money};
use pmts_sensitive::{Cvv, Pan};

pub(crate) fn acquirer() -> Acquirer {
    Acquirer { id: "400001".to_owned(), country: 826 }
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_micros((1_795_356_319 + 60 * minutes) * 1_000_000)
}

fn keys() -> WireKeys {
    WireKeys { stan: 42, transmitted_at: at(0), rrn: "632614000042".to_owned() }
}

fn pan() -> Pan {
    Pan::parse("4242424242424242").unwrap()
}

fn expiry() -> Expiry {
    Expiry::try_new(30, 9).unwrap()
}

fn amount() -> Money {
    Money::new(1999, Currency::GBP)
}

fn merchant() -> Merchant {
    Merchant {
        terminal_id: "T0000001".to_owned(),
        merchant_id: "SHOP00000000042".to_owned(),
        name: "Grocer".to_owned(),
        city: "Bath".to_owned(),
        country: "GB".to_owned(),
        mcc: 5411,
    }
}

fn original() -> OriginalData {
    OriginalData { mti: Mti::AUTHORIZATION_REQUEST, keys: keys(), acquirer: acquirer().id }
}

pub(crate) fn authorization() -> AuthorizationRequest {
    let cvv = Some(Cvv::parse("123").unwrap());
    AuthorizationRequest {
        keys: keys(),
        pan: pan(),
        expiry: expiry(),
        cvv,
        amount: amount(),
        merchant: merchant(),
    }
}

pub(crate) fn capture() -> CaptureRequest {
    CaptureRequest {
        keys: keys().following(43, at(1)),
        repeat: false,
        original: original(),
        approval_code: Some("A1B2C3".to_owned()),
        pan: pan(),
        expiry: expiry(),
        amount: amount(),
        merchant: merchant(),
    }
}

pub(crate) fn refund() -> RefundRequest {
    RefundRequest {
        keys: WireKeys { stan: 44, transmitted_at: at(2), rrn: "632614000044".to_owned() },
        repeat: true,
        original: original(),
        approval_code: None,
        pan: pan(),
        expiry: expiry(),
        amount: amount(),
        merchant: merchant(),
    }
}

pub(crate) fn reversal() -> ReversalRequest {
    ReversalRequest {
        keys: keys().following(45, at(3)),
        repeat: false,
        original: original(),
        approval_code: None,
        pan: pan(),
        expiry: expiry(),
        amount: amount(),
        remaining: Some(Money::new(500, Currency::GBP)),
        merchant: merchant(),
    }
}
