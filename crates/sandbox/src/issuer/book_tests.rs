//! The issuer's decisions, message by message.

use super::super::test_requests::{GOOD, NOW, Sale, acquirer, gbp};
use super::*;
use pmts_cards::message::{authorization, capture, increment, refund, reversal, void};
use pmts_cards::{
    AuthorizationRequest, BillingAddress, CaptureRequest, Expiry, IncrementRequest, RefundRequest,
    ReversalRequest, VoidRequest,
};
use pmts_sensitive::Cvv;

fn table() -> &'static FieldTable {
    FieldTable::iso1987_ascii()
}

/// A book and what it answers: the response code, or `-` for silence.
struct Bench(IssuerBook);

impl Bench {
    fn new() -> Self {
        Self(IssuerBook::new(TestCards::default(), 100))
    }

    fn ask(&mut self, message: Message) -> String {
        match self.0.handle(&message, NOW, table()) {
            Reply::Answer { message, .. } => message.text(39).unwrap().to_owned(),
            Reply::Silence => "-".to_owned(),
            Reply::Cut => "cut".to_owned(),
            Reply::Refused(error) => error.to_string(),
        }
    }

    fn authorize(&mut self, request: &AuthorizationRequest) -> String {
        self.ask(authorization(request, &acquirer(), table()).unwrap())
    }

    fn capture(&mut self, request: &CaptureRequest) -> String {
        self.ask(capture(request, &acquirer(), table()).unwrap())
    }

    fn increment(&mut self, request: &IncrementRequest) -> String {
        self.ask(increment(request, &acquirer(), table()).unwrap())
    }

    fn void(&mut self, request: &VoidRequest) -> String {
        self.ask(void(request, &acquirer(), table()).unwrap())
    }

    fn refund(&mut self, request: &RefundRequest) -> String {
        self.ask(refund(request, &acquirer(), table()).unwrap())
    }

    fn reverse(&mut self, request: &ReversalRequest) -> String {
        self.ask(reversal(request, &acquirer(), table()).unwrap())
    }

    /// Counts and sums in GBP: authorized, captured, refunded, reversed.
    fn totals(&self) -> [(u64, i128); 4] {
        let totals = self.0.totals().get(&Currency::GBP).copied().unwrap_or_default();
        [totals.authorized, totals.captured, totals.refunded, totals.reversed]
            .map(|tally| (tally.count, tally.sum_minor))
    }
}

/// A sale of 20.00 GBP that was authorized.
fn authorized(bench: &mut Bench) -> Sale {
    let sale = Sale::new(GOOD, 2000, 100);
    assert_eq!(bench.authorize(&sale.authorization), "00");
    sale
}

#[test]
fn authorizations_are_declined_by_rule_or_by_card() {
    let mut stan = 0;
    let mut check = |pan: &str, minor: i64, yymm: &str, cvv: Option<&str>, expected: &str| {
        stan += 1;
        let mut request = Sale::new(pan, minor, stan).authorization;
        request.expiry = Expiry::parse_yymm(yymm).unwrap();
        request.cvv = cvv.map(|code| Cvv::parse(code).unwrap());
        let mut bench = Bench::new();
        assert_eq!(bench.authorize(&request), expected, "{pan} {yymm} {cvv:?}");
        let approved = u64::from(expected == "00");
        assert_eq!(bench.totals()[0], (approved, i128::from(approved) * i128::from(minor)));
    };
    check(GOOD, 2000, "2611", Some("123"), "00");
    check(GOOD, 2000, "2610", None, "54");
    check(GOOD, 2000, "3009", Some("000"), "N7");
    check(GOOD, 2000, "3009", Some("1234"), "N7");
    check("378282246310005", 2000, "3009", Some("1234"), "00");
    check("378282246310005", 2000, "3009", Some("123"), "N7");
    check(GOOD, 0, "3009", None, "85");
    check("4000000000000002", 2000, "3009", None, "05");
    check("4000000000009995", 2000, "3009", None, "51");
    check("4000001200000016", 2000, "3009", None, "14");
}

