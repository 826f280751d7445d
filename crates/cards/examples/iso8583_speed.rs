//! How long it takes to encode and to decode an authorization: `cargo run --release -p pmts-cards --example iso8583_speed`.
//!
//! Prints nanoseconds per message, the least and the median of the rounds, on one core.

use pmts_cards::iso8583::{FieldTable, Message, Mti};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 200;
const MESSAGES: u128 = 2_000;

fn authorization(table: &FieldTable) -> Result<Message, pmts_cards::CardsError> {
    let mut message = Message::new(Mti::AUTHORIZATION_REQUEST);
    for (field, value) in [
        (2, "4242424242424242"),
        (3, "000000"),
        (4, "000000001999"),
        (7, "1122140519"),
        (11, "000042"),
        (12, "140519"),
        (13, "1122"),
        (14, "3009"),
        (18, "5411"),
        (19, "826"),
        (22, "810"),
        (25, "59"),
        (32, "400001"),
        (37, "632614000042"),
        (41, "T0000001"),
        (42, "SHOP00000000042"),
        (43, "Grocer                   Bath         GB"),
        (48, "9203123"),
        (49, "826"),
    ] {
        message.set(table, field, value)?;
    }
    Ok(message)
}

/// Nanoseconds per call: the least and the median of the rounds.
fn measure(mut call: impl FnMut()) -> (u128, u128) {
    let mut rounds: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            (0..MESSAGES).for_each(|_| call());
            start.elapsed().as_nanos() / MESSAGES
        })
        .collect();
    rounds.sort_unstable();
    (rounds[0], rounds[ROUNDS / 2])
}

fn main() -> Result<(), pmts_cards::CardsError> {
    let table = FieldTable::iso1987_ascii();
    let message = authorization(table)?;
    let bytes = message.encode(table)?;
    println!("authorization of {} bytes, {} fields", bytes.len(), message.fields().count());
    let print = |what: &str, (least, median): (u128, u128)| {
        println!("{what:<8} least {least:>5} ns  median {median:>5} ns")
    };
    print("build", measure(|| drop(black_box(authorization(black_box(table))))));
    print("encode", measure(|| drop(black_box(black_box(&message).encode(table)))));
    print("decode", measure(|| drop(black_box(Message::decode(black_box(&bytes), table)))));
    Ok(())
}
