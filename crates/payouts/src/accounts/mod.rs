//! Identifiers of bank accounts: whether they can be right, before money is sent to them. Whether an account exists, only
//! its bank knows.

mod aba;
mod bic;
mod charset;
mod country;
mod iban;
mod india;

pub use aba::{aba, aba_check_digit};
pub use bic::bic;
pub use charset::{to_nacha, to_sepa};
pub(crate) use country::is_country;
pub use iban::Iban;
pub use india::{ifsc, ifsc_banks, vpa};
