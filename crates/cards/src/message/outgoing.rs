//! Requests as messages.

use super::NetworkCode;
use super::elements::{self, digits};
use super::subelements::{self, Subelements};
use crate::iso8583::{FieldTable, Message, Mti};
use crate::{
    AuthorizationAdvice, AuthorizationRequest, CaptureRequest, CardsError, Expiry, IncrementRequest,
    Merchant, MessageKey, RefundRequest, ReversalRequest, Sale, VoidRequest, WireKeys,
};
use pmts_money::Money;
use pmts_sensitive::Pan;

/// Who we are to the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquirer {
    /// Field 32: 1 to 11 digits, by which the host knows the acquirer. Zeros on the left do not count.
    pub id: String,
    /// Field 19: the numeric country code (ISO 3166-1), 1 to 999.
    pub country: u16,
}

/// Field 22: e-commerce.
const ENTRY_MODE: &str = "810";
/// Field 25: e-commerce.
const CONDITION: &str = "59";
/// Field 3 of what takes money from the card.
pub(super) const PURCHASE: &str = "000000";
/// Field 3 of what gives money to the card.
pub(super) const REFUND: &str = "200000";
/// In field 54, the type of the amount that is held after an increment: one of those for private use.
pub(super) const TOTAL: [u8; 2] = *b"80";

/// What begins a sale.
const AUTHORIZED: [Mti; 2] = [Mti::AUTHORIZATION_REQUEST, Mti::AUTHORIZATION_ADVICE];

/// What all requests about a card have.
struct Common<'a> {
    mti: Mti,
    processing: &'static str,
    keys: &'a WireKeys,
    pan: &'a Pan,
    expiry: Expiry,
    amount: Money,
    merchant: &'a Merchant,
    sale: Option<&'a Sale>,
}

/// The 0100 of an authorization.
///
/// # Errors
/// [`CardsError::RequestValue`] or a field error when a value cannot go on the wire.
pub fn authorization(
    request: &AuthorizationRequest,
    by: &Acquirer,
    table: &FieldTable,
) -> Result<Message, CardsError> {
    let common = Common {
        mti: Mti::AUTHORIZATION_REQUEST,
        processing: PURCHASE,
        keys: &request.keys,
        pan: &request.pan,
        expiry: request.expiry,
        amount: request.amount,
        merchant: &request.merchant,
        sale: None,
    };
    let mut message = common.message(by, table)?;
    let mut list = Subelements::new();
    if request.allow_partial {
        list.add(subelements::POINT_OF_SERVICE, b"10000");
    }
    if let Some(address) = &request.address {
        list.add(subelements::ADDRESS_CHECK, b"52");
        message.set(table, 123, &subelements::address(address)[..])?;
    }
    if let Some(cvv) = &request.cvv {
        list.add(subelements::SECURITY_CODE, cvv.expose().as_bytes());
    }
    if let Some(bytes) = list.bytes() {
        message.set(table, 48, bytes)?;
    }
    Ok(message)
}

/// The 0120 or 0121 of an authorization that was approved in the host's place.
///
/// # Errors
/// As [`authorization`]; also if the amount is zero.
pub fn advice(
    advice: &AuthorizationAdvice,
    by: &Acquirer,
    table: &FieldTable,
) -> Result<Message, CardsError> {
    let common = Common {
        mti: if advice.repeat { Mti::AUTHORIZATION_ADVICE_REPEAT } else { Mti::AUTHORIZATION_ADVICE },
        processing: PURCHASE,
        keys: &advice.keys,
        pan: &advice.pan,
        expiry: advice.expiry,
        amount: positive(advice.amount)?,
        merchant: &advice.merchant,
        sale: None,
    };
    let mut message = common.message(by, table)?;
    message.set(table, 38, &advice.approval_code)?;
    message.set(table, 60, advice.reason.wire())?;
    Ok(message)
}

