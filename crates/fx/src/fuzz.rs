//! A function over bytes for the parsers of what comes from outside: it may not panic.

use crate::{read_ecb, unzip_only_file};

/// A file of rates, packed or not.
///
/// # Panics
/// If a file without days is taken.
pub fn fuzz_rates(bytes: &[u8]) {
    let _ = unzip_only_file(bytes);
    if let Ok(rates) =
        std::str::from_utf8(bytes).map_err(|_| ()).and_then(|text| read_ecb(text).map_err(|_| ()))
    {
        assert!(rates.days > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::fuzz_rates;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn random_and_damaged_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0usize..60, byte: u8) {
            fuzz_rates(&bytes);
            for good in ["Date,USD,GBP,\n2026-01-02,1.1721,0.8719,\n", "<C><Cube time='2026-01-02'><Cube currency='USD' rate='1.1'/></Cube></C>"] {
                let mut damaged = good.as_bytes().to_vec();
                let len = damaged.len();
                damaged[at % len] = byte;
                fuzz_rates(&damaged);
            }
        }
    }
}
