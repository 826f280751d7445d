//! Requests as a host reads them.

use super::NetworkCode;
use super::outgoing::{PURCHASE, REFUND, TOTAL};
use super::{elements, subelements};
use crate::iso8583::{Message, Mti};
use crate::{CardsError, Expiry, MessageKey};
use pmts_money::Money;
use std::fmt;

/// A request of our dialect, read from a message without copying.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "read, decided upon and dropped: one at a time, on the stack")]
pub enum HostRequest<'m> {
    /// 0800.
    Network(NetworkCode),
    /// Everything else.
    Card(CardRequest<'m>),
}

/// What a request about a card asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardOperation {
    /// 0100.
    Authorize,
    /// 0120: it was approved in the host's place.
    Advise,
    /// 0100 with field 90.
    Increment,
    /// 0220.
    Capture,
    /// 0400.
    Void,
    /// 0200 with processing code 200000.
    Refund,
    /// 0420.
    Reverse,
}

/// A message that is referred to (field 90).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OriginalRef {
    /// Its type.
    pub mti: Mti,
    /// Its fields 11 and 7.
    pub key: MessageKey,
    /// Its field 32 as a number.
    pub acquirer: u64,
}

/// A request about a card. Prints without card data.
#[derive(Clone)]
pub struct CardRequest<'m> {
    /// What it asks for.
    pub operation: CardOperation,
    /// Whether it was sent before.
    pub repeat: bool,
    /// Fields 11 and 7.
    pub key: MessageKey,
    /// Field 32 as a number.
    pub acquirer: u64,
    /// Field 2; not checked.
    pub pan: &'m str,
    /// Field 14.
    pub expiry: Option<Expiry>,
    /// The security code in field 48; not checked.
    pub cvv: Option<&'m str>,
    /// The address to compare (fields 48 and 123).
    pub address: Option<AddressGiven<'m>>,
    /// Whether an approval of less is taken (field 48).
    pub allow_partial: bool,
    /// Whether no further capture follows (field 48).
    pub last: bool,
    /// Fields 4 and 49.
    pub amount: Money,
    /// Field 37.
    pub rrn: [u8; 12],
    /// Field 38 without padding.
    pub approval_code: Option<&'m str>,
    /// Field 90; always there but in an authorization and its advice.
    pub original: Option<OriginalRef>,
    /// Field 95: what shall stay authorized.
    pub remaining: Option<Money>,
    /// Field 54: what is held after an increment.
    pub total: Option<Money>,
}

/// An address as it came: without padding, empty if not given, cut and in ASCII.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AddressGiven<'m> {
    /// Up to 9 characters.
    pub postal_code: &'m str,
    /// House number and street, up to 20 characters.
    pub line: &'m str,
}

impl fmt::Debug for AddressGiven<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressGiven(***)")
    }
}

impl<'m> HostRequest<'m> {
    /// Reads a request.
    ///
    /// # Errors
    /// [`CardsError::RequestUnknown`] when type and processing code are not of the dialect,
    /// [`CardsError::FieldMissing`], [`CardsError::FieldMeaning`].
    pub fn read(message: &'m Message) -> Result<Self, CardsError> {
        let mti = message.mti();
        let unknown = CardsError::RequestUnknown { mti: mti.number() };
        if mti == Mti::NETWORK_REQUEST {
            elements::read_key(message)?;
            let code = NetworkCode::from_wire(message.need(70)?);
            return code
                .map(Self::Network)
                .ok_or(CardsError::FieldMeaning { field: 70, expected: "001, 002, 101 or 301" });
        }
        let processing = message.need(3)?;
        let operation = match mti.first() {
            Mti::AUTHORIZATION_REQUEST if processing != PURCHASE.as_bytes() => return Err(unknown),
            Mti::AUTHORIZATION_REQUEST if message.get(90).is_some() => CardOperation::Increment,
            Mti::AUTHORIZATION_REQUEST => CardOperation::Authorize,
            Mti::AUTHORIZATION_ADVICE if processing == PURCHASE.as_bytes() => CardOperation::Advise,
            Mti::FINANCIAL_ADVICE if processing == PURCHASE.as_bytes() => CardOperation::Capture,
            Mti::FINANCIAL_REQUEST if processing == REFUND.as_bytes() => CardOperation::Refund,
            Mti::REVERSAL_REQUEST if processing == PURCHASE.as_bytes() => CardOperation::Void,
            Mti::REVERSAL_ADVICE if processing == PURCHASE.as_bytes() => CardOperation::Reverse,
            _ => return Err(unknown),
        };
        CardRequest::read(operation, message).map(Self::Card)
    }
}