#[test]
fn a_wrong_check_digit_and_a_missing_field_are_answered() {
    let mut m = authorization(&Sale::new(GOOD, 2000, 1).authorization, &acquirer(), table()).unwrap();
    m.put(2, "4242424242424241").unwrap();
    assert_eq!(Bench::new().ask(m.clone()), "14");
    m.remove(4);
    assert_eq!(Bench::new().ask(m.clone()), "30");
    m.remove(11);
    assert_eq!(Bench::new().ask(m), "field 4 is missing");
}

#[test]
fn the_year_is_that_nearest_to_now() {
    let key = |transmitted| MessageKey { stan: 1, transmitted };
    let secs = |secs: i64| Timestamp::from_micros(secs * 1_000_000);
    assert_eq!(sent_in(key(1_122_140_519), NOW), (2026, 11));
    assert_eq!(sent_in(key(1_231_235_959), secs(1_798_761_600)), (2026, 12));
    assert_eq!(sent_in(key(101_000_000), secs(1_798_761_599)), (2027, 1));
}

#[test]
fn a_repeat_gets_the_same_answer_and_has_no_second_effect() {
    let mut bench = Bench::new();
    let mut sale = authorized(&mut bench);
    assert_eq!(bench.authorize(&sale.authorization), "00");
    let mut taken = sale.capture(1500);
    let mut back = sale.refund(600);
    for repeat in [false, true, true] {
        taken.repeat = repeat;
        assert_eq!(bench.capture(&taken), "00");
    }
    for repeat in [false, true, true] {
        back.repeat = repeat;
        assert_eq!(bench.refund(&back), "00");
    }
    assert_eq!(bench.totals(), [(1, 2000), (1, 1500), (1, 600), (0, 0)]);
    let effects: Vec<_> = bench.0.effects(sale.rrn()).iter().map(|e| (e.operation, e.amount)).collect();
    let expected =
        [(CardOperation::Authorize, 2000), (CardOperation::Capture, 1500), (CardOperation::Refund, 600)];
    assert_eq!(effects, expected.map(|(operation, minor)| (operation, gbp(minor))));
    taken.amount = gbp(1);
    assert_eq!(bench.capture(&taken), "94");
    sale.authorization.amount = gbp(1);
    assert_eq!(bench.authorize(&sale.authorization), "94");
}

#[test]
fn no_more_than_authorized_is_captured_and_no_more_than_captured_is_refunded() {
    let mut bench = Bench::new();
    let mut sale = authorized(&mut bench);
    assert_eq!(bench.refund(&sale.refund(1)), "13");
    assert_eq!(bench.capture(&sale.capture(2001)), "13");
    assert_eq!(bench.capture(&sale.capture(1200)), "00");
    assert_eq!(bench.capture(&sale.capture(801)), "13");
    assert_eq!(bench.capture(&sale.capture(800)), "00");
    assert_eq!(bench.refund(&sale.refund(1900)), "00");
    assert_eq!(bench.refund(&sale.refund(101)), "13");
    assert_eq!(bench.refund(&sale.refund(100)), "00");
    assert_eq!(bench.totals(), [(1, 2000), (2, 2000), (2, 2000), (0, 0)]);
}

#[test]
fn a_refund_finds_its_sale_through_the_capture() {
    let mut bench = Bench::new();
    let mut sale = authorized(&mut bench);
    let taken = sale.capture(700);
    assert_eq!(bench.capture(&taken), "00");
    let mut back = sale.refund(701);
    back.sale.original =
        pmts_cards::OriginalData { mti: Mti::FINANCIAL_ADVICE, keys: taken.keys, acquirer: acquirer().id };
    assert_eq!(bench.refund(&back), "13");
    let mut unknown = Sale::new(GOOD, 700, 500);
    assert_eq!(bench.refund(&unknown.refund(700)), "00");
    assert_eq!(bench.0.unmatched_refunds(), 1);
}

