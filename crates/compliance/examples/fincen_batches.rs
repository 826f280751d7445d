//! Writes a batch of currency transaction reports, one of forms 8300 and one of suspicious activity reports about made-up people into a folder.
//!
//! ```sh
//! cargo run --release -p pmts-compliance --example fincen_batches -- FOLDER
//! ```

use pmts_compliance::aml::party::Day;
use pmts_compliance::aml::reports::{
    CashDay, CashFor, CashReport, Ctr, Filer, Institution, Narrative, Reported, Sar, Suspicion, ctr_batch,
    form_8300_batch, sar_batch,
};
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    let day = |d| Day::new(2026, 6, d).ok_or("no such day");
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
    let filer = Filer { institution, control_code: text("TBSATEST"), contact: text("Compliance Office") };
    let person = Reported {
        last_name: text("Müller  "),
        first_name: text("Ann"),
        birth: Day::new(1980, 2, 29),
        city: text("Springfield"),
        country: text("US"),
        ..Reported::default()
    };
    let company = Reported {
        is_entity: true,
        last_name: text("Shell Co"),
        tin: text("987654321"),
        ..Reported::default()
    };
    let cash = |in_cents, out_cents| CashDay {
        person: text("c1"),
        day: 20_605,
        in_cents,
        out_cents,
        paid: vec![text("a"), text("b")],
    };
    let ctrs = [
        Ctr { person: person.clone(), cash: cash(1_234_567, 0), day: day(1)? },
        Ctr { person: company.clone(), cash: cash(0, 2_000_000), day: day(1)? },
    ];
    std::fs::write(folder.join("ctr.xml"), ctr_batch(&filer, day(9)?, &ctrs)?)?;
    let received = CashReport {
        person: person.clone(),
        occupation: text("Dealer"),
        on_behalf_of: Some(company.clone()),
        cents: 1_200_000,
        price_cents: 2_000_000,
        day: day(1)?,
        in_parts: true,
        cash_for: CashFor::PersonalProperty,
        description: text("A car"),
        suspicious: false,
    };
    std::fs::write(folder.join("8300.xml"), form_8300_batch(&filer, day(9)?, &[received])?)?;
    let sar = |subject, narrative: String, continues| -> Result<Sar, Box<dyn Error>> {
        let suspicions =
            vec![Suspicion::BelowCtrThreshold, Suspicion::of_scenario("fan_in"), Suspicion::FunnelAccount];
        let narrative = Narrative::new(narrative);
        Ok(Sar { subject, suspicions, cents: 1_900_050, from: day(1)?, to: day(3)?, narrative, continues })
    };
    let long = "paid in 9,500 dollars & again.\n".repeat(300);
    let sars =
        [sar(person, text("Two payments in cash."), None)?, sar(company, long, Some(31_000_000_000_001))?];
    std::fs::write(folder.join("sar.xml"), sar_batch(&filer, day(20)?, &sars)?)?;
    Ok(())
}