/// The 0100 of an increment.
///
/// # Errors
/// As [`authorization`]; also if the amount is zero, the original is no 0100 or 0120, or the total is of another currency or not
/// more than the amount.
pub fn increment(
    request: &IncrementRequest,
    by: &Acquirer,
    table: &FieldTable,
) -> Result<Message, CardsError> {
    let IncrementRequest { keys, sale, amount, total } = request;
    original_is(sale, &AUTHORIZED)?;
    if total.currency() != amount.currency() || total.minor() <= amount.minor() {
        let what = "total is more than the amount and of its currency";
        return Err(CardsError::RequestValue { what });
    }
    let mut message =
        about(sale, Mti::AUTHORIZATION_REQUEST, PURCHASE, keys, positive(*amount)?).message(by, table)?;
    message.set(table, 54, elements::additional_amount(TOTAL, *total)?)?;
    Ok(message)
}

/// The 0220 or 0221 of a capture.
///
/// # Errors
/// As [`authorization`]; also if the amount is zero or the original is no 0100 or 0120.
pub fn capture(request: &CaptureRequest, by: &Acquirer, table: &FieldTable) -> Result<Message, CardsError> {
    let CaptureRequest { keys, sale, repeat, amount, last } = request;
    original_is(sale, &AUTHORIZED)?;
    let mti = if *repeat { Mti::FINANCIAL_ADVICE_REPEAT } else { Mti::FINANCIAL_ADVICE };
    let mut message = about(sale, mti, PURCHASE, keys, positive(*amount)?).message(by, table)?;
    if *last {
        let mut list = Subelements::new();
        list.add(subelements::LAST_CAPTURE, b"1");
        message.set(table, 48, list.bytes().unwrap_or_default())?;
    }
    Ok(message)
}

/// The 0400 or 0401 of a void.
///
/// # Errors
/// As [`authorization`]; also if the amount is zero or the original is no 0100 or 0120.
pub fn void(request: &VoidRequest, by: &Acquirer, table: &FieldTable) -> Result<Message, CardsError> {
    let VoidRequest { keys, sale, repeat, amount } = request;
    original_is(sale, &AUTHORIZED)?;
    let mti = if *repeat { Mti::REVERSAL_REPEAT } else { Mti::REVERSAL_REQUEST };
    about(sale, mti, PURCHASE, keys, positive(*amount)?).message(by, table)
}

/// The 0200 or 0201 of a refund.
///
/// # Errors
/// As [`authorization`]; also if the amount is zero or the original is no 0100, 0120 or 0220.
pub fn refund(request: &RefundRequest, by: &Acquirer, table: &FieldTable) -> Result<Message, CardsError> {
    let RefundRequest { keys, sale, repeat, amount } = request;
    original_is(sale, &[AUTHORIZED[0], AUTHORIZED[1], Mti::FINANCIAL_ADVICE])?;
    let mti = if *repeat { Mti::FINANCIAL_REPEAT } else { Mti::FINANCIAL_REQUEST };
    about(sale, mti, REFUND, keys, positive(*amount)?).message(by, table)
}

/// The 0420 or 0421 of a reversal.
///
/// # Errors
/// As [`authorization`]; also if the original is no 0100 or 0120, or if what remains is of another currency or not less than
/// the amount.
pub fn reversal(request: &ReversalRequest, by: &Acquirer, table: &FieldTable) -> Result<Message, CardsError> {
    let ReversalRequest { keys, sale, repeat, amount, remaining } = request;
    original_is(sale, &AUTHORIZED)?;
    let mti = if *repeat { Mti::REVERSAL_ADVICE_REPEAT } else { Mti::REVERSAL_ADVICE };
    let mut message = about(sale, mti, PURCHASE, keys, *amount).message(by, table)?;
    if let Some(remaining) = remaining {
        if remaining.currency() != amount.currency() || remaining.minor() >= amount.minor() {
            let what = "what remains is less than the amount and of its currency";
            return Err(CardsError::RequestValue { what });
        }
        message.set(table, 95, elements::replacement(*remaining)?)?;
    }
    Ok(message)
}

/// What all requests about an authorized sale have.
fn about<'a>(
    sale: &'a Sale,
    mti: Mti,
    processing: &'static str,
    keys: &'a WireKeys,
    amount: Money,
) -> Common<'a> {
    let Sale { pan, expiry, merchant, .. } = sale;
    Common { mti, processing, keys, pan, expiry: *expiry, amount, merchant, sale: Some(sale) }
}

