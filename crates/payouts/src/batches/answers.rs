//! What the bank says of a payment, in whatever order and however often, and what follows for the money.

use super::{Payout, PayoutState};
use pmts_money::Money;

/// What a file of the bank says of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankFact {
    /// It takes it.
    Accepted,
    /// It will not carry it out.
    Rejected {
        /// The reason: `AC04`; may be empty.
        reason: String,
    },
    /// It took this amount from our account.
    Debited {
        /// Above zero.
        amount: Money,
    },
    /// It put this amount back on our account.
    Returned {
        /// Above zero; less than was paid if a charge was kept.
        amount: Money,
        /// The reason: `AC04`; may be empty.
        reason: String,
    },
}

/// What follows for the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it was known.
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
    /// It contradicts what was known before. An amount that the bank took (negative) or gave is booked apart, and a person is
    /// asked.
    Conflict {
        /// The amount on the bank's account, with its sign; `None`: no money moved.
        moved: Option<Money>,
        /// What is the matter.
        what: &'static str,
    },
}

impl Payout {
    /// Takes a fact: what follows, and the payout as it is then. The same fact again has no effect.
    pub fn take(&mut self, fact: BankFact) -> Effect {
        use PayoutState::{Paid, Rejected, Returned, Sent};
        let conflict = |moved: Option<Money>, what| Effect::Conflict { moved, what };
        match (self.state, fact) {
            (Sent | Paid | Returned | Rejected, BankFact::Accepted) => Effect::None,
            (Sent, BankFact::Rejected { reason }) => {
                (self.state, self.reason) = (Rejected, said(reason));
                Effect::PutBack
            }
            (Rejected, BankFact::Rejected { .. }) => Effect::None,
            (Paid | Returned, BankFact::Rejected { .. }) => {
                conflict(None, "the bank says it did not carry out a payment that it took the money for")
            }
            (Sent | Paid | Returned, BankFact::Debited { .. }) if self.debited => Effect::None,
            (Sent | Paid | Returned, BankFact::Debited { amount }) if amount == self.amount => {
                self.debited = true;
                if self.state == Sent {
                    self.state = Paid;
                }
                Effect::PaidOut
            }
            (_, BankFact::Debited { amount }) => conflict(
                Some(Money::new(amount.minor().saturating_neg(), amount.currency())),
                "the bank took money for a payment that it refused, that was never sent, or of another amount",
            ),
            (Returned, BankFact::Returned { .. }) => Effect::None,
            (Sent | Paid, BankFact::Returned { amount, reason })
                if amount.currency() == self.amount.currency()
                    && (1..=self.amount.minor()).contains(&amount.minor()) =>
            {
                (self.state, self.reason) = (Returned, said(reason));
                let kept = Money::new(self.amount.minor() - amount.minor(), amount.currency());
                Effect::CameBack { amount, kept }
            }
            (_, BankFact::Returned { amount, .. }) => conflict(
                Some(amount),
                "money came back for a payment that was refused, never sent, or of another amount",
            ),
            (_, BankFact::Accepted | BankFact::Rejected { .. }) => {
                conflict(None, "the bank speaks of a payment that was never sent")
            }
        }
    }
}

fn said(reason: String) -> Option<String> {
    (!reason.is_empty()).then_some(reason)
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
            reason: None,
        }
    }

    fn facts() -> impl Strategy<Value = BankFact> {
        prop_oneof![
            Just(BankFact::Accepted),
            Just(BankFact::Rejected { reason: "AC01".into() }),
            Just(BankFact::Debited { amount: eur(500) }),
            Just(BankFact::Returned { amount: eur(500), reason: "AC04".into() }),
            Just(BankFact::Returned { amount: eur(480), reason: "AC04".into() }),
        ]
    }

    proptest! {
        /// Whatever a bank says, in whatever order and however often: the money in transit leaves it once, the seller has it
        /// back once at most, and what is booked as taken by the bank and put back is what the bank said.
        #[test]
        fn money_moves_once(said in proptest::collection::vec(facts(), 0..12)) {
            let mut p = payout(PayoutState::Sent);
            let (mut in_transit, mut seller, mut apart, mut cost) = (500, 0, 0, 0);
            for fact in said {
                match p.take(fact) {
                    Effect::None => {}
                    Effect::PutBack => { in_transit -= 500; seller += 500; }
                    Effect::PaidOut => in_transit -= 500,
                    Effect::CameBack { amount, kept } => { seller += 500; cost += kept.minor(); prop_assert_eq!(amount.minor() + kept.minor(), 500); }
                    Effect::Conflict { moved, .. } => apart += moved.map_or(0, Money::minor),
                }
                prop_assert!(in_transit == 500 || in_transit == 0);
                prop_assert!(seller == 0 || seller == 500);
                prop_assert!(cost == 0 || cost == 20);
            }
            prop_assert!(apart.abs() <= 500 * 12);
            let again = p.clone();
            if p.state == PayoutState::Returned {
                prop_assert_eq!(p.take(BankFact::Returned { amount: eur(500), reason: String::new() }), Effect::None);
                prop_assert_eq!(p, again);
            }
        }
    }

    #[test]
    fn a_return_that_comes_before_its_debit_counts_once() {
        let mut p = payout(PayoutState::Sent);
        let returned = BankFact::Returned { amount: eur(480), reason: "AC04".into() };
        assert_eq!(p.take(returned.clone()), Effect::CameBack { amount: eur(480), kept: eur(20) });
        assert_eq!(p.take(returned), Effect::None);
        assert_eq!(p.take(BankFact::Debited { amount: eur(500) }), Effect::PaidOut);
        assert_eq!(p.take(BankFact::Debited { amount: eur(500) }), Effect::None);
        assert_eq!((p.state, p.reason.as_deref()), (PayoutState::Returned, Some("AC04")));
    }

    #[test]
    fn what_was_never_sent_and_other_amounts_are_conflicts() {
        for state in [PayoutState::Proposed, PayoutState::Approved, PayoutState::Cancelled] {
            let mut p = payout(state);
            assert!(matches!(p.take(BankFact::Accepted), Effect::Conflict { moved: None, .. }));
            let taken = p.take(BankFact::Debited { amount: eur(500) });
            assert!(matches!(taken, Effect::Conflict { moved: Some(m), .. } if m == eur(-500)));
            assert_eq!(p, payout(state));
        }
        let mut p = payout(PayoutState::Sent);
        let taken = p.take(BankFact::Debited { amount: eur(501) });
        assert!(matches!(taken, Effect::Conflict { moved: Some(m), .. } if m == eur(-501)));
        let back = p.take(BankFact::Returned { amount: eur(501), reason: String::new() });
        assert!(matches!(back, Effect::Conflict { moved: Some(m), .. } if m == eur(501)));
        let mut rejected = payout(PayoutState::Rejected);
        let taken = rejected.take(BankFact::Debited { amount: eur(500) });
        assert!(matches!(taken, Effect::Conflict { moved: Some(m), .. } if m == eur(-500)));
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
