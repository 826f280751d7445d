//! Webhooks: a receiver in its own process, each call judged by the official Stripe SDK.

use pmts_tests::served::{SECRET, Served};
use pmts_tests::tools;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A receiver. It is killed when dropped.
struct Hook {
    child: Child,
    orders: ChildStdin,
    lines: Receiver<String>,
    /// Calls that came while an order was given.
    meanwhile: RefCell<VecDeque<String>>,
    port: u16,
}

impl Hook {
    fn start() -> Self {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join("py").join("webhook_receiver.py");
        let mut command = Command::new(tools::python());
        let mut child = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (orders, out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        let port = lines.recv_timeout(Duration::from_secs(30)).unwrap().parse().unwrap();
        Self { child, orders, lines, meanwhile: RefCell::default(), port }
    }

    fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
        loop {
            let line = self.heard();
            if line == "done" {
                return;
            }
            self.meanwhile.borrow_mut().push_back(line);
        }
    }

    fn next(&self) -> String {
        let before = self.meanwhile.borrow_mut().pop_front();
        before.unwrap_or_else(|| self.heard())
    }

    fn heard(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(60)).expect("the receiver says something")
    }

    /// Ids and types of the calls that were taken, until `last` was among them.
    fn until(&self, last: &str) -> Vec<(String, String)> {
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut taken = Vec::new();
        while Instant::now() < deadline {
            let line = self.next();
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["ok", id, kind] => {
                    taken.push((id.to_owned(), kind.to_owned()));
                    if id == last {
                        return taken;
                    }
                }
                ["bad", ..] => panic!("{line}"),
                _ => {}
            }
        }
        panic!("{last} never came: {taken:?}");
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pay(served: &Served) -> Value {
    let form = "amount=2000&currency=gbp&payment_method=pm_card_visa&confirm=true";
    served.post("/v1/payment_intents", form).expect(200)
}

/// All events, the oldest first.
fn told(served: &Served) -> Vec<(String, String)> {
    let page = served.get("/v1/events?limit=100").expect(200);
    let text = |e: &Value, name: &str| e[name].as_str().unwrap().to_owned();
    let mut all: Vec<_> =
        page["data"].as_array().unwrap().iter().map(|e| (text(e, "id"), text(e, "type"))).collect();
    all.reverse();
    all
}

#[test]
fn events_come_in_order_signed_and_again_until_they_are_taken() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(&dir.path().join("data"), &["--sandbox"]);
    let mut hook = Hook::start();
    for (url, code) in [
        ("https%3A%2F%2F10.0.0.1%2F", "url"),
        ("http%3A%2F%2Fshop.example%2F%23x", "url"),
        ("ftp%3A%2F%2Fshop.example%2F", "url"),
    ] {
        let refused = served.post("/v1/webhook_endpoints", &format!("url={url}&enabled_events[]=*"));
        assert_eq!((refused.status, refused.json()["error"]["param"].as_str()), (400, Some(code)), "{url}");
    }
    let before = pay(&served);
    let url = format!("http%3A%2F%2F127.0.0.1%3A{}%2Fhook", hook.port);
    let form = format!("url={url}&enabled_events[]=*");
    let made = served.post_once("/v1/webhook_endpoints", &form, "hook").expect(200);
    let id = made["id"].as_str().unwrap().to_owned();
    let again = served.post_once("/v1/webhook_endpoints", &form, "hook").expect(200);
    assert_eq!((again["id"].as_str(), &again["secret"]), (Some(id.as_str()), &Value::Null), "it is not kept");
    hook.order(&format!("secret {}", made["secret"].as_str().unwrap()));
    let first = told(&served).len();
    assert!(first > 0 && before["status"] == "succeeded");

    // What happened before it was made is not told.
    pay(&served);
    let all = told(&served);
    assert_eq!(hook.until(&all.last().unwrap().0), all[first..], "every event once, in its order");

    // Refused calls are made again.
    hook.order("status 500");
    pay(&served);
    let there = told(&served);
    let mut refused = 0;
    while refused < 2 {
        refused += usize::from(hook.next() == "refused");
    }
    let failing = served.get(&format!("/v1/webhook_endpoints/{id}")).expect(200);
    assert!(failing["failing_since"].is_i64(), "{failing}");
    assert_eq!(failing["secret"], Value::Null, "the secret is told once");
    hook.order("status 200");
    assert_eq!(hook.until(&there.last().unwrap().0), there[all.len()..], "nothing is left out");

    // A new secret, the one before signs on; a forged signature is refused by the judge itself.
    served.post(&format!("/v1/webhook_endpoints/{id}/rotate_secret"), "").expect(200);
    pay(&served);
    let now = told(&served);
    assert_eq!(hook.until(&now.last().unwrap().0), now[there.len()..], "judged with the secret before");
    let again = served
        .post(&format!("/v1/webhook_endpoints/{id}/resend"), &format!("event={}", now[0].0))
        .expect(200);
    assert_eq!(again["taken"], true);
    assert_eq!(hook.until(&now[0].0).len(), 1);

    // Only what is wanted; then nothing, once it is removed.
    let form = "enabled_events[]=payment_intent.succeeded";
    served.post(&format!("/v1/webhook_endpoints/{id}"), form).expect(200);
    pay(&served);
    let last = told(&served);
    let wanted: Vec<_> =
        last[now.len()..].iter().filter(|e| e.1 == "payment_intent.succeeded").cloned().collect();
    assert_eq!(hook.until(&wanted[0].0), wanted);
    let auth = format!("Bearer {SECRET}");
    let path = format!("/v1/webhook_endpoints/{id}");
    let gone = served.ask("DELETE", &path, &[("authorization", &auth)], b"").expect(200);
    assert_eq!(gone["deleted"], true);
    assert_eq!(served.get(&path).status, 404);
    let metrics = served.get("/metrics").text;
    assert!(
        metrics.contains("pmts_webhooks_failed_total 2") || metrics.contains("pmts_webhooks_failed_total 3"),
        "{metrics}"
    );
    assert!(!served.log().contains("whsec_"), "secrets stay out of the log");
}

#[test]
fn a_killed_server_loses_no_event() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut served = Served::start(&data, &["--sandbox"]);
    let mut hook = Hook::start();
    let url = format!("http%3A%2F%2F127.0.0.1%3A{}%2Fhook", hook.port);
    let made = served.post("/v1/webhook_endpoints", &format!("url={url}&enabled_events[]=*")).expect(200);
    hook.order(&format!("secret {}", made["secret"].as_str().unwrap()));
    hook.order("slow 0.02");
    for round in 0..3 {
        for _ in 0..4 {
            pay(&served);
        }
        // In the middle of telling.
        std::thread::sleep(Duration::from_millis(300 + 200 * round));
        served.kill();
        served = Served::start(&data, &["--sandbox"]);
    }
    hook.order("slow 0");
    pay(&served);
    let all = told(&served);
    let taken = hook.until(&all.last().unwrap().0);
    // At least once, and first times in order.
    let mut once: Vec<_> = Vec::new();
    for event in taken {
        if !once.contains(&event) {
            once.push(event);
        }
    }
    assert_eq!(once, all);
}
