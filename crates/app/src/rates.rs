//! The exchange rates of a data directory: a file in the form of the European Central Bank's history.

use crate::AppError;
use chrono::DateTime;
use pmts_fx::{RateSource, RateTable, read_ecb};
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Money, Rounding};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

/// The name of the file in the folder `fx`.
pub(crate) const FILE: &str = "rates-eur.csv";
/// No file of rates is larger.
const BYTES_MAX: u64 = 1 << 28;

/// Where a data directory has its rates.
pub(crate) fn file_of(data: &Path) -> PathBuf {
    data.join("fx").join(FILE)
}

/// Reads a file of rates.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, AppError> {
    let bytes = fs::metadata(path).map_err(AppError::file(path))?.len();
    if bytes > BYTES_MAX {
        return Err(AppError::Usage(format!("{} is larger than 256 MiB", path.display())));
    }
    fs::read(path).map_err(AppError::file(path))
}

/// The text of a file.
pub(crate) fn text_of(path: &Path, bytes: Vec<u8>) -> Result<String, AppError> {
    String::from_utf8(bytes).map_err(|_| AppError::Usage(format!("{} is no text", path.display())))
}

/// The rates of a data directory.
pub(crate) fn load(data: &Path) -> Result<RateTable, AppError> {
    let path = file_of(data);
    if !path.exists() {
        return Err(AppError::Usage(format!(
            "there are no rates in {}: pmts fx rates import FILE",
            data.display()
        )));
    }
    Ok(read_ecb(&text_of(&path, read(&path)?)?)?.table)
}

/// The rates of a data directory, read again when their file changes.
pub struct Rates {
    data: PathBuf,
    known: RwLock<Option<(SystemTime, Arc<RateTable>)>>,
}

impl Rates {
    /// Those of this directory; none while it has no file of them.
    pub fn of(data: &Path) -> Self {
        let rates = Self { data: data.to_owned(), known: RwLock::default() };
        rates.look();
        rates
    }

    /// Reads them again if their file is another than before. If it cannot be read, those before stay.
    pub fn look(&self) {
        let Ok(changed) = fs::metadata(file_of(&self.data)).and_then(|m| m.modified()) else { return };
        let same = |k: &Option<(SystemTime, _)>| k.as_ref().is_some_and(|(at, _)| *at == changed);
        if same(&self.known.read().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        match load(&self.data) {
            Ok(table) => {
                *self.known.write().unwrap_or_else(PoisonError::into_inner) =
                    Some((changed, Arc::new(table)));
            }
            Err(error) => {
                tracing::warn!(target: "pmts::fx", %error, "the rates cannot be read: those before stay")
            }
        }
    }

    /// What an amount was worth in another currency on a day, in its minor units, rounded half to even; `None`: no rate of that day or the
    /// week before is known.
    pub fn worth(&self, amount: Money, currency: Currency, at: Timestamp) -> Option<i64> {
        if amount.currency() == currency {
            return Some(amount.minor());
        }
        let table = self.known.read().unwrap_or_else(PoisonError::into_inner).as_ref()?.1.clone();
        let day = DateTime::from_timestamp(at.as_secs(), 0)?.date_naive();
        let rate = table.rate(amount.currency(), currency, day).ok()?;
        rate.convert(amount, Rounding::HalfEven).ok().map(|m| m.minor())
    }
}
