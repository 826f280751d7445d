//! What stands before a number: whether it says that it is a card, or something else.

/// What the words before a number say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// A card number follows.
    Card,
    /// A number of another kind follows.
    Other,
    /// Nothing that is known.
    Nothing,
}

/// Words that say that a card number is near.
const CARD: &[&str] = &[
    "pan",
    "card",
    "cards",
    "cardno",
    "cardnr",
    "cardnum",
    "cardnumber",
    "cc",
    "ccn",
    "ccnum",
    "ccnumber",
    "creditcard",
    "debitcard",
    "visa",
    "mastercard",
    "amex",
    "maestro",
    "discover",
    "jcb",
    "unionpay",
    "rupay",
    "diners",
    "karte",
    "carte",
    "tarjeta",
    "carta",
];

/// Words that say that a number is of another kind.
const OTHER: &[&str] = &[
    "id",
    "ids",
    "uid",
    "uuid",
    "guid",
    "oid",
    "ref",
    "reference",
    "refs",
    "trace",
    "traceid",
    "span",
    "spanid",
    "parent",
    "request",
    "requestid",
    "req",
    "reqid",
    "order",
    "orderid",
    "orders",
    "txn",
    "txnid",
    "tx",
    "transaction",
    "seq",
    "sequence",
    "serial",
    "ts",
    "time",
    "timestamp",
    "epoch",
    "nanos",
    "micros",
    "millis",
    "offset",
    "position",
    "pos",
    "tracking",
    "invoice",
    "batch",
    "session",
    "sessionid",
    "sid",
    "correlation",
    "nonce",
    "hash",
    "phone",
    "tel",
    "telephone",
    "mobile",
    "msisdn",
    "imei",
    "imsi",
    "iccid",
    "fax",
    "parcel",
    "shipment",
    "barcode",
    "ean",
    "gtin",
    "isbn",
    "upc",
    "version",
    "build",
    "pid",
    "tid",
    "thread",
    "key",
    "token",
    "etag",
    "rrn",
    "stan",
    "arn",
    "counter",
    "event",
    "message",
    "msg",
    "job",
    "task",
    "user",
    "userid",
    "customer",
    "account",
    "iban",
    "idempotency",
    "checksum",
    "crc",
    "seed",
    "node",
    "shard",
    "block",
    "height",
    "ledger",
    "entry",
    "entryid",
];

/// Words that say so only as a name: `bytes=`.
const MEASURES: &[&str] = &["ns", "us", "ms", "bytes", "size", "length", "count", "amount", "balance"];

/// How far before a number words are looked at.
const REACH: usize = 64;
/// The most words that are looked at.
const WORDS: usize = 4;

/// The last word of a name in any spelling: `cardNumber`, `card_number`, `card-number` end in `number`.
fn parts(word: &[u8], mut each: impl FnMut(&str)) {
    let mut part = [0_u8; 24];
    let mut len = 0;
    let mut lower_before = false;
    let mut close = |part: &[u8]| {
        if let Ok(text) = std::str::from_utf8(part)
            && !text.is_empty()
        {
            each(text);
        }
    };
    for byte in word {
        let alone = !byte.is_ascii_alphabetic();
        if alone || (byte.is_ascii_uppercase() && lower_before) || len == part.len() {
            close(&part[..len]);
            len = 0;
        }
        lower_before = byte.is_ascii_lowercase();
        if !alone {
            part[len] = byte.to_ascii_lowercase();
            len += 1;
        }
    }
    close(&part[..len]);
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b'-'
}

/// A hash of the name of the field that a number stands in: the word right before it.
pub(super) fn field(text: &[u8], at: usize) -> u64 {
    let near = near(text, at);
    let word = last_word(near, near.len(), true);
    near[word].iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What is looked at before a place: of its line.
fn near(text: &[u8], at: usize) -> &[u8] {
    let near = &text[at.saturating_sub(REACH)..at];
    &near[near.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1)..]
}

/// The last word before an end; empty if there is none.
fn last_word(near: &[u8], mut end: usize, digits: bool) -> std::ops::Range<usize> {
    while end > 0 && !is_word(near[end - 1]) {
        end -= 1;
    }
    let mut begin = end;
    while begin > 0 && (is_word(near[begin - 1]) || (digits && near[begin - 1].is_ascii_digit())) {
        begin -= 1;
    }
    begin..end
}

/// What the words before a place on its line say.
pub(super) fn says(text: &[u8], at: usize) -> Says {
    let near = near(text, at);
    let mut says = Says::Nothing;
    let mut end = near.len();
    for nth in 0..WORDS {
        let word = last_word(near, end, nth == 0);
        if word.is_empty() {
            break;
        }
        // `took 18 ms 4532...` says nothing, `ms=4532...` does.
        let named = near[word.end..].iter().any(|b| matches!(b, b'=' | b':'));
        let (mut card, mut last) = (false, false);
        parts(&near[word.clone()], |part| {
            card |= CARD.contains(&part);
            last = OTHER.contains(&part) || (named && MEASURES.contains(&part));
        });
        // `node-3 4532...` says nothing either: it is the name of another number.
        last &= nth > 0 || !near[word.end..].iter().any(u8::is_ascii_digit);
        match (last, card) {
            // The number of a card, not of what is called after it: `card_id`.
            (true, _) if nth == 0 => return Says::Other,
            (_, true) => says = Says::Card,
            _ => {}
        }
        end = word.start;
    }
    says
}
