//! Bank files: published ones are read, checked and written again; what we write stands before judges that others wrote.

use chrono::{NaiveDate, NaiveDateTime};
use pmts_money::{Currency, Money};
use pmts_payouts::accounts::Iban;
use pmts_payouts::rails::iso20022::schema::{Schema, built_in, names};
use pmts_payouts::rails::iso20022::{
    CamtItem, CamtReader, Initiation, InitiationVersion, Order, OrderBatch, Scheme, StatusReport, Transfer,
};
use pmts_payouts::rails::nacha::{self, BatchDraft, Direction, EntryDraft, FileDraft, Lines, Reader, Writer};
use pmts_payouts::{FileKind, check};
use pmts_tests::{bin, data, tools};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    files
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
}

fn moment() -> NaiveDateTime {
    day().and_hms_opt(9, 30, 0).unwrap()
}

/// What is wrong with a file, one finding a line; warnings left out.
fn errors(bytes: &[u8]) -> Vec<String> {
    let (_, findings) = check(bytes).unwrap();
    findings.kept().iter().filter(|f| f.severity.as_str() == "error").map(ToString::to_string).collect()
}

#[test]
fn published_nacha_files_are_valid_and_written_as_they_were() {
    let Some(folder) = data::folder("ach") else { return };
    let files = files(&folder.join("valid"));
    assert_eq!(files.len(), 16);
    for file in files {
        let bytes = fs::read(&file).unwrap();
        assert_eq!(errors(&bytes), [""; 0], "{}", file.display());
        let mut again = Vec::new();
        for line in Lines::new(&bytes[..]) {
            line.unwrap().write(&mut again).unwrap();
        }
        assert_eq!(again, bytes, "{}", file.display());
    }
}

#[test]
fn broken_nacha_files_are_refused_with_the_reason() {
    let Some(folder) = data::folder("ach") else { return };
    let reasons = [
        ("20110729A-invalid.ach", "line 1, file header, record size: it must be 094 [NACHA_FIELD]"),
        (
            "iat-invalidBatchHeader.ach",
            "line 2, batch header, service class code: it must be 200, 220 or 225 [NACHA_CODE_UNKNOWN]",
        ),
        (
            "invalid-two-micro-deposits.ach",
            "line 15, entry detail, amount: only digits may stand here [NACHA_FIELD]",
        ),
        (
            "moov-ids.ach",
            "line 10, file control, entry hash: it is 9999999999, counted 144488931 [NACHA_HASH]",
        ),
        (
            "pos-invalidReturnFile.ach",
            "line 4, addenda, return reason code: there is no such return reason [NACHA_CODE_UNKNOWN]",
        ),
        (
            "ppd-debit-invalid-entryDetail-checkDigit.ach",
            "line 3, entry detail, check digit: it does not fit the routing number [NACHA_CHECK_DIGIT]",
        ),
        (
            "return-PPD-custom-reason-code.ach",
            "line 4, addenda, return reason code: there is no such return reason [NACHA_CODE_UNKNOWN]",
        ),
        (
            "web-invalidNOCFile.ach",
            "line 4, addenda, change code: there is no such change code [NACHA_CODE_UNKNOWN]",
        ),
    ];
    assert_eq!(files(&folder.join("invalid")).len(), reasons.len());
    for (name, reason) in reasons {
        let found = errors(&fs::read(folder.join("invalid").join(name)).unwrap());
        assert!(found.iter().any(|f| f == reason), "{name}: {found:#?}");
    }
}

#[test]
fn returns_and_changes_are_found() {
    let Some(folder) = data::folder("ach") else { return };
    let entries = |name: &str| -> Vec<nacha::Entry> {
        Reader::new(&fs::read(folder.join("valid").join(name)).unwrap()[..]).map(Result::unwrap).collect()
    };
    let returns: Vec<_> = entries("return-WEB.ach").iter().map(|e| e.returned().unwrap()).collect();
    assert_eq!(returns[0].reason, "R01");
    assert_eq!((returns[0].cents, returns[0].direction), (12_354, Direction::Debit));
    assert_eq!((returns[1].original_trace.as_str(), returns[1].cents), ("091400600000003", 4_565));
    let change = entries("cor-example.ach")[0].changed().unwrap();
    assert_eq!((change.reason.as_str(), change.corrected.as_str()), ("C01", "1918171614"));
}

