//! The files a list is imported from.

use crate::AppError;
use pmts_compliance::aml::lists::{ListError, ListKind, OfacFiles, eu_csv, jsonl, ofac_csv, uk_csv, un_xml};
use pmts_compliance::aml::party::ListedParty;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The files of one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    /// The file itself.
    pub main: PathBuf,
    /// OFAC: the file of other names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<PathBuf>,
    /// OFAC: the file of addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addresses: Option<PathBuf>,
}

impl Sources {
    /// The files of a list: those of OFAC's other names and addresses are looked for beside the main file, under the names OFAC gives
    /// them (`sdn.csv`, `alt.csv`, `add.csv`; `cons_prim.csv`, `cons_alt.csv`, `cons_add.csv`; also with something before).
    pub fn find(kind: ListKind, main: &Path, names: Option<PathBuf>, addresses: Option<PathBuf>) -> Self {
        let main = std::path::absolute(main).unwrap_or_else(|_| main.to_owned());
        let beside = |ending: &str| {
            let name = main.file_name()?.to_str()?;
            let head = ["sdn.csv", "prim.csv", "SDN.CSV", "PRIM.CSV"]
                .iter()
                .find_map(|end| name.strip_suffix(end))?;
            let cases = [format!("{head}{ending}.csv"), format!("{head}{}.CSV", ending.to_ascii_uppercase())];
            cases.iter().map(|n| main.with_file_name(n)).find(|p| p.is_file())
        };
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        match kind {
            ListKind::OfacCsv => Self {
                names: names.map(absolute).or_else(|| beside("alt")),
                addresses: addresses.map(absolute).or_else(|| beside("add")),
                main,
            },
            _ => Self { main, names: None, addresses: None },
        }
    }
}

/// Reads the entries of a list.
///
/// # Errors
/// [`AppError::File`] for a file that cannot be opened, [`AppError::List`] for one that is not the list.
pub fn read(kind: ListKind, sources: &Sources) -> Result<Vec<ListedParty>, AppError> {
    let open = |path: &Path| File::open(path).map_err(AppError::file(path));
    let other = |path: &Option<PathBuf>| path.as_deref().map(open).transpose();
    let main = open(&sources.main)?;
    let list = match kind {
        ListKind::OfacCsv => {
            ofac_csv(OfacFiles { main, names: other(&sources.names)?, addresses: other(&sources.addresses)? })
        }
        ListKind::UnXml => un_xml(main),
        ListKind::EuCsv => eu_csv(main),
        ListKind::UkCsv => uk_csv(main),
        ListKind::Jsonl => jsonl(main),
    };
    list.map_err(|source: ListError| AppError::List { path: sources.main.clone(), source })
}
