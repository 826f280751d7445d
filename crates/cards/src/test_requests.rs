//! One request of each kind, for the tests of this crate.

use crate::iso8583::Mti;
use crate::message::Acquirer;
use crate::{
    AuthorizationAdvice, AuthorizationRequest, CaptureRequest, Expiry, IncrementRequest, Merchant,
    OriginalData, RefundRequest, ReversalRequest, Sale, StandInReason, VoidRequest, WireKeys,
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
    WireKeys { stan: 42, transmitted_at: at(0), rrn: "632614000042".to_owned(), trace: None }
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

fn sale(approval_code: Option<&str>) -> Sale {
    let approval_code = approval_code.map(str::to_owned);
    Sale { original: original(), approval_code, pan: pan(), expiry: expiry(), merchant: merchant() }
}

pub(crate) fn authorization() -> AuthorizationRequest {
    AuthorizationRequest {
        keys: keys(),
        pan: pan(),
        expiry: expiry(),
        cvv: Some(Cvv::parse("123").unwrap()),
        address: None,
        amount: amount(),
        allow_partial: false,
        merchant: merchant(),
    }
}

pub(crate) fn capture() -> CaptureRequest {
    let keys = keys().following(43, at(1));
    CaptureRequest { keys, sale: sale(Some("A1B2C3")), repeat: false, amount: amount(), last: false }
}

pub(crate) fn refund() -> RefundRequest {
    let keys = WireKeys { rrn: "632614000044".to_owned(), ..keys().following(44, at(2)) };
    RefundRequest { keys, sale: sale(None), repeat: true, amount: amount() }
}

pub(crate) fn reversal() -> ReversalRequest {
    let remaining = Some(Money::new(500, Currency::GBP));
    let keys = keys().following(45, at(3));
    ReversalRequest { keys, sale: sale(None), repeat: false, amount: amount(), remaining }
}

pub(crate) fn increment() -> IncrementRequest {
    let (added, total) = (Money::new(500, Currency::GBP), Money::new(2499, Currency::GBP));
    let keys = keys().following(46, at(4));
    IncrementRequest { keys, sale: sale(Some("A1B2C3")), amount: added, total }
}

pub(crate) fn void() -> VoidRequest {
    let keys = keys().following(47, at(5));
    VoidRequest { keys, sale: sale(Some("A1B2C3")), repeat: true, amount: amount() }
}

pub(crate) fn advice() -> AuthorizationAdvice {
    AuthorizationAdvice {
        keys: keys(),
        repeat: false,
        pan: pan(),
        expiry: expiry(),
        amount: amount(),
        approval_code: "SI0001".to_owned(),
        reason: StandInReason::Unavailable,
        merchant: merchant(),
    }
}
