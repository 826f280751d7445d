//! An entry of several debits and several credits.

use super::nth_id;
use crate::error::codes;
use crate::{AccountId, Metadata, Side, Transfer, TransferCode, TransferId};
use pmts_kernel::{CodeInfo, Coded};
use pmts_money::{Currency, Money};
use std::collections::{BTreeMap, VecDeque};

/// An entry of any number of debits and credits, equal in sum in each currency, as the least number of transfers that
/// says the same. No account between them is needed: each transfer goes from a debited account to a credited one.
///
/// An account stands on one side only, so that no order of the transfers can break a limit that the whole keeps. Several legs
/// of one account become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Legs {
    code: TransferCode,
    reference: u128,
    effective_day: Option<i32>,
    metadata: Metadata,
    legs: Vec<(Side, AccountId, Money)>,
}

/// The legs cannot be an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LegsError {
    /// No legs.
    #[error("an entry has at least one debit and one credit")]
    Empty,
    /// The amount of a leg is zero or negative.
    #[error("the amount of a leg must be positive: account {0}")]
    AmountNotPositive(AccountId),
    /// An account is debited and credited.
    #[error("account {0} is debited and credited")]
    BothSides(AccountId),
    /// The legs of an account together exceed the range of amounts.
    #[error("the legs of account {0} exceed the range of amounts")]
    OutOfRange(AccountId),
    /// Debits and credits of a currency differ.
    #[error("debits of {debits} and credits of {credits} minor units of {currency} differ")]
    Unbalanced {
        /// The currency.
        currency: Currency,
        /// Sum of its debits, minor units.
        debits: i128,
        /// Sum of its credits, minor units.
        credits: i128,
    },
    /// More transfers than ids can be derived from the base.
    #[error("an entry takes at most 256 transfers, fewer if the tag of its id is not 0")]
    TooMany,
}

impl Coded for LegsError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Empty => &codes::LEGS_EMPTY,
            Self::AmountNotPositive(_) => &codes::LEGS_AMOUNT_NOT_POSITIVE,
            Self::BothSides(_) => &codes::LEGS_BOTH_SIDES,
            Self::OutOfRange(_) => &codes::LEGS_OUT_OF_RANGE,
            Self::Unbalanced { .. } => &codes::LEGS_UNBALANCED,
            Self::TooMany => &codes::LEGS_TOO_MANY,
        }
    }
}

/// The amounts of one currency: account and minor units, debits positive, credits negative. They sum up to zero.
type Amounts = Vec<(AccountId, i128)>;

impl Legs {
    /// Up to so many legs of a currency that have no counterpart of the same amount, the number of transfers is the least
    /// there can be. Above it is at most one less than the number of legs.
    pub const SEARCHED: usize = 12;

    /// An entry without legs yet.
    pub fn new(code: TransferCode) -> Self {
        Self { code, reference: 0, effective_day: None, metadata: Metadata::default(), legs: Vec::new() }
    }

    /// With a debit.
    #[must_use]
    pub fn debit(mut self, account: AccountId, amount: Money) -> Self {
        self.legs.push((Side::Debit, account, amount));
        self
    }

    /// With a credit.
    #[must_use]
    pub fn credit(mut self, account: AccountId, amount: Money) -> Self {
        self.legs.push((Side::Credit, account, amount));
        self
    }

    /// Its transfers belong to `reference`.
    #[must_use]
    pub fn with_reference(mut self, reference: u128) -> Self {
        self.reference = reference;
        self
    }

    /// Its transfers count for a day (days since 1970-01-01).
    #[must_use]
    pub fn effective_on(mut self, day: i32) -> Self {
        self.effective_day = Some(day);
        self
    }

    /// Its transfers carry metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// The transfers: equal legs and bases give equal transfers.
    ///
    /// # Errors
    /// [`LegsError`].
    pub fn transfers(&self, base: TransferId) -> Result<Vec<Transfer>, LegsError> {
        let mut moves = Vec::new();
        for (currency, amounts) in self.by_currency()? {
            for group in balanced_groups(amounts) {
                pay_off(group, |debit, credit, minor| {
                    moves.push((debit, credit, Money::new(minor, currency)))
                });
            }
        }
        let made = moves.into_iter().enumerate().map(|(n, (debit, credit, amount))| {
            let id = nth_id(base, n).ok_or(LegsError::TooMany)?;
            Ok(Transfer {
                reference: self.reference,
                effective_day: self.effective_day,
                metadata: self.metadata.clone(),
                ..Transfer::post(id, debit, credit, amount, self.code)
            })
        });
        made.collect()
    }

