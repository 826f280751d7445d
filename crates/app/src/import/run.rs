//! Carries invoices through the platform: many at a time, those of one customer in order.

use super::invoice::{ImportedInvoice, ImportedLine, Invoice, InvoiceKind, InvoiceRecord, Outcome, Reason};
use super::returns::{allocate, line_amount};
use crate::AppError;
use crate::engine::{Engine, EngineError, RefundOrder};
use crate::platform::Platform;
use pmts_compliance::pci::Vault;
use pmts_money::{Bps, Currency, Money, Rounding};
use pmts_payments::{
    CustomerRef, DeclineCode, Intent, IntentState, MethodRef, NewPayment, OrderRef, Payee, RefundRequest,
    Split,
};
use pmts_sensitive::Pan;
use pmts_store::{Commit, CommitError, ListQuery, StoreExt, Versioned, Write};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;

/// The largest amount a card message can carry, in minor units (ISO 8583 field 4: 12 digits).
const AMOUNT_MAX: i64 = 999_999_999_999;
/// From so many chains of invoices on, those at their end are forgotten.
const CHAINS_KEPT: usize = 20_000;
/// How many customers' cards are remembered.
const CARDS_KEPT: usize = 100_000;

/// How an import is run.
#[derive(Debug, Clone, Copy)]
pub struct ImportOptions {
    /// The currency of all amounts.
    pub currency: Currency,
    /// How many invoices are under way at a time.
    pub in_flight: usize,
    /// How often an order is tried in one run, if the outcome was unknown and taken back, or nothing could be sent.
    pub attempts_max: usize,
    /// Whether an order that an earlier run tried in vain is tried again.
    pub try_again: bool,
}

impl ImportOptions {
    /// 256 at a time, five attempts, and again in the next run.
    pub fn new(currency: Currency) -> Self {
        Self { currency, in_flight: 256, attempts_max: 5, try_again: true }
    }
}

/// Counts for people who wait.
#[derive(Debug, Default)]
pub struct Progress {
    /// Invoices done.
    pub invoices: AtomicU64,
    /// Orders among them.
    pub orders: AtomicU64,
}

/// Runs an import.
pub struct Importer {
    engine: Engine,
    vault: Arc<dyn Vault>,
    commission: Bps,
    options: ImportOptions,
    cards: Mutex<HashMap<String, MethodRef>>,
    /// Counts, while it runs.
    pub progress: Progress,
}

impl Importer {
    /// Imports into `platform`.
    pub fn new(platform: &Platform, options: ImportOptions) -> Arc<Self> {
        Arc::new(Self {
            engine: platform.engine.clone(),
            vault: platform.vault.clone(),
            commission: platform.config.commission,
            options,
            cards: Mutex::default(),
            progress: Progress::default(),
        })
    }

    /// Imports invoices in order. What was imported before is left as it is.
    ///
    /// # Errors
    /// [`AppError`]: what was begun is kept and goes on at the next run.
    pub async fn run(
        self: &Arc<Self>,
        invoices: impl Iterator<Item = Result<Invoice, AppError>>,
    ) -> Result<(), AppError> {
        let slots = Arc::new(Semaphore::new(self.options.in_flight.max(1)));
        let mut running: JoinSet<Result<(), AppError>> = JoinSet::new();
        // By customer and by number: the end of their latest invoice. An invoice waits for those before it.
        let mut latest: HashMap<String, (oneshot::Receiver<()>, Arc<AtomicBool>)> = HashMap::new();
        for invoice in invoices {
            let invoice = invoice?;
            let slot = slots.clone().acquire_owned().await.expect("the semaphore is never closed");
            while let Some(done) = running.try_join_next() {
                ended(done)?;
            }
            let over = Arc::new(AtomicBool::new(false));
            let (mut before, mut ends) = (Vec::new(), Vec::new());
            let customer = invoice.customer.as_ref().map(|c| format!("customer {c}"));
            for key in customer.into_iter().chain([format!("number {}", invoice.number)]) {
                let (end, ended) = oneshot::channel();
                before.extend(latest.insert(key, (ended, over.clone())));
                ends.push(end);
            }
            if latest.len() > CHAINS_KEPT {
                latest.retain(|_, (_, over)| !over.load(Ordering::Acquire));
            }
            let this = self.clone();
            running.spawn(async move {
                for (before, _) in before {
                    // An end that is dropped is an end as well: its error ends the import.
                    let _ = before.await;
                }
                let result = this.invoice(invoice).await;
                over.store(true, Ordering::Release);
                for end in ends {
                    // Nobody may be waiting.
                    let _ = end.send(());
                }
                drop(slot);
                result
            });
        }
        while let Some(done) = running.join_next().await {
            ended(done)?;
        }
        Ok(())
    }

