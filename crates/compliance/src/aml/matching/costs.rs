//! What it costs to turn one letter into another. The unit is a hundredth of an ordinary typing error.

/// The cost of a letter too much, too few, or another one.
pub(crate) const EDIT: u16 = 100;

/// Costs for each letter and each pair of letters.
pub(crate) struct Costs {
    pub(crate) change: [[u8; 128]; 128],
    pub(crate) drop: [u8; 128],
}

/// Both words are spelled out: a typing error, or a sound heard differently.
pub(crate) static SPELLED: Costs = Costs::spelled();

/// One word comes from a script whose vowels say little.
pub(crate) static ROUGH: Costs = Costs::rough();

/// One word comes from a script without short vowels.
pub(crate) static OPEN: Costs = Costs::open();

/// Both words come from a script whose letters stand for themselves: every difference counts.
pub(crate) static STRICT: Costs = Costs::new();

const VOWELS: [u8; 6] = *b"aeiouy";

impl Costs {
    const fn new() -> Self {
        let mut costs = Self { change: [[100; 128]; 128], drop: [100; 128] };
        let mut i = 0;
        while i < 128 {
            costs.change[i][i] = 0;
            i += 1;
        }
        costs
    }

    const fn pair(mut self, a: u8, b: u8, cost: u8) -> Self {
        self.change[a as usize][b as usize] = cost;
        self.change[b as usize][a as usize] = cost;
        self
    }

    const fn pairs(mut self, list: &[(u8, u8, u8)]) -> Self {
        let mut i = 0;
        while i < list.len() {
            self = self.pair(list[i].0, list[i].1, list[i].2);
            i += 1;
        }
        self
    }

    const fn drops(mut self, letters: &[u8], cost: u8) -> Self {
        let mut i = 0;
        while i < letters.len() {
            self.drop[letters[i] as usize] = cost;
            i += 1;
        }
        self
    }

    const fn vowels(mut self, cost: u8) -> Self {
        let mut i = 0;
        while i < VOWELS.len() {
            let mut j = 0;
            while j < i {
                self = self.pair(VOWELS[i], VOWELS[j], cost);
                j += 1;
            }
            i += 1;
        }
        self
    }

    const fn spelled() -> Self {
        Self::new().vowels(75).drops(b"h", 70).drops(b"aeiou", 85).pairs(&[
            (b'i', b'y', 30),
            (b'o', b'u', 45),
            (b'e', b'i', 50),
            (b'a', b'e', 60),
            (b'j', b'y', 45),
            (b'j', b'i', 60),
            (b'c', b'k', 30),
            (b'q', b'k', 25),
            (b'q', b'g', 45),
            (b'c', b'q', 50),
            (b'c', b's', 60),
            (b'g', b'k', 70),
            (b's', b'z', 40),
            (b'v', b'w', 30),
            (b'u', b'w', 50),
            (b'f', b'v', 60),
            (b'd', b't', 70),
            (b'b', b'p', 80),
            (b'g', b'j', 60),
            (b'm', b'n', 80),
            // Sounds of two letters.
            (b'X', b'h', 30),
            (b'X', b'k', 40),
            (b'X', b'C', 60),
            (b'G', b'g', 15),
            (b'G', b'k', 50),
            (b'T', b't', 20),
            (b'T', b's', 45),
            (b'D', b'd', 15),
            (b'D', b'z', 40),
            (b'S', b's', 50),
            (b'S', b'C', 40),
            (b'C', b'j', 50),
            (b'C', b'k', 60),
            (b'C', b'c', 40),
            (b'Z', b'j', 30),
            (b'Z', b'z', 40),
            (b'S', b'z', 60),
        ])
    }

    const fn rough() -> Self {
        Self::spelled().vowels(25).drops(b"aeiou", 35).drops(b"yhw", 50).pairs(&[
            (b'b', b'p', 25),
            (b'd', b't', 25),
            (b'g', b'k', 25),
            (b'l', b'r', 35),
            (b'j', b'C', 25),
            (b'j', b'z', 40),
            (b'S', b's', 30),
            (b'm', b'n', 60),
            (b'v', b'b', 40),
            (b'v', b'w', 15),
            (b'f', b'p', 50),
            (b'h', b'f', 60),
        ])
    }

    const fn open() -> Self {
        Self::new()
            .vowels(30)
            .drops(b"aeiou", 6)
            .drops(b"y", 20)
            .drops(b"w", 30)
            .drops(b"h", 40)
            .drops(b"A", 14)
            .drops(b"W", 60)
            .drops(b"Y", 85)
            .drops(b"E", 10)
            .drops(b"H", 8)
            .pairs(&[
                (b'A', b'a', 0),
                (b'A', b'e', 3),
                (b'A', b'i', 5),
                (b'A', b'o', 4),
                (b'A', b'u', 4),
                (b'W', b'u', 0),
                (b'W', b'o', 0),
                (b'W', b'w', 0),
                (b'W', b'v', 4),
                (b'W', b'a', 35),
                (b'Y', b'i', 0),
                (b'Y', b'e', 0),
                (b'Y', b'y', 0),
                (b'Y', b'j', 30),
                (b'Y', b'a', 20),
                (b'A', b'Y', 30),
                (b'E', b'a', 0),
                (b'E', b'i', 2),
                (b'E', b'e', 2),
                (b'E', b'o', 2),
                (b'E', b'u', 2),
                (b'H', b'a', 0),
                (b'H', b'e', 0),
                (b'H', b'h', 0),
                (b'H', b't', 10),
                (b'q', b'k', 5),
                (b'q', b'g', 15),
                (b'q', b'G', 25),
                (b'k', b'g', 45),
                (b'G', b'g', 5),
                (b'G', b'k', 40),
                (b'X', b'h', 20),
                (b'X', b'k', 25),
                (b'X', b'C', 40),
                (b'T', b't', 10),
                (b'T', b's', 12),
                (b'D', b'd', 8),
                (b'D', b'z', 10),
                (b'D', b't', 45),
                (b'd', b'z', 45),
                (b'd', b't', 55),
                (b'Q', b'd', 0),
                (b'Q', b'D', 5),
                (b'Q', b'z', 10),
                (b'Q', b't', 45),
                (b'V', b'z', 0),
                (b'V', b'D', 5),
                (b'V', b'T', 10),
                (b'V', b'd', 12),
                (b'V', b't', 45),
                (b'j', b'g', 10),
                (b'j', b'Z', 20),
                (b'j', b'C', 40),
                (b'j', b'y', 40),
                (b'S', b's', 45),
                (b'S', b'C', 12),
                (b's', b'z', 45),
                (b's', b'c', 10),
                (b'C', b'c', 30),
                (b'b', b'p', 25),
                (b'v', b'f', 20),
                (b'v', b'b', 25),
                (b'f', b'p', 25),
                (b'v', b'w', 20),
                (b'x', b'k', 50),
                (b'm', b'n', 80),
            ])
    }
}