/// A file with batches of each class that is written.
fn written() -> Vec<u8> {
    let file = FileDraft {
        destination: "231380104".into(),
        origin: "121042882".into(),
        created: moment(),
        modifier: 'A',
        destination_name: "A BANK".into(),
        origin_name: "A SHOP".into(),
    };
    let mut writer = Writer::new(Vec::new(), &file).unwrap();
    for (class, remittance) in [("PPD", 0), ("CCD", 1), ("CTX", 3), ("WEB", 1)] {
        let batch = BatchDraft {
            class: class.into(),
            company: "A SHOP".into(),
            company_id: "1234567890".into(),
            description: "PAYOUT".into(),
            effective: day().succ_opt().unwrap(),
            odfi: "12104288".into(),
            only: Some(Direction::Credit),
        };
        writer.batch(&batch).unwrap();
        for i in 0..3u64 {
            let entry = EntryDraft {
                code: 22,
                routing: "231380104".into(),
                account: format!("1234567{i}"),
                cents: 1_000 + i,
                id: format!("S-{i}"),
                name: "ADA SELLER".into(),
                remittance: (0..remittance).map(|n| format!("INVOICE {n}")).collect(),
            };
            writer.entry(&entry).unwrap();
        }
    }
    writer.finish().unwrap()
}

#[test]
fn achkit_takes_what_we_write_and_finds_what_we_break() {
    let folder = TempDir::new().unwrap();
    let judge = |name: &str, bytes: &[u8]| -> Value {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join("py").join("achkit_judge.py");
        let mut command = Command::new(tools::python());
        let said = bin::finish(command.arg(script).arg(&path), bin::LIMIT).expect_success();
        serde_json::from_str(&said).unwrap()
    };
    let bytes = written();
    assert_eq!(errors(&bytes), [""; 0]);
    assert_eq!(judge("good.ach", &bytes)["ok"], true);
    let text = String::from_utf8(bytes).unwrap();
    let broken = text.replacen("0000001000", "0000001009", 1);
    assert_eq!(judge("broken.ach", broken.as_bytes())["errors"][0], "BAD_BATCH_CREDIT");
    assert!(errors(broken.as_bytes())[0].ends_with("[NACHA_TOTAL]"));
}