#[test]
fn another_card_code_or_currency_is_refused() {
    let mut bench = Bench::new();
    let mut sale = authorized(&mut bench);
    let mut other_card = sale.capture(100);
    other_card.sale.pan = Sale::new("5555555555554444", 1, 1).authorization.pan;
    assert_eq!(bench.capture(&other_card), "12");
    sale.approval_code = Some("ZZZZZZ".to_owned());
    assert_eq!(bench.capture(&sale.capture(100)), "12");
    sale.approval_code = Some("000001".to_owned());
    let mut other_currency = sale.capture(100);
    other_currency.amount = Money::new(100, Currency::EUR);
    assert_eq!(bench.capture(&other_currency), "13");
    assert_eq!(bench.capture(&sale.capture(100)), "00");
    let mut declined = Sale::new("4000000000000002", 2000, 300);
    assert_eq!(bench.authorize(&declined.authorization), "05");
    assert_eq!(bench.capture(&declined.capture(100)), "12");
    assert_eq!(bench.capture(&Sale::new(GOOD, 2000, 600).capture(100)), "25");
}

#[test]
fn reversals_in_full_and_in_part() {
    let mut bench = Bench::new();
    let mut sale = authorized(&mut bench);
    assert_eq!(bench.capture(&sale.capture(500)), "00");
    assert_eq!(bench.reverse(&sale.reversal(None)), "12");
    assert_eq!(bench.reverse(&sale.reversal(Some(499))), "13");
    assert_eq!(bench.reverse(&sale.reversal(Some(500))), "00");
    assert_eq!(bench.capture(&sale.capture(1)), "13");
    assert_eq!(bench.totals(), [(1, 2000), (1, 500), (0, 0), (1, 1500)]);

    let mut bench = Bench::new();
    let mut sale = authorized(&mut bench);
    let mut undone = sale.reversal(None);
    assert_eq!(bench.reverse(&undone), "00");
    undone.repeat = true;
    assert_eq!(bench.reverse(&undone), "00");
    assert_eq!(bench.reverse(&sale.reversal(None)), "94");
    assert_eq!(bench.capture(&sale.capture(1)), "13");
    assert_eq!(bench.totals(), [(1, 2000), (0, 0), (0, 0), (1, 2000)]);

    let mut declined = Sale::new("4000000000000002", 2000, 700);
    assert_eq!(bench.authorize(&declined.authorization), "05");
    assert_eq!(bench.reverse(&declined.reversal(None)), "00");
    assert_eq!(bench.totals()[3], (1, 2000));
}

#[test]
fn a_reversal_that_overtakes_its_authorization_leaves_a_tombstone() {
    let mut bench = Bench::new();
    let mut sale = Sale::new(GOOD, 2000, 1);
    assert_eq!(bench.reverse(&sale.reversal(None)), "25");
    assert_eq!(bench.authorize(&sale.authorization), "05");
    assert_eq!(bench.authorize(&sale.authorization), "05");
    assert_eq!(bench.totals(), [(0, 0); 4]);
}

#[test]
fn silent_and_lost_cards() {
    let mut bench = Bench::new();
    let mut silent = Sale::new("4000001200000032", 2000, 1);
    assert_eq!(bench.authorize(&silent.authorization), "-");
    assert_eq!(bench.totals()[0], (1, 2000));
    assert_eq!(bench.reverse(&silent.reversal(None)), "00");

    let mut lost = Sale::new("4000001200000073", 2000, 10);
    assert_eq!(bench.authorize(&lost.authorization), "-");
    assert_eq!(bench.totals()[0], (1, 2000));
    assert_eq!(bench.reverse(&lost.reversal(None)), "25");

    for (pan, after_first) in [("4000001200000040", 1), ("4000001200000081", 0)] {
        let mut bench = Bench::new();
        let mut sale = Sale::new(pan, 2000, 20);
        assert_eq!(bench.authorize(&sale.authorization), "00");
        let mut taken = sale.capture(2000);
        assert_eq!(bench.capture(&taken), "-");
        assert_eq!(bench.totals()[1].0, after_first);
        taken.repeat = true;
        assert_eq!(bench.capture(&taken), "00");
        assert_eq!(bench.totals()[1], (1, 2000));
    }
    let mut late = Sale::new("4000001200000065", 2000, 30);
    assert_eq!(bench.authorize(&late.authorization), "00");
    let mut undone = late.reversal(None);
    assert_eq!(bench.reverse(&undone), "-");
    undone.repeat = true;
    assert_eq!(bench.reverse(&undone), "00");
}

