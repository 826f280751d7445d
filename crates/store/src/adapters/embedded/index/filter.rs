//! A filter over the keys of a run: tells of most keys that are not in it that they are not, without reading a page.
//!
//! A Bloom filter in blocks of 64 bytes: a key looks at one block only. With 12 bits a key about 1 of 150 absent keys is
//! taken for present, which costs a page read and no more.

/// Bits for each key.
const BITS_EACH: usize = 12;
/// Bits a key sets.
const BITS_SET: u32 = 7;
const WORDS: usize = 8;

/// The filter of a run; an empty one lets every key through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter(Vec<u64>);

/// Mixes a key, which may be a number that counts up (splitmix64 over both halves).
fn mix(key: u128) -> u64 {
    #[allow(clippy::cast_possible_truncation)]
    let mut x = (key as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ ((key >> 64) as u64);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Filter {
    /// An empty filter with room for so many keys.
    pub(super) fn for_keys(keys: usize) -> Self {
        let blocks = (keys * BITS_EACH).div_ceil(64 * WORDS).max(1);
        Self(vec![0; blocks * WORDS])
    }

    fn block(&self, hash: u64) -> usize {
        let blocks = (self.0.len() / WORDS) as u64;
        ((u128::from(hash) * u128::from(blocks)) >> 64) as usize * WORDS
    }

    fn bits(hash: u64) -> impl Iterator<Item = (usize, u64)> {
        let (mut at, step) = (hash, (hash >> 32) | 1);
        (0..BITS_SET).map(move |_| {
            at = at.wrapping_add(step);
            let bit = (at & 511) as usize;
            (bit / 64, 1u64 << (bit % 64))
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn insert(&mut self, key: u128) {
        let hash = mix(key);
        let block = self.block(hash);
        for (word, bit) in Self::bits(hash) {
            self.0[block + word] |= bit;
        }
    }

    /// `false`: the key is not in the run.
    pub(super) fn may_hold(&self, key: u128) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let hash = mix(key);
        let block = self.block(hash);
        Self::bits(hash).all(|(word, bit)| self.0[block + word] & bit != 0)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|w| w.to_le_bytes()).collect()
    }

    /// Reads what `to_bytes` gave; nothing of another length.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let words = bytes.chunks_exact(8).map(|w| u64::from_le_bytes(w.try_into().unwrap_or_default()));
        bytes.len().is_multiple_of(8 * WORDS).then(|| Self(words.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_passes_and_most_else_does_not() {
        let keys = |from: u128| (from..from + 10_000).map(|k| k << 17);
        let mut filter = Filter::for_keys(10_000);
        keys(0).for_each(|k| filter.insert(k));
        let filter = Filter::from_bytes(&filter.to_bytes()).unwrap();
        assert!(keys(0).all(|k| filter.may_hold(k)));
        let wrong = keys(1 << 20).filter(|k| filter.may_hold(*k)).count();
        assert!(wrong < 200, "{wrong} of 10,000 absent keys pass");
    }
}