impl<'m> CardRequest<'m> {
    fn read(operation: CardOperation, message: &'m Message) -> Result<Self, CardsError> {
        let meaning = |field, expected| CardsError::FieldMeaning { field, expected };
        let text = |field| {
            message.need(field).and_then(|b| std::str::from_utf8(b).map_err(|_| meaning(field, "text")))
        };
        let private = message.get(48).unwrap_or_default();
        let letters = |tag| match subelements::find(private, tag)? {
            Some(value) => std::str::from_utf8(value).map(Some).map_err(|_| meaning(48, "text")),
            None => Ok(None),
        };
        let amount = elements::read_money(message)?;
        let original = match message.get(90) {
            Some(value) => {
                let (mti, key, acquirer) = elements::read_original(value)?;
                Some(OriginalRef { mti, key, acquirer })
            }
            None if matches!(operation, CardOperation::Authorize | CardOperation::Advise) => None,
            None => return Err(CardsError::FieldMissing { field: 90 }),
        };
        Ok(Self {
            operation,
            repeat: message.mti().is_repeat(),
            key: elements::read_key(message)?,
            acquirer: elements::number(message.need(32)?).ok_or(meaning(32, "digits"))?,
            pan: text(2)?,
            expiry: match message.text(14) {
                Some(yymm) => Some(Expiry::parse_yymm(yymm).map_err(|_| meaning(14, "YYMM"))?),
                None => None,
            },
            cvv: letters(subelements::SECURITY_CODE)?,
            address: match (letters(subelements::ADDRESS_CHECK)?, message.text(123)) {
                (Some(_), Some(value)) => {
                    let (postal_code, line) = subelements::read_address(value)
                        .ok_or(meaning(123, "postal code 9 and address 20 characters"))?;
                    Some(AddressGiven { postal_code, line })
                }
                _ => None,
            },
            allow_partial: letters(subelements::POINT_OF_SERVICE)?.is_some_and(|v| v.starts_with('1')),
            last: letters(subelements::LAST_CAPTURE)? == Some("1"),
            amount,
            rrn: message.need(37)?.try_into().map_err(|_| meaning(37, "12 characters"))?,
            approval_code: message.text(38).map(str::trim_end).filter(|code| !code.is_empty()),
            original,
            remaining: match message.get(95) {
                Some(value) => {
                    Some(elements::read_amount(95, value.get(..12).unwrap_or_default(), amount.currency())?)
                }
                None => None,
            },
            total: match message.get(54) {
                Some(value) => elements::read_additional_amount(value, TOTAL)?,
                None => None,
            },
        })
    }
}

impl fmt::Debug for CardRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, repeat, key, amount, .. } = self;
        write!(f, "CardRequest({operation:?}, repeat {repeat}, {key:?}, {amount:?})")
    }
}