    /// The legs by currency, each account once, in the order in which they were given.
    fn by_currency(&self) -> Result<BTreeMap<Currency, Amounts>, LegsError> {
        let mut found: BTreeMap<Currency, Amounts> = BTreeMap::new();
        for &(side, account, amount) in &self.legs {
            if amount.minor() <= 0 {
                return Err(LegsError::AmountNotPositive(account));
            }
            let signed = i128::from(if side == Side::Debit { amount.minor() } else { -amount.minor() });
            let amounts = found.entry(amount.currency()).or_default();
            match amounts.iter_mut().find(|(a, _)| *a == account) {
                Some((_, sum)) if (*sum > 0) != (signed > 0) => return Err(LegsError::BothSides(account)),
                Some((_, sum)) if (*sum + signed).abs() > i128::from(i64::MAX) => {
                    return Err(LegsError::OutOfRange(account));
                }
                Some((_, sum)) => *sum += signed,
                None => amounts.push((account, signed)),
            }
        }
        for (&currency, amounts) in &found {
            let sum = |keep: fn(i128) -> bool| amounts.iter().map(|a| a.1).filter(|m| keep(*m)).sum::<i128>();
            let (debits, credits) = (sum(|m| m > 0), -sum(|m| m < 0));
            if debits != credits {
                return Err(LegsError::Unbalanced { currency, debits, credits });
            }
        }
        if found.is_empty() { Err(LegsError::Empty) } else { Ok(found) }
    }
}

/// Splits amounts that sum up to zero into as many groups that do as can be found: each group of n saves one transfer.
fn balanced_groups(mut rest: Amounts) -> Vec<Amounts> {
    let mut groups = Vec::new();
    // A debit and a credit of the same amount: to take such a pair out never makes the result worse.
    let mut at = 0;
    while let Some(&(_, amount)) = rest.get(at) {
        match rest.iter().skip(at + 1).position(|(_, other)| *other == -amount) {
            Some(further) => {
                let other = rest.remove(at + 1 + further);
                groups.push(vec![rest.remove(at), other]);
            }
            None => at += 1,
        }
    }
    if rest.len() > Legs::SEARCHED {
        groups.push(rest);
    } else if !rest.is_empty() {
        groups.extend(most_groups(&rest));
    }
    groups
}

/// The most groups of sum zero, by the best number of groups for every subset.
fn most_groups(amounts: &[(AccountId, i128)]) -> Vec<Amounts> {
    let all = (1usize << amounts.len()) - 1;
    let mut sums = vec![0i128; all + 1];
    // For each subset: how many of its prefixes, in the best order of taking its legs one by one, sum up to zero.
    let mut best = vec![0usize; all + 1];
    let mut taken_last = vec![0usize; all + 1];
    for subset in 1..=all {
        let mut legs = (0..amounts.len()).filter(|i| subset & (1 << i) != 0);
        let lowest = legs.next().unwrap_or(0);
        sums[subset] = sums[subset ^ (1 << lowest)] + amounts[lowest].1;
        (best[subset], taken_last[subset]) = (best[subset ^ (1 << lowest)], lowest);
        for leg in legs {
            if best[subset ^ (1 << leg)] > best[subset] {
                (best[subset], taken_last[subset]) = (best[subset ^ (1 << leg)], leg);
            }
        }
        best[subset] += usize::from(sums[subset] == 0);
    }
    let (mut groups, mut subset) = (Vec::new(), all);
    let mut group: Vec<usize> = Vec::new();
    while subset != 0 {
        if sums[subset] == 0 && !group.is_empty() {
            groups.push(std::mem::take(&mut group));
        }
        group.push(taken_last[subset]);
        subset ^= 1 << taken_last[subset];
    }
    groups.push(group);
    // In the order in which the legs were given.
    groups.iter_mut().for_each(|g| g.sort_unstable());
    groups.sort_unstable();
    groups.into_iter().map(|g| g.into_iter().map(|i| amounts[i]).collect()).collect()
}

