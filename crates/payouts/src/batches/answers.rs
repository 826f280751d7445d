//! What the bank says of a payment, in whatever order and however often, and what follows for the money.

use super::{Payout, PayoutState};
use pmts_money::Money;

/// What the bank kept of a return, at most, in minor units. A return of less is looked at by a person.
const KEPT_MAX: i64 = 5_000;

/// What a file of the bank says of a payment. What moved money on our account is said once, by one line of a statement:
/// whoever takes files sees to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankFact {
    /// It takes it.
    Accepted,
    /// It will not carry it out.
    Rejected {
        /// The reason: `AC04`; may be empty.
        reason: String,
    },
    /// A line of our account: it took this amount.
    Debited {
        /// Above zero.
        amount: Money,
    },
    /// It announces that the payment comes back. No money moved yet.
    ReturnTold,
    /// A line of our account that names the payment: this amount came in.
    Credited {
        /// Above zero; less than was paid if a charge was kept.
        amount: Money,
        /// The line says that it is a return, or undoes the debit. Whoever was paid can name the payment in a transfer of
        /// his own: that is no return.
        is_return: bool,
        /// The reason: `AC04`; may be empty.
        reason: String,
    },
}

/// What follows for the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// In transit ▸ seller: it is his again.
    PutBack,
    /// In transit ▸ bank.
    PaidOut,
    /// Bank ▸ returned ▸ seller; what the bank kept of it is our cost.
    CameBack {
        /// What is on our account again.
        amount: Money,
        /// What is missing of what was paid; may be zero.
        kept: Money,
    },
    /// It contradicts what was known before, or is none of its business: what moved is booked apart, and a person is asked.
    Conflict(&'static str),
}

impl Payout {
    /// Takes a fact: what follows, and the payout as it is then.
    pub fn take(&mut self, fact: BankFact) -> Effect {
        use PayoutState::{Paid, Rejected, Returned, Sent};
        match (self.state, fact) {
            (Sent | Paid | Returned | Rejected, BankFact::Accepted) => Effect::None,
            (Sent, BankFact::Rejected { reason }) => {
                (self.state, self.reason) = (Rejected, code_of(&reason));
                Effect::PutBack
            }
            (Rejected, BankFact::Rejected { .. }) => Effect::None,
            (Paid | Returned, BankFact::Rejected { .. }) => {
                Effect::Conflict("the bank says it did not carry out a payment that it took the money for")
            }
            (Sent | Paid | Returned, BankFact::Debited { amount })
                if !self.debited && amount == self.amount =>
            {
                self.debited = true;
                if self.state == Sent {
                    self.state = Paid;
                }
                Effect::PaidOut
            }
            (_, BankFact::Debited { .. }) => Effect::Conflict(
                "the bank took money for a payment that it refused, that was never sent, of another amount, or once more",
            ),
            (Sent | Paid | Returned, BankFact::ReturnTold) => {
                self.return_told = true;
                Effect::None
            }
            (Sent | Paid, BankFact::Credited { amount, is_return, reason })
                if (is_return || self.return_told) && self.is_whole(amount, is_return) =>
            {
                let kept = Money::new(self.amount.minor() - amount.minor(), amount.currency());
                (self.state, self.reason) = (Returned, code_of(&reason));
                Effect::CameBack { amount, kept }
            }
            (_, BankFact::Credited { .. }) => Effect::Conflict(
                "money came in that names a payment and is no return of it: not marked as one, of another amount, or once more",
            ),
            (_, BankFact::Accepted | BankFact::Rejected { .. } | BankFact::ReturnTold) => {
                Effect::Conflict("the bank speaks of a payment that it refused or that was never sent")
            }
        }
    }

    /// Whether an amount is that of the payment. Less what a bank keeps if the line itself says that it is a return.
    fn is_whole(&self, amount: Money, is_return: bool) -> bool {
        let most = if is_return { KEPT_MAX } else { 0 };
        let kept = self.amount.minor().saturating_sub(amount.minor());
        amount.currency() == self.amount.currency() && amount.minor() > 0 && (0..=most).contains(&kept)
    }
}

