//! Makes the table of a schema from its published XSD: `cargo run --example schema_table FILE.xsd > data/schemas/NAME.txt`.

use pmts_payouts::rails::iso20022::schema::Schema;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    for file in std::env::args().skip(1) {
        let schema = Schema::from_xsd(&std::fs::read_to_string(&file)?)?;
        println!("# Facts of the ISO 20022 message schema {}, as published by the ISO 20022", schema.name());
        println!("# registration authority, in the form of src/rails/iso20022/schema/table.rs.");
        print!("{}", schema.to_table());
    }
    Ok(())
}
