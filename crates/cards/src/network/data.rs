//! The networks' facts, from `data/networks.toml`.

use super::ranges::{Range, Ranges};
use super::{Network, SecurityCode};
use serde::Deserialize;
use std::sync::LazyLock;

/// What the file says about all networks.
pub(super) struct Networks {
    pub(super) ranges: Ranges,
    /// In the order of [`Network::ALL`].
    pub(super) details: Vec<Details>,
}

pub(super) struct Details {
    pub(super) name: String,
    pub(super) lengths: Vec<u8>,
    pub(super) code: SecurityCode,
    pub(super) ranges: Vec<Range>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    network: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Network,
    name: String,
    lengths: Vec<u8>,
    code: SecurityCode,
    ranges: Vec<String>,
}

static NETWORKS: LazyLock<Networks> = LazyLock::new(|| {
    read(include_str!("../../data/networks.toml")).expect("the built-in file is valid: a test loads it")
});

pub(super) fn networks() -> &'static Networks {
    &NETWORKS
}

fn read(text: &str) -> Result<Networks, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    if !file.network.iter().map(|n| n.id).eq(Network::ALL) {
        return Err("the networks are not those of the enum, in its order".to_owned());
    }
    let mut details = Vec::new();
    for entry in file.network {
        let ranges = entry.ranges.iter().map(|text| Range::parse(text).ok_or(format!("range {text}")));
        let ranges = ranges.collect::<Result<Vec<_>, _>>()?;
        details.push(Details { name: entry.name, lengths: entry.lengths, code: entry.code, ranges });
    }
    let all = Network::ALL
        .into_iter()
        .zip(&details)
        .flat_map(|(network, d)| d.ranges.iter().map(move |r| (*r, network)));
    Ok(Networks { ranges: Ranges::new(&all.collect::<Vec<_>>()), details })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_built_in_file_is_valid() {
        let networks = super::read(include_str!("../../data/networks.toml")).unwrap();
        assert!(networks.details.iter().all(|d| d.lengths.is_sorted() && (3..=4).contains(&d.code.digits)));
    }
}
