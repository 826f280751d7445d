//! Overlapping prefix ranges, made into a sorted list without overlaps.

use super::Network;

/// Numbers whose first `digits` digits lie between `first` and `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) digits: u8,
}

impl Range {
    /// Reads `4` or `2221-2229`: one to eight digits, both ends equally many.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let digits = u8::try_from(first.len()).ok().filter(|n| (1..=8).contains(n))?;
        let number = |t: &str| if t.bytes().all(|b| b.is_ascii_digit()) { t.parse().ok() } else { None };
        let range = Self { first: number(first)?, last: number(last)?, digits };
        (first.len() == last.len() && range.first <= range.last).then_some(range)
    }

    /// The first and the last eight-digit number inside.
    fn widened(self) -> (u32, u32) {
        let scale = 10_u32.pow(8 - u32::from(self.digits));
        (self.first * scale, self.last * scale + (scale - 1))
    }
}

/// Which network an eight-digit prefix belongs to.
pub(super) struct Ranges {
    /// Where a stretch starts, ascending; the first is 0.
    starts: Vec<u32>,
    networks: Vec<Option<Network>>,
}

impl Ranges {
    pub(super) fn new(all: &[(Range, Network)]) -> Self {
        let wide: Vec<_> =
            all.iter().map(|(range, network)| (range.widened(), range.digits, *network)).collect();
        let mut edges: Vec<u32> =
            wide.iter().flat_map(|((first, last), ..)| [*first, last + 1]).chain([0]).collect();
        edges.sort_unstable();
        edges.dedup();
        let (mut starts, mut networks) = (Vec::new(), Vec::new());
        for start in edges {
            let here = wide.iter().filter(|((first, last), ..)| (*first..=*last).contains(&start));
            // The least by this key: longest prefix, fewest numbers, first in the file (`min_by_key` keeps the first).
            let best = here
                .min_by_key(|((first, last), digits, _)| (8 - digits, last - first))
                .map(|(.., network)| *network);
            if networks.last() != Some(&best) {
                starts.push(start);
                networks.push(best);
            }
        }
        Self { starts, networks }
    }

    pub(super) fn find(&self, number: u32) -> Option<Network> {
        let after = self.starts.partition_point(|start| *start <= number);
        self.networks[after.checked_sub(1)?]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_are_prefixes_of_equal_length() {
        assert_eq!(Range::parse("2221-2229"), Some(Range { first: 2221, last: 2229, digits: 4 }));
        assert_eq!(Range::parse("4").unwrap().widened(), (40_000_000, 49_999_999));
        for bad in ["", "-", "4-", "123456789", "22-2", "29-22", "4x", "+4", "4-+5"] {
            assert_eq!(Range::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn the_list_agrees_with_a_search_through_all_ranges(
            ranges in proptest::collection::vec((0_u32..100, 0_u32..5, 1_u8..=3, 0_usize..16), 1..20),
            number in 0_u32..100_000_000,
        ) {
            let all: Vec<_> = ranges
                .into_iter()
                .map(|(first, more, digits, network)| {
                    let end = 10_u32.pow(u32::from(digits)) - 1;
                    let first = first.min(end);
                    (Range { first, last: (first + more).min(end), digits }, Network::ALL[network])
                })
                .collect();
            let mut best: Option<(Range, Network)> = None;
            for (range, network) in &all {
                let (first, last) = range.widened();
                let better = |b: Range| range.digits > b.digits || (range.digits == b.digits && last - first < b.widened().1 - b.widened().0);
                if (first..=last).contains(&number) && best.is_none_or(|(b, _)| better(b)) {
                    best = Some((*range, *network));
                }
            }
            prop_assert_eq!(Ranges::new(&all).find(number), best.map(|(_, n)| n));
        }
    }
}
