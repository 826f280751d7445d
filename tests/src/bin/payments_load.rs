//! The child of the refund tests: makes one payment, then refunds it 64 times at once, in a process that may be killed.
//!
//! ```text
//! payments_load DIR ISSUER    prints the payment, then how many refunds were accepted by this process
//! ```

use pmts_app::engine::{EngineError, RefundOrder};
use pmts_app::platform::{Host, Platform, PlatformConfig};
use pmts_app::records::IntentRecord;
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Money};
use pmts_payments::{Intent, MethodRef, NewPayment, OrderRef, Payee, PaymentsError, RefundRequest, Split};
use pmts_sensitive::Pan;
use pmts_store::{ListQuery, StoreExt};
use std::path::Path;
use std::time::Duration;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [dir, issuer] = &args[..] else { anyhow::bail!("usage: payments_load DIR ISSUER") };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(run(Path::new(dir), issuer.clone()))
}

async fn run(dir: &Path, issuer: String) -> anyhow::Result<()> {
    let config = PlatformConfig { answer_timeout: Duration::from_secs(5), ..PlatformConfig::default() };
    let platform = Platform::open(dir, config, Host::At(issuer)).await?;
    platform.engine.recover(Timestamp::MAX).await?;
    let intent = payment(&platform).await?;
    println!("payment {}", intent.id);
    let mut refunds = tokio::task::JoinSet::new();
    for n in 0..64 {
        let (engine, payment) = (platform.engine.clone(), intent.id);
        // Some take it from the seller's part, some from the platform's.
        let payee = if n % 2 == 0 { Payee::seller("22")? } else { Payee::Platform };
        let order = RefundOrder { payment, request: RefundRequest::of(vec![(payee, gbp(300))]) };
        refunds.spawn(async move { engine.refund(&[order], |_| Ok(vec![])).await });
    }
    let mut accepted = 0;
    while let Some(done) = refunds.join_next().await {
        match done? {
            Ok(_) => accepted += 1,
            Err(EngineError::Payments(PaymentsError::RefundExceeds { .. })) => {}
            Err(other) => return Err(other.into()),
        }
    }
    println!("accepted {accepted}");
    Ok(())
}

async fn payment(platform: &Platform) -> anyhow::Result<Intent> {
    let (known, _) = platform.store.list_typed::<IntentRecord>(ListQuery::all("payment")).await?;
    if let Some(known) = known.into_iter().find(|p| p.value.0.state == pmts_payments::IntentState::Captured) {
        return Ok(known.value.0);
    }
    let card = platform.vault.put(&Pan::parse("4242424242424242")?).await?;
    let splits = vec![
        Split::new(Payee::seller("22")?, gbp(7_000), gbp(701))?,
        Split::new(Payee::Platform, gbp(3_000), gbp(0))?,
    ];
    let purchase = NewPayment {
        order: Some(OrderRef::try_new("A1")?),
        method: Some(MethodRef::new(card.token.to_string(), card.last_four, "4912")),
        ..NewPayment::of_splits(splits)?
    };
    Ok(platform.engine.purchase(purchase, |_| Ok(vec![])).await?)
}

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}
