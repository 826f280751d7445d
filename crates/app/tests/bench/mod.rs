//! What the tests of the platform share: a platform over a sandbox issuer, and what can be read of both.
#![allow(dead_code, unreachable_pub)]

use pmts_app::books::{Code, chart};
use pmts_app::engine::{Confirm, Engine, PaymentView, RefundOrder};
use pmts_app::platform::{Host, Platform, PlatformConfig};
use pmts_app::records::OperationRecord;
use pmts_app::risk::{RiskConfig, Signals};
use pmts_fraud::KeyKind;
use pmts_kernel::{Principal, Timestamp};
use pmts_ledger::{AccountId, EntryKind};
use pmts_money::{Currency, Money};
use pmts_payments::*;
use pmts_sandbox::issuer::{Issuer, IssuerConfig};
use pmts_sensitive::Pan;
use pmts_store::{ListQuery, StoreExt};
use std::time::Duration;

/// A platform over a sandbox issuer.
pub struct Bench {
    pub platform: Platform,
    pub issuer: Issuer,
    pub _dir: tempfile::TempDir,
}

pub fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

impl Bench {
    pub async fn new() -> Self {
        Self::screened(None).await
    }

    /// With a risk screen.
    pub async fn screened(risk: Option<RiskConfig>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let issuer = Issuer::bind("127.0.0.1:0", IssuerConfig::default()).await.unwrap();
        let config =
            PlatformConfig { answer_timeout: Duration::from_millis(500), risk, ..PlatformConfig::default() };
        let platform =
            Platform::open(dir.path(), config, Host::At(issuer.local_addr().to_string())).await.unwrap();
        Self { platform, issuer, _dir: dir }
    }

    pub fn engine(&self) -> &Engine {
        &self.platform.engine
    }

    /// 70.00 to seller 22 (7.00 commission), 30.00 to the platform.
    pub async fn buy(&self, pan: &str) -> Intent {
        let card = self.platform.vault.put(&Pan::parse(pan).unwrap()).await.unwrap();
        let splits = vec![
            Split::new(Payee::seller("22").unwrap(), gbp(7_000), gbp(700)).unwrap(),
            Split::new(Payee::Platform, gbp(3_000), gbp(0)).unwrap(),
        ];
        let purchase = NewPayment {
            order: Some(OrderRef::try_new("A1").unwrap()),
            method: Some(MethodRef::new(card.token.to_string(), card.last_four, "4912")),
            ..NewPayment::of_splits(splits).unwrap()
        };
        self.engine().purchase(purchase, |_| Ok(vec![])).await.unwrap()
    }

    pub async fn refund(&self, payment: PaymentId) -> Operation {
        let request =
            RefundRequest::of(vec![(Payee::seller("22").unwrap(), gbp(1_000)), (Payee::Platform, gbp(50))]);
        self.engine().refund(&[RefundOrder { payment, request }], |_| Ok(vec![])).await.unwrap().remove(0)
    }

    pub async fn name(&self, id: AccountId) -> String {
        let account = self.platform.store.account(id).await.unwrap().unwrap().account;
        chart().get(account.chart).unwrap().name.clone()
    }

    /// The journal after a sequence, a line an entry.
    pub async fn booked(&self, after: u64) -> Vec<String> {
        let mut lines = Vec::new();
        for e in self.platform.store.entries(after, 1_000).await.unwrap() {
            let t = &e.transfer;
            let how = match e.kind {
                EntryKind::Posted => "",
                EntryKind::Reserved => "reserve ",
                EntryKind::ReservationPosted => "post reserved ",
                EntryKind::ReservationVoided => "void ",
                EntryKind::ReservationExpired => "expire ",
            };
            let why = Code::of(t.code).unwrap().name();
            lines.push(format!(
                "{why}: {how}{} > {} {}",
                self.name(t.debit).await,
                self.name(t.credit).await,
                t.amount.to_decimal_string()
            ));
        }
        lines
    }

    pub async fn operations(&self) -> Vec<(OperationKind, OperationState)> {
        let (all, _) =
            self.platform.store.list_typed::<OperationRecord>(ListQuery::all("operation")).await.unwrap();
        all.into_iter().map(|o| (o.value.0.kind, o.value.0.state)).collect()
    }