/// A reason as it is kept: a code of four characters. What a bank says in words of its own may hold a name.
fn code_of(reason: &str) -> Option<String> {
    let is_code = reason.len() == 4 && reason.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    match reason {
        "" => None,
        _ if is_code => Some(reason.to_owned()),
        _ => Some("NARR".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BatchId, PayoutId};
    use super::*;
    use crate::sellers::{Destination, PayeeRef};
    use pmts_money::Currency;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::from_code("EUR").unwrap())
    }

    fn payout(state: PayoutState) -> Payout {
        Payout {
            id: PayoutId::from_raw(9),
            batch: BatchId::from_raw(8),
            payee: PayeeRef::try_new("S1").unwrap(),
            name: "Ada".into(),
            destination: Destination::iban("NL41MOCK0000000001", None).unwrap(),
            amount: eur(500),
            state,
            debited: matches!(state, PayoutState::Paid),
            return_told: false,
            reason: None,
        }
    }

    fn facts() -> impl Strategy<Value = BankFact> {
        let credit =
            |minor, is_return| BankFact::Credited { amount: eur(minor), is_return, reason: "AC04".into() };
        prop_oneof![
            Just(BankFact::Accepted),
            Just(BankFact::Rejected { reason: "AC01".into() }),
            Just(BankFact::ReturnTold),
            Just(BankFact::Debited { amount: eur(500) }),
            Just(BankFact::Debited { amount: eur(505) }),
            Just(credit(500, true)),
            Just(credit(480, true)),
            Just(credit(1, false)),
        ]
    }

    proptest! {
        /// Whatever a bank says, in whatever order: what the books hold at the bank, apart lines included, is the sum of its
        /// lines; the money in transit leaves it once, and the seller has it back once at most.
        #[test]
        fn the_books_follow_the_lines_and_money_moves_once(facts in proptest::collection::vec(facts(), 0..12)) {
            let mut p = payout(PayoutState::Sent);
            let (mut in_transit, mut seller, mut bank, mut cost, mut lines) = (500, 0, 0, 0, 0);
            for fact in facts {
                let moved = match &fact {
                    BankFact::Debited { amount } => -amount.minor(),
                    BankFact::Credited { amount, .. } => amount.minor(),
                    _ => 0,
                };
                lines += moved;
                match p.take(fact) {
                    Effect::None => prop_assert_eq!(moved, 0),
                    Effect::PutBack => { in_transit -= 500; seller += 500; }
                    Effect::PaidOut => { in_transit -= 500; bank -= 500; }
                    Effect::CameBack { amount, kept } => {
                        bank += amount.minor();
                        seller += 500;
                        cost += kept.minor();
                        prop_assert_eq!(amount.minor() + kept.minor(), 500);
                    }
                    // Booked apart, against the same account.
                    Effect::Conflict(_) => bank += moved,
                }
                prop_assert!(in_transit == 500 || in_transit == 0);
                prop_assert!(seller == 0 || seller == 500);
                prop_assert!(cost == 0 || cost == 20);
                prop_assert_eq!(bank, lines);
            }
        }
    }

    fn back(minor: i64, is_return: bool) -> BankFact {
        BankFact::Credited { amount: eur(minor), is_return, reason: "AC04".into() }
    }

    #[test]
    fn a_return_that_comes_before_its_debit_counts_and_a_second_one_does_not() {
        let mut p = payout(PayoutState::Sent);
        assert_eq!(p.take(back(480, true)), Effect::CameBack { amount: eur(480), kept: eur(20) });
        assert!(matches!(p.take(back(20, true)), Effect::Conflict(_)));
        assert_eq!(p.take(BankFact::Debited { amount: eur(500) }), Effect::PaidOut);
        assert!(matches!(p.take(BankFact::Debited { amount: eur(500) }), Effect::Conflict(_)));
        assert_eq!((p.state, p.reason.as_deref()), (PayoutState::Returned, Some("AC04")));
    }

    #[test]
    fn whoever_was_paid_cannot_make_a_return() {
        let mut p = payout(PayoutState::Paid);
        for minor in [1, 499, 500] {
            assert!(matches!(p.take(back(minor, false)), Effect::Conflict(_)), "{minor}");
        }
        assert_eq!(p, payout(PayoutState::Paid));
        // The bank has to say so, in the line or before it.
        assert_eq!(p.take(BankFact::ReturnTold), Effect::None);
        assert_eq!(p.take(back(500, false)), Effect::CameBack { amount: eur(500), kept: eur(0) });
        // And it does not keep most of it.
        let mut large = Payout { amount: eur(50_000), ..payout(PayoutState::Paid) };
        assert!(matches!(large.take(back(1, true)), Effect::Conflict(_)));
        assert_eq!(
            large.take(back(45_000, true)),
            Effect::CameBack { amount: eur(45_000), kept: eur(5_000) }
        );
    }

    #[test]
    fn what_was_never_sent_and_other_amounts_are_conflicts() {
        for state in [PayoutState::Proposed, PayoutState::Approved, PayoutState::Cancelled] {
            let mut p = payout(state);
            for fact in [
                BankFact::Accepted,
                BankFact::ReturnTold,
                BankFact::Debited { amount: eur(500) },
                back(500, true),
            ] {
                assert!(matches!(p.take(fact), Effect::Conflict(_)));
            }
            assert_eq!(p, payout(state));
        }
        let mut p = payout(PayoutState::Sent);
        assert!(matches!(p.take(BankFact::Debited { amount: eur(501) }), Effect::Conflict(_)));
        assert!(matches!(p.take(back(501, true)), Effect::Conflict(_)));
        let mut rejected = payout(PayoutState::Rejected);
        assert!(matches!(rejected.take(BankFact::Debited { amount: eur(500) }), Effect::Conflict(_)));
    }

    #[test]
    fn a_bank_s_own_words_are_not_kept() {
        let mut p = payout(PayoutState::Sent);
        p.take(BankFact::Rejected { reason: "KONTO ERLOSCHEN MEIER".into() });
        assert_eq!(p.reason.as_deref(), Some("NARR"));
    }

    #[test]
    fn identifiers_read_back() {
        let id = PayoutId::from_raw(u128::MAX - 5);
        assert_eq!(PayoutId::of_end_to_end_id(&id.end_to_end_id()), Some(id));
        assert_eq!(id.end_to_end_id().len(), 34);
        for wrong in ["", "PO", "PO12", "NOTPROVIDED", "POzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"] {
            assert_eq!(PayoutId::of_end_to_end_id(wrong), None);
        }
    }
}
