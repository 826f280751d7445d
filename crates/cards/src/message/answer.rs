//! Answers: written by a host, read by us.

use super::elements::{self, digits};
use super::subelements::{self, Subelements};
use super::{CardOperation, NetworkCode};
use crate::iso8583::{FieldTable, Message};
use crate::{Answer, CardsError, Checks, HostAnswer, Network, ResponseCode, RetryRules};
use pmts_money::Money;

/// What a host decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Field 39.
    pub response: ResponseCode,
    /// Field 38 of an approval: up to 6 letters and digits.
    pub approval_code: Option<String>,
    /// What was approved, if it is less than asked for.
    pub partial: Option<Money>,
    /// What it says beside.
    pub remarks: Remarks,
}

/// What a host says beside yes and no, in field 48.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Remarks {
    /// Subelement 83, the letter of address verification.
    pub address: Option<u8>,
    /// Subelement 84, the advice code.
    pub advice: Option<[u8; 2]>,
    /// Subelement 87, the letter of the security code.
    pub security_code: Option<u8>,
}

impl Verdict {
    /// Nothing but a response code.
    pub fn bare(response: ResponseCode) -> Self {
        Self { response, approval_code: None, partial: None, remarks: Remarks::default() }
    }
}

/// What an answer is read against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// What was asked for.
    pub operation: CardOperation,
    /// The amount of the request.
    pub amount: Money,
    /// The card's network, whose rules say whether a decline may be tried again.
    pub network: Option<Network>,
}

/// Fields that an answer repeats.
const REPEATED: [u8; 12] = [3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49, 95];

/// The answer to a card request.
///
/// # Errors
/// A field error when a value or the table does not fit.
pub fn answer(request: &Message, verdict: &Verdict, table: &FieldTable) -> Result<Message, CardsError> {
    let mut message = Message::new(request.mti().answer());
    for field in REPEATED {
        if let Some(value) = request.get(field) {
            message.set(table, field, value)?;
        }
    }
    if let Some(code) = &verdict.approval_code {
        message.set(table, 38, code)?;
    }
    message.set(table, 39, verdict.response.wire_in(table.responses()))?;
    verdict.remarks.write(&mut message, table)?;
    if let Some(partial) = verdict.partial {
        let asked = elements::additional_amount(*b"57", elements::read_money(request)?)?;
        message.set(table, 4, elements::amount(partial)?)?;
        message.set(table, 49, digits::<3>(u64::from(partial.currency().numeric())).unwrap_or(*b"000"))?;
        message.set(table, 54, asked)?;
    }
    Ok(message)
}

impl Remarks {
    fn write(&self, message: &mut Message, table: &FieldTable) -> Result<(), CardsError> {
        let mut list = Subelements::new();
        if let Some(letter) = self.address {
            list.add(subelements::ADDRESS_RESULT, &[letter]);
        }
        if let Some(code) = self.advice {
            list.add(subelements::RETRY_ADVICE, &code);
        }
        if let Some(letter) = self.security_code {
            list.add(subelements::SECURITY_CODE_RESULT, &[letter]);
        }
        list.bytes().map_or(Ok(()), |bytes| message.set(table, 48, bytes))
    }

    /// What of it a message has. A field 48 that is no such list says nothing: a host may use it in its own way.
    fn read(message: &Message) -> Self {
        let private = message.get(48).unwrap_or_default();
        let find = |tag| subelements::find(private, tag).ok().flatten();
        let letter = |tag| find(tag).and_then(|value| value.first().copied());
        Self {
            address: letter(subelements::ADDRESS_RESULT),
            advice: find(subelements::RETRY_ADVICE).and_then(|value| value.try_into().ok()),
            security_code: letter(subelements::SECURITY_CODE_RESULT),
        }
    }
}

/// The 0810 to a 0800.
///
/// # Errors
/// A field error when a value or the table does not fit.
pub fn network_answer(
    request: &Message,
    code: NetworkCode,
    table: &FieldTable,
) -> Result<Message, CardsError> {
    let mut message = Message::new(request.mti().answer());
    for field in [7, 11] {
        message.set(table, field, request.need(field)?)?;
    }
    message.set(table, 39, ResponseCode::Approved.wire_in(table.responses()))?;
    message.set(table, 70, code.wire())?;
    Ok(message)
}

/// Field 39 of a message.
pub fn read_response(message: &Message, table: &FieldTable) -> Option<ResponseCode> {
    message.text(39).map(|code| ResponseCode::from_wire_in(table.responses(), code))
}

