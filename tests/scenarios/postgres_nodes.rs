//! Several `pmts serve` on one Postgres database: a node that is killed or stopped loses nothing, does nothing twice, and holds
//! up nobody for long.

use pmts_sandbox::issuer::{Issuer, IssuerConfig, IssuerTotals};
use pmts_store::local_postgres::LocalPostgres;
use pmts_tests::served::{SECRET, Served};
use pmts_tests::{bin, rounds, tools};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// A database, a card host, and the keys that all nodes have.
struct Place {
    server: LocalPostgres,
    runtime: Runtime,
    issuer: Issuer,
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Option<Self> {
        if LocalPostgres::programs().is_none() {
            pmts_tests::skips::note("there is no Postgres here: install one, or set PMTS_POSTGRES_BIN");
            return None;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let issuer = runtime.block_on(Issuer::bind("127.0.0.1:0", IssuerConfig::default())).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("pmts.toml"), "[recovery]\ngrace_seconds = 5\n").unwrap();
        Some(Self { server: LocalPostgres::start(&[]).unwrap(), runtime, issuer, dir })
    }

    fn url(&self, name: &str) -> String {
        format!("{}&application_name={name}", self.server.url())
    }

    fn data(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Starts a node. All have the keys of the first.
    fn node(&self, name: &str) -> Served {
        let (first, data) = (self.data("first"), self.data(name));
        if name != "first" {
            std::fs::create_dir_all(&data).unwrap();
            for key in ["vault.key", "keys.pepper"] {
                std::fs::copy(first.join(key), data.join(key)).unwrap();
            }
        }
        let (url, host) = (self.url(name), self.issuer.local_addr().to_string());
        let config = self.dir.path().join("pmts.toml");
        let args = ["--database", &url, "--host", &host, "--config", config.to_str().unwrap()];
        let more = ["--mode", "test", "--answer-timeout", "2000", "--rate-key", "100000"];
        Served::start(&data, &[&args[..], &more].concat())
    }

    /// The number that a query gives.
    fn number(&self, sql: &str) -> i64 {
        self.runtime.block_on(async { self.client().await.query_one(sql, &[]).await.unwrap().get(0) })
    }

    async fn client(&self) -> tokio_postgres::Client {
        let url = self.url("test");
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    fn wait_for(&self, what: &str, sql: &str, wanted: i64) {
        let end = Instant::now() + Duration::from_secs(120);
        while self.number(sql) != wanted {
            assert!(Instant::now() < end, "{what}: {} instead of {wanted}", self.number(sql));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Books and tables are right, as far as `pmts` itself can tell.
    fn doctor(&self, node: &str) {
        let data = self.data(node);
        let args = ["doctor", "--database", &self.url("doctor"), "--data", data.to_str().unwrap()];
        assert!(bin::run(args).expect_success().contains("all is well"));
    }
}

/// A client that does not outlive a test that fails.
struct Client(Child);

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Every payment there is, as a node shows it.
fn payments(node: &Served) -> Vec<Value> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let page = node.get(&format!("/v1/payment_intents?limit=100{after}")).expect(200);
        let found = page["data"].as_array().unwrap();
        all.extend(found.iter().cloned());
        if page["has_more"] != true {
            return all;
        }
        after = format!("&starting_after={}", found.last().unwrap()["id"].as_str().unwrap());
    }
}

#[test]
fn one_node_is_killed_and_the_other_finishes_what_it_left() {
    let Some(place) = Place::new() else { return };
    let orders = rounds(400, 120);
    let (first, second) = (place.node("first"), place.node("second"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join("py").join("stripe_orders.py");
    let mut client = Command::new(tools::python());
    client.arg(script).arg(format!("http://{},http://{}", first.address, second.address));
    client.arg(SECRET).arg(orders.to_string()).stdout(Stdio::piped());
    let mut client = Client(client.spawn().unwrap());
    let mut lines = BufReader::new(client.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut said: Vec<Value> = Vec::new();
    let mut take = |said: &mut Vec<Value>, most: usize| {
        while said.len() < most
            && let Some(line) = lines.next()
        {
            said.push(serde_json::from_str(&line).unwrap());
        }
    };
    take(&mut said, orders / 3);
    let open_then = "SELECT count(*) FROM jobs WHERE kind = 'resolve'";
    first.kill();
    let left = place.number(open_then);
    take(&mut said, orders * 2 / 3);
    // A third joins in the middle of it.
    let third = place.node("third");
    take(&mut said, usize::MAX);
    assert!(client.0.wait().unwrap().success());
    assert_eq!(said.len(), orders, "every order was answered");
    place.wait_for("operations that are open", open_then, 0);

    // Each order is there once, and what the caller was told of it is that one.
    let there = payments(&second);
    assert_eq!(there, payments(&third), "both nodes show the same");
    let mut by_order: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for payment in &there {
        let order = payment["metadata"]["order"].as_str().unwrap().to_owned();
        by_order.entry(order).or_default().push(payment);
    }
    assert_eq!((there.len(), by_order.len()), (orders, orders), "no payment twice, none lost");
    let (mut captured, mut captured_sum, mut taken_back) = (0u64, 0, 0);
    for told in &said {
        let payment = by_order[&told["order"].to_string()][0];
        assert_eq!(payment["id"], told["id"]);
        match payment["status"].as_str().unwrap() {
            "succeeded" => {
                captured += 1;
                assert_eq!(payment["amount_received"], payment["amount"]);
                captured_sum += payment["amount_received"].as_i64().unwrap();
            }
            // Its authorization was under way in the node that was killed: it was taken back.
            "requires_payment_method" => taken_back += 1,
            other => panic!("{other}: {payment}"),
        }
        if told["status"] == "succeeded" {
            assert_eq!(payment["status"], "succeeded", "what was acknowledged stays: {payment}");
        }
    }

    // The card host took each once, too.
    let host = place.issuer.totals(pmts_money::Currency::GBP);
    let IssuerTotals { authorized, captured: at_host, reversed, refunded, .. } = host;
    assert_eq!((at_host.count, at_host.sum_minor), (captured, i128::from(captured_sum)), "{host:?}");
    assert_eq!(authorized.count - reversed.count, at_host.count, "no hold is left over: {host:?}");
    let refunds = said.iter().filter(|told| told["refund"].is_string()).count();
    assert_eq!((refunded.count, refunded.sum_minor), (refunds as u64, 500 * refunds as i128), "{host:?}");

    // Each success was told once, and the outbox has no gap.
    let told = "SELECT count(*) FROM events WHERE kind = ";
    assert_eq!(place.number(&format!("{told}'payment.captured'")), captured.cast_signed());
    let once = "SELECT count(DISTINCT object) FROM events WHERE kind = 'payment.captured'";
    assert_eq!(place.number(once), captured.cast_signed());
    assert_eq!(place.number(&format!("{told}'refund.succeeded'")), refunds.cast_signed() as i64);
    let events = place.number("SELECT count(*) FROM events");
    assert_eq!(place.number("SELECT max(sequence) FROM events"), events);

    // The books say the same.
    assert_eq!(second.get("/v1/ledger/trial_balance").expect(200)["balanced"], true);
    let data = place.data("second");
    let url = place.url("ledger");
    let args = ["ledger", "accounts", "--json", "--database", &url, "--data", data.to_str().unwrap()];
    assert!(bin::run(args).expect_success().lines().count() > 3);
    place.doctor("second");
    let tries: i64 = said.iter().map(|told| told["tries"].as_i64().unwrap()).sum();
    let servers: BTreeSet<i64> = said.iter().map(|told| told["server"].as_i64().unwrap()).collect();
    assert_eq!(servers.len(), 2, "both took part");
    println!(
        "{orders} orders in {tries} requests; {left} operations open when the node was killed; {captured} captured, \
         {taken_back} taken back, {refunds} refunded, {events} events; the host: {authorized:?} authorized, {reversed:?} reversed"
    );
}

const ORDER: &str = "amount=1000&currency=gbp&confirm=true&payment_method=pm_card_visa&metadata[order]=";

/// A node waits for the head row and is killed or stopped; then it is given the row.
fn holding_the_head_row(how: &str) {
    let Some(place) = Place::new() else { return };
    let (first, second) = (place.node("first"), place.node("second"));
    second.post("/v1/payment_intents", &format!("{ORDER}before")).expect(200);
    let blocker = place.runtime.block_on(place.client());
    place
        .runtime
        .block_on(blocker.batch_execute("BEGIN; SELECT one FROM head WHERE one = 1 FOR UPDATE"))
        .unwrap();
    let of_first = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'first' AND ";
    std::thread::scope(|scope| {
        let order = format!("{ORDER}first");
        let sent = {
            let (first, order) = (&first, order.clone());
            scope.spawn(move || {
                let bearer = format!("Bearer {SECRET}");
                let form = "application/x-www-form-urlencoded";
                let headers = [
                    ("Authorization", bearer.as_str()),
                    ("Content-Type", form),
                    ("Idempotency-Key", "first"),
                ];
                first.try_ask("POST", "/v1/payment_intents", &headers, order.as_bytes())
            })
        };
        place.wait_for("the first waits for the row", &format!("{of_first}wait_event_type = 'Lock'"), 1);
        first.signal(how);
        place.runtime.block_on(blocker.batch_execute("ROLLBACK")).unwrap();
        if how == "STOP" {
            // Of its sessions the one that writes: another may have been stopped in a transaction, too.
            let holds = format!(
                "{of_first}state = 'idle in transaction' AND pid IN (SELECT pid FROM pg_locks
                 WHERE relation = 'head'::regclass AND mode = 'RowShareLock' AND granted)"
            );
            place.wait_for("the stopped node holds the row", &holds, 1);
        }
        // The other node goes on while it is so.
        let begun = Instant::now();
        let more = rounds(20, 5);
        for n in 0..more {
            second.post("/v1/payment_intents", &format!("{ORDER}more-{n}")).expect(200);
        }
        println!("{how}: {more} orders by the other node took {:?}", begun.elapsed());
        let end = Instant::now() + Duration::from_secs(120);
        let answer = |node: &Served| loop {
            let reply = node.post_once("/v1/payment_intents", &order, "first");
            if reply.status == 200 {
                break reply.json();
            }
            assert!(reply.status == 409 && Instant::now() < end, "{reply:?}");
            std::thread::sleep(Duration::from_millis(100));
        };
        if how == "STOP" {
            first.signal("CONT");
            let _ = sent.join().unwrap();
            assert_eq!(answer(&first)["id"], answer(&second)["id"]);
        } else {
            assert!(sent.join().unwrap().is_err(), "nobody answers any more");
            answer(&second);
        }
        place.wait_for("open operations", "SELECT count(*) FROM jobs WHERE kind = 'resolve'", 0);
        let all = payments(&second);
        let of_order = all.iter().filter(|p| p["metadata"]["order"] == "first").count();
        assert_eq!((of_order, all.len()), (1, more + 2), "each once");
    });
    place.doctor("second");
}

#[test]
fn a_node_killed_on_the_head_row_holds_up_nobody() {
    holding_the_head_row("KILL");
}

#[test]
fn a_node_stopped_with_the_head_row_is_cut_off_and_goes_on_when_it_wakes() {
    holding_the_head_row("STOP");
}
