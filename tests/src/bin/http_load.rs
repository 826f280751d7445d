//! An open-loop load on `pmts serve`: payments are begun at a fixed rate, whatever the server does. Each is made, confirmed and
//! captured over kept-alive connections, with an idempotency key on every request. Times count from the moment a payment
//! was *due*, so a server that falls behind cannot hide it. At the end every payment that was acknowledged is read back, and the
//! ledger is asked for the sum.
//!
//! ```text
//! http_load ADDR KEY RATE SECONDS    the last line is a JSON object
//! ```

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Most connections at a time.
const CONNECTIONS_MAX: usize = 512;
/// What each payment comes to, in minor units.
const AMOUNT: i64 = 1_000;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, key, rate, seconds] = &args[..] else { bail!("usage: http_load ADDR KEY RATE SECONDS") };
    let load = Load {
        address: address.clone(),
        key: key.clone(),
        rate: rate.parse().context("RATE is payments a second")?,
        seconds: seconds.parse().context("SECONDS is a whole number")?,
        run: std::process::id().to_string(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let summary = runtime.block_on(run(Arc::new(load)))?;
    println!("{summary}");
    ensure!(summary["lost"] == 0 && summary["errors"] == 0, "payments were lost or failed");
    Ok(())
}

struct Load {
    address: String,
    key: String,
    rate: u64,
    seconds: u64,
    run: String,
}

/// What came of the payments.
#[derive(Default)]
struct Seen {
    acknowledged: Vec<String>,
    /// Whole payments, from when they were due, in microseconds.
    payments: Vec<u64>,
    /// Single requests: the first of a payment from when it was due, the others from when they were sent.
    requests: Vec<u64>,
    errors: u64,
    first_error: Option<String>,
}

async fn run(load: Arc<Load>) -> Result<Value> {
    let mut reader = Connection::open(&load).await?;
    let before = receivable(&mut reader).await?;
    let count = load.rate * load.seconds;
    let (seen, idle) = (Arc::new(Mutex::new(Seen::default())), Arc::new(Mutex::new(VecDeque::new())));
    let places = Arc::new(tokio::sync::Semaphore::new(CONNECTIONS_MAX));
    let start = Instant::now() + Duration::from_millis(100);
    let mut running = tokio::task::JoinSet::new();
    for n in 0..count {
        let due = start + Duration::from_nanos(1_000_000_000 / load.rate * n);
        tokio::time::sleep_until(due.into()).await;
        let (load, seen, idle, places) = (load.clone(), seen.clone(), idle.clone(), places.clone());
        running.spawn(async move {
            let Ok(_place) = places.acquire_owned().await else { return };
            let taken = idle.lock().ok().and_then(|mut i| i.pop_front());
            let result = payment(&load, taken, n, due).await;
            let Ok(mut seen) = seen.lock() else { return };
            match result {
                Ok((connection, id, requests)) => {
                    seen.acknowledged.push(id);
                    seen.payments.push(requests.iter().sum());
                    seen.requests.extend(requests);
                    if let Ok(mut idle) = idle.lock() {
                        idle.push_back(connection);
                    }
                }
                Err(e) => {
                    seen.errors += 1;
                    seen.first_error.get_or_insert(format!("{e:#}"));
                }
            }
        });
        while running.try_join_next().is_some() {}
    }
    while running.join_next().await.is_some() {}
    let took = start.elapsed();
    let mut seen = std::mem::take(&mut *seen.lock().map_err(|_| anyhow::anyhow!("a task broke"))?);

    // The first one was idle for too long.
    let mut reader = Connection::open(&load).await?;
    let mut lost = 0;
    for id in &seen.acknowledged {
        let (status, body) = reader.ask("GET", &format!("/v1/payment_intents/{id}"), None, "").await?;
        if status != 200 || body["status"] != "succeeded" || body["amount_received"] != AMOUNT {
            lost += 1;
        }
    }
    let booked = receivable(&mut reader).await? - before;
    let acknowledged = i64::try_from(seen.acknowledged.len())?;
    ensure!(
        booked >= acknowledged * AMOUNT,
        "the ledger has {booked}, acknowledged are {acknowledged} payments"
    );
    let (_, trial) = reader.ask("GET", "/v1/ledger/trial_balance", None, "").await?;
    ensure!(trial["balanced"] == true, "the trial balance does not balance: {trial}");

    let done = u64::try_from(seen.acknowledged.len())?;
    let micros = u64::try_from(took.as_micros())?.max(1);
    let payments = quantiles(&mut seen.payments);
    let requests = quantiles(&mut seen.requests);
    Ok(json!({
        "rate_asked": load.rate, "seconds": load.seconds, "payments": done, "rate_held": done * 1_000_000 / micros, "errors": seen.errors,
        "first_error": seen.first_error, "lost": lost, "request_micros": requests, "payment_micros": payments,
    }))
}

fn quantiles(values: &mut [u64]) -> Value {
    values.sort_unstable();
    let at = |permille: usize| values.get((values.len().max(1) - 1) * permille / 1_000).copied();
    json!({ "p50": at(500), "p90": at(900), "p99": at(990), "p999": at(999), "max": values.last() })
}

/// Makes, confirms and captures one payment. Gives its id and how long each request took.
async fn payment(
    load: &Load,
    connection: Option<Connection>,
    n: u64,
    due: Instant,
) -> Result<(Connection, String, [u64; 3])> {
    let mut connection = match connection {
        Some(connection) => connection,
        None => Connection::open(load).await?,
    };
    let key = |step: &str| format!("{}-{n}-{step}", load.run);
    let create = format!("amount={AMOUNT}&currency=gbp&payment_method=pm_card_visa&capture_method=manual");
    let made = connection.ask("POST", "/v1/payment_intents", Some(&key("create")), &create).await?;
    let id = expect(made, "requires_confirmation")?;
    let created = Instant::now();
    let path = format!("/v1/payment_intents/{id}/confirm");
    expect(connection.ask("POST", &path, Some(&key("confirm")), "").await?, "requires_capture")?;
    let confirmed = Instant::now();
    let path = format!("/v1/payment_intents/{id}/capture");
    expect(connection.ask("POST", &path, Some(&key("capture")), "").await?, "succeeded")?;
    let captured = Instant::now();
    let micros = |from: Instant, to: Instant| u64::try_from((to - from).as_micros());
    Ok((connection, id, [micros(due, created)?, micros(created, confirmed)?, micros(confirmed, captured)?]))
}

/// The id of a payment with this status.
fn expect((status, body): (u16, Value), wanted: &str) -> Result<String> {
    ensure!(status == 200 && body["status"] == wanted, "{status}, expected {wanted}: {body}");
    Ok(body["id"].as_str().context("a payment has an id")?.to_owned())
}

/// What the acquirer owes, in minor units of GBP.
async fn receivable(connection: &mut Connection) -> Result<i64> {
    let (_, page) = connection.ask("GET", "/v1/ledger/accounts?line=acquirer.receivable", None, "").await?;
    let accounts = page["data"].as_array().context("a page of accounts")?;
    Ok(accounts.iter().filter(|a| a["currency"] == "gbp").filter_map(|a| a["balance"].as_i64()).sum())
}

/// A kept-alive connection.
struct Connection {
    stream: TcpStream,
    head: String,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(load: &Load) -> Result<Self> {
        let stream = TcpStream::connect(&load.address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        let head = format!("Host: {}\r\nAuthorization: Bearer {}\r\n", load.address, load.key);
        Ok(Self { stream, head, buffer: Vec::with_capacity(8_192) })
    }

    async fn ask(&mut self, method: &str, path: &str, key: Option<&str>, form: &str) -> Result<(u16, Value)> {
        let key = key.map(|k| format!("Idempotency-Key: {k}\r\n")).unwrap_or_default();
        let body = match method {
            "POST" => format!(
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
                form.len()
            ),
            _ => "\r\n".to_owned(),
        };
        let text = format!("{method} {path} HTTP/1.1\r\n{}{key}{body}", self.head);
        self.stream.write_all(text.as_bytes()).await?;
        self.buffer.clear();
        let end = loop {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server hung up");
            if let Some(at) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = std::str::from_utf8(&self.buffer[..end])?;
        let status = head.split(' ').nth(1).context("a status line")?.parse()?;
        let length = head
            .lines()
            .filter_map(|l| l.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = length.context("an answer has a length")?.1.trim().parse()?;
        while self.buffer.len() < end + length {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server hung up");
        }
        Ok((status, serde_json::from_slice(&self.buffer[end..end + length])?))
    }
}
