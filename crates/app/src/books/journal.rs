//! Collects the transfers of one commit.

use super::Code;
use pmts_kernel::derived_id;
use pmts_ledger::{Account, AccountChange, Transfer, TransferId};
use pmts_money::Money;
use pmts_payments::{OperationId, PaymentId};

/// The accounts and transfers of one commit. The ids of transfers are derived from their operation's, so a step that is
/// decided the same way twice has the same ids.
#[derive(Debug, Default)]
pub struct Journal {
    /// Accounts that must be open.
    pub accounts: Vec<AccountChange>,
    /// The transfers, in order.
    pub transfers: Vec<Transfer>,
    operation: u128,
    reference: u128,
    tag: u8,
}

impl Journal {
    /// The transfers that follow belong to this operation; the first gets the id with this tag.
    pub(super) fn begin(&mut self, payment: PaymentId, operation: OperationId, first_tag: u8) {
        self.begin_for(operation.raw(), payment.raw(), first_tag);
    }

    /// The same for what is no operation on a payment: the number that names the step, and what it is found by.
    pub(super) fn begin_for(&mut self, step: u128, reference: u128, first_tag: u8) {
        (self.operation, self.reference, self.tag) = (step, reference, first_tag);
    }

    /// Moves an amount; nothing if it is zero.
    pub(super) fn post(&mut self, debit: Account, credit: Account, amount: Money, code: Code) {
        if amount.is_zero() {
            return;
        }
        let transfer = Transfer::post(self.next_id(), debit.id, credit.id, amount, code.number());
        self.push(transfer);
        self.open(debit);
        self.open(credit);
    }

    /// Reserves an amount.
    pub(super) fn reserve(&mut self, debit: Account, credit: Account, amount: Money, code: Code) {
        let transfer = Transfer::reserve(self.next_id(), debit.id, credit.id, amount, code.number());
        self.push(transfer);
        self.open(debit);
        self.open(credit);
    }

    /// Posts the reservation that the same operation made with tag `reserved`.
    pub(super) fn post_reserved(
        &mut self,
        reserved: u8,
        debit: &Account,
        credit: &Account,
        amount: Money,
        code: Code,
    ) {
        let reservation = Transfer::reserve(self.id(reserved), debit.id, credit.id, amount, code.number());
        let transfer = Transfer::post_reserved(self.next_id(), &reservation, amount, code.number());
        self.push(transfer);
    }

    /// Lets go of the reservation that the same operation made with tag `reserved`.
    pub(super) fn void(
        &mut self,
        reserved: u8,
        debit: &Account,
        credit: &Account,
        amount: Money,
        code: Code,
    ) {
        let reservation = Transfer::reserve(self.id(reserved), debit.id, credit.id, amount, code.number());
        let transfer = Transfer::void(self.next_id(), &reservation, code.number());
        self.push(transfer);
    }

    fn id(&self, tag: u8) -> TransferId {
        TransferId::from_raw(derived_id(self.operation, tag))
    }

    fn next_id(&mut self) -> TransferId {
        let id = self.id(self.tag);
        self.tag = self
            .tag
            .checked_add(1)
            .expect("a purchase has few enough payees for its transfers to be numbered in 8 bits");
        id
    }

    fn push(&mut self, transfer: Transfer) {
        self.transfers.push(transfer.with_reference(self.reference));
    }

    fn open(&mut self, account: Account) {
        let known = self.accounts.iter().any(|a| matches!(a, AccountChange::Open(a) if a.id == account.id));
        if !known {
            self.accounts.push(AccountChange::Open(account));
        }
    }
}
