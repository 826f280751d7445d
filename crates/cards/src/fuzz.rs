//! A function over bytes for each parser of what comes from outside: none may panic, and what is read must be written as the
//! same bytes. The tests call them with random and with damaged bytes; a fuzzer can call them with the feature `fuzz`.

use crate::iso8583::{FieldTable, Frames, Framing, Message, TlvList};
use crate::message::{Asked, CardOperation, HostRequest, Verdict, answer, read_answer};
use crate::{Network, ResponseCode};
use pmts_money::{Currency, Money};

/// A message under every built-in table.
///
/// # Panics
/// If what was read is not written as the same bytes.
pub fn fuzz_message(bytes: &[u8]) {
    for table in FieldTable::all_built_in() {
        if let Ok(message) = Message::decode(bytes, table) {
            assert_eq!(message.encode(table).as_deref(), Ok(bytes), "{}", table.name());
            // Masked in logs: must not panic either.
            assert!(!message.to_string().is_empty());
        }
    }
}

/// A stream of frames; the first byte chooses the framing, the second where the stream is cut.
///
/// # Panics
/// If a frame is not framed as the same bytes, or is longer than allowed.
pub fn fuzz_frames(bytes: &[u8]) {
    let [choice, cut, stream @ ..] = bytes else { return };
    let names = ["binary2", "ascii4", "bcd2", "bcd2+6000030001"];
    let Ok(framing) = names[usize::from(*choice) % names.len()].parse::<Framing>() else { return };
    let (first, second) = stream.split_at(usize::from(*cut).min(stream.len()));
    let mut frames = Frames::new(framing, 300);
    let mut again = Vec::new();
    for piece in [first, second] {
        frames.push(piece);
        while let Ok(Some((message, tpdu))) = frames.take() {
            assert!(message.len() <= 300);
            let framing = Framing { tpdu, ..framing };
            assert!(framing.push(message, &mut again).is_ok(), "what was cut out can be framed");
        }
    }
    assert!(stream.starts_with(&again), "frames come out as they went in");
}

/// A request as a host reads it, and the answer to it.
///
/// # Panics
/// If a request that was read cannot be answered.
pub fn fuzz_request(bytes: &[u8]) {
    for table in FieldTable::all_built_in() {
        let Ok(message) = Message::decode(bytes, table) else { continue };
        let Ok(request) = HostRequest::read(&message) else { continue };
        assert!(!format!("{request:?}").is_empty());
        let verdict = Verdict::bare(ResponseCode::InsufficientFunds);
        let answered = answer(&message, &verdict, table).and_then(|answer| answer.encode(table));
        assert!(matches!(request, HostRequest::Network(_)) || answered.is_ok(), "{answered:?}");
    }
}

/// An answer as we read it.
pub fn fuzz_answer(bytes: &[u8]) {
    for table in FieldTable::all_built_in() {
        let Ok(message) = Message::decode(bytes, table) else { continue };
        let amount = Money::new(1999, Currency::GBP);
        for operation in [CardOperation::Authorize, CardOperation::Capture, CardOperation::Reverse] {
            let asked = Asked { operation, amount, network: Some(Network::Visa) };
            read_answer(&message, asked, table);
        }
    }
}

/// Chip data.
///
/// # Panics
/// If what was parsed does not build the same bytes.
pub fn fuzz_tlv(bytes: &[u8]) {
    if let Ok(list) = TlvList::parse(bytes) {
        assert_eq!(&list.bytes()[..], bytes);
    }
}

/// The text of a field table, and a message under what it says.
///
/// # Panics
/// If a message that was read under the table is not written as the same bytes.
pub fn fuzz_table(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(table) = FieldTable::from_toml(text) else { return };
    let bitmaps = [0x82, 0x20, 0, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0, 0, 0];
    let echo = [&b"0800"[..], &bitmaps, b"1122140519000042301"].concat();
    if let Ok(message) = Message::decode(&echo, &table) {
        assert_eq!(message.encode(&table).as_deref(), Ok(&echo[..]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{message, test_requests as requests};
    use proptest::prelude::*;

    const ALL: [fn(&[u8]); 6] = [fuzz_message, fuzz_frames, fuzz_request, fuzz_answer, fuzz_tlv, fuzz_table];

    /// Good messages of each kind, which are then damaged.
    fn seeds() -> Vec<Vec<u8>> {
        let by = requests::acquirer();
        let mut seeds = vec![
            b"name = 't'\nbased_on = 'iso8583-1987-ascii'\nnumbers = 'bcd'\nfield = [{ number = 44, max = 99 }]".to_vec(),
            [0x9f, 0x26, 2, 1, 2, 0, 0x5a, 0x81, 1, 7, 0xdf, 0x81, 1, 0x82, 0, 1, 9].to_vec(),
        ];
        for table in FieldTable::all_built_in() {
            let messages = [
                message::authorization(&requests::authorization(), &by, table),
                message::increment(&requests::increment(), &by, table),
                message::capture(&requests::capture(), &by, table),
                message::refund(&requests::refund(), &by, table),
                message::reversal(&requests::reversal(), &by, table),
                message::advice(&requests::advice(), &by, table),
            ];
            for message in messages.map(Result::unwrap) {
                let verdict = Verdict {
                    partial: Some(Money::new(5, Currency::GBP)),
                    ..Verdict::bare(ResponseCode::PartialApproval)
                };
                seeds.push(answer(&message, &verdict, table).unwrap().encode(table).unwrap());
                let bytes = message.encode(table).unwrap();
                let mut framed = vec![0, 100];
                Framing::default().push(&bytes, &mut framed).unwrap();
                seeds.extend([bytes, framed]);
            }
        }
        seeds
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn damaged_bytes_do_no_harm(
            seed in proptest::sample::select(seeds()),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            cut: prop::sample::Index,
            whole: bool,
        ) {
            let mut bytes = seed;
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if !whole {
                bytes.truncate(cut.index(bytes.len()));
            }
            ALL.iter().for_each(|parse| parse(&bytes));
        }

        #[test]
        fn random_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            ALL.iter().for_each(|parse| parse(&bytes));
        }
    }
}