    async fn invoice(&self, invoice: Invoice) -> Result<(), AppError> {
        let is_order = invoice.kind == InvoiceKind::Order;
        let id = ImportedInvoice::id_of(invoice.source, &invoice.number);
        let known = self.engine.store.get::<InvoiceRecord>(id).await?;
        match known {
            Some(known) if known.value.0.fingerprint != invoice.fingerprint(self.options.currency) => {
                self.conflict(invoice).await?
            }
            Some(known) if known.value.0.outcome == Outcome::Waiting => {
                self.give_back(&invoice, known.version, known.value.0.position).await?;
            }
            Some(known) if known.value.0.outcome == Outcome::Ordered => {
                self.pay(&invoice, known.value.0, known.version).await?
            }
            Some(_) => {}
            None => match invoice.kind {
                InvoiceKind::Order => self.order(&invoice).await?,
                InvoiceKind::Return => self.give_back(&invoice, 0, self.engine.ids.next_id()).await?,
                InvoiceKind::Adjustment => {
                    self.rejected(&invoice, invoice.number.clone(), |l| match &l.content {
                        Ok(_) => (Reason::LedgerAdjustment, String::new()),
                        Err(why) => (Reason::Malformed, why.clone()),
                    })
                    .await?;
                }
            },
        }
        self.progress.invoices.fetch_add(1, Ordering::Relaxed);
        self.progress.orders.fetch_add(u64::from(is_order), Ordering::Relaxed);
        Ok(())
    }

    /// The number is known with other lines: these are rejected, once however often they come.
    async fn conflict(&self, invoice: Invoice) -> Result<(), EngineError> {
        let number = format!("{}~{}", invoice.number, invoice.fingerprint(self.options.currency));
        if self
            .engine
            .store
            .get::<InvoiceRecord>(ImportedInvoice::id_of(invoice.source, &number))
            .await?
            .is_some()
        {
            return Ok(());
        }
        self.rejected(&invoice, number, |_| {
            (Reason::InvoiceConflict, "imported before with other lines".into())
        })
        .await
    }

    /// Keeps an invoice of which every line is rejected.
    async fn rejected(
        &self,
        invoice: &Invoice,
        number: String,
        why: impl Fn(&super::Line) -> (Reason, String),
    ) -> Result<(), EngineError> {
        let mut record = ImportedInvoice { number, ..self.record(invoice, Outcome::Nothing) };
        record.rejects = invoice
            .lines
            .iter()
            .map(&why)
            .zip(&invoice.lines)
            .map(|((reason, detail), l)| l.reject(reason, detail))
            .collect();
        self.keep(record).await
    }

    fn record(&self, invoice: &Invoice, outcome: Outcome) -> ImportedInvoice {
        ImportedInvoice::new(invoice, self.options.currency, self.engine.ids.next_id(), outcome)
    }

    async fn keep(&self, record: ImportedInvoice) -> Result<(), EngineError> {
        self.keep_at(record, 0).await
    }

    async fn keep_at(&self, record: ImportedInvoice, version: u64) -> Result<(), EngineError> {
        let commit = Commit {
            records: vec![Write::put(&InvoiceRecord(record), version)?],
            ..Commit::by(self.engine.by.clone())
        };
        match self.engine.store.commit(commit).await {
            // The same invoice twice at the same moment: the first one counts.
            Ok(_) | Err(CommitError::Conflict { .. }) => Ok(()),
            Err(other) => Err(other.into()),
        }
    }

