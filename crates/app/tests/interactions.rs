//! What the engine asks of a gateway, and what it never does.
#![allow(clippy::unwrap_used)]

use async_trait::async_trait;
use mockall::predicate::{always, eq};
use mockall::{Sequence, mock};
use pmts_app::books::{Accounts, Books};
use pmts_app::engine::{Engine, GIVE_UP_AFTER_SECS, GRACE_SECS, WorkerStats};
use pmts_kernel::{Principal, SystemClock, SystemIds, Timestamp};
use pmts_ledger::EntityCode;
use pmts_money::{Bps, Currency, Money};
use pmts_payments::*;
use pmts_store::MemoryStore;
use std::sync::Arc;

mock! {
    Host {}

    #[async_trait]
    impl Gateway for Host {
        fn reference(&self, now: Timestamp) -> GatewayReference;
        async fn authorize(&self, operation: &Operation, card: &CardDetails) -> GatewayOutcome;
        async fn increment(&self, operation: &Operation, sale: &Sale, card: &CardDetails) -> GatewayOutcome;
        async fn capture(&self, operation: &Operation, sale: &Sale, card: &CardDetails, repeat: bool) -> GatewayOutcome;
        async fn void(&self, operation: &Operation, sale: &Sale, card: &CardDetails, repeat: bool) -> GatewayOutcome;
        async fn release(&self, operation: &Operation, sale: &Sale, card: &CardDetails, repeat: bool) -> GatewayOutcome;
        async fn refund(&self, operation: &Operation, sale: &Sale, card: &CardDetails, repeat: bool) -> GatewayOutcome;
        async fn reverse(&self, operation: &Operation, sale: &Sale, card: &CardDetails, repeat: bool) -> GatewayOutcome;
    }
}

fn host() -> MockHost {
    let mut host = MockHost::new();
    let count = std::sync::atomic::AtomicU32::new(0);
    host.expect_reference().returning(move |_| {
        GatewayReference(format!("r{}", count.fetch_add(1, std::sync::atomic::Ordering::Relaxed)))
    });
    host
}

fn engine(host: MockHost) -> Engine {
    let clock = Arc::new(SystemClock);
    Engine {
        store: Arc::new(MemoryStore::new(clock.clone())),
        gateway: Arc::new(host),
        ids: Arc::new(SystemIds::new(clock.clone())),
        clock,
        books: Books { accounts: Accounts { entity: EntityCode(1) }, acquirer_fee: Bps::new(120) },
        by: Principal::system("test"),
        recent: Arc::default(),
        risk: None,
        aml: None,
        diligence: None,
        live: false,
        give_up_after_secs: GIVE_UP_AFTER_SECS,
        grace_secs: GRACE_SECS,
    }
}

async fn buy(engine: &Engine) -> Intent {
    let amount = Money::new(500, Currency::GBP);
    let splits = vec![Split::new(Payee::Platform, amount, Money::new(0, Currency::GBP)).unwrap()];
    let purchase = NewPayment {
        order: Some(OrderRef::try_new("A1").unwrap()),
        method: Some(MethodRef::new("tok", "4242", "4912")),
        ..NewPayment::of_splits(splits).unwrap()
    };
    engine.purchase(purchase, |_| Ok(vec![])).await.unwrap()
}

fn approved() -> GatewayOutcome {
    GatewayOutcome::Approved { approval_code: Some("A1".into()), amount: None, checks: Checks::default() }
}

fn declined() -> GatewayOutcome {
    let code = DeclineCode::DoNotHonor;
    GatewayOutcome::Declined { code, raw: None, retry: None, checks: Checks::default() }
}

fn unknown() -> GatewayOutcome {
    GatewayOutcome::Unknown { why: "silence".into() }
}

#[tokio::test]
async fn nothing_is_captured_or_reversed_after_a_decline() {
    let mut host = host();
    host.expect_authorize().times(1).returning(|_, _| declined());
    host.expect_capture().never();
    host.expect_reverse().never();
    assert_eq!(buy(&engine(host)).await.state, IntentState::Declined);
}