#[test]
fn half_is_approved_and_can_be_captured() {
    let mut bench = Bench::new();
    let mut sale = Sale::new("4000001200000123", 2001, 1);
    assert_eq!(bench.authorize(&sale.authorization), "10");
    assert_eq!(bench.capture(&sale.capture(1001)), "13");
    assert_eq!(bench.capture(&sale.capture(1000)), "00");
    assert_eq!(bench.totals()[..2], [(1, 1000), (1, 1000)]);
    assert_eq!(bench.authorize(&Sale::new("4000001200000123", 1, 10).authorization), "00");
}

#[test]
fn increments_add_to_what_is_held_and_are_taken_back_one_by_one() {
    let mut bench = Bench::new();
    let mut sale = authorized(&mut bench);
    let more = sale.increment(500, 2500);
    assert_eq!((bench.increment(&more), bench.increment(&more)), ("00".to_owned(), "00".to_owned()));
    assert_eq!(bench.increment(&sale.increment(100, 2100)), "13", "the host counts 2600");
    assert_eq!(bench.increment(&sale.increment(100, 2600)), "00");
    assert_eq!(bench.capture(&sale.capture(2601)), "13");
    let mut undo = sale.take_back(&more);
    assert_eq!(bench.reverse(&undo), "00");
    undo.repeat = true;
    assert_eq!(bench.reverse(&undo), "00");
    assert_eq!(bench.reverse(&sale.take_back(&more)), "94");
    assert_eq!(bench.capture(&sale.capture(2101)), "13");
    assert_eq!(bench.capture(&sale.capture(2100)), "00");
    let totals = bench.0.totals()[&Currency::GBP];
    assert_eq!((totals.incremented.count, totals.incremented.sum_minor), (2, 600));
    assert_eq!(bench.totals(), [(1, 2000), (1, 2100), (0, 0), (1, 500)]);

    let never = sale.increment(50, 2150);
    assert_eq!(bench.reverse(&sale.take_back(&never)), "25");
    assert_eq!(bench.increment(&never), "05", "it was reversed before it came");
    let mut declined = Sale::new("4000001200000149", 2000, 300);
    assert_eq!(bench.authorize(&declined.authorization), "00");
    let more = declined.increment(1, 2001);
    assert_eq!(
        (bench.increment(&more), bench.reverse(&declined.take_back(&more))),
        ("51".into(), "00".into())
    );
    let unknown = Sale::new(GOOD, 1, 900).increment(1, 2);
    assert_eq!(bench.increment(&unknown), "25");
}

#[test]
fn a_void_sets_all_free_once_and_not_after_a_capture() {
    let mut bench = Bench::new();
    let mut sale = authorized(&mut bench);
    assert_eq!(bench.increment(&sale.increment(500, 2500)), "00");
    assert_eq!(bench.void(&sale.void(2000)), "13", "2500 are held");
    let mut void = sale.void(2500);
    assert_eq!(bench.void(&void), "00");
    void.repeat = true;
    assert_eq!(bench.void(&void), "00");
    assert_eq!(bench.void(&sale.void(2500)), "12");
    assert_eq!(bench.capture(&sale.capture(1)), "13");
    assert_eq!(bench.increment(&sale.increment(1, 2)), "12");
    assert_eq!(bench.reverse(&sale.reversal(None)), "94");
    let voided = bench.0.totals()[&Currency::GBP].voided;
    assert_eq!((voided.count, voided.sum_minor), (1, 2500));

    let mut taken = Sale::new(GOOD, 2000, 500);
    assert_eq!(bench.authorize(&taken.authorization), "00");
    assert_eq!(bench.capture(&taken.capture(1)), "00");
    assert_eq!(bench.void(&taken.void(2000)), "12");
    let mut refuses = Sale::new("4000001200000156", 2000, 600);
    assert_eq!(bench.authorize(&refuses.authorization), "00");
    assert_eq!(bench.void(&refuses.void(2000)), "05");
    assert_eq!(bench.capture(&refuses.capture(2000)), "00", "what was not voided can be taken");
}