    async fn order(&self, invoice: &Invoice) -> Result<(), EngineError> {
        let mut record = self.record(invoice, Outcome::Ordered);
        for line in &invoice.lines {
            match &line.content {
                Err(why) => record.rejects.push(line.reject(Reason::Malformed, why.clone())),
                Ok(c) if c.quantity <= 0 || !c.unit_price.is_sign_positive() || c.unit_price.is_zero() => {
                    record.rejects.push(line.reject(Reason::NoSale, ""))
                }
                Ok(c) => match line_amount(c.quantity, c.unit_price, self.options.currency) {
                    Err(why) => record.rejects.push(line.reject(Reason::NotPayable, why.to_string())),
                    Ok(amount) => record.lines.push(ImportedLine {
                        line: line.number,
                        stock_code: c.stock_code.clone(),
                        unit_price: c.unit_price.to_string(),
                        payee: c.payee.clone(),
                        quantity: c.quantity,
                        left: c.quantity,
                        amount,
                    }),
                },
            }
        }
        let sum: i128 = record.lines.iter().map(|l| i128::from(l.amount.minor())).sum();
        if sum <= 0 || sum > i128::from(AMOUNT_MAX) {
            let sold = std::mem::take(&mut record.lines);
            record.outcome = Outcome::Nothing;
            for line in invoice.lines.iter().filter(|l| sold.iter().any(|s| s.line == l.number)) {
                let (reason, why) = if sum <= 0 {
                    (Reason::NoSale, "it comes to nothing")
                } else {
                    (Reason::NotPayable, "the order exceeds what one card payment can carry")
                };
                record.rejects.push(line.reject(reason, why));
            }
            record.rejects.sort_by_key(|r| r.line);
            return self.keep(record).await;
        }
        self.pay(invoice, record, 0).await
    }

    /// Pays an order that is new (version 0), or goes on with one that was begun before.
    async fn pay(
        &self,
        invoice: &Invoice,
        mut record: ImportedInvoice,
        mut version: u64,
    ) -> Result<(), EngineError> {
        let mut paid: Option<Intent> = None;
        for attempt in 0.. {
            if let Some(last) = record.payments.last() {
                let intent = match paid.take() {
                    Some(intent) => intent,
                    None => self.engine.intent(*last).await?.value,
                };
                let over = attempt >= self.options.attempts_max || (attempt == 0 && !self.options.try_again);
                if !may_pay_again(&intent) || over {
                    return Ok(());
                }
            }
            let purchase = match self.purchase_of(invoice, &record).await? {
                Ok(purchase) => purchase,
                Err(why) => {
                    record.outcome = Outcome::Nothing;
                    let sold = std::mem::take(&mut record.lines);
                    let lines = invoice.lines.iter().filter(|l| sold.iter().any(|s| s.line == l.number));
                    record.rejects.extend(lines.map(|l| l.reject(Reason::NotPayable, why.clone())));
                    return self.keep_at(record, version).await;
                }
            };
            let mut begun = record.clone();
            let outcome = self
                .engine
                .purchase(purchase, |payment| {
                    begun.payments.push(payment);
                    Ok(vec![Write::put(&InvoiceRecord(begun.clone()), version)?])
                })
                .await;
            match outcome {
                // The same invoice twice at the same moment: the first one counts.
                Err(EngineError::Commit(CommitError::Conflict { kind: "import_invoice", .. })) => {
                    return Ok(());
                }
                other => paid = Some(other?),
            }
            (record, version) = (begun, version + 1);
        }
        Ok(())
    }