#[tokio::test]
async fn an_authorization_is_sent_once_and_reversed_under_one_reference_until_that_is_confirmed() {
    let mut host = host();
    let mut order = Sequence::new();
    let reference: Arc<std::sync::Mutex<Option<GatewayReference>>> = Arc::default();
    host.expect_authorize().times(1).in_sequence(&mut order).returning(|_, _| unknown());
    for (repeat, answer) in [(false, unknown()), (true, unknown()), (true, approved())] {
        let reference = reference.clone();
        host.expect_reverse()
            .with(always(), always(), always(), eq(repeat))
            .times(1)
            .in_sequence(&mut order)
            .returning(move |operation, _, _, _| {
                let own = operation.reversal.clone().unwrap();
                assert_ne!(own, operation.reference, "a reversal has keys of its own");
                let first = reference.lock().unwrap().get_or_insert(own.clone()).clone();
                assert_eq!(own, first, "and keeps them");
                answer.clone()
            });
    }
    host.expect_capture().never();
    let intent = buy(&engine(host)).await;
    assert_eq!(intent.state, IntentState::Declined);
}

#[tokio::test]
async fn a_capture_is_repeated_with_the_same_reference_and_never_reversed() {
    let mut host = host();
    let mut order = Sequence::new();
    host.expect_authorize().times(1).in_sequence(&mut order).returning(|_, _| approved());
    let sent: Arc<std::sync::Mutex<Vec<GatewayReference>>> = Arc::default();
    for (repeat, answer) in [(false, unknown()), (true, unknown()), (true, approved())] {
        let sent = sent.clone();
        host.expect_capture()
            .with(always(), always(), always(), eq(repeat))
            .times(1)
            .in_sequence(&mut order)
            .returning(move |operation, sale, _, _| {
                assert_eq!(sale.authorization.approval_code.as_deref(), Some("A1"));
                sent.lock().unwrap().push(operation.reference.clone());
                answer.clone()
            });
    }
    host.expect_reverse().never();
    assert_eq!(buy(&engine(host)).await.state, IntentState::Captured);
    let sent = sent.lock().unwrap();
    assert!(sent.len() == 3 && sent.iter().all(|r| *r == sent[0]), "{sent:?}");
}

#[tokio::test]
async fn what_stays_unknown_is_left_to_recovery_and_shown_as_neither_paid_nor_declined() {
    let mut host = host();
    host.expect_authorize().times(1).returning(|_, _| unknown());
    host.expect_reverse().times(3).returning(|_, _, _, _| unknown());
    let engine = engine(host);
    assert_eq!(buy(&engine).await.state, IntentState::Authorizing);
    let later = engine.store.jobs_due(Timestamp::MAX, 10).await.unwrap();
    assert_eq!((later.len(), later[0].attempts), (1, 3));
    assert!(later[0].due > engine.clock.now(), "the next try waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_of_several_nodes_do_each_job_once() {
    const PAYMENTS: usize = 100;
    let mut host = host();
    host.expect_authorize().returning(|_, _| unknown());
    let reversed: Arc<std::sync::Mutex<Vec<OperationId>>> = Arc::default();
    let seen = reversed.clone();
    // Three times in vain while it is bought, the fourth time by a worker.
    host.expect_reverse().returning(move |operation, _, _, _| {
        let mut seen = seen.lock().unwrap();
        seen.push(operation.id);
        if seen.iter().filter(|id| **id == operation.id).count() > 3 { approved() } else { unknown() }
    });
    let engine = engine(host);
    for _ in 0..PAYMENTS {
        assert_eq!(buy(&engine).await.state, IntentState::Authorizing);
    }
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (engine, stopped) = (engine.clone(), stopped.clone());
            tokio::spawn(async move {
                let stats = WorkerStats::default();
                engine.work(&stats, stopped).await.unwrap();
                stats.tries.load(std::sync::atomic::Ordering::Relaxed)
            })
        })
        .collect();
    while !engine.store.job_counts().await.unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    stop.send(true).unwrap();
    let mut tries = 0;
    for worker in workers {
        tries += worker.await.unwrap();
    }
    assert_eq!(tries, PAYMENTS as u64, "each job was done by one worker, once");
    assert_eq!(reversed.lock().unwrap().len(), 4 * PAYMENTS);
}
