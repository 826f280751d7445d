//! How many authorizations a link carries to the sandbox issuer, both in this process:
//! `cargo run --release -p pmts-sandbox --example link_speed -- 200000 256` (requests, in flight).

use pmts_cards::{
    Acquirer, AuthorizationRequest, CardAuthorizer, Expiry, HostAnswer, Iso8583Link, LinkConfig, Merchant,
    WireKeys,
};
use pmts_kernel::{Clock, SystemClock};
use pmts_money::{Currency, Money};
use pmts_sandbox::issuer::{Issuer, IssuerConfig};
use pmts_sensitive::Pan;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let requests: u32 = arguments.next().map_or(Ok(200_000), |n| n.parse())?;
    let in_flight: u32 = arguments.next().map_or(Ok(256), |n| n.parse())?;
    let issuer = Issuer::bind("127.0.0.1:0", IssuerConfig::default()).await?;
    let us = Acquirer { id: "400001".to_owned(), country: 826 };
    let link = Arc::new(Iso8583Link::new(
        LinkConfig::new(issuer.local_addr().to_string(), us),
        Arc::new(SystemClock),
    ));
    let next = Arc::new(AtomicU32::new(0));
    let start = Instant::now();
    let mut callers = Vec::new();
    for _ in 0..in_flight {
        let (link, next, request) = (link.clone(), next.clone(), request()?);
        callers.push(tokio::spawn(async move {
            let mut request = request;
            let mut approved = 0_u64;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    return approved;
                }
                request.keys = WireKeys {
                    stan: number % 999_999 + 1,
                    transmitted_at: SystemClock.now(),
                    rrn: format!("{number:012}"),
                    trace: None,
                };
                let answer = link.authorize(&request).await;
                approved += u64::from(
                    matches!(answer, HostAnswer::Answered(answer) if answer.response.is_approval()),
                );
            }
        }));
    }
    let mut approved = 0;
    for caller in callers {
        approved += caller.await?;
    }
    let elapsed = start.elapsed();
    let per_second = u128::from(requests) * 1_000_000 / elapsed.as_micros().max(1);
    println!(
        "{approved} of {requests} approved in {elapsed:?}: {per_second} a second, {in_flight} in flight"
    );
    println!("{:?}", link.stats());
    println!("{:?}", issuer.stats());
    Ok(())
}

fn request() -> Result<AuthorizationRequest, Box<dyn Error>> {
    let merchant = Merchant {
        terminal_id: "T1".to_owned(),
        merchant_id: "SHOP1".to_owned(),
        name: "Grocer".to_owned(),
        city: "Bath".to_owned(),
        country: "GB".to_owned(),
        mcc: 5411,
    };
    let keys = WireKeys { stan: 1, transmitted_at: SystemClock.now(), rrn: String::new(), trace: None };
    let (pan, expiry) = (Pan::parse("4242424242424242")?, Expiry::try_new(60, 12)?);
    Ok(AuthorizationRequest {
        keys,
        pan,
        expiry,
        cvv: None,
        address: None,
        amount: Money::new(1999, Currency::GBP),
        allow_partial: false,
        merchant,
    })
}
