//! Screens names against a list, with nothing but this crate.
//!
//! ```sh
//! cargo run --release -p pmts-compliance --example screen_names -- un_consolidated.xml "Sadam Husein" "Владимир Путин"
//! ```

use pmts_compliance::aml::lists::{ListHash, un_xml};
use pmts_compliance::aml::{Screener, ScreeningList, Subject};
use std::fs::File;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let file = words.next().ok_or("usage: screen_names UN_LIST.xml NAME...")?;
    let parties = un_xml(File::open(file)?)?;
    let hash = ListHash::of(&parties);
    println!("{} entries, version {hash}", parties.len());
    let screener = Screener::new(vec![ScreeningList { name: "un".to_owned(), hash, parties }]);
    for name in words {
        let subject = Subject { name: name.clone(), ..Subject::default() };
        let found = screener.screen(&subject, 600);
        println!("{name}: {} found", found.len());
        for m in found.iter().take(3) {
            let off = m.why.taken_off;
            println!("  {} {} {} {}", m.score, if m.hit { "hit" } else { "-" }, m.party.id, m.name);
            println!(
                "    off for letters {}, missing {}, conflict {}",
                off.letters, off.missing, off.conflict
            );
        }
    }
    Ok(())
}