/// Reads the answer to a card request. An answer that makes no sense, an approval of another amount than asked for or a
/// partial approval of anything but an authorization, is [`HostAnswer::Unknown`].
pub fn read_answer(message: &Message, asked: Asked, table: &FieldTable) -> HostAnswer {
    let unknown = |why: &str| HostAnswer::Unknown { why: why.to_owned() };
    let Some(response) = read_response(message, table) else {
        return unknown("answer without a response code");
    };
    if response.may_approve(table.responses()) {
        return unknown("answer with an unknown response code that may approve");
    }
    let money = if message.get(4).is_some() { elements::read_money(message).map(Some) } else { Ok(None) };
    let amount = match (response.is_approval(), &response, money) {
        (false, ..) => None,
        (true, ResponseCode::PartialApproval, Ok(Some(part))) => {
            let less = part.currency() == asked.amount.currency()
                && (1..asked.amount.minor()).contains(&part.minor());
            if asked.operation != CardOperation::Authorize || !less {
                return unknown("partial approval that does not fit the request");
            }
            Some(part)
        }
        (true, ResponseCode::PartialApproval, _) => return unknown("partial approval without an amount"),
        (true, _, Ok(given)) if given.is_none_or(|m| m == asked.amount) => None,
        (true, ..) => return unknown("approval of another amount"),
    };
    let approved = response.is_approval();
    let approval_code = message.text(38).map(str::trim_end).filter(|c| !c.is_empty() && approved);
    let remarks = Remarks::read(message);
    HostAnswer::from(Answer {
        approval_code: approval_code.map(str::to_owned),
        amount,
        checks: Checks::from_letters(remarks.address, remarks.security_code),
        advice: RetryRules::published().advice(asked.network, &response, remarks.advice),
        response,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::authorization;
    use crate::test_requests as requests;
    use crate::{CheckResult, RetryAdvice};

    fn table() -> &'static FieldTable {
        FieldTable::iso1987_ascii()
    }

    fn asked() -> Asked {
        Asked { operation: CardOperation::Authorize, amount: requests::authorization().amount, network: None }
    }

    fn answered(response: ResponseCode, approval_code: Option<&str>, partial: Option<i64>) -> Message {
        let request = authorization(&requests::authorization(), &requests::acquirer(), table()).unwrap();
        let partial = partial.map(|minor| Money::new(minor, asked().amount.currency()));
        let approval_code = approval_code.map(str::to_owned);
        let verdict = Verdict { approval_code, partial, ..Verdict::bare(response) };
        let message = answer(&request, &verdict, table()).unwrap();
        Message::decode(&message.encode(table()).unwrap(), table()).unwrap()
    }

    fn unknown(message: &Message, asked: Asked) -> bool {
        matches!(read_answer(message, asked, table()), HostAnswer::Unknown { .. })
    }

    #[test]
    fn an_answer_repeats_the_references_and_no_card_data() {
        let shown = answered(ResponseCode::Approved, Some("A1B2C3"), None).to_string();
        assert_eq!(
            shown,
            "0110 3=000000 4=000000001999 7=1122140519 11=000042 12=140519 13=1122 32=400001 37=632614000042 38=A1B2C3 39=00 \
             41=T0000001 42=SHOP00000000042 49=826"
        );
        let partial = answered(ResponseCode::PartialApproval, Some("A1B2C3"), Some(999)).to_string();
        assert!(
            partial.contains(" 4=000000000999 ") && partial.ends_with(" 49=826 54=0057826D000000001999"),
            "{partial}"
        );
    }

    #[test]
    fn answers_are_read() {
        let read =
            |response, code, partial| read_answer(&answered(response, code, partial), asked(), table());
        let expect = |response, code: Option<&str>, partial: Option<i64>| {
            let amount = partial.map(|m| Money::new(m, asked().amount.currency()));
            HostAnswer::from(Answer {
                approval_code: code.map(str::to_owned),
                amount,
                ..Answer::bare(response)
            })
        };
        assert_eq!(
            read(ResponseCode::Approved, Some("A1"), None),
            expect(ResponseCode::Approved, Some("A1"), None)
        );
        assert_eq!(
            read(ResponseCode::InsufficientFunds, None, None),
            expect(ResponseCode::InsufficientFunds, None, None)
        );
        let partial = expect(ResponseCode::PartialApproval, Some("A1"), Some(999));
        assert_eq!(read(ResponseCode::PartialApproval, Some("A1"), Some(999)), partial);
    }

    #[test]
    fn remarks_are_read_and_a_strange_field_48_says_nothing() {
        let request = authorization(&requests::authorization(), &requests::acquirer(), table()).unwrap();
        let remarks = Remarks { address: Some(b'Z'), advice: Some(*b"03"), security_code: Some(b'M') };
        let verdict = Verdict { remarks, ..Verdict::bare(ResponseCode::DoNotHonor) };
        let mut message = answer(&request, &verdict, table()).unwrap();
        assert_eq!(message.text(48), Some("8301Z8402038701M"));
        let HostAnswer::Answered(read) = read_answer(&message, asked(), table()) else { panic!("{message}") };
        let checks = Checks {
            address: CheckResult::Fail,
            postal_code: CheckResult::Pass,
            security_code: CheckResult::Pass,
        };
        assert_eq!((read.checks, read.advice), (checks, Some(RetryAdvice::Never)));
        message.put(48, "the host's own words").unwrap();
        let bare = HostAnswer::from(Answer::bare(ResponseCode::DoNotHonor));
        assert_eq!(read_answer(&message, asked(), table()), bare);
    }

    #[test]
    fn answers_without_sense_are_unknown_not_approved_and_not_declined() {
        let mut m = answered(ResponseCode::Approved, None, None);
        m.remove(39);
        assert!(unknown(&m, asked()));
        let mut m = answered(ResponseCode::Approved, None, None);
        m.put(4, "000000000001").unwrap();
        assert!(unknown(&m, asked()));
        for part in [0, 1999, 5000] {
            assert!(unknown(&answered(ResponseCode::PartialApproval, None, Some(part)), asked()));
        }
        let capture = Asked { operation: CardOperation::Capture, ..asked() };
        assert!(unknown(&answered(ResponseCode::PartialApproval, None, Some(999)), capture));
        let mut m = answered(ResponseCode::PartialApproval, None, Some(999));
        m.remove(4);
        assert!(unknown(&m, asked()));
    }
}
