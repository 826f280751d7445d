//! A busy marketplace day, made up from a seed: orders, declines, silence, returns.

use crate::AppError;
use crate::import::{Invoice, InvoiceKind, Line, LineContent};
use pmts_payments::Payee;
use pmts_sensitive::luhn_check_digit;
use rust_decimal::Decimal;
use std::collections::VecDeque;

/// The name of the source in records.
pub const SOURCE: &str = "demo";

/// Cards of the sandbox issuer that are not simply approved, and how many customers in 10,000 have one.
const SPECIAL_CARDS: [(&str, u64); 8] = [
    ("4000000000000002", 100), // declined
    ("4000000000009995", 120), // insufficient funds
    ("4000000000000069", 60),  // expired
    ("4000000000009979", 20),  // stolen
    ("4000001200000032", 10),  // authorized, but never answered
    ("4000001200000073", 10),  // lost on the way
    ("4000001200000040", 10),  // captured, but not answered
    ("4000001200000057", 10),  // refunded, but not answered
];
const RETURNS_PER_1000: u64 = 60;
/// Returns are made for one of so many latest orders.
const REMEMBERED: usize = 2_000;

/// Makes up the invoices of a day, one at a time.
pub struct Day {
    seed: u64,
    random: Random,
    orders: u64,
    made: u64,
    number: u64,
    customers: u64,
    recent: VecDeque<Invoice>,
}

struct Random(u64);

impl Random {
    /// splitmix64
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to, not including, `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

impl Day {
    /// A day of so many orders. Equal seeds make equal days.
    pub fn new(orders: u64, seed: u64) -> Self {
        Self {
            seed,
            random: Random(seed),
            orders,
            made: 0,
            number: 1_000_000,
            customers: orders / 2 + 10,
            recent: VecDeque::new(),
        }
    }

    fn order(&mut self) -> Invoice {
        let customer = self.random.below(self.customers);
        let lines = (1..=1 + self.random.below(4)).map(|n| self.line(n)).collect();
        let number = self.next_number("");
        let card = card_of(self.seed, customer);
        Invoice {
            source: SOURCE,
            number,
            kind: InvoiceKind::Order,
            file: self.file(),
            customer: Some(format!("C{customer}")),
            card: Some(card),
            lines,
        }
    }

    fn line(&mut self, number: u64) -> Line {
        let seller = 10 + self.random.below(12);
        let article = self.random.below(400);
        // A price belongs to an article, so that returns find it: 0.30 to 60.29.
        let price = Decimal::new(i64::try_from(30 + (article * 37 + seller * 101) % 6_000).unwrap_or(30), 2)
            .normalize();
        let platform = self.random.below(20) == 0;
        let stock_code = if platform { format!("POST{article}") } else { format!("{seller}{article:03}") };
        let payee =
            if platform { Payee::Platform } else { Payee::seller(seller.to_string()).expect("two digits") };
        line(number, stock_code, 1 + i64::try_from(self.random.below(6)).unwrap_or(0), price, payee)
    }

    /// Returns a part of one of the latest orders.
    fn give_back(&mut self) -> Option<Invoice> {
        let position = usize::try_from(self.random.below(self.recent.len() as u64)).ok()?;
        let order = self.recent.remove(position)?;
        let pick = usize::try_from(self.random.below(order.lines.len() as u64)).ok()?;
        let content = order.lines[pick].content.clone().ok()?;
        let quantity = 1 + i64::try_from(self.random.below(content.quantity.unsigned_abs())).unwrap_or(0);
        let back = line(1, content.stock_code, -quantity, content.unit_price, content.payee);
        let number = self.next_number("C");
        Some(Invoice {
            source: SOURCE,
            number,
            kind: InvoiceKind::Return,
            file: self.file(),
            customer: order.customer,
            card: None,
            lines: vec![back],
        })
    }

    fn next_number(&mut self, prefix: &str) -> String {
        self.number += 1;
        format!("{prefix}{}-{}", self.number, self.seed)
    }

    fn file(&self) -> String {
        format!("demo-{}", self.seed)
    }
}

impl Iterator for Day {
    type Item = Result<Invoice, AppError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.made == self.orders {
            return None;
        }
        if self.random.below(1_000) < RETURNS_PER_1000
            && let Some(back) = self.give_back()
        {
            return Some(Ok(back));
        }
        self.made += 1;
        let order = self.order();
        self.recent.push_back(order.clone());
        if self.recent.len() > REMEMBERED {
            self.recent.pop_front();
        }
        Some(Ok(order))
    }
}

fn line(number: u64, stock_code: String, quantity: i64, unit_price: Decimal, payee: Payee) -> Line {
    let raw = format!("{stock_code},{quantity},{unit_price}");
    Line { number, raw, content: Ok(LineContent { stock_code, quantity, unit_price, payee }) }
}

/// A customer's card: one of the special ones now and then, otherwise a number of their own.
fn card_of(seed: u64, customer: u64) -> String {
    let mut random = Random(seed ^ customer.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let mut draw = random.below(10_000);
    for (card, share) in SPECIAL_CARDS {
        if draw < share {
            return card.into();
        }
        draw -= share;
    }
    let digits = format!("424242{:09}", random.below(1_000_000_000));
    let check = luhn_check_digit(&digits).expect("only digits");
    format!("{digits}{check}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_sandbox::issuer::TestCards;
    use pmts_sensitive::Pan;

    #[test]
    fn equal_seeds_make_equal_days() {
        let day = |seed| Day::new(500, seed).map(Result::unwrap).collect::<Vec<_>>();
        assert_eq!(day(7), day(7));
        assert_ne!(day(7), day(8));
        let invoices = day(7);
        assert_eq!(invoices.iter().filter(|i| i.kind == InvoiceKind::Order).count(), 500);
        assert!(invoices.iter().any(|i| i.kind == InvoiceKind::Return));
        assert!(invoices.iter().filter_map(|i| i.card.as_deref()).all(|c| Pan::parse(c).is_ok()));
    }

    #[test]
    fn the_special_cards_are_those_of_the_sandbox() {
        let known = TestCards::default();
        for (card, _) in SPECIAL_CARDS {
            assert!(known.iter().any(|(pan, _)| pan == card), "{card}");
        }
    }
}
