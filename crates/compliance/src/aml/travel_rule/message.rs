//! What is told, field by field. Which texts and codes a field takes is said at the rules; see [`Message::read`].

use serde::{Deserialize, Serialize};

/// Types as the standard has them: names in camel case, nothing else in them, what is not there left out.
macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $type:ty,)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Serialize, Deserialize)]
            #[serde(rename_all = "camelCase", deny_unknown_fields)]
            pub struct $name {
                $($(#[$about])* pub $field: $type,)+
            }
        )+
    };
}

parts! {
    /// A message.
    Message {
        /// Who sends.
        originator: Originator,
        /// Who receives.
        beneficiary: Beneficiary,
        /// The institution of who sends.
        #[serde(rename = "originatingVASP", default, skip_serializing_if = "Option::is_none")]
        originating_vasp: Option<Person>,
        /// The institution of who receives.
        #[serde(rename = "beneficiaryVASP", default, skip_serializing_if = "Option::is_none")]
        beneficiary_vasp: Option<Person>,
        /// Institutions between them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transfer_path: Option<TransferPath>,
        /// About the message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload_metadata: Option<Metadata>,
    }

    /// Who sends.
    Originator {
        /// Each of them: the holders of a joint account.
        originator_person: Vec<Person>,
    }

    /// Who receives.
    Beneficiary {
        /// Each of them.
        beneficiary_person: Vec<Person>,
    }

    /// Somebody: one of the two.
    Person {
        /// A human.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        natural_person: Option<NaturalPerson>,
        /// A company or the like.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        legal_person: Option<LegalPerson>,
        /// Accounts that the transfer goes through.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        account_number: Vec<String>,
    }

    /// A human.
    NaturalPerson {
        /// The names.
        name: NaturalNames,
        /// Where they can be found.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        geographic_address: Vec<Address>,
        /// A number that a government gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        national_identification: Option<NationalId>,
        /// What the institution knows them by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_identification: Option<String>,
        /// When and where born.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        date_and_place_of_birth: Option<Birth>,
        /// Where they live: two letters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country_of_residence: Option<String>,
    }

    /// The names of a human.
    NaturalNames {
        /// In Latin letters.
        name_identifier: Vec<NaturalName>,
        /// In the letters of their country.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        local_name_identifier: Vec<LocalNaturalName>,
        /// As it is spoken.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        phonetic_name_identifier: Vec<LocalNaturalName>,
    }

    /// A name of a human, in Latin letters.
    NaturalName {
        /// The family name.
        primary_identifier: String,
        /// The others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secondary_identifier: Option<String>,
        /// `LEGL`, `ALIA`, `BIRT`, `MAID`, `MISC`.
        natural_person_name_identifier_type: String,
    }

    /// A name of a human, in any letters.
    LocalNaturalName {
        /// The family name.
        primary_identifier: String,
        /// The others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secondary_identifier: Option<String>,
        /// `LEGL`, `ALIA`, `BIRT`, `MAID`, `MISC`.
        name_identifier_type: String,
    }

    /// A company or the like.
    LegalPerson {
        /// The names.
        name: LegalNames,
        /// Where it can be found.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        geographic_address: Vec<Address>,
        /// What the institution knows it by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_identification: Option<String>,
        /// A number that a registry gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        national_identification: Option<NationalId>,
        /// Where it is registered: two letters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country_of_registration: Option<String>,
    }

    /// The names of a company.
    LegalNames {
        /// In Latin letters.
        name_identifier: Vec<LegalName>,
        /// In the letters of its country.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        local_name_identifier: Vec<LegalName>,
        /// As it is spoken.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        phonetic_name_identifier: Vec<LegalName>,
    }

    /// A name of a company.
    LegalName {
        /// The name.
        legal_person_name: String,
        /// `LEGL`, `SHRT`, `TRAD`.
        legal_person_name_identifier_type: String,
    }

    /// Where somebody can be found: lines, or a street with a number or a building.
    Address {
        /// `HOME`, `BIZZ`, `GEOG`.
        address_type: String,
        /// Part of an organisation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        department: Option<String>,
        /// Part of that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sub_department: Option<String>,
        /// The street.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        street_name: Option<String>,
        /// Its number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        building_number: Option<String>,
        /// The building.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        building_name: Option<String>,
        /// The floor.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        floor: Option<String>,
        /// The post box.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        post_box: Option<String>,
        /// The room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// The postal code.
        #[serde(rename = "postcode", alias = "postCode", default, skip_serializing_if = "Option::is_none")]
        postcode: Option<String>,
        /// The town.
        town_name: String,
        /// Where in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        town_location_name: Option<String>,
        /// The district.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        district_name: Option<String>,
        /// The state or county.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country_sub_division: Option<String>,
        /// All of it as lines, at most 7.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        address_line: Vec<String>,
        /// The country: two letters; `XX` if there is none.
        country: String,
    }

    /// When and where somebody was born.
    Birth {
        /// `YYYY-MM-DD`.
        date_of_birth: String,
        /// The town.
        place_of_birth: String,
    }

    /// A number that a government or registry gave.
    NationalId {
        /// The number.
        national_identifier: String,
        /// `CCPT`, `IDCD`, `DRLC`, `SOCS`, `TXID`, `ARNU`, `FIIN`, `RAID`, `LEIX`, `MISC`.
        national_identifier_type: String,
        /// Who gave it: two letters. Not of a company.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country_of_issue: Option<String>,
        /// The registry: `RA` and six digits. Of a company, unless the number is an LEI.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        registration_authority: Option<String>,
    }

    /// Institutions between the two.
    TransferPath {
        /// Each with its place.
        transfer_path: Vec<PathStep>,
    }

    /// An institution between the two.
    PathStep {
        /// Which.
        #[serde(rename = "intermediaryVASP")]
        intermediary_vasp: Person,
        /// Its place: from 0 on, without gaps.
        sequence: u64,
    }

    /// About a message.
    Metadata {
        /// How names were brought into Latin letters: `arab`, `cyrl`, `hani` and so on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        transliteration_method: Vec<String>,
        /// The version of the standard: `101.2023`.
        payload_version: String,
    }
}
