//! Where an account is found: ids follow from what the account is for, so no look-up is needed.

use super::Line;
use pmts_kernel::derived_id;
use pmts_ledger::{Account, AccountId, EntityCode, Owner};
use pmts_money::Currency;
use pmts_payments::{PaymentId, SellerRef};
use pmts_payouts::batches::BatchId;

/// Makes the accounts of one legal entity.
#[derive(Debug, Clone, Copy)]
pub struct Accounts {
    /// Whose books.
    pub entity: EntityCode,
}

/// The owner text of a seller's accounts.
pub fn seller_owner(seller: &SellerRef) -> Owner {
    Owner::try_new(format!("seller:{seller}"))
        .expect("a seller reference has 32 characters at most, none of them a space")
}

impl Accounts {
    /// The one account of a line in a currency.
    pub fn common(&self, line: Line, currency: Currency) -> Account {
        self.owned(line, currency, Owner::default())
    }

    /// A seller's account.
    pub fn seller(&self, line: Line, currency: Currency, seller: &SellerRef) -> Account {
        self.owned(line, currency, seller_owner(seller))
    }

    /// A payment's account. Its id is derived from the payment's, so that ids of accounts grow with time as well.
    pub fn payment(&self, line: Line, currency: Currency, payment: PaymentId) -> Account {
        let tag = match line {
            Line::PayAuthorized => 1,
            Line::PayClearing => 2,
            Line::PayRefundable => 3,
            other => unreachable!("{other:?} is no line of single payments: give it a tag here first"),
        };
        let owner = Owner::try_new(payment.to_string()).expect("an id is short");
        self.account(AccountId::from_raw(derived_id(payment.raw(), tag)), line, currency, owner)
    }

    /// The account of a batch of payouts.
    pub fn batch(&self, line: Line, currency: Currency, batch: BatchId) -> Account {
        self.owned(line, currency, Owner::try_new(batch.to_string()).expect("an id is short"))
    }

    fn owned(&self, line: Line, currency: Currency, owner: Owner) -> Account {
        let name = format!("{}/{}/{}/{}", self.entity.0, line.code().0, owner, currency.code());
        let id = AccountId::from_raw(xxhash_rust::xxh3::xxh3_128(name.as_bytes()));
        self.account(id, line, currency, owner)
    }

    fn account(&self, id: AccountId, line: Line, currency: Currency, owner: Owner) -> Account {
        let account = Account {
            entity: self.entity,
            floor: line.floor(),
            ..Account::new(id, currency, line.code(), line.side())
        };
        account.with_owner(owner)
    }
}