impl MessageKey {
    /// Fields 11 and 7 of a message.
    ///
    /// # Errors
    /// [`CardsError::FieldMissing`], [`CardsError::FieldMeaning`].
    pub fn of(message: &Message) -> Result<Self, CardsError> {
        elements::read_key(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iso8583::FieldTable;
    use crate::message::{capture, increment, network_request, refund, reversal, void};
    use crate::{BillingAddress, message, test_requests as requests};

    fn over_the_wire(message: &Message) -> Message {
        let table = FieldTable::iso1987_ascii();
        Message::decode(&message.encode(table).unwrap(), table).unwrap()
    }

    fn card(message: &Message) -> CardRequest<'_> {
        match HostRequest::read(message).unwrap() {
            HostRequest::Card(request) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_host_reads_what_was_asked() {
        let (by, table) = (requests::acquirer(), FieldTable::iso1987_ascii());
        let sent = requests::authorization();
        let m = over_the_wire(&message::authorization(&sent, &by, table).unwrap());
        let read = card(&m);
        assert_eq!((read.operation, read.repeat, read.acquirer), (CardOperation::Authorize, false, 400_001));
        assert_eq!((read.pan, read.cvv, read.expiry), (sent.pan.expose(), Some("123"), Some(sent.expiry)));
        assert_eq!(
            (read.amount, read.key, &read.rrn[..]),
            (sent.amount, sent.keys.message_key().unwrap(), sent.keys.rrn.as_bytes())
        );
        let original = OriginalRef { mti: Mti::AUTHORIZATION_REQUEST, key: read.key, acquirer: 400_001 };
        assert_eq!((read.original, read.remaining, read.total), (None, None, None));
        assert_eq!((read.address, read.allow_partial), (None, false));
        assert!(!format!("{read:?}").contains("4242"));

        let m = over_the_wire(&capture(&requests::capture(), &by, table).unwrap());
        let read = card(&m);
        assert_eq!(
            (read.operation, read.original, read.approval_code),
            (CardOperation::Capture, Some(original), Some("A1B2C3"))
        );

        let m = over_the_wire(&refund(&requests::refund(), &by, table).unwrap());
        let read = card(&m);
        assert_eq!(
            (read.operation, read.repeat, read.original),
            (CardOperation::Refund, true, Some(original))
        );

        let m = over_the_wire(&reversal(&requests::reversal(), &by, table).unwrap());
        let read = card(&m);
        assert_eq!(
            (read.operation, read.remaining),
            (CardOperation::Reverse, requests::reversal().remaining)
        );

        let m = over_the_wire(&increment(&requests::increment(), &by, table).unwrap());
        let read = card(&m);
        assert_eq!((read.operation, read.original), (CardOperation::Increment, Some(original)));
        assert_eq!((read.amount.minor(), read.total), (500, Some(requests::increment().total)));

        let m = over_the_wire(&void(&requests::void(), &by, table).unwrap());
        let read = card(&m);
        assert_eq!((read.operation, read.repeat, read.original), (CardOperation::Void, true, Some(original)));

        let m = network_request(NetworkCode::Echo, original.key, table).unwrap();
        assert!(matches!(HostRequest::read(&over_the_wire(&m)), Ok(HostRequest::Network(NetworkCode::Echo))));
    }

    #[test]
    fn what_is_allowed_and_asked_is_read() {
        let (by, table) = (requests::acquirer(), FieldTable::iso1987_ascii());
        let mut sent = requests::authorization();
        sent.allow_partial = true;
        sent.address = Some(BillingAddress { line: None, postal_code: Some("BA1 1AA".to_owned()) });
        let m = over_the_wire(&message::authorization(&sent, &by, table).unwrap());
        let read = card(&m);
        assert_eq!((read.allow_partial, read.cvv), (true, Some("123")));
        assert_eq!(read.address, Some(AddressGiven { postal_code: "BA1 1AA", line: "" }));
        for last in [false, true] {
            let sent = crate::CaptureRequest { last, ..requests::capture() };
            assert_eq!(card(&over_the_wire(&capture(&sent, &by, table).unwrap())).last, last);
        }
    }

    #[test]
    fn requests_without_their_fields_are_refused() {
        let (by, table) = (requests::acquirer(), FieldTable::iso1987_ascii());
        let good = capture(&requests::capture(), &by, table).unwrap();
        for field in [2, 3, 4, 7, 11, 32, 37, 49, 90] {
            let mut m = good.clone();
            m.remove(field);
            assert_eq!(HostRequest::read(&m).unwrap_err(), CardsError::FieldMissing { field });
        }
        let bad = |field: u8, value: &str, error: CardsError| {
            let mut m = good.clone();
            m.put(field, value).unwrap();
            assert_eq!(HostRequest::read(&m).unwrap_err(), error);
        };
        bad(3, "310000", CardsError::RequestUnknown { mti: 220 });
        bad(
            49,
            "000",
            CardsError::FieldMeaning { field: 49, expected: "a numeric currency code of ISO 4217" },
        );
        bad(14, "9999", CardsError::FieldMeaning { field: 14, expected: "YYMM" });
    }
}