#[test]
fn nothing_is_taken_after_the_last_capture() {
    let mut bench = Bench::new();
    let mut sale = authorized(&mut bench);
    assert_eq!(bench.capture(&sale.capture(500)), "00");
    let last = CaptureRequest { last: true, ..sale.capture(700) };
    assert_eq!(bench.capture(&last), "00");
    assert_eq!(bench.capture(&last), "00");
    assert_eq!(bench.capture(&sale.capture(1)), "12");
    assert_eq!(bench.increment(&sale.increment(1, 2001)), "12");
    assert_eq!(bench.reverse(&sale.reversal(Some(1200))), "00");
    assert_eq!(bench.totals(), [(1, 2000), (2, 1200), (0, 0), (1, 800)]);
}

#[test]
fn less_is_approved_only_where_it_is_allowed() {
    let mut bench = Bench::new();
    let mut ask = |stan, minor, allow_partial| {
        let request = AuthorizationRequest {
            allow_partial,
            ..Sale::new("4000001200000131", minor, stan).authorization
        };
        bench.authorize(&request)
    };
    assert_eq!(ask(1, 1000, false), "00");
    assert_eq!(ask(2, 1001, false), "51");
    assert_eq!(ask(3, 1001, true), "10");
    assert_eq!(bench.totals()[0], (2, 2000));
}

#[test]
fn address_and_security_code_are_compared_if_they_are_given() {
    let mut bench = Bench::new();
    let mut stan = 0;
    let mut check = |pan: &str, address: bool, cvv: Option<&str>, expected: Option<&str>| {
        stan += 1;
        let mut request = Sale::new(pan, 100, stan).authorization;
        request.address =
            address.then(|| BillingAddress { line: None, postal_code: Some("BA1 1AA".to_owned()) });
        request.cvv = cvv.map(|code| Cvv::parse(code).unwrap());
        let message = authorization(&request, &acquirer(), table()).unwrap();
        let Reply::Answer { message, .. } = bench.0.handle(&message, NOW, table()) else { panic!() };
        assert_eq!(message.text(48), expected, "{pan} {address} {cvv:?}");
    };
    check(GOOD, false, None, None);
    check(GOOD, true, Some("123"), Some("8301Y8701M"));
    check(GOOD, false, Some("000"), Some("8701N"));
    check("4000000000000010", true, None, Some("8301N"));
    check("4000000000000010", false, None, None);
    check("5105105105105100", false, None, Some("840221"));
    check("4000000000000101", true, Some("123"), Some("8301Y8701N"));
}

#[test]
fn memory_is_bounded_and_totals_are_not() {
    let mut bench = Bench(IssuerBook::new(TestCards::none(), 10));
    let mut sales: Vec<_> = (0..25).map(|n| Sale::new(GOOD, 100, n * 10 + 1)).collect();
    for sale in &sales {
        assert_eq!(bench.authorize(&sale.authorization), "00");
    }
    assert_eq!(bench.capture(&sales[14].capture(100)), "25");
    assert_eq!(bench.capture(&sales[15].capture(100)), "00");
    assert_eq!(bench.totals()[0], (25, 2500));
    assert_eq!(bench.0.effects.len(), 10);
    assert!(bench.0.effects(sales[0].rrn()).is_empty() && bench.0.effects(sales[24].rrn()).len() == 1);
}
