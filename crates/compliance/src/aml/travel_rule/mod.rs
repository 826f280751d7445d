//! Travel-rule messages: who sends money or assets to whom, told from one institution to the other as JSON, in the form of the interVASP messaging
//! standard IVMS101.2023 (FATF Recommendation 16; 31 CFR 1010.410(f); Regulation (EU) 2023/1113).
//!
//! ```
//! use pmts_compliance::aml::party::Day;
//! use pmts_compliance::aml::travel_rule::Message;
//!
//! let today = Day::new(2026, 6, 1).unwrap();
//! let told = r#"{
//!     "originator": { "originatorPerson": [{ "naturalPerson": {
//!         "name": { "nameIdentifier": [
//!             { "primaryIdentifier": "Smith", "secondaryIdentifier": "Alice", "naturalPersonNameIdentifierType": "LEGL" }
//!         ] },
//!         "customerIdentification": "1002390"
//!     }, "accountNumber": ["10023909"] }] },
//!     "beneficiary": { "beneficiaryPerson": [{ "legalPerson": {
//!         "name": { "nameIdentifier": [{ "legalPersonName": "ABC Limited", "legalPersonNameIdentifierType": "LEGL" }] }
//!     } }] },
//!     "payloadMetadata": { "payloadVersion": "101.2023" }
//! }"#;
//! let message = Message::read(told, today).unwrap();
//! assert_eq!(message.write(today).unwrap().matches("Smith").count(), 1);
//! assert!(Message::read(&told.replace("1002390\"", "\""), today).is_err(), "an originator is identified by something");
//! ```
//!
//! Rules C1 to C9, C11 and C12 of the standard and the lengths of its texts are checked when a message is read and when it is written. Of C10 the form of a
//! registration authority is checked, not whether it is on GLEIF's list. C1 and C4 are asked of who sends, as the standard words them; other programs ask them
//! of who receives, too: tell a customer number if there is one. A message names people: it can be neither printed nor compared.

mod message;
mod rules;

pub use message::{
    Address, Beneficiary, Birth, LegalName, LegalNames, LegalPerson, LocalNaturalName, Message, Metadata,
    NationalId, NaturalName, NaturalNames, NaturalPerson, Originator, PathStep, Person, TransferPath,
};
pub use rules::TravelRuleError;
