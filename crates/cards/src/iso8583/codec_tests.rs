//! Round trips of messages under every table, and what is refused.

use super::*;
use proptest::prelude::*;

fn table() -> &'static FieldTable {
    FieldTable::iso1987_ascii()
}

/// A table with everything that the built-in ones do not have.
fn odd_table() -> FieldTable {
    FieldTable::from_toml(
        "name = 'odd'\nbased_on = 'iso8583-1987-ascii'\nbitmap = 'hex'\nlengths = 'binary'\nresponses = '2003'\n\
         field = [\n\
         { number = 2, encoding = 'bcd', pad = 'left-F' },\n{ number = 28, encoding = 'bcd' },\n\
         { number = 35, encoding = 'bcd', pad = 'right-0', prefix = 'bcd' },\n\
         { number = 39, kind = 'n', max = 4 },\n{ number = 46, length = 'LLLL', max = 2000, prefix = 'bcd' },\n\
         { number = 52, encoding = 'hex' },\n{ number = 55, encoding = 'hex', prefix = 'ascii' },\n]",
    )
    .unwrap()
}

fn tables() -> Vec<FieldTable> {
    FieldTable::all_built_in().iter().cloned().chain([odd_table()]).collect()
}

/// Any value that a field may have.
fn value(table: &FieldTable, field: u8) -> BoxedStrategy<Vec<u8>> {
    let spec = table.get(field).unwrap();
    let len = table.lengths(field).unwrap();
    let bytes = |alphabet: &'static [u8]| {
        proptest::collection::vec(proptest::sample::select(alphabet), len.clone()).boxed()
    };
    match spec.kind {
        Kind::N => bytes(b"0123456789"),
        Kind::A => bytes(b"AbcZ "),
        Kind::An => bytes(b"AbZ019 "),
        Kind::Ans => bytes(b"AbZ019 ~!-/"),
        // Packed, a D comes back as the `=` that it stands for.
        Kind::Z if spec.encoding != Encoding::Plain => bytes(b"0123456789="),
        Kind::Z => bytes(b"0123456789=D"),
        Kind::B => proptest::collection::vec(any::<u8>(), len).boxed(),
        Kind::Xn => proptest::collection::vec(proptest::sample::select(&b"0123456789"[..]), len.end() - 1)
            .prop_map(|digits| [b"D".to_vec(), digits].concat())
            .boxed(),
    }
}

fn message() -> impl Strategy<Value = (FieldTable, Message)> {
    (proptest::sample::select(tables()), 0_u16..=9999).prop_flat_map(|(table, mti)| {
        let fields: Vec<u8> = table.fields().map(|(n, _)| n).collect();
        proptest::sample::subsequence(fields, 0..30).prop_flat_map(move |fields| {
            let values: Vec<_> = fields.iter().map(|f| value(&table, *f)).collect();
            let table = table.clone();
            values.prop_map(move |values| {
                let mut m = Message::new(Mti::try_from(mti).unwrap());
                for (field, value) in fields.iter().zip(values) {
                    m.put(*field, value).unwrap();
                }
                (table.clone(), m)
            })
        })
    })
}