    async fn purchase_of(
        &self,
        invoice: &Invoice,
        record: &ImportedInvoice,
    ) -> Result<Result<NewPayment, String>, EngineError> {
        let mut parts: BTreeMap<Payee, Vec<Money>> = BTreeMap::new();
        for line in record.lines.iter().filter(|l| !l.amount.is_zero()) {
            parts.entry(line.payee.clone()).or_default().push(line.amount);
        }
        let mut splits = Vec::with_capacity(parts.len());
        for (payee, amounts) in parts {
            let gross = Money::sum(self.options.currency, amounts)?;
            let commission = match payee {
                Payee::Platform => Money::new(0, gross.currency()),
                Payee::Seller(_) => gross.percent(self.commission, Rounding::HalfEven)?,
            };
            splits.push(Split::new(payee, gross, commission)?);
        }
        if splits.len() > pmts_payments::decide::PAYEES_MAX {
            return Ok(Err(format!(
                "{} payees, at most {}",
                splits.len(),
                pmts_payments::decide::PAYEES_MAX
            )));
        }
        let method = match self.method(invoice).await? {
            Ok(method) => method,
            Err(why) => return Ok(Err(why)),
        };
        let customer = invoice.customer.as_ref().map(CustomerRef::try_new).transpose()?;
        let order = Some(OrderRef::try_new(invoice.number.as_str())?);
        Ok(Ok(NewPayment { order, customer, method: Some(method), ..NewPayment::of_splits(splits)? }))
    }

    /// The customer's card, vaulted.
    async fn method(&self, invoice: &Invoice) -> Result<Result<MethodRef, String>, EngineError> {
        if let Some(customer) = &invoice.customer
            && let Some(method) = self.cards.lock().unwrap_or_else(PoisonError::into_inner).get(customer)
        {
            return Ok(Ok(method.clone()));
        }
        let pan = match invoice.card.as_deref().map(Pan::parse) {
            Some(Ok(pan)) => pan,
            Some(Err(why)) => return Ok(Err(why.to_string())),
            None => return Ok(Err("no card".into())),
        };
        let stored = self.vault.put(&pan).await?;
        let method = MethodRef::new(stored.token.to_string(), stored.last_four, "4912");
        if let Some(customer) = &invoice.customer {
            let mut cards = self.cards.lock().unwrap_or_else(PoisonError::into_inner);
            if cards.len() >= CARDS_KEPT {
                cards.clear();
            }
            cards.insert(customer.clone(), method.clone());
        }
        Ok(Ok(method))
    }

    /// A return: refunds of the customer's earlier orders, all accepted in one commit with the record of the return.
    /// `version` and `position` are those of its record, if it waited.
    async fn give_back(&self, invoice: &Invoice, version: u64, position: u128) -> Result<(), EngineError> {
        match self.try_give_back(invoice, version, position).await {
            // What cannot be refunded is this invoice's trouble, not the import's.
            Err(why @ (EngineError::Payments(_) | EngineError::Money(_))) => {
                let mut record = self.record(invoice, Outcome::Nothing);
                record.rejects =
                    invoice.lines.iter().map(|l| l.reject(Reason::NotPayable, why.to_string())).collect();
                self.keep_at(record, version).await
            }
            other => other,
        }
    }

