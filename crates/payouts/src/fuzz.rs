//! A function over bytes for each parser of what comes from outside: none may panic. The tests call them with random and
//! with damaged bytes; a fuzzer can call them with the feature `fuzz`.

use crate::accounts::{self, Iban};
use crate::check;
use crate::rails::iso20022::schema::{Pattern, Schema};
use crate::rails::iso20022::{CamtReader, StatusReport, read_returns};
use crate::rails::nacha::{Lines, Reader};

/// A file of any kind.
///
/// # Panics
/// If more findings are kept than counted.
pub fn fuzz_check(bytes: &[u8]) {
    if let Ok((kind, findings)) = check(bytes) {
        assert!(!kind.name().is_empty());
        assert!(findings.kept().len() as u64 <= findings.errors() + findings.warnings());
    }
}

/// A NACHA file, whatever its beginning.
///
/// # Panics
/// If lines are not written as they were read.
pub fn fuzz_nacha(bytes: &[u8]) {
    let mut again = Vec::new();
    let mut whole = true;
    for line in Lines::new(bytes) {
        match line {
            Ok(line) => assert!(line.write(&mut again).is_ok(), "a vector takes all"),
            Err(_) => {
                whole = false;
                break;
            }
        }
    }
    assert!(!whole || again == bytes, "lines come out as they went in");
    for entry in Reader::new(bytes).map_while(Result::ok) {
        let _ = (entry.returned(), entry.changed(), entry.cents());
    }
    let mut findings = crate::Findings::default();
    let _ = crate::rails::nacha::check(bytes, &mut findings);
}

/// A message, by every reader.
pub fn fuzz_messages(bytes: &[u8]) {
    let mut findings = crate::Findings::default();
    let _ = crate::rails::iso20022::check(bytes, &mut findings);
    let _ = CamtReader::new(bytes).map_while(Result::ok).count();
    let _ = (StatusReport::read(bytes), read_returns(bytes));
}

/// A schema as XSD, as table, and a pattern.
///
/// # Panics
/// If a schema that was read is not the same from its table.
pub fn fuzz_schema(text: &str) {
    if let Ok(schema) = Schema::from_xsd(text) {
        let _ = Schema::from_table(&schema.to_table());
    }
    let _ = Schema::from_table(text);
    if let Some(pattern) = Pattern::parse(text) {
        let _ = pattern.fits("AB12");
    }
}

/// Identifiers of accounts and names.
pub fn fuzz_accounts(text: &str) {
    let _ = (Iban::parse(text), Iban::parse_written(text), accounts::bic(text), accounts::aba(text));
    let _ = (accounts::ifsc(text), accounts::vpa(text), accounts::to_sepa(text), accounts::to_nacha(text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NACHA: &str = "101 231380104 1210428821811260000A094101Federal Reserve Bank   My Bank Name                   \n\
5225Name on Account                     121042882 CTXACH CTX         181127   1121042880000001\n\
62723138010412345678         010000000045689033       0002Receiver Company  011121042880000001\n\
705Debit First Account                                                             00010000001\n\
705Debit Second Account                                                            00020000001\n\
82250000030023138010000100000000000000000000121042882                          121042880000001\n\
9000001000001000000030023138010000100000000000000000000                                       \n";

    const CAMT: &str = "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId>\
<CreDtTm>2026-11-22T10:00:00</CreDtTm></GrpHdr><Stmt><Id>1</Id><CreDtTm>2026-11-22T10:00:00</CreDtTm><Acct><Id><IBAN>DE89370400440532013000\
</IBAN></Id></Acct><Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-22</Dt>\
</Dt></Bal><Ntry><Amt Ccy='EUR'>1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BkTxCd/></Ntry></Stmt></BkToCstmrStmt></Document>";

    #[test]
    fn the_examples_are_valid() {
        for example in [NACHA, CAMT] {
            let (kind, findings) = check(example.as_bytes()).unwrap();
            assert!(findings.is_valid(), "{kind:?} {:?}", findings.kept());
        }
        let items: Vec<_> = CamtReader::new(CAMT.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(items.len(), 4);
    }

    fn all(bytes: &[u8]) {
        fuzz_check(bytes);
        fuzz_nacha(bytes);
        fuzz_messages(bytes);
        let text = String::from_utf8_lossy(bytes);
        fuzz_schema(&text);
        fuzz_accounts(&text);
    }

    proptest! {
        #[test]
        fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            all(&bytes);
        }

        #[test]
        fn damaged_files(which: bool, at in 0usize..2_000, byte: u8, cut in 0usize..2_000, join: bool) {
            let mut bytes = if which { NACHA } else { CAMT }.as_bytes().to_vec();
            if join {
                bytes.retain(|b| *b != b'\n');
            }
            let len = bytes.len();
            bytes[at % len] = byte;
            all(&bytes);
            bytes.truncate(cut % len);
            all(&bytes);
        }

        #[test]
        fn records_without_ends_of_lines(times in 1usize..300) {
            let bytes = NACHA.replace('\n', "").repeat(times);
            fuzz_nacha(bytes.as_bytes());
            fuzz_nacha((bytes + "\n").as_bytes());
        }
    }
}
