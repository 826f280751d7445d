//! Sellers, their money, and our own accounts.

use super::records::own_account_id;
use super::step::Step;
use super::{DeskError, OwnAccountRecord, PayoutDesk, SellerRecord};
use crate::books::{Line, seller_owner};
use pmts_kernel::Principal;
use pmts_ledger::{AccountFilter, AccountState};
use pmts_money::Currency;
use pmts_payments::SellerRef;
use pmts_payouts::rails::OwnAccount;
use pmts_payouts::sellers::{PayeeRef, Seller};
use pmts_store::{ListQuery, Record, StoreExt, Versioned};

/// What a seller has in one currency, in minor units, from the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SellerMoney {
    /// The currency.
    pub currency: Currency,
    /// Not released yet.
    pub pending: i64,
    /// Can be paid out; what is set aside for payouts is taken off.
    pub available: i64,
    /// Kept back for a time.
    pub reserved: i64,
    /// Set aside for payouts that are approved and in no file yet.
    pub set_aside: i64,
    /// What he owes.
    pub owes: i64,
}

impl PayoutDesk {
    /// Keeps a seller, new or as he is now, and screens him: a hit holds his money from then on.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn put_seller(&self, mut seller: Seller, by: &Principal) -> Result<Seller, DeskError> {
        let read = self.store.get::<SellerRecord>(seller.payee.number()).await?;
        // Nothing is sent again to an account that did not take it, whatever was named in between.
        seller.failed = read.as_ref().and_then(|r| r.value.0.failed.clone());
        let mut step = Step::new(self, by);
        let before = read.as_ref().map(|r| &r.value.0);
        seller.known_since = before.map_or(Some(step.now), |b| b.known_since);
        let changed = before.is_some_and(|b| b.destination.is_some() && b.destination != seller.destination);
        seller.account_changed =
            if changed { Some(step.now) } else { before.and_then(|b| b.account_changed) };
        // Of whom there is a file, that says it.
        if let Some(diligence) = &self.diligence
            && let Some(kyc) = diligence.kyc(seller.payee.as_str()).await?
        {
            seller.kyc = kyc;
        }
        self.held_in(&mut step, &seller.payee, &seller.name, seller.destination.as_ref()).await?;
        step.put(&SellerRecord(seller.clone()), read.map_or(0, |r| r.version))?;
        step.commit().await?;
        Ok(seller)
    }

    /// A seller, if anything is known of him.
    ///
    /// # Errors
    /// [`DeskError::Store`].
    pub async fn seller(&self, payee: &PayeeRef) -> Result<Option<Versioned<Seller>>, DeskError> {
        let read = self.store.get::<SellerRecord>(payee.number()).await?;
        // Two names with one number: the chance is nil, the harm would not be.
        let read = read.filter(|r| &r.value.0.payee == payee);
        Ok(read.map(|r| Versioned { version: r.version, value: r.value.0 }))
    }

    /// All sellers that something is known of.
    ///
    /// # Errors
    /// [`DeskError::Store`].
    pub async fn sellers(&self) -> Result<Vec<Seller>, DeskError> {
        let mut query = ListQuery::all(SellerRecord::KIND);
        let mut all = Vec::new();
        loop {
            let (page, next) = self.store.list_typed::<SellerRecord>(query.clone()).await?;
            all.extend(page.into_iter().map(|r| r.value.0));
            let Some(after) = next else { break };
            query.after = Some(after);
        }
        all.sort_unstable_by(|a, b| a.payee.cmp(&b.payee));
        Ok(all)
    }

    /// Keeps our account of a currency.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn put_own_account(&self, own: OwnAccount, by: &Principal) -> Result<(), DeskError> {
        let read = self.store.get::<OwnAccountRecord>(own_account_id(own.currency)).await?;
        let version = read.as_ref().map_or(0, |r| r.version);
        let mut before = Vec::new();
        if let Some(was) = read.map(|r| r.value) {
            before = was.before;
            before.retain(|a| a != &own.account);
            if was.now.account != own.account {
                before.push(was.now.account);
            }
        }
        let mut step = Step::new(self, by);
        step.put(&OwnAccountRecord { now: own, before }, version)?;
        step.commit().await
    }

    /// Our account of a currency.
    ///
    /// # Errors
    /// [`DeskError::Missing`].
    pub async fn own_account(&self, currency: Currency) -> Result<OwnAccount, DeskError> {
        let read = self.store.get::<OwnAccountRecord>(own_account_id(currency)).await?;
        read.map(|r| r.value.now).ok_or_else(|| {
            DeskError::Missing(format!("our own account for {currency} (`pmts payouts account`)"))
        })
    }

    /// What a seller has, by currency, from the ledger.
    ///
    /// # Errors
    /// [`DeskError::Store`].
    pub async fn seller_money(&self, payee: &PayeeRef) -> Result<Vec<SellerMoney>, DeskError> {
        let owner = seller_owner(&seller_ref(payee)?);
        let filter = AccountFilter { owner: Some(owner), ..AccountFilter::default() };
        let mut all: Vec<SellerMoney> = Vec::new();
        for state in self.store.accounts(filter).await?.accounts {
            let currency = state.account.currency;
            let place = all.iter().position(|m| m.currency == currency).unwrap_or_else(|| {
                let none =
                    SellerMoney { currency, pending: 0, available: 0, reserved: 0, set_aside: 0, owes: 0 };
                all.push(none);
                all.len() - 1
            });
            add(&mut all[place], &state);
        }
        all.sort_unstable_by_key(|m| m.currency);
        Ok(all)
    }

    /// What can be paid to a seller, in minor units: what is available less what he owes.
    pub(super) async fn payable(&self, currency: Currency, seller: &SellerRef) -> Result<i64, DeskError> {
        let available = self.on(Line::SellerAvailable, currency, seller).await?;
        Ok(available.saturating_sub(self.debt(currency, seller).await?))
    }

    /// What a seller owes, in minor units.
    pub(super) async fn debt(&self, currency: Currency, seller: &SellerRef) -> Result<i64, DeskError> {
        let account = self.books.accounts.seller(Line::SellerReceivable, currency, seller);
        Ok(self.store.account(account.id).await?.map_or(0, |a| a.net_minor()))
    }

    /// What is on one of a seller's accounts and not set aside, in minor units.
    pub(super) async fn on(
        &self,
        line: Line,
        currency: Currency,
        seller: &SellerRef,
    ) -> Result<i64, DeskError> {
        let account = self.books.accounts.seller(line, currency, seller);
        Ok(self.store.account(account.id).await?.map_or(0, |a| a.available_minor()))
    }
}

fn add(money: &mut SellerMoney, state: &AccountState) {
    let code = state.account.chart;
    if code == Line::SellerPending.code() {
        money.pending = state.net_minor();
    } else if code == Line::SellerAvailable.code() {
        money.available = state.available_minor();
        money.set_aside = state.net_minor().saturating_sub(state.available_minor());
    } else if code == Line::SellerReserve.code() {
        money.reserved = state.net_minor();
    } else if code == Line::SellerReceivable.code() {
        money.owes = state.net_minor();
    }
}

/// The seller as payments and books name him.
pub(super) fn seller_ref(payee: &PayeeRef) -> Result<SellerRef, DeskError> {
    SellerRef::try_new(payee.as_str()).map_err(|_| DeskError::Missing(format!("the seller {payee}")))
}