#[test]
fn built_in_schemas_are_the_published_ones() {
    let Some(folder) = data::folder("iso20022") else { return };
    let published: Vec<PathBuf> =
        files(&folder).into_iter().filter(|f| f.extension().is_some_and(|e| e == "xsd")).collect();
    let stems: Vec<&str> = published.iter().map(|f| f.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(names().collect::<Vec<_>>(), stems);
    for (file, name) in published.iter().zip(stems) {
        let schema = Schema::from_xsd(&fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(Some(&schema), built_in(name), "{name}");
    }
}

fn initiation() -> Initiation {
    let iban = |text| Iban::parse(text).unwrap();
    let order = |i: i64| Order {
        end_to_end_id: format!("PO-{i}"),
        amount: Money::new(10_001 + i, Currency::EUR),
        creditor: "Müller & Söhne <GmbH>".into(),
        address: Some(("Köln".into(), "DE".into())),
        creditor_account: iban("DE89370400440532013000"),
        creditor_bic: (i % 2 == 0).then(|| "COBADEFFXXX".to_owned()),
        remittance: "Statement 2026-47".into(),
    };
    Initiation {
        message_id: "MSG-1".into(),
        created: moment(),
        initiator: "A SHOP".into(),
        batches: vec![OrderBatch {
            id: "B-1".into(),
            scheme: Scheme::Sepa,
            execution: day(),
            debtor: "A SHOP".into(),
            debtor_account: iban("FR1420041010050500013M02606"),
            debtor_bic: "BNPAFRPP".into(),
            orders: (0..3).map(order).collect(),
        }],
    }
}

fn transfer() -> Transfer {
    Transfer {
        message_id: "20261123A1B2C3D4".into(),
        end_to_end_id: "PO-1".into(),
        uetr: "8a562c67-ca16-48ba-b074-65581be6f001".into(),
        created: moment(),
        amount: Money::new(123_456, Currency::USD),
        settlement: day(),
        clearing: "FDW".into(),
        from_bic: "CHASUS33".into(),
        to_bic: "BOFAUS3N".into(),
        debtor: ("A SHOP".into(), "NEW YORK".into(), "US".into()),
        debtor_account: "123456789".into(),
        creditor: ("ADA & CO".into(), "BOSTON".into(), "US".into()),
        creditor_account: "987654321".into(),
        remittance: "INVOICE 1".into(),
    }
}

/// Whether xmllint takes a message by its published schema.
fn xmllint(schemas: &Path, name: &str, xml: &[u8]) -> bool {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("message.xml");
    fs::write(&file, xml).unwrap();
    let mut command = Command::new("xmllint");
    command.arg("--noout").arg("--schema").arg(schemas.join(format!("{name}.xsd"))).arg(&file);
    bin::finish(&mut command, bin::LIMIT).status.success()
}

#[test]
fn messages_that_we_write_are_valid_by_the_published_schemas() {
    let Some(schemas) = data::folder("iso20022") else { return };
    for (version, name) in
        [(InitiationVersion::V03, "pain.001.001.03"), (InitiationVersion::V09, "pain.001.001.09")]
    {
        let xml = initiation().write(version, Vec::new()).unwrap();
        assert_eq!(errors(&xml), [""; 0]);
        assert!(xmllint(&schemas, name, &xml), "{name}");
    }
    let xml = transfer().write(Vec::new()).unwrap();
    assert_eq!(errors(&xml), [""; 0]);
    assert_eq!(check(&xml[..]).unwrap().0.name(), "head.001.001.02 + pacs.008.001.08");
    let text = String::from_utf8(xml).unwrap();
    for (begin, end, name) in
        [("<AppHdr", "</AppHdr>", "head.001.001.02"), ("<Document", "</Document>", "pacs.008.001.08")]
    {
        let part = &text[text.find(begin).unwrap()..text.find(end).unwrap() + end.len()];
        assert!(xmllint(&schemas, name, part.as_bytes()), "{name}");
    }
}

/// Ways to break a message: what is replaced, by what, and the code that must be found. `true` if the schema alone shows it.
const DAMAGES: &[(&str, &str, &str, bool)] = &[
    ("<NbOfTxs>3</NbOfTxs>", "<NbOfTxs>4</NbOfTxs>", "ISO_COUNT", false),
    ("<CtrlSum>300.06</CtrlSum>", "<CtrlSum>300.07</CtrlSum>", "ISO_SUM", false),
    ("DE89370400440532013000", "DE89370400440532013001", "PAYOUTS_IBAN_INVALID", false),
    ("BNPAFRPP", "BNPAXXPP", "PAYOUTS_BIC_INVALID", false),
    ("BNPAFRPP", "BNPAFR", "ISO_VALUE", true),
    (">100.01<", ">100.015<", "ISO_CURRENCY", false),
    (">100.01<", ">1OO.01<", "ISO_VALUE", true),
    ("<InstdAmt Ccy=\"EUR\">", "<InstdAmt>", "ISO_ATTRIBUTE", true),
    ("<MsgId>MSG-1</MsgId>", "", "ISO_ELEMENT_MISSING", true),
    ("<MsgId>MSG-1</MsgId>", "<MsgId>MSG-1</MsgId><Extra>1</Extra>", "ISO_ELEMENT_UNEXPECTED", true),
    ("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>XYZ</PmtMtd>", "ISO_VALUE", true),
    ("2026-11-23T09:30:00", "2026-02-30T09:30:00", "ISO_VALUE", true),
    ("<Nm>A SHOP</Nm>", "", "", true),
    ("</Document>", "", "XML_MALFORMED", true),
    ("<Document", "<!DOCTYPE x [<!ENTITY y \"z\">]><Document", "XML_FORBIDDEN", false),
    ("pain.001.001.09", "pain.001.001.99", "ISO_MESSAGE_UNKNOWN", true),
    ("<Cd>SEPA</Cd>", "<Cd>SEPA</Cd><Prtry>X</Prtry>", "ISO_ELEMENT_UNEXPECTED", true),
];

#[test]
fn every_damage_is_found_and_xmllint_agrees_where_it_can() {
    let Some(schemas) = data::folder("iso20022") else { return };
    let xml = String::from_utf8(initiation().write(InitiationVersion::V09, Vec::new()).unwrap()).unwrap();
    for (from, to, code, by_schema) in DAMAGES {
        assert!(xml.contains(from), "{from}");
        let damaged = xml.replacen(from, to, 1);
        let found = errors(damaged.as_bytes());
        // A name may be missing: the schema allows that.
        let expected = !code.is_empty();
        assert_eq!(
            found.iter().any(|f| f.contains(code)) && !found.is_empty(),
            expected,
            "{from}: {found:?}"
        );
        if *by_schema {
            assert_eq!(xmllint(&schemas, "pain.001.001.09", damaged.as_bytes()), !expected, "{from}");
        }
    }
}

#[test]
fn published_statements_are_valid_and_read() {
    let Some(folder) = data::folder("statements") else { return };
    let mut booked = Vec::new();
    for file in files(&folder.join("camt")).iter().filter(|f| f.extension().is_some_and(|e| e == "xml")) {
        let bytes = fs::read(file).unwrap();
        assert_eq!(errors(&bytes), [""; 0], "{}", file.display());
        let items: Vec<CamtItem> = CamtReader::new(&bytes[..]).map(Result::unwrap).collect();
        let entries: Vec<String> = items
            .iter()
            .filter_map(|item| match item {
                CamtItem::Entry(entry) if entry.booked => Some(entry.amount.to_string()),
                _ => None,
            })
            .collect();
        booked.push(format!("{}: {}", file.file_stem().unwrap().to_str().unwrap(), entries.join(" ")));
    }
    assert_eq!(
        booked,
        [
            "genkgo_camt053.v2.all-balance-types: 8.85 EUR",
            "genkgo_camt053.v2.five.decimals: 8.85 EUR",
            "genkgo_camt053.v2.minimal: 8.85 EUR",
            "genkgo_camt053.v8: 8.85 EUR",
            "genkgo_camt054.v8: -200000.00 SEK",
        ]
    );
}

#[test]
fn a_status_report_is_read() {
    let xml = "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.03'><CstmrPmtStsRpt>\
        <GrpHdr><MsgId>R-1</MsgId><CreDtTm>2026-11-23T10:00:00</CreDtTm></GrpHdr>\
        <OrgnlGrpInfAndSts><OrgnlMsgId>MSG-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.03</OrgnlMsgNmId><GrpSts>PART</GrpSts>\
        </OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>B-1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>PO-2</OrgnlEndToEndId>\
        <TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>";
    assert_eq!(errors(xml.as_bytes()), [""; 0]);
    let report = StatusReport::read(xml.as_bytes()).unwrap();
    assert_eq!((report.original_message_id.as_str(), report.group_status.as_str()), ("MSG-1", "PART"));
    let [payment] = &report.payments[..] else { panic!("{report:?}") };
    assert_eq!((payment.payment_id.as_str(), payment.end_to_end_id.as_str()), ("B-1", "PO-2"));
    assert_eq!((payment.status.as_str(), payment.reasons.as_slice()), ("RJCT", &["AC04".to_owned()][..]));
}

#[test]
fn the_command_line_says_what_files_are_and_ends_with_0_or_1() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = path("good.ach", &written());
    let xml = path("good.xml", &initiation().write(InitiationVersion::V09, Vec::new()).unwrap());
    let said = bin::run(["check", &good, &xml]).expect_success();
    assert!(
        said.contains("good.ach: NACHA, 4 batches, 12 entries") && said.contains("pain.001.001.09"),
        "{said}"
    );
    let text = path("other.txt", b"hello");
    let outcome = bin::run(["check", "--json", &good, &text, "no-such-file"]);
    let lines: Vec<Value> = outcome.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let verdicts: Vec<_> = lines.iter().map(|l| l["valid"].as_bool().unwrap()).collect();
    assert_eq!(verdicts, [true, false, false]);
    assert_eq!(lines[1]["findings"][0]["code"], "PAYOUTS_FILE_UNKNOWN");
    assert!(outcome.expect_code(1).contains("APP_FILES_NOT_VALID"));
}

#[test]
fn a_large_file_needs_no_more_than_a_small_one() {
    // As many lines as the check keeps findings, three times over, every one of them wrong.
    let wrong = "x".repeat(94) + "\n";
    let bytes = wrong.repeat(3_000);
    let (kind, findings) =
        check(format!("{}{bytes}", "101 ".to_owned() + &" ".repeat(90) + "\n").as_bytes()).unwrap();
    assert!(matches!(kind, FileKind::Nacha(_)));
    assert_eq!(findings.kept().len(), 1_000);
    assert!(findings.errors() > 3_000);
}
