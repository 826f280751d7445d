//! The sum of refunds never exceeds what was captured: 64 refunds of one payment at once, also across kills. The issuer
//! lives in this process, so it sees what really left the killed ones.

use pmts_app::books::{Accounts, Line};
use pmts_kernel::derived_id;
use pmts_ledger::{AccountId, EntityCode};
use pmts_money::Currency;
use pmts_payments::PaymentId;
use pmts_sandbox::issuer::{Issuer, IssuerConfig};
use pmts_store::{EmbeddedOptions, EmbeddedStore, Store};
use pmts_tests::{bin, rounds};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn child(dir: &Path, issuer: &Issuer) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_payments_load"));
    command.arg(dir).arg(issuer.local_addr().to_string());
    command
}

/// 70.00 of the seller and 30.00 of the platform, in refunds of 3.00: 23 and 10 fit.
const CAPTURED: i64 = 10_000;
const REFUNDED: i64 = 33 * 300;

async fn check(dir: &Path, issuer: &Issuer, payment: PaymentId) {
    let totals = issuer.totals(Currency::GBP);
    assert_eq!(
        (totals.captured.count, totals.captured.sum_minor),
        (1, i128::from(CAPTURED)),
        "captured once"
    );
    assert_eq!(
        (totals.refunded.count, totals.refunded.sum_minor),
        (33, i128::from(REFUNDED)),
        "each refund had one effect"
    );
    assert_eq!(totals.authorized.count - totals.reversed.count, 1, "nothing else is held");
    let store = EmbeddedStore::open(dir, EmbeddedOptions::default()).unwrap();
    let accounts = Accounts { entity: EntityCode(1) };
    let net = async |id| store.account(id).await.unwrap().map_or(0, |a| a.net_minor());
    let common = |line| accounts.common(line, Currency::GBP).id;
    let seller = accounts.seller(Line::SellerPending, Currency::GBP, &"22".to_owned().try_into().unwrap()).id;
    let refundable: AccountId = accounts.payment(Line::PayRefundable, Currency::GBP, payment).id;
    assert_eq!(refundable.raw(), derived_id(payment.raw(), 3));
    assert_eq!(net(refundable).await, CAPTURED - REFUNDED);
    assert_eq!(net(common(Line::RefundsPayable)).await, 0, "nothing is owed any more");
    assert_eq!(net(common(Line::AcquirerReceivable)).await, CAPTURED - REFUNDED);
    assert_eq!(net(common(Line::OwnSales)).await, 0);
    // 70.00 less 69.00, and of the commission of 7.01 the part that belongs to what is left.
    let commission = net(common(Line::CommissionRevenue)).await;
    assert_eq!(net(seller).await, 100 - commission);
    assert_eq!(commission, 701 - 701 * 6_900 / 7_000);
    assert_eq!(net(accounts.payment(Line::PayClearing, Currency::GBP, payment).id).await, 0);
    assert!(store.trial_balance(None).await.unwrap().is_balanced());
    assert_eq!(store.verify().await.unwrap().problems, Vec::<String>::new());
}

fn payment_of(stdout: &str) -> PaymentId {
    let line = stdout.lines().find_map(|l| l.strip_prefix("payment "));
    line.unwrap_or_else(|| panic!("no payment in {stdout:?}")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_at_once_never_exceed_what_was_captured() {
    let issuer = Issuer::bind("127.0.0.1:0", IssuerConfig::default()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let out = bin::finish(&mut child(dir.path(), &issuer), Duration::from_secs(60)).expect_success();
    assert!(out.ends_with("accepted 33\n"), "{out}");
    check(dir.path(), &issuer, payment_of(&out)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_across_kills_never_exceed_what_was_captured() {
    let random = RandomState::new();
    let (mut cut, all) = (0, rounds(20, 5));
    for round in 0..all {
        let issuer = Issuer::bind("127.0.0.1:0", IssuerConfig::default()).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        for kill in 0..3 {
            let wait = Duration::from_millis(4 + random.hash_one((round, kill)) % 60);
            let mut running = child(dir.path(), &issuer).stdout(Stdio::piped()).spawn().unwrap();
            tokio::time::sleep(wait).await;
            running.kill().unwrap();
            let ended = running.wait_with_output().unwrap();
            cut += usize::from(!String::from_utf8_lossy(&ended.stdout).contains("accepted"));
        }
        let out = bin::finish(&mut child(dir.path(), &issuer), Duration::from_secs(60)).expect_success();
        check(dir.path(), &issuer, payment_of(&out)).await;
    }
    println!("{all} rounds, {cut} of {} runs were cut off", all * 3);
    assert!(cut > all, "the kills came too late to prove anything");
}
