//! Who files, and about whom. Personal data: none of it can be printed or serialized.

use super::xml::Xml;
use crate::aml::party::Day;
use crate::error::codes;
use pmts_kernel::{CodeInfo, Coded};

/// Why a batch cannot be written. Says nothing of anybody in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A batch has at least one report.
    #[error("a batch has at least one report")]
    Empty,
    /// The amount is not one that is reported.
    #[error("the amount of report {number} of the batch is not one that is reported")]
    Amount {
        /// Which, from 1 on.
        number: usize,
    },
    /// The narrative is empty or longer than five pieces of 4,000 characters.
    #[error("the narrative of report {number} of the batch is empty or too long")]
    Narrative {
        /// Which, from 1 on.
        number: usize,
    },
}

impl Coded for ReportError {
    fn code(&self) -> &'static CodeInfo {
        &codes::REPORT_INVALID
    }
}

/// An institution: its name, numbers and address.
#[derive(Clone)]
pub struct Institution {
    /// Its legal name.
    pub name: String,
    /// Its employer identification number: nine digits.
    pub ein: String,
    /// Street and number.
    pub street: String,
    /// City.
    pub city: String,
    /// State, two letters.
    pub state: String,
    /// ZIP code, digits only.
    pub zip: String,
    /// Phone, digits only.
    pub phone: String,
}

/// Who files a batch.
#[derive(Clone)]
pub struct Filer {
    /// The institution that reports and transmits.
    pub institution: Institution,
    /// Its transmitter control code of the E-Filing System.
    pub control_code: String,
    /// Whom FinCEN may ask: a person or an office.
    pub contact: String,
}

/// Who is reported.
#[derive(Clone, Default)]
pub struct Reported {
    /// Whether it is not a person.
    pub is_entity: bool,
    /// Last name, or the name of the entity.
    pub last_name: String,
    /// First name.
    pub first_name: String,
    /// When born.
    pub birth: Option<Day>,
    /// Taxpayer number, digits only.
    pub tin: String,
    /// Street and number.
    pub street: String,
    /// City.
    pub city: String,
    /// State, two letters.
    pub state: String,
    /// ZIP code, digits only.
    pub zip: String,
    /// Country, two letters.
    pub country: String,
}

/// How many parties stand in each report.
pub(super) const PARTIES: i64 = 6;

impl Filer {
    /// Those who file: transmitter, its contact, the institution, whom to ask. In front of it `more` may write what a form wants besides.
    pub(super) fn write(&self, xml: &mut Xml) {
        let at = &self.institution;
        self.write_transmitter(xml, "4");
        xml.group("Party", |x| {
            x.text("ActivityPartyTypeCode", "30", 2);
            x.text("PrimaryRegulatorTypeCode", "7", 2);
            self.named(x, &at.name);
            self.address(x);
            identified(x, &at.ein, "2");
            organization(x);
        });
        self.write_contact(xml);
    }

    /// Transmitter and its contact. Forms have codes of their own for the transmitter's taxpayer number.
    pub(super) fn write_transmitter(&self, xml: &mut Xml, number_code: &str) {
        let at = &self.institution;
        xml.group("Party", |x| {
            x.text("ActivityPartyTypeCode", "35", 2);
            self.named(x, &at.name);
            self.address(x);
            self.phone(x);
            identified(x, &at.ein, number_code);
            identified(x, &self.control_code, "28");
        });
        xml.group("Party", |x| {
            x.text("ActivityPartyTypeCode", "37", 2);
            self.named(x, &self.contact);
        });
    }

    /// The business that received cash, who answers for it, whom to ask.
    pub(super) fn write_business(&self, xml: &mut Xml) {
        let at = &self.institution;
        xml.group("Party", |x| {
            x.text("ActivityPartyTypeCode", "4", 2);
            self.named(x, &at.name);
            self.address(x);
            identified(x, &at.ein, "2");
        });
        xml.group("Party", |x| {
            x.text("ActivityPartyTypeCode", "3", 2);
            self.named(x, &self.contact);
        });
        self.write_contact(xml);
    }

    fn write_contact(&self, xml: &mut Xml) {
        xml.group("Party", |x| {
            x.text("ActivityPartyTypeCode", "8", 2);
            self.named(x, &self.contact);
            self.phone(x);
        });
    }

    /// Where it happened: with us.
    pub(super) fn write_location(&self, xml: &mut Xml, before_name: impl FnOnce(&mut Xml)) {
        let at = &self.institution;
        xml.group("Party", |x| {
            x.text("ActivityPartyTypeCode", "34", 2);
            before_name(x);
            self.named(x, &at.name);
            self.address(x);
            identified(x, &at.ein, "2");
            organization(x);
        });
    }

    fn named(&self, x: &mut Xml, name: &str) {
        x.group("PartyName", |x| {
            x.text("PartyNameTypeCode", "L", 1);
            x.text("RawPartyFullName", name, 150);
        });
    }

    fn address(&self, x: &mut Xml) {
        let at = &self.institution;
        address(x, [&at.city, "US", &at.state, &at.street, &at.zip]);
    }

    fn phone(&self, x: &mut Xml) {
        x.group("PhoneNumber", |x| x.text("PhoneNumberText", &self.institution.phone, 16));
    }
}

/// A money services business.
fn organization(x: &mut Xml) {
    x.group("OrganizationClassificationTypeSubtype", |x| x.text("OrganizationTypeID", "4", 3));
}

fn identified(x: &mut Xml, number: &str, kind: &str) {
    x.group("PartyIdentification", |x| {
        x.text("PartyIdentificationNumberText", number, 25);
        x.text("PartyIdentificationTypeCode", kind, 3);
    });
}

fn address(x: &mut Xml, [city, country, state, street, zip]: [&str; 5]) {
    x.group("Address", |x| {
        x.text_if("RawCityText", city, 50);
        x.text_if("RawCountryCodeText", country, 2);
        x.text_if("RawStateCodeText", state, 3);
        x.text_if("RawStreetAddress1Text", street, 100);
        x.text_if("RawZIPCode", zip, 9);
    });
}

impl Reported {
    /// Name, address, and the number if it is known.
    pub(super) fn write_known(&self, x: &mut Xml) {
        self.write_name(x);
        if !self.tin.is_empty() {
            identified(x, &self.tin, if self.is_entity { "2" } else { "1" });
        }
    }

    fn write_name(&self, x: &mut Xml) {
        x.group("PartyName", |x| {
            x.text("PartyNameTypeCode", "L", 1);
            x.text_if("RawEntityIndividualLastName", &self.last_name, 150);
            if !self.is_entity {
                x.text_if("RawIndividualFirstName", &self.first_name, 35);
            }
        });
        address(x, [&self.city, &self.country, &self.state, &self.street, &self.zip]);
    }

    /// Name, address and number: what follows what each form says first.
    pub(super) fn write(&self, x: &mut Xml) {
        self.write_name(x);
        x.group("PartyIdentification", |x| {
            if self.tin.is_empty() {
                x.yes("TINUnknownIndicator");
            } else {
                x.text("PartyIdentificationNumberText", &self.tin, 25);
                x.text("PartyIdentificationTypeCode", if self.is_entity { "2" } else { "1" }, 3);
            }
        });
    }
}
