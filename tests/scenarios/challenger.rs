//! A challenger in its own process: payers are sent to its page, and its word decides.

use pmts_tests::served::Served;
use pmts_tests::tools;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

struct Challenger {
    child: Child,
    orders: ChildStdin,
    out: BufReader<ChildStdout>,
    port: u16,
}

impl Challenger {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join("py").join("challenger.py");
        let mut command = Command::new(tools::python());
        let mut child = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let orders = child.stdin.take().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        Self { child, orders, out, port: line.trim().parse().unwrap() }
    }

    fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "done");
    }
}

impl Drop for Challenger {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn confirm(served: &Served, pi: &str, key: &str) -> Value {
    served.post_once(&format!("/v1/payment_intents/{pi}/confirm"), "", key).json()
}

#[test]
fn a_payer_passes_the_challenge_of_another_or_nothing_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let mut challenger = Challenger::start();
    std::fs::write(dir.path().join("secret"), "s3cret\n").unwrap();
    let config = dir.path().join("pmts.toml");
    let text = format!(
        "[risk.challenger]\nurl = \"http://127.0.0.1:{}/challenges\"\nsecret_file = \"secret\"\nanswer_timeout_ms = 500\n",
        challenger.port
    );
    std::fs::write(&config, text).unwrap();
    let served =
        Served::start(&dir.path().join("data"), &["--sandbox", "--config", config.to_str().unwrap()]);
    // A live rule from the start: contact changed, and a device not seen before.
    let form = "amount=30000&currency=gbp&payment_method=pm_card_visa&confirm=true&customer=ann&risk[device]=d1\
                &risk[signals][since_contact_change]=60";
    let pay = || served.post("/v1/payment_intents", form).expect(200);
    let asked = pay();
    let (pi, action) = (asked["id"].as_str().unwrap(), &asked["next_action"]);
    assert_eq!(asked["status"], "requires_action", "{asked}");
    let challenge = action["challenge"]["id"].as_str().unwrap();
    assert_eq!(action["type"], "redirect_to_url");
    assert_eq!(action["redirect_to_url"]["url"], format!("http://127.0.0.1/page/{challenge}"));
    let word = format!("challenge={challenge}&result=passed&factor=totp");
    let refused = served.post(&format!("/v1/payment_intents/{pi}/challenge"), &word);
    assert_eq!(
        (refused.status, &refused.json()["error"]["pmts_code"]),
        (409, &"PAYMENTS_CHALLENGER_SAYS".into())
    );

    assert_eq!(confirm(&served, pi, "a")["status"], "requires_action", "not passed yet");
    challenger.order("down 1");
    assert_eq!(confirm(&served, pi, "b")["status"], "requires_action", "nobody knows: it is not failed");
    challenger.order("down 0");
    challenger.order("say passed");
    challenger.order("amount 100");
    assert_eq!(confirm(&served, pi, "c")["status"], "requires_action", "passed for another amount");
    challenger.order("amount 0");
    let paid = confirm(&served, pi, "d");
    assert_eq!(paid["status"], "succeeded", "{paid}");
    assert_eq!(confirm(&served, pi, "d"), paid, "the same key, the same answer");

    challenger.order("say failed");
    let other = served.post("/v1/payment_intents", &form.replace("=d1", "=d2")).expect(200);
    let failed = confirm(&served, other["id"].as_str().unwrap(), "e");
    assert_eq!(failed["error"]["code"], "authentication_required", "{failed}");

    let metrics = served.get("/metrics").text;
    assert!(metrics.contains("pmts_risk_challenger_faults_total 2"), "{metrics}");
    assert!(!served.log().contains("s3cret"));
}
