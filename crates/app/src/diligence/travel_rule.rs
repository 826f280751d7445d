//! What the bank or provider of a seller is told about a payout to him: a travel-rule message (IVMS101.2023), out of his file.

use super::{DiligenceDesk, FileKept};
use crate::aml::AmlError;
use crate::monitoring::read_file;
use pmts_compliance::aml::cases::Role;
use pmts_compliance::aml::diligence::Subject;
use pmts_compliance::aml::party::Day;
use pmts_compliance::aml::travel_rule::{
    Address, Beneficiary, LegalName, LegalNames, LegalPerson, Message, Metadata, NationalId, NaturalName,
    NaturalNames, NaturalPerson, Originator, Person,
};
use pmts_kernel::Timestamp;
use pmts_payouts::batches::Payout;
use pmts_payouts::rails::OwnAccount;
use serde::Deserialize;

/// Who runs the platform, and pays:
///
/// ```toml
/// name = "Example Market Ltd"
/// country = "GB"                      # where it is registered: two letters
/// lei = "529900T8BM49AURSDO55"        # ISO 17442, if it has one
/// address = ["1 Market Street"]
/// town = "London"
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    name: String,
    country: String,
    lei: Option<String>,
    address: Vec<String>,
    town: String,
}

impl Operator {
    /// Reads it from TOML.
    ///
    /// # Errors
    /// [`AmlError::File`].
    pub fn read(text: &str) -> Result<Self, AmlError> {
        read_file("operator", text)
    }

    fn person(&self, account: Option<String>) -> Person {
        let address = Address {
            address_type: "GEOG".to_owned(),
            department: None,
            sub_department: None,
            street_name: None,
            building_number: None,
            building_name: None,
            floor: None,
            post_box: None,
            room: None,
            postcode: None,
            town_name: self.town.clone(),
            town_location_name: None,
            district_name: None,
            country_sub_division: None,
            address_line: self.address.clone(),
            country: self.country.clone(),
        };
        let lei = self.lei.clone().map(|lei| NationalId {
            national_identifier: lei,
            national_identifier_type: "LEIX".to_owned(),
            country_of_issue: None,
            registration_authority: None,
        });
        company(&self.name, vec![address], None, lei, Some(self.country.clone()), account)
    }
}

fn company(
    name: &str,
    geographic_address: Vec<Address>,
    customer_identification: Option<String>,
    national_identification: Option<NationalId>,
    country_of_registration: Option<String>,
    account: Option<String>,
) -> Person {
    let name = LegalName {
        legal_person_name: name.to_owned(),
        legal_person_name_identifier_type: "LEGL".to_owned(),
    };
    let name = LegalNames {
        name_identifier: vec![name],
        local_name_identifier: Vec::new(),
        phonetic_name_identifier: Vec::new(),
    };
    let legal_person = Some(LegalPerson {
        name,
        geographic_address,
        customer_identification,
        national_identification,
        country_of_registration,
    });
    Person { natural_person: None, legal_person, account_number: account.into_iter().collect() }
}

/// Whom a file is about, as who receives. Their addresses are free text, of which the town is not known: they stay out, as the standard allows.
fn receiver(kept: &FileKept, account: Option<String>) -> Person {
    let number = Some(kept.reference.clone());
    match &kept.file.told.subject {
        Subject::Company(told) => {
            company(&told.name, Vec::new(), number, None, told.country.map(|c| c.to_string()), account)
        }
        Subject::Human(human) => {
            // Which part of a name is that of the family is not known: it stands there whole.
            let name = NaturalName {
                primary_identifier: human.name.clone(),
                secondary_identifier: None,
                natural_person_name_identifier_type: "LEGL".to_owned(),
            };
            let name = NaturalNames {
                name_identifier: vec![name],
                local_name_identifier: Vec::new(),
                phonetic_name_identifier: Vec::new(),
            };
            let natural_person = Some(NaturalPerson {
                name,
                geographic_address: Vec::new(),
                national_identification: None,
                customer_identification: number,
                date_and_place_of_birth: None,
                country_of_residence: human.country.map(|c| c.to_string()),
            });
            Person { natural_person, legal_person: None, account_number: account.into_iter().collect() }
        }
    }
}

impl DiligenceDesk {
    /// The message about a payout out of `own`, as JSON: who pays, out of which account, and who receives, by his file.
    ///
    /// # Errors
    /// [`AmlError::Missing`] if there is no file about the seller; [`AmlError::TravelRule`] if something told does not keep the standard's rules; as
    /// of the store.
    pub async fn travel_rule_message(
        &self,
        payout: &Payout,
        own: &OwnAccount,
        operator: &Operator,
    ) -> Result<String, AmlError> {
        let seller = payout.payee.as_str();
        let read = self.file_of(Role::Seller, seller).await?;
        let kept = read.ok_or_else(|| AmlError::Missing(format!("the file about seller:{seller}")))?.value;
        let iban = |account: &pmts_payouts::sellers::Destination| {
            account.as_iban().ok().map(|iban| iban.as_str().to_owned())
        };
        let message = Message {
            originator: Originator { originator_person: vec![operator.person(iban(&own.account))] },
            beneficiary: Beneficiary { beneficiary_person: vec![receiver(&kept, iban(&payout.destination))] },
            originating_vasp: Some(operator.person(None)),
            beneficiary_vasp: None,
            transfer_path: None,
            payload_metadata: Some(Metadata {
                transliteration_method: Vec::new(),
                payload_version: "101.2023".to_owned(),
            }),
        };
        Ok(message.write(today(self.cases.clock.now())?)?)
    }
}

/// The day of a moment, UTC.
///
/// # Errors
/// [`AmlError::Told`] beyond the year 9999.
pub fn today(now: Timestamp) -> Result<Day, AmlError> {
    let day = chrono::DateTime::from_timestamp(now.as_secs(), 0).map(|at| at.date_naive().to_string());
    let day = day.and_then(|text| pmts_compliance::aml::party::DaySpan::parse(&text));
    day.map(|span| span.from)
        .ok_or_else(|| AmlError::Told("the clock stands beyond the year 9999".to_owned()))
}