    async fn try_give_back(
        &self,
        invoice: &Invoice,
        version: u64,
        position: u128,
    ) -> Result<(), EngineError> {
        let (orders, unpaid) = self.orders_of(invoice, position).await?;
        if unpaid && self.options.try_again {
            // An order that the next run may pay must not lose its return: the return waits for it.
            if version > 0 {
                return Ok(());
            }
            let mut record = ImportedInvoice { position, ..self.record(invoice, Outcome::Waiting) };
            record.rejects = invoice.lines.iter().map(|l| l.reject(Reason::OrderUnpaid, "")).collect();
            return self.keep(record).await;
        }
        let mut left: Vec<ImportedInvoice> = orders.iter().map(|o| o.value.clone()).collect();
        let mut record = ImportedInvoice { position, ..self.record(invoice, Outcome::Returned) };
        let allocation = allocate(&invoice.lines, &mut left, self.options.currency)?;
        (record.lines_full, record.lines_part, record.rejects) =
            (allocation.full, allocation.part, allocation.rejects);
        let mut refunds = Vec::new();
        let mut touched = Vec::new();
        let mut refunded: BTreeMap<Payee, Money> = BTreeMap::new();
        for (position, parts) in allocation.refunds {
            let payment = *left[position]
                .payments
                .last()
                .ok_or_else(|| EngineError::Missing("the payment of an order".into()))?;
            touched.push(Write::put(&InvoiceRecord(left[position].clone()), orders[position].version)?);
            for (payee, amount) in &parts {
                let sum = refunded.entry(payee.clone()).or_insert(Money::new(0, amount.currency()));
                *sum = sum.checked_add(*amount)?;
            }
            // A part of a fraction of a penny that rounds to nothing is returned, and nothing is refunded for it.
            let parts: Vec<_> = parts.into_iter().filter(|(_, amount)| !amount.is_zero()).collect();
            if !parts.is_empty() {
                refunds.push(RefundOrder { payment, request: RefundRequest::of(parts) });
            }
        }
        record.refunded = refunded.into_iter().collect();
        if refunds.is_empty() {
            record.outcome = if touched.is_empty() { Outcome::Nothing } else { Outcome::Returned };
            return self.keep_at(record, version).await;
        }
        let accepted = self
            .engine
            .refund(&refunds, |ids| {
                let mut writes = touched.clone();
                writes.push(Write::put(
                    &InvoiceRecord(ImportedInvoice { refunds: ids.to_vec(), ..record.clone() }),
                    version,
                )?);
                Ok(writes)
            })
            .await;
        match accepted {
            Err(EngineError::Commit(CommitError::Conflict { kind: "import_invoice", id, .. }))
                if id == InvoiceRecord::id(&record) =>
            {
                Ok(())
            }
            other => other.map(drop),
        }
    }

    /// The customer's paid orders with a line that the return may be of, latest first; and whether there is one that is
    /// not paid but may be yet. Only orders from `before` that position count: a return that waited may be older than some.
    async fn orders_of(
        &self,
        invoice: &Invoice,
        before: u128,
    ) -> Result<(Vec<Versioned<ImportedInvoice>>, bool), EngineError> {
        let Some(customer) = &invoice.customer else { return Ok((vec![], false)) };
        let mut unpaid = false;
        let key = ImportedInvoice::customer_key(invoice.source, customer);
        let codes: Vec<&str> = invoice
            .lines
            .iter()
            .filter_map(|l| l.content.as_ref().ok())
            .map(|c| c.stock_code.as_str())
            .collect();
        let mut orders = Vec::new();
        let mut after = None;
        loop {
            let query = ListQuery { after, ..ListQuery::with_key("import_invoice", "customer", key.clone()) };
            let (page, next) = self.engine.store.list_typed::<InvoiceRecord>(query).await?;
            for record in page {
                let order = record.value.0;
                let other = order.currency != self.options.currency || order.position > before;
                if other || !order.lines.iter().any(|l| l.left > 0 && codes.contains(&l.stock_code.as_str()))
                {
                    continue;
                }
                let Some(last) = order.payments.last() else { continue };
                let intent = self.engine.intent(*last).await?.value;
                match intent.state {
                    IntentState::Captured => orders.push(Versioned { version: record.version, value: order }),
                    IntentState::Declined => unpaid |= may_pay_again(&intent),
                    IntentState::Authorized => {}
                    _ => unpaid = true,
                }
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        orders.sort_by_key(|o| std::cmp::Reverse(o.value.position));
        Ok((orders, unpaid))
    }
}

/// An attempt whose outcome was unknown and taken back, or that never left us, may be followed by another.
pub(super) fn may_pay_again(intent: &Intent) -> bool {
    let code = intent.decline.as_ref().map(|d| d.code);
    intent.state == IntentState::Declined
        && matches!(code, Some(DeclineCode::ReversedAfterTimeout | DeclineCode::GatewayUnavailable))
}

fn ended(done: Result<Result<(), AppError>, tokio::task::JoinError>) -> Result<(), AppError> {
    done.unwrap_or_else(|e| Err(EngineError::CutOff(e.to_string()).into()))
}
