//! Where each field of a NACHA record stands. Reader, check and writer use the same tables. Source: the Nacha Operating
//! Rules' record formats (Appendix Three), as they are generally known.

/// How a field is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// Digits, zeros before them.
    Digits,
    /// Text, spaces after it.
    Text,
    /// Nothing: spaces.
    Blank,
}

/// A field: name, first column from 1, length in characters, fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in the rules, in lower case.
    pub name: &'static str,
    /// The first column, from 1.
    pub at: usize,
    /// How many columns.
    pub len: usize,
    /// How it is filled.
    pub fill: Fill,
}

impl Field {
    const fn digits(name: &'static str, at: usize, len: usize) -> Self {
        Self { name, at, len, fill: Fill::Digits }
    }

    const fn text(name: &'static str, at: usize, len: usize) -> Self {
        Self { name, at, len, fill: Fill::Text }
    }

    const fn blank(at: usize, len: usize) -> Self {
        Self { name: "reserved", at, len, fill: Fill::Blank }
    }
}

macro_rules! layouts {
    ($($(#[$doc:meta])* $name:ident { $($field:ident = $kind:ident($($arg:expr),+);)+ })+) => {
        $(
            $(#[$doc])*
            pub mod $name {
                use super::Field;
                $(
                    #[doc = concat!("Field of this record: `", stringify!($field), "`.")]
                    pub const $field: Field = Field::$kind($($arg),+);
                )+
                /// All fields after the record type, in order; together they fill columns 2 to 94.
                pub const ALL: &[Field] = &[$($field),+];
            }
        )+
        #[cfg(test)]
        pub(super) const EVERY: &[(&str, &[Field])] = &[$((stringify!($name), $name::ALL)),+];
    };
}

layouts! {
    /// Record 1.
    file_header {
        PRIORITY = digits("priority code", 2, 2);
        DESTINATION = text("immediate destination", 4, 10);
        ORIGIN = text("immediate origin", 14, 10);
        DATE = digits("file creation date", 24, 6);
        TIME = text("file creation time", 30, 4);
        MODIFIER = text("file id modifier", 34, 1);
        RECORD_SIZE = digits("record size", 35, 3);
        BLOCKING = digits("blocking factor", 38, 2);
        FORMAT = digits("format code", 40, 1);
        DESTINATION_NAME = text("immediate destination name", 41, 23);
        ORIGIN_NAME = text("immediate origin name", 64, 23);
        REFERENCE = text("reference code", 87, 8);
    }
    /// Record 5.
    batch_header {
        SERVICE = digits("service class code", 2, 3);
        COMPANY = text("company name", 5, 16);
        DISCRETIONARY = text("company discretionary data", 21, 20);
        COMPANY_ID = text("company identification", 41, 10);
        CLASS = text("standard entry class code", 51, 3);
        DESCRIPTION = text("company entry description", 54, 10);
        DESCRIPTIVE_DATE = text("company descriptive date", 64, 6);
        EFFECTIVE = text("effective entry date", 70, 6);
        SETTLEMENT = text("settlement date", 76, 3);
        STATUS = text("originator status code", 79, 1);
        ODFI = text("originating DFI identification", 80, 8);
        BATCH = digits("batch number", 88, 7);
    }
    /// Record 5 of class IAT.
    iat_batch_header {
        SERVICE = digits("service class code", 2, 3);
        INDICATOR = text("IAT indicator", 5, 16);
        EXCHANGE = text("foreign exchange indicator", 21, 2);
        EXCHANGE_KIND = text("foreign exchange reference indicator", 23, 1);
        EXCHANGE_REFERENCE = text("foreign exchange reference", 24, 15);
        COUNTRY = text("ISO destination country code", 39, 2);
        COMPANY_ID = text("originator identification", 41, 10);
        CLASS = text("standard entry class code", 51, 3);
        DESCRIPTION = text("company entry description", 54, 10);
        FROM_CURRENCY = text("ISO originating currency code", 64, 3);
        TO_CURRENCY = text("ISO destination currency code", 67, 3);
        EFFECTIVE = text("effective entry date", 70, 6);
        SETTLEMENT = text("settlement date", 76, 3);
        STATUS = text("originator status code", 79, 1);
        ODFI = text("originating DFI identification", 80, 8);
        BATCH = digits("batch number", 88, 7);
    }
    /// Record 6.
    entry {
        CODE = digits("transaction code", 2, 2);
        RDFI = digits("receiving DFI identification", 4, 8);
        CHECK = digits("check digit", 12, 1);
        ACCOUNT = text("DFI account number", 13, 17);
        AMOUNT = digits("amount", 30, 10);
        ID = text("individual identification number", 40, 15);
        NAME = text("individual name", 55, 22);
        DISCRETIONARY = text("discretionary data", 77, 2);
        INDICATOR = digits("addenda record indicator", 79, 1);
        TRACE = text("trace number", 80, 15);
    }
    /// Record 6 of classes CTX, TRX and ATX.
    ctx_entry {
        CODE = digits("transaction code", 2, 2);
        RDFI = digits("receiving DFI identification", 4, 8);
        CHECK = digits("check digit", 12, 1);
        ACCOUNT = text("DFI account number", 13, 17);
        AMOUNT = digits("amount", 30, 10);
        ID = text("identification number", 40, 15);
        ADDENDA = digits("number of addenda records", 55, 4);
        NAME = text("receiving company name", 59, 16);
        RESERVED = blank(75, 2);
        DISCRETIONARY = text("discretionary data", 77, 2);
        INDICATOR = digits("addenda record indicator", 79, 1);
        TRACE = text("trace number", 80, 15);
    }
    /// Record 6 of class IAT.
    iat_entry {
        CODE = digits("transaction code", 2, 2);
        RDFI = digits("receiving DFI identification", 4, 8);
        CHECK = digits("check digit", 12, 1);
        ADDENDA = digits("number of addenda records", 13, 4);
        RESERVED = blank(17, 13);
        AMOUNT = digits("amount", 30, 10);
        ACCOUNT = text("foreign receiver's account number", 40, 35);
        RESERVED_2 = blank(75, 2);
        SCREENING = text("OFAC screening indicators", 77, 2);
        INDICATOR = digits("addenda record indicator", 79, 1);
        TRACE = text("trace number", 80, 15);
    }
    /// Record 6 of class ADV.
    adv_entry {
        CODE = digits("transaction code", 2, 2);
        RDFI = digits("receiving DFI identification", 4, 8);
        CHECK = digits("check digit", 12, 1);
        ACCOUNT = text("DFI account number", 13, 15);
        AMOUNT = digits("amount", 28, 12);
        ADVICE = text("advice routing number", 40, 9);
        FILE = text("file identification", 49, 5);
        OPERATOR = text("ACH operator data", 54, 1);
        NAME = text("individual name", 55, 22);
        DISCRETIONARY = text("discretionary data", 77, 2);
        INDICATOR = digits("addenda record indicator", 79, 1);
        TRACE = text("ACH operator, day and sequence number", 80, 15);
    }
    /// Record 7, type 05: a payment's remark or remittance.
    addenda05 {
        TYPE = digits("addenda type code", 2, 2);
        INFORMATION = text("payment related information", 4, 80);
        SEQUENCE = digits("addenda sequence number", 84, 4);
        ENTRY = digits("entry detail sequence number", 88, 7);
    }
    /// Record 7, type 02: a terminal.
    addenda02 {
        TYPE = digits("addenda type code", 2, 2);
        REFERENCE = text("reference information", 4, 10);
        TERMINAL = text("terminal identification code", 14, 6);
        SERIAL = text("transaction serial number", 20, 6);
        DATE = text("transaction date", 26, 4);
        AUTHORIZATION = text("authorization code", 30, 6);
        LOCATION = text("terminal location", 36, 27);
        CITY = text("terminal city", 63, 15);
        STATE = text("terminal state", 78, 2);
        TRACE = text("trace number", 80, 15);
    }
    /// Record 7, type 98: a notification of change.
    addenda98 {
        TYPE = digits("addenda type code", 2, 2);
        CODE = text("change code", 4, 3);
        ORIGINAL_TRACE = text("original entry trace number", 7, 15);
        RESERVED = blank(22, 6);
        ORIGINAL_RDFI = text("original receiving DFI identification", 28, 8);
        CORRECTED = text("corrected data", 36, 29);
        RESERVED_2 = blank(65, 15);
        TRACE = text("trace number", 80, 15);
    }
    /// Record 7, type 99: a return.
    addenda99 {
        TYPE = digits("addenda type code", 2, 2);
        CODE = text("return reason code", 4, 3);
        ORIGINAL_TRACE = text("original entry trace number", 7, 15);
        DEATH = text("date of death", 22, 6);
        ORIGINAL_RDFI = text("original receiving DFI identification", 28, 8);
        INFORMATION = text("addenda information", 36, 44);
        TRACE = text("trace number", 80, 15);
    }
    /// Record 7, types 10 to 16 of class IAT: the parties. The content of columns 4 to 87 differs by type.
    iat_party {
        TYPE = digits("addenda type code", 2, 2);
        CONTENT = text("party", 4, 84);
        ENTRY = digits("entry detail sequence number", 88, 7);
    }
    /// Record 7, types 17 and 18 of class IAT: remittance and correspondent banks.
    iat_extra {
        TYPE = digits("addenda type code", 2, 2);
        CONTENT = text("content", 4, 80);
        SEQUENCE = digits("addenda sequence number", 84, 4);
        ENTRY = digits("entry detail sequence number", 88, 7);
    }
    /// Record 8.
    batch_control {
        SERVICE = digits("service class code", 2, 3);
        COUNT = digits("entry/addenda count", 5, 6);
        HASH = digits("entry hash", 11, 10);
        DEBIT = digits("total debit entry dollar amount", 21, 12);
        CREDIT = digits("total credit entry dollar amount", 33, 12);
        COMPANY_ID = text("company identification", 45, 10);
        AUTHENTICATION = text("message authentication code", 55, 19);
        RESERVED = blank(74, 6);
        ODFI = text("originating DFI identification", 80, 8);
        BATCH = digits("batch number", 88, 7);
    }
    /// Record 8 of class ADV.
    adv_batch_control {
        SERVICE = digits("service class code", 2, 3);
        COUNT = digits("entry/addenda count", 5, 6);
        HASH = digits("entry hash", 11, 10);
        DEBIT = digits("total debit entry dollar amount", 21, 20);
        CREDIT = digits("total credit entry dollar amount", 41, 20);
        OPERATOR = text("ACH operator data", 61, 19);
        ODFI = text("originating DFI identification", 80, 8);
        BATCH = digits("batch number", 88, 7);
    }
    /// Record 9.
    file_control {
        BATCHES = digits("batch count", 2, 6);
        BLOCKS = digits("block count", 8, 6);
        COUNT = digits("entry/addenda count", 14, 8);
        HASH = digits("entry hash", 22, 10);
        DEBIT = digits("total debit entry dollar amount in file", 32, 12);
        CREDIT = digits("total credit entry dollar amount in file", 44, 12);
        RESERVED = blank(56, 39);
    }
    /// Record 9 of a file with class ADV.
    adv_file_control {
        BATCHES = digits("batch count", 2, 6);
        BLOCKS = digits("block count", 8, 6);
        COUNT = digits("entry/addenda count", 14, 8);
        HASH = digits("entry hash", 22, 10);
        DEBIT = digits("total debit entry dollar amount in file", 32, 20);
        CREDIT = digits("total credit entry dollar amount in file", 52, 20);
        RESERVED = blank(72, 23);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_fields_of_each_record_fill_it_without_gap() {
        for (name, fields) in super::EVERY {
            let mut at = 2;
            for field in *fields {
                assert_eq!(field.at, at, "{name}: {}", field.name);
                at += field.len;
            }
            assert_eq!(at, 95, "{name}");
        }
    }
}
