//! Measures the screening: how many of the right names are found, how many of the wrong ones, and how long it takes.
//!
//! ```sh
//! cargo xtask bench screening --data FOLDER [--seed N] [--json]
//! ```
//!
//! FOLDER has `lists/` (OFAC, UN) and `names/` (labelled pairs, people on the UN list, people on no list). Besides those names, others of the
//! same kind are made from the seed: with errors, and with parts of names put together otherwise. Thresholds are those of the product.

mod made;
mod rates;
mod speed;

use pmts_compliance::aml::lists::{ListHash, OfacFiles, ofac_csv, un_xml};
use pmts_compliance::aml::party::ListedParty;
use pmts_compliance::aml::{Screener, ScreeningList};
use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A figure: what it is, and its value as it is printed.
type Figure = (&'static str, u64, &'static str);

/// The data.
struct Data {
    folder: PathBuf,
    un: Vec<ListedParty>,
    /// The UN list alone.
    un_only: Screener,
    /// The UN list with no name but those in Latin letters.
    latin_only: Screener,
    /// OFAC and UN, all names.
    all: Screener,
    seed: u64,
}

impl Data {
    fn open(folder: &Path, seed: u64) -> Result<Self, Box<dyn Error>> {
        let file = |name: &str| File::open(folder.join(name)).map_err(|e| format!("{name}: {e}"));
        let un = un_xml(file("lists/un_consolidated.xml")?)?;
        let ofac = |main: &str, names: &str, addresses: &str| -> Result<Vec<ListedParty>, Box<dyn Error>> {
            let files =
                OfacFiles { main: file(main)?, names: Some(file(names)?), addresses: Some(file(addresses)?) };
            Ok(ofac_csv(files)?)
        };
        let sdn = ofac("lists/ofac_sdn.csv", "lists/ofac_alt.csv", "lists/ofac_add.csv")?;
        let cons = ofac("lists/ofac_cons_prim.csv", "lists/ofac_cons_alt.csv", "lists/ofac_cons_add.csv")?;
        let mut latin = un.clone();
        latin.iter_mut().for_each(|party| party.names.retain(|name| !is_foreign(&name.text)));
        latin.retain(|party| !party.names.is_empty());
        Ok(Self {
            folder: folder.to_owned(),
            un_only: Screener::new(vec![list("un", un.clone())]),
            latin_only: Screener::new(vec![list("un", latin)]),
            all: Screener::new(vec![list("ofac-sdn", sdn), list("ofac-cons", cons), list("un", un.clone())]),
            un,
            seed,
        })
    }

    /// A column of a file of names.
    fn column(&self, file: &str, column: usize) -> Result<Vec<String>, Box<dyn Error>> {
        let mut reader = csv::Reader::from_path(self.folder.join("names").join(file))?;
        let rows = reader.records().collect::<Result<Vec<_>, _>>()?;
        Ok(rows.iter().filter_map(|row| row.get(column)).map(str::to_owned).collect())
    }
}

fn list(name: &str, parties: Vec<ListedParty>) -> ScreeningList {
    ScreeningList { name: name.to_owned(), hash: ListHash::of(&parties), parties }
}

/// Whether letters of it are of another script than Latin.
fn is_foreign(text: &str) -> bool {
    text.chars().any(|c| c.is_alphabetic() && c as u32 >= 0x250 && !(0x1e00..0x1f00).contains(&(c as u32)))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut folder, mut seed, mut json) = (PathBuf::from("../shared/data/risk"), 1, false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--data" => folder = value()?.into(),
            "--seed" => seed = value()?.parse()?,
            "--json" => json = true,
            _ => return Err("usage: [--data FOLDER] [--seed N] [--json]".into()),
        }
    }
    let data = Data::open(&folder, seed)?;
    let mut figures: Vec<Figure> = vec![
        ("names compared with, OFAC and UN", data.all.names() as u64, ""),
        ("names compared with, UN", data.un_only.names() as u64, ""),
    ];
    figures.extend(rates::pairs(&data)?);
    figures.extend(rates::made_pairs(&data)?);
    figures.extend(rates::people(&data)?);
    figures.extend(rates::cross_script(&data));
    figures.extend(rates::negatives(&data)?);
    figures.extend(speed::measure(&data)?);
    if json {
        let object: serde_json::Map<String, serde_json::Value> =
            figures.iter().map(|(name, value, _)| ((*name).to_owned(), (*value).into())).collect();
        println!("{}", serde_json::Value::Object(object));
        return Ok(());
    }
    for (name, value, unit) in figures {
        println!("{name:60} {value:>9} {unit}");
    }
    Ok(())
}
