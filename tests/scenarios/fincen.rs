//! Batches of reports to FinCEN, judged against its schemas by xmllint.

use pmts_compliance::aml::party::Day;
use pmts_compliance::aml::reports::{
    CashDay, CashFor, CashReport, Ctr, Filer, Institution, Narrative, Reported, Sar, Suspicion, ctr_batch,
    form_8300_batch, sar_batch,
};
use std::path::Path;
use std::process::Command;

fn filer() -> Filer {
    let text = |t: &str| t.to_owned();
    let institution = Institution {
        name: text("Example Pay & Sons <Payments> Inc"),
        ein: text("123456789"),
        street: text("1 Main Street"),
        city: text("Springfield"),
        state: text("IL"),
        zip: text("62701"),
        phone: text("2175550100"),
    };
    Filer { institution, control_code: text("TBSATEST"), contact: text("Compliance Office") }
}

fn people() -> [Reported; 3] {
    let person = Reported {
        last_name: "  Müller \u{1} ".to_owned(),
        first_name: "Ann".to_owned(),
        birth: Day::new(1980, 2, 29),
        city: "Springfield".to_owned(),
        country: "US".to_owned(),
        ..Reported::default()
    };
    let company = Reported {
        is_entity: true,
        last_name: "S".repeat(400),
        tin: "987654321".to_owned(),
        ..Reported::default()
    };
    [person, company, Reported { last_name: "Unknown".to_owned(), ..Reported::default() }]
}

/// Whether xmllint takes the file, and what it says.
fn valid(schema: &Path, file: &Path) -> (bool, String) {
    let judged =
        Command::new("xmllint").args(["--noout", "--schema"]).arg(schema).arg(file).output().unwrap();
    (judged.status.success(), String::from_utf8_lossy(&judged.stderr).into_owned())
}

#[test]
fn batches_are_valid_against_the_schemas_and_broken_ones_are_not() {
    let Some(data) = pmts_tests::data::folder("risk/fincen") else { return };
    let dir = tempfile::tempdir().unwrap();
    let day = |d| Day::new(2026, 6, d).unwrap();
    let ctrs: Vec<Ctr> = (people().into_iter().zip([(1_234_567, 0), (0, 2_000_000), (1_000_001, 1_500_000)]))
        .map(|(person, (in_cents, out_cents))| {
            let paid = vec!["a".to_owned(), "b".to_owned()];
            Ctr {
                person,
                cash: CashDay { person: "c1".to_owned(), day: 20_605, in_cents, out_cents, paid },
                day: day(1),
            }
        })
        .collect();
    let narratives =
        ["Two payments in cash.".to_owned(), "paid in & again <twice>\n".repeat(800), "x".repeat(20_000)];
    let sars: Vec<Sar> = (people().into_iter().zip(narratives).enumerate())
        .map(|(n, (subject, narrative))| Sar {
            subject,
            suspicions: vec![
                Suspicion::BelowCtrThreshold,
                Suspicion::of_scenario("fan_in"),
                Suspicion::FunnelAccount,
            ],
            cents: 1_900_050,
            from: day(1),
            to: day(3),
            narrative: Narrative::new(narrative),
            continues: (n == 1).then_some(31_000_000_000_001),
        })
        .collect();
    let [person, company, unknown] = people();
    let received = |person, on_behalf_of, cents, cash_for| CashReport {
        person,
        occupation: "Dealer in <cars> & parts, retired from the trade".to_owned(),
        on_behalf_of,
        cents,
        price_cents: 2_000_000,
        day: day(1),
        in_parts: cents > 1_500_000,
        cash_for,
        description: "A car".to_owned(),
        suspicious: cents > 1_500_000,
    };
    let cash = [
        received(person, Some(company), 1_000_001, CashFor::PersonalProperty),
        received(unknown, None, 1_999_999, CashFor::Debt),
    ];
    let batches = [
        ("EFL_8300XBatchSchema.xsd", form_8300_batch(&filer(), day(9), &cash).unwrap()),
        ("EFL_CTRXBatchSchema.xsd", ctr_batch(&filer(), day(9), &ctrs).unwrap()),
        ("EFL_SARXBatchSchema.xsd", sar_batch(&filer(), day(20), &sars).unwrap()),
    ];
    for (schema, batch) in batches {
        let (schema, file) = (data.join(schema), dir.path().join("batch.xml"));
        std::fs::write(&file, &batch).unwrap();
        let (taken, said) = valid(&schema, &file);
        assert!(taken, "{said}");
        std::fs::write(
            &file,
            batch.replace("<fc2:ActivityPartyTypeCode>35<", "<fc2:ActivityPartyTypeCode>36<"),
        )
        .unwrap();
        assert!(!valid(&schema, &file).0, "the judge finds a code that does not exist");
    }
}