/// The 0800 of a sign-on, sign-off or echo.
///
/// # Errors
/// A field error when the key or the table does not fit.
pub fn network_request(
    code: NetworkCode,
    key: MessageKey,
    table: &FieldTable,
) -> Result<Message, CardsError> {
    let mut message = Message::new(Mti::NETWORK_REQUEST);
    set_key(&mut message, key, table)?;
    message.set(table, 70, code.wire())?;
    Ok(message)
}

fn set_key(message: &mut Message, key: MessageKey, table: &FieldTable) -> Result<(), CardsError> {
    let what = "trace number has 6 digits, the time 10";
    message.set(
        table,
        7,
        digits::<10>(u64::from(key.transmitted)).ok_or(CardsError::RequestValue { what })?,
    )?;
    message.set(table, 11, digits::<6>(u64::from(key.stan)).ok_or(CardsError::RequestValue { what })?)
}

impl Common<'_> {
    fn message(&self, by: &Acquirer, table: &FieldTable) -> Result<Message, CardsError> {
        let key = self.keys.message_key()?;
        let time = digits::<10>(u64::from(key.transmitted)).unwrap_or([b'0'; 10]);
        if self.keys.rrn.len() != 12 || !self.keys.rrn.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(CardsError::RequestValue { what: "retrieval reference is 12 letters or digits" });
        }
        elements::acquirer(&by.id)?;
        let country = digits::<3>(u64::from(by.country));
        let mcc = digits::<4>(u64::from(self.merchant.mcc));
        let mut message = Message::new(self.mti);
        let mut set = |field: u8, value: &[u8]| message.set(table, field, value);
        set(2, self.pan.expose().as_bytes())?;
        set(3, self.processing.as_bytes())?;
        set(4, &elements::amount(self.amount)?)?;
        set(7, &time)?;
        set(11, &digits::<6>(u64::from(key.stan)).unwrap_or([b'0'; 6]))?;
        set(12, &time[4..])?;
        set(13, &time[..4])?;
        set(14, &self.expiry.yymm())?;
        set(18, &mcc.ok_or(CardsError::RequestValue { what: "merchant category is 0 to 9999" })?)?;
        set(19, &country.ok_or(CardsError::RequestValue { what: "acquirer country is 1 to 999" })?)?;
        set(22, ENTRY_MODE.as_bytes())?;
        set(25, CONDITION.as_bytes())?;
        set(32, by.id.as_bytes())?;
        set(37, self.keys.rrn.as_bytes())?;
        if let Some(code) = self.sale.and_then(|sale| sale.approval_code.as_deref()) {
            set(38, code.as_bytes())?;
        }
        set(41, self.merchant.terminal_id.as_bytes())?;
        set(42, self.merchant.merchant_id.as_bytes())?;
        set(43, &elements::name_and_location(self.merchant)?)?;
        set(49, &digits::<3>(u64::from(self.amount.currency().numeric())).unwrap_or([b'0'; 3]))?;
        if let Some(sale) = self.sale {
            set(90, &elements::original(&sale.original)?)?;
        }
        Ok(message)
    }
}

fn positive(amount: Money) -> Result<Money, CardsError> {
    if amount.minor() > 0 {
        Ok(amount)
    } else {
        Err(CardsError::RequestValue { what: "amount is at least 1" })
    }
}