/// What is read encodes to the same bytes; what is not read is refused without a panic.
fn read_back(bytes: &[u8], table: &FieldTable) -> Result<(), TestCaseError> {
    if let Ok(m) = Message::decode(bytes, table) {
        prop_assert_eq!(m.encode(table).unwrap(), bytes);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn messages_round_trip((table, m) in message()) {
        let bytes = m.encode(&table).unwrap();
        let back = Message::decode(&bytes, &table).unwrap();
        prop_assert_eq!(&back, &m);
        prop_assert_eq!(back.encode(&table).unwrap(), bytes);
    }

    #[test]
    fn what_one_table_reads_another_writes((table, m) in message()) {
        let back = Message::decode(&m.encode(&table).unwrap(), &table).unwrap();
        for other in FieldTable::all_built_in() {
            if let Ok(bytes) = m.encode(other) {
                prop_assert_eq!(&Message::decode(&bytes, other).unwrap().encode(other).unwrap(), &back.encode(other).unwrap());
            }
        }
    }

    #[test]
    fn every_cut_is_refused((table, m) in message(), cut: prop::sample::Index) {
        let bytes = m.encode(&table).unwrap();
        let at = cut.index(bytes.len());
        prop_assert!(Message::decode(&bytes[..at], &table).is_err());
        let longer = [&bytes[..], b"0"].concat();
        prop_assert_eq!(Message::decode(&longer, &table), Err(CardsError::TrailingBytes { offset: bytes.len(), count: 1 }));
    }

    #[test]
    fn changed_bytes_are_read_back_or_refused((table, m) in message(), changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = m.encode(&table).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_back(&bytes, &table)?;
    }

    #[test]
    fn any_bytes_are_read_back_or_refused(head in "0[0-9]{3}", tail in proptest::collection::vec(any::<u8>(), 0..200)) {
        for table in tables() {
            read_back(&tail, &table)?;
            read_back(&[head.as_bytes(), &tail].concat(), &table)?;
            read_back(&[&[1, 0][..], &tail].concat(), &table)?;
        }
    }
}

fn refused(bytes: &[u8], error: CardsError) {
    assert_eq!(Message::decode(bytes, table()), Err(error));
}

#[test]
fn errors_name_the_field_and_the_byte() {
    let b = |head: &[u8; 4], bits: [u8; 8], rest: &[u8]| [&head[..], &bits, rest].concat();
    refused(b"01", CardsError::Truncated { field: 0, offset: 0 });
    refused(b"01x0\0\0\0\0\0\0\0\0", CardsError::MtiMalformed);
    refused(b"0100\0\0\0", CardsError::Truncated { field: 1, offset: 4 });
    refused(&b(b"0100", [0x80, 0, 0, 0, 0, 0, 0, 0], b""), CardsError::Truncated { field: 1, offset: 12 });
    refused(
        &b(b"0100", [0x40, 0, 0, 0, 0, 0, 0, 0], b"x6"),
        CardsError::LengthMalformed { field: 2, offset: 12 },
    );
    let long = CardsError::FieldLength { field: 2, offset: 14, length: 20, allowed: 19 };
    refused(&b(b"0100", [0x40, 0, 0, 0, 0, 0, 0, 0], b"2041111111111111111111"), long);
    refused(
        &b(b"0100", [0x20, 0, 0, 0, 0, 0, 0, 0], b"00a000"),
        CardsError::FieldCharacter { field: 3, offset: 14 },
    );
    refused(
        &b(b"0100", [0x20, 0, 0, 0, 0, 0, 0, 0], b"0000"),
        CardsError::Truncated { field: 3, offset: 12 },
    );
    let third = b(b"0100", [0x80, 0, 0, 0, 0, 0, 0, 0], &[0x80, 0, 0, 0, 0, 0, 0, 0]);
    refused(&third, CardsError::FieldUnknown { field: 65, offset: 20 });
    refused(&vec![b'0'; 70_000], CardsError::MessageTooLong { max: 65_535 });
}

#[test]
fn encoding_refuses_what_the_table_does_not_allow_and_leaves_the_buffer() {
    let mut m = Message::new(Mti::AUTHORIZATION_REQUEST);
    m.put(3, "00000").unwrap();
    let mut out = b"kept".to_vec();
    let error = CardsError::FieldLength { field: 3, offset: 12, length: 5, allowed: 6 };
    assert_eq!(m.encode_into(table(), &mut out), Err(error));
    assert_eq!(out, b"kept");
}

#[test]
fn a_second_table_reads_other_lengths() {
    let narrow = FieldTable::from_toml(
        "name = 'host b'\nfield = [{ number = 44, name = 'x', kind = 'ans', length = 'LL', max = 99 }]",
    )
    .unwrap();
    let mut m = Message::new(Mti::AUTHORIZATION_REQUEST);
    m.put(44, "y".repeat(60)).unwrap();
    assert!(m.encode(table()).is_err());
    let bytes = m.encode(&narrow).unwrap();
    assert_eq!(Message::decode(&bytes, &narrow).unwrap(), m);
    assert!(Message::decode(&bytes, table()).is_err());
}

#[test]
fn a_packed_message_is_these_bytes() {
    let table = FieldTable::iso1987_bcd();
    let mut m = Message::new(Mti::AUTHORIZATION_REQUEST);
    for (field, value) in
        [(2, "378282246310005"), (3, "0"), (11, "42"), (35, "378282246310005=3009"), (41, "T1"), (49, "826")]
    {
        m.set(table, field, value).unwrap();
    }
    let bytes: &[u8] = &[
        0x01, 0x00, 0x60, 0x20, 0, 0, 0x20, 0x80, 0x80, 0, // type and bitmap
        0x15, 0x37, 0x82, 0x82, 0x24, 0x63, 0x10, 0x00, 0x5f, // 2
        0, 0, 0, 0, 0, 0x42, // 3, 11
        0x20, 0x37, 0x82, 0x82, 0x24, 0x63, 0x10, 0x00, 0x5d, 0x30, 0x09, // 35
        b'T', b'1', b' ', b' ', b' ', b' ', b' ', b' ', 0x08, 0x26, // 41, 49
    ];
    assert_eq!(m.encode(table).unwrap(), bytes);
    assert_eq!(Message::decode(bytes, table).unwrap(), m);
    for (at, byte, error) in [
        (0, 0xa1, CardsError::MtiMalformed),
        (10, 0x1a, CardsError::LengthMalformed { field: 2, offset: 10 }),
        (18, 0x50, CardsError::FieldCharacter { field: 2, offset: 18 }),
        (20, 0xa0, CardsError::FieldCharacter { field: 3, offset: 20 }),
    ] {
        let mut changed = bytes.to_vec();
        changed[at] = byte;
        assert_eq!(Message::decode(&changed, table), Err(error));
    }
}

#[test]
fn a_packed_message_may_not_unpack_to_more_than_a_message_holds() {
    let entries: String = (2..=20)
        .map(|n| format!("{{ number = {n}, name = 'x', kind = 'n', length = 'LLLL', max = 9999 }},\n"))
        .collect();
    let table =
        FieldTable::from_toml(&format!("name = 't'\nnumbers = 'bcd'\nfield = [\n{entries}]")).unwrap();
    let mut bytes = [&b"0100"[..], &[0x7f, 0xff, 0, 0, 0, 0, 0, 0]].concat();
    for _ in 0..15 {
        bytes.extend_from_slice(b"9998");
        bytes.resize(bytes.len() + 4999, 0);
    }
    assert_eq!(Message::decode(&bytes, &table), Err(CardsError::MessageTooLong { max: 65_535 }));
}

#[test]
fn an_empty_second_bitmap_is_kept() {
    let bytes = [&b"0800"[..], &[0x80, 0, 0, 0, 0, 0, 0, 0], &[0; 8]].concat();
    assert_eq!(Message::decode(&bytes, table()).unwrap().encode(table()).unwrap(), bytes);
}