/// Pays the credits of a group from its debits, in order: n legs take at most n - 1 transfers.
fn pay_off(group: Amounts, mut pay: impl FnMut(AccountId, AccountId, i64)) {
    let (debits, credits): (Vec<_>, Vec<_>) = group.into_iter().partition(|(_, amount)| *amount > 0);
    let mut credits: VecDeque<_> = credits.into();
    for (debit, mut owed) in debits {
        while owed > 0 {
            let Some((credit, due)) = credits.front_mut() else { return };
            let part = owed.min(-*due);
            pay(debit, *credit, i64::try_from(part).expect("a part of a leg fits as the leg did"));
            (owed, *due) = (owed - part, *due + part);
            if *due == 0 {
                credits.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GBP: Currency = Currency::GBP;

    fn acct(n: u128) -> AccountId {
        AccountId::from_raw(n << 8)
    }

    fn legs(amounts: &[i64]) -> Legs {
        let mut legs = Legs::new(TransferCode(1));
        for (n, minor) in (1..).zip(amounts) {
            let amount = Money::new(minor.abs(), GBP);
            legs = if *minor > 0 { legs.debit(acct(n), amount) } else { legs.credit(acct(n), amount) };
        }
        legs
    }

    fn base() -> TransferId {
        TransferId::from_raw(7 << 8)
    }

    fn plan(amounts: &[i64]) -> Vec<(u128, u128, i64)> {
        let number = |a: AccountId| a.raw() >> 8;
        let transfers = legs(amounts).transfers(base()).unwrap();
        transfers.iter().map(|t| (number(t.debit), number(t.credit), t.amount.minor())).collect()
    }

    #[test]
    fn the_least_transfers() {
        assert_eq!(plan(&[100, -30, -70]), [(1, 2, 30), (1, 3, 70)]);
        assert_eq!(plan(&[60, 40, -100]), [(1, 3, 60), (2, 3, 40)]);
        assert_eq!(plan(&[60, 40, -40, -60]), [(1, 4, 60), (2, 3, 40)], "equal amounts find each other");
        // Two groups of three: in the order given it would take five.
        assert_eq!(plan(&[10, 7, -4, -5, -3, -5]).len(), 4);
        assert_eq!(plan(&[50, 50, -33, -67]), [(1, 3, 33), (1, 4, 17), (2, 4, 50)]);
    }

    #[test]
    fn ids_follow_from_the_base() {
        let made = legs(&[100, -30, -70]).transfers(TransferId::from_raw((7 << 8) | 3)).unwrap();
        assert_eq!(made.iter().map(|t| t.id.raw()).collect::<Vec<_>>(), [(7 << 8) | 3, (7 << 8) | 4]);
        let many: Vec<i64> = std::iter::once(300).chain([-1; 300]).collect();
        assert_eq!(legs(&many).transfers(base()), Err(LegsError::TooMany));
        let many: Vec<i64> = std::iter::once(256).chain([-1; 256]).collect();
        assert_eq!(legs(&many).transfers(base()).unwrap().len(), 256);
    }

    #[test]
    fn what_is_no_entry() {
        let gbp = |minor| Money::new(minor, GBP);
        let new = || Legs::new(TransferCode(1));
        let of = |legs: Legs| legs.transfers(base()).unwrap_err();
        assert_eq!(of(new()), LegsError::Empty);
        assert_eq!(of(new().debit(acct(1), gbp(0))), LegsError::AmountNotPositive(acct(1)));
        assert_eq!(
            of(new().debit(acct(1), gbp(5)).credit(acct(2), gbp(4))),
            LegsError::Unbalanced { currency: GBP, debits: 5, credits: 4 }
        );
        let crossed = new().debit(acct(1), gbp(5)).credit(acct(2), Money::new(5, Currency::EUR));
        assert!(matches!(of(crossed), LegsError::Unbalanced { .. }), "each currency stands for itself");
        let both = new().debit(acct(1), gbp(5)).credit(acct(1), gbp(5));
        assert_eq!(of(both), LegsError::BothSides(acct(1)));
        let huge = new().debit(acct(1), gbp(i64::MAX)).debit(acct(1), gbp(1));
        assert_eq!(of(huge), LegsError::OutOfRange(acct(1)));
    }

    /// The least number of transfers, by trying out all partitions: what every leg joins one group after the other.
    fn least(amounts: &[i64]) -> usize {
        fn groups(amounts: &[i64], sums: &mut Vec<i64>) -> usize {
            let Some((first, rest)) = amounts.split_first() else {
                return if sums.iter().all(|s| *s == 0) { sums.len() } else { 0 };
            };
            let mut best = 0;
            for i in 0..sums.len() {
                sums[i] += first;
                best = best.max(groups(rest, sums));
                sums[i] -= first;
            }
            sums.push(*first);
            best = best.max(groups(rest, sums));
            sums.pop();
            best
        }
        amounts.len() - groups(amounts, &mut vec![])
    }

    proptest! {
        #[test]
        fn every_leg_is_paid_with_the_least_transfers(mut amounts in prop::collection::vec(prop_oneof![-9i64..0, 1i64..10], 1..8)) {
            let sum: i64 = amounts.iter().sum();
            if sum != 0 {
                amounts.push(-sum);
            }
            let made = legs(&amounts).transfers(base()).unwrap();
            for (n, amount) in (1..).zip(&amounts) {
                let paid: i64 = made.iter().map(|t| {
                    let minor = t.amount.minor();
                    if t.debit == acct(n) { minor } else if t.credit == acct(n) { -minor } else { 0 }
                }).sum();
                prop_assert_eq!(paid, *amount);
            }
            prop_assert!(made.iter().all(|t| t.amount.minor() > 0 && t.debit != t.credit));
            prop_assert_eq!(made.len(), least(&amounts));
        }
    }
}