fn original_is(sale: &Sale, allowed: &[Mti]) -> Result<(), CardsError> {
    let what = "original is a message that this request can refer to";
    if allowed.contains(&sale.original.mti) { Ok(()) } else { Err(CardsError::RequestValue { what }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BillingAddress, test_requests as requests};

    fn table() -> &'static FieldTable {
        FieldTable::iso1987_ascii()
    }

    #[test]
    fn each_request_has_the_fields_of_the_dialect() {
        let by = requests::acquirer();
        let shown = [
            authorization(&requests::authorization(), &by, table()).unwrap().to_string(),
            capture(&requests::capture(), &by, table()).unwrap().to_string(),
            refund(&requests::refund(), &by, table()).unwrap().to_string(),
            reversal(&requests::reversal(), &by, table()).unwrap().to_string(),
            increment(&requests::increment(), &by, table()).unwrap().to_string(),
            void(&requests::void(), &by, table()).unwrap().to_string(),
            advice(&requests::advice(), &by, table()).unwrap().to_string(),
        ];
        let merchant = "41=T0000001 42=SHOP00000000042 43=Grocer                   Bath         GB";
        let original = "90=010000004211221405190000040000100000000000";
        let head =
            |stan: &str, time: &str| format!("4=000000001999 7=1122{time} 11={stan} 12={time} 13=1122");
        let tail = "14=(4) 18=5411 19=826 22=810 25=59 32=400001";
        assert_eq!(
            shown,
            [
                format!(
                    "0100 2=424242******4242 3=000000 {} {tail} 37=632614000042 {merchant} 48=(7) 49=826",
                    head("000042", "140519")
                ),
                format!(
                    "0220 2=424242******4242 3=000000 {} {tail} 37=632614000042 38=A1B2C3 {merchant} 49=826 {original}",
                    head("000043", "140619")
                ),
                format!(
                    "0201 2=424242******4242 3=200000 {} {tail} 37=632614000044 {merchant} 49=826 {original}",
                    head("000044", "140719")
                ),
                format!(
                    "0420 2=424242******4242 3=000000 {} {tail} 37=632614000042 {merchant} 49=826 {original} 95=000000000500{}",
                    head("000045", "140819"),
                    "0".repeat(30)
                ),
                format!(
                    "0100 2=424242******4242 3=000000 {} {tail} 37=632614000042 38=A1B2C3 {merchant} 49=826 \
                     54=0080826D000000002499 {original}",
                    head("000046", "140919").replace("1999", "0500")
                ),
                format!(
                    "0401 2=424242******4242 3=000000 {} {tail} 37=632614000042 38=A1B2C3 {merchant} 49=826 {original}",
                    head("000047", "141019")
                ),
                format!(
                    "0120 2=424242******4242 3=000000 {} {tail} 37=632614000042 38=SI0001 {merchant} 49=826 60=(4)",
                    head("000042", "140519")
                ),
            ]
        );
    }

    #[test]
    fn what_an_authorization_allows_and_asks_is_in_field_48_and_the_address_in_123() {
        let mut request = requests::authorization();
        request.allow_partial = true;
        request.address = Some(BillingAddress {
            line: Some("1 High Street".to_owned()),
            postal_code: Some("BA1 1AA".to_owned()),
        });
        let message = authorization(&request, &requests::acquirer(), table()).unwrap();
        assert_eq!(message.text(48), Some("6105100008202529203123"));
        assert_eq!(message.text(123), Some("BA1 1AA  1 High Street       "));
        assert!(!message.to_string().contains("BA1"), "{message}");
        let last = CaptureRequest { last: true, ..requests::capture() };
        assert_eq!(capture(&last, &requests::acquirer(), table()).unwrap().text(48), Some("70011"));
    }

    #[test]
    fn what_cannot_go_on_the_wire_is_refused() {
        let good = requests::capture();
        let refused = |change: fn(&mut CaptureRequest)| {
            let mut request = good.clone();
            change(&mut request);
            assert!(capture(&request, &requests::acquirer(), table()).is_err(), "{request:?}");
        };
        refused(|r| r.amount = Money::new(0, r.amount.currency()));
        refused(|r| r.keys.stan = 0);
        refused(|r| r.keys.rrn = "short".to_owned());
        refused(|r| r.keys.rrn = "63261400004 ".to_owned());
        refused(|r| r.sale.merchant.mcc = 10_000);
        refused(|r| r.sale.merchant.terminal_id = "123456789".to_owned());
        refused(|r| r.sale.merchant.country = "gb".to_owned());
        refused(|r| r.sale.approval_code = Some("toolong".to_owned()));
        refused(|r| r.sale.original.mti = Mti::FINANCIAL_ADVICE);
        refused(|r| r.sale.original.acquirer = "123456789012".to_owned());
        let mut partial = requests::reversal();
        partial.remaining = Some(partial.amount);
        assert!(reversal(&partial, &requests::acquirer(), table()).is_err());
        let mut more = requests::increment();
        more.total = more.amount;
        assert!(increment(&more, &requests::acquirer(), table()).is_err());
        assert!(
            authorization(&requests::authorization(), &Acquirer { id: String::new(), country: 826 }, table())
                .is_err()
        );
    }
}