    /// What must hold after anything: books balanced, nothing open, no job left.
    pub async fn settled(&self) {
        assert!(self.platform.store.trial_balance(None).await.unwrap().is_balanced());
        assert!(
            self.operations().await.iter().all(|(_, state)| state.is_final()),
            "{:?}",
            self.operations().await
        );
        // What waits for the end of a standing hold is no open work.
        let jobs = self.platform.store.jobs_due(Timestamp::MAX, 10).await.unwrap();
        assert!(jobs.iter().all(|job| job.kind == "expire"), "{jobs:?}");
        assert_eq!(self.platform.store.verify().await.unwrap().problems, Vec::<String>::new());
    }
}

impl Bench {
    /// A payment of 100.00 as [`Bench::buy`] makes it, not confirmed.
    pub async fn new_payment(&self, pan: &str, capture: CaptureMethod) -> NewPayment {
        let card = self.platform.vault.put(&Pan::parse(pan).unwrap()).await.unwrap();
        let splits = vec![
            Split::new(Payee::seller("22").unwrap(), gbp(7_000), gbp(700)).unwrap(),
            Split::new(Payee::Platform, gbp(3_000), gbp(0)).unwrap(),
        ];
        NewPayment {
            method: Some(MethodRef::new(card.token.to_string(), card.last_four, "4912")),
            capture,
            ..NewPayment::of_splits(splits).unwrap()
        }
    }

    /// A payment by an engine that remembers nothing: its money comes from the ledger.
    pub async fn as_the_ledger_says(&self, id: PaymentId) -> PaymentView {
        let fresh = Engine { recent: Default::default(), ..self.engine().clone() };
        fresh.view(id, None).await.unwrap()
    }

    /// 100.00 held, to be captured by hand.
    pub async fn hold(&self, pan: &str) -> PaymentView {
        let new = self.new_payment(pan, CaptureMethod::Manual).await;
        let engine = self.engine();
        engine.create_and_confirm(new, Default::default(), &engine.own_request()).await.unwrap()
    }

    /// What the issuer holds and has taken must be what the books say.
    pub async fn issuer_agrees(&self) {
        let totals = self.issuer.totals(Currency::GBP);
        let sum = |t: pmts_sandbox::issuer::Tally| i64::try_from(t.sum_minor).unwrap();
        let held = sum(totals.authorized) + sum(totals.advised) + sum(totals.incremented)
            - sum(totals.captured)
            - sum(totals.voided)
            - sum(totals.reversed);
        let books = self.platform.store.trial_balance(None).await.unwrap();
        let net = |code: u16| books.lines().filter(|l| l.chart.0 == code).map(|l| l.net()).sum::<i128>();
        assert_eq!(net(9000), held.into(), "memo.authorized is what the issuer holds");
        let taken = sum(totals.captured) - sum(totals.refunded);
        assert_eq!(
            net(1100),
            i128::from(taken),
            "the acquirer owes what was captured less what was given back"
        );
    }

    /// The platform opened again from its files; the issuer goes on.
    pub async fn restarted(self) -> Self {
        let Self { platform, issuer, _dir } = self;
        let config = platform.config.clone();
        let dir = platform.dir.clone();
        drop(platform);
        let host = Host::At(issuer.local_addr().to_string());
        // The last one lets go of the directory when its tasks have ended.
        for _ in 0..500 {
            match Platform::open(&dir, config.clone(), host.clone()).await {
                Ok(platform) => return Self { platform, issuer, _dir },
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        let platform = Platform::open(&dir, config, host).await.unwrap();
        Self { platform, issuer, _dir }
    }
}

/// Puts these rules in force: id, action, when.
pub async fn rules(b: &Bench, rules: &[(&str, &str, &str)]) {
    let risk = b.engine().risk.clone().unwrap();
    let me = Principal::system("test");
    let rules: Vec<_> = rules
        .iter()
        .map(|(id, action, when)| {
            serde_json::json!({ "id": id, "when": when, "action": action, "state": "live", "reason": "a test" })
        })
        .collect();
    let file = serde_json::json!({ "version": 7, "rules": rules }).to_string();
    let kept = risk.desk.put_rules(file.as_bytes(), &me).await.unwrap();
    risk.desk.promote_rules(kept.version, &me).await.unwrap();
    risk.follower.as_ref().unwrap().catch_up().await.unwrap();
}

/// What is known of a payer with this device.
pub fn from(device: &str) -> Confirm {
    let mut signals = Signals::default();
    signals.key(KeyKind::Device, device);
    signals.ip("192.0.2.7".parse().unwrap());
    Confirm { signals, ..Confirm::default() }
}
