//! Sellers are paid by a bank that is not ours: PyPI's mock-bank, in a process of its own. Files go to it over HTTP, its clock
//! is moved, and what it sends back is taken, in any order and more than once.

use pmts_tests::{bin, tools};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The bank.
struct Bank {
    process: Child,
    port: u16,
    /// How many messages were collected so far.
    collected: usize,
}

impl Drop for Bank {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Bank {
    /// A Monday morning, before the cut-off.
    fn open() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(tools::python())
            .args(["-m", "mockbank", "--quiet", "--clock", "2026-11-23T09:00", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let bank = Self { process, port, collected: 0 };
        let end = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "the bank does not open");
            std::thread::sleep(Duration::from_millis(50));
        }
        bank
    }

    fn ask(&self, method: &str, path: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let kind = if path == "/payments" { "application/xml" } else { "application/json" };
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: bank\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let text = String::from_utf8(answer).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Sends a file; what the bank says of it at once.
    fn send(&self, file: &Path) -> (u16, Value) {
        let (status, body) = self.ask("POST", "/payments", &std::fs::read(file).unwrap());
        (status, serde_json::from_str(&body).unwrap())
    }

    fn behave(&self, how: &str) {
        let (status, answer) = self.ask("PATCH", "/_mock/accounts/ACME", how.as_bytes());
        assert_eq!(status, 200, "{answer}");
    }

    fn advance(&self, days: u32) {
        let (status, answer) = self.ask("POST", &format!("/_mock/advance?days={days}"), b"");
        assert_eq!(status, 200, "{answer}");
    }

    /// Writes what the bank sent since the last time into files.
    fn collect(&mut self, into: &Path) -> Vec<PathBuf> {
        let (status, body) = self.ask("GET", "/_mock/messages", b"");
        assert_eq!(status, 200);
        let all: Value = serde_json::from_str(&body).unwrap();
        let all = all.as_array().or_else(|| all["messages"].as_array()).unwrap();
        let new = &all[self.collected..];
        let paths = new.iter().enumerate().map(|(i, message)| {
            let path = into.join(format!("bank-{:03}.xml", self.collected + i));
            let xml = message["body"].as_str().or_else(|| message["xml"].as_str()).unwrap();
            std::fs::write(&path, xml).unwrap();
            path
        });
        let paths = paths.collect();
        self.collected = all.len();
        paths
    }
}

/// A shop with sales in euro, and its sellers' terms.
struct Shop {
    dir: tempfile::TempDir,
}

/// Sellers: number, net of the sales below after 10 % commission, account.
const SELLERS: &[(&str, i64, &str)] = &[
    ("10", 25_200, "NL30MOCK0000000005"),
    // Closed at the bank.
    ("11", 18_000, "NL84MOCK0000000003"),
    ("12", 7_200, "DE89370400440532013000"),
    // The bank of this account does not exist.
    ("13", 45_000, "NL57MOCK0000000004"),
];

impl Shop {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let shop = Self { dir };
        let days = shop.path("days");
        std::fs::create_dir(&days).unwrap();
        let sales = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
            600001,10001,A,10,2026-11-02 10:00:00,25.00,C1,NL\n\
            600001,11001,B,2,2026-11-02 10:00:00,100.00,C1,NL\n\
            600002,12001,C,1,2026-11-02 11:00:00,80.00,C2,NL\n\
            600003,10002,D,3,2026-11-02 12:00:00,10.00,C3,NL\n\
            600004,13001,E,1,2026-11-02 13:00:00,500.00,C4,NL\n";
        std::fs::write(days.join("day.csv"), sales).unwrap();
        let (days, data) = (days.display().to_string(), shop.data());
        bin::run(["import", "retail", &days, "--data", &data, "--currency", "EUR"]).expect_success();
        for (seller, _, iban) in SELLERS {
            let args =
                ["sellers", "put", seller, "--name", "Some Seller", "--iban", iban, "--kyc", "verified"];
            shop.run(&[&args[..], &["--schedule", "daily"]].concat(), "ana");
        }
        let own = ["payouts", "account", "EUR", "--name", "PMTS Market", "--iban", "NL41MOCK0000000001"];
        shop.run(&[&own[..], &["--bic", "MOCKNL2A"]].concat(), "ana");
        shop.run(&["sellers", "deliver", "--all"], "ana");
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn data(&self) -> String {
        self.path("data").display().to_string()
    }

    fn try_run(&self, args: &[&str], by: &str) -> bin::Outcome {
        let data = self.data();
        let mut all = args.to_vec();
        all.extend(["--data", &data]);
        if !by.is_empty() {
            all.extend(["--by", by]);
        }
        bin::run(all)
    }

    fn run(&self, args: &[&str], by: &str) -> String {
        self.try_run(args, by).expect_success()
    }

    fn json(&self, args: &[&str], by: &str) -> Vec<Value> {
        let out = self.run(&[args, &["--json"]].concat(), by);
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A sum of what every seller has.
    fn money(&self, of: &str) -> BTreeMap<String, i64> {
        let all = self.json(&["sellers", "list"], "");
        all.iter().map(|s| (s["seller"].as_str().unwrap().to_owned(), s[of].as_i64().unwrap())).collect()
    }

    /// What is on a line of the chart, in the direction of its normal side.
    fn on(&self, line: &str) -> i64 {
        let all = self.json(&["ledger", "accounts"], "");
        all.iter().filter(|a| a["line"] == line).map(|a| a["balance_minor"].as_i64().unwrap()).sum()
    }

    /// Proposes, has somebody else approve, and writes the file.
    fn pay(&self) -> (String, PathBuf) {
        let proposed = self.json(&["payouts", "propose", "EUR", "--execution", "2026-11-24"], "ana");
        let batch = proposed[0]["batch"].as_str().unwrap().to_owned();
        self.run(&["payouts", "approve", &batch], "ben");
        let out = self.dir.path().display().to_string();
        let file = self.run(&["payouts", "release", &batch, "--out", &out], "ben");
        (batch, PathBuf::from(file.trim()))
    }

    fn states(&self, batch: &str) -> BTreeMap<String, String> {
        let all = self.json(&["payouts", "show", batch], "");
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        all[1..].iter().map(|p| (text(&p["seller"]), text(&p["state"]))).collect()
    }

    /// Takes files; sums of what they did.
    fn take(&self, files: &[PathBuf]) -> BTreeMap<String, i64> {
        let names: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
        let names = names.iter().map(String::as_str);
        let args: Vec<&str> = ["payouts", "bank"].into_iter().chain(names).collect();
        let mut sums = BTreeMap::new();
        for taken in self.json(&args, "ana") {
            for (what, count) in taken.as_object().unwrap() {
                *sums.entry(what.clone()).or_default() += count.as_i64().unwrap_or(0);
            }
        }
        sums
    }

    fn doctor(&self) {
        assert!(bin::run(["doctor", "--data", &self.data()]).expect_success().contains("all is well"));
    }
}

fn of(pairs: &[(&str, i64)]) -> BTreeMap<String, i64> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect()
}

#[test]
fn sellers_are_paid_and_what_the_bank_refuses_is_theirs_again() {
    let (shop, mut bank) = (Shop::open(), Bank::open());
    let net: Vec<(&str, i64)> = SELLERS.iter().map(|(s, net, _)| (*s, *net)).collect();
    assert_eq!(shop.money("pending"), of(&net));
    // Nothing is due: the purchases were made now, and seven days have not passed.
    shop.run(&["sellers", "release"], "ana");
    assert_eq!(shop.money("pending"), of(&net));
    shop.run(&["sellers", "release", "--at", "2099-01-01T00:00:00Z"], "ana");
    assert_eq!(shop.money("available"), of(&net));

    let proposed = shop.json(&["payouts", "propose", "EUR", "--execution", "2026-11-24"], "ana");
    let batch = proposed[0]["batch"].as_str().unwrap();
    assert_eq!((proposed[0]["payouts"].as_i64(), proposed[0]["total"].as_i64()), (Some(4), Some(95_400)));
    // Proposed again there is nothing left to pay: what waits for its approval is not paid twice.
    assert_eq!(shop.json(&["payouts", "propose", "EUR"], "ana").len(), 0);
    // Whoever made it does not approve it, and what nobody approved has no file.
    assert!(shop.try_run(&["payouts", "approve", batch], "ana").expect_code(1).contains("PAYOUTS_FOUR_EYES"));
    let out = shop.dir.path().display().to_string();
    let release = ["payouts", "release", batch, "--out", &out];
    assert!(shop.try_run(&release, "ben").expect_code(1).contains("PAYOUTS_BATCH_STATE"));
    shop.run(&["payouts", "approve", batch], "ben");
    assert_eq!(shop.money("set_aside"), of(&net));
    let file = PathBuf::from(shop.run(&release, "ben").trim());
    let first = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    shop.run(&release, "cleo");
    assert_eq!(std::fs::read(&file).unwrap(), first, "the same file, byte for byte");
    assert!(
        shop.try_run(&["payouts", "cancel", batch], "ben").expect_code(1).contains("PAYOUTS_BATCH_STATE")
    );
    let valid = bin::run(["check", &file.display().to_string()]).expect_success();
    assert!(valid.contains("valid"), "{valid}");
    assert_eq!((shop.on("payouts.in_transit"), shop.money("available").values().sum()), (95_400, 0));

    // The bank takes the file, and refuses it the second time.
    let (status, answer) = bank.send(&file);
    assert_eq!(status, 202, "{answer}");
    let (again, answer) = bank.send(&file);
    assert!(again != 202 || answer.to_string().contains("DUPL"), "{again} {answer}");
    let reports = bank.collect(shop.dir.path());
    assert!(!reports.is_empty());
    // The second report says RJCT of the whole file: because the bank has it. The payments that it took stay.
    let did = shop.take(&reports);
    assert_eq!((did["rejected"], did["conflicts"]), (2, 0), "{did:?}");
    assert_eq!(shop.money("available"), of(&[("10", 0), ("11", 18_000), ("12", 0), ("13", 45_000)]));
    assert_eq!(shop.take(&reports)["rejected"], 0, "told twice, put back once");

    // Two days later the money has left.
    bank.advance(2);
    let lines = bank.collect(shop.dir.path());
    let did = shop.take(&lines);
    assert_eq!((did["paid"], did["unidentified"], did["conflicts"]), (2, 0, 0), "{did:?}");
    assert!(did["not_ours"] > 0, "statements of others are left alone: {did:?}");
    let states = shop.states(batch);
    let state = |seller: &str| states[seller].as_str();
    assert_eq!(
        [state("10"), state("11"), state("12"), state("13")],
        ["paid", "rejected", "paid", "rejected"]
    );
    assert_eq!((shop.on("payouts.in_transit"), shop.on("bank.client_money")), (0, -32_400));
    // Everything again, and the other way round.
    let mut all: Vec<PathBuf> = reports.iter().chain(&lines).cloned().collect();
    all.reverse();
    let again = shop.take(&all);
    assert_eq!((again["paid"], again["rejected"], again["returned"], again["conflicts"]), (0, 0, 0, 0));

    // Nothing goes to the accounts that did not take it, until there are others.
    let skipped = shop.json(&["payouts", "propose", "EUR"], "ana");
    let why: Vec<&str> = skipped.iter().map(|s| s["why"].as_str().unwrap()).collect();
    assert_eq!(why.len(), 2, "{skipped:?}");
    assert!(why.iter().any(|w| w.contains("AC04")) && why.iter().any(|w| w.contains("RC01")), "{why:?}");
    let put = ["sellers", "put", "11", "--name", "Some Seller", "--iban", "NL30MOCK0000000005"];
    shop.run(&[&put[..], &["--kyc", "verified", "--schedule", "daily"]].concat(), "ana");
    let (second, file) = shop.pay();
    assert_eq!(bank.send(&file).0, 202);
    bank.advance(3);
    let lines = bank.collect(shop.dir.path());
    assert_eq!(shop.take(&lines)["conflicts"], 0);
    assert_eq!(shop.states(&second)["11"], "paid");
    assert_eq!(shop.on("bank.client_money"), -50_400);
    // The statement explains every cent of it.
    let statement = shop.json(&["sellers", "statement", "11"], "");
    let what: Vec<&str> = statement.iter().map(|l| l["what"].as_str().unwrap()).collect();
    let expected =
        ["split", "commission", "delivered", "delivered", "payout sent", "payout rejected", "payout sent"];
    assert_eq!(what, expected);
    let on_available = statement.iter().filter(|l| l["on"] == "seller.available");
    assert_eq!(on_available.map(|l| l["amount"].as_i64().unwrap()).sum::<i64>(), 0);
    shop.doctor();
}

#[test]
fn a_payout_that_comes_back_is_the_sellers_once() {
    let (shop, mut bank) = (Shop::open(), Bank::open());
    shop.run(&["sellers", "release", "--at", "2099-01-01T00:00:00Z"], "ana");
    bank.behave(r#"{"behaviour": "return-later"}"#);
    let (batch, file) = shop.pay();
    assert_eq!(bank.send(&file).0, 202);
    bank.advance(9);
    let mut files = bank.collect(shop.dir.path());
    let kinds: Vec<String> = files.iter().map(|f| std::fs::read_to_string(f).unwrap()).collect();
    assert!(kinds.iter().any(|k| k.contains("pacs.004")), "the bank sends returns");
    // Returns before the lines that they undo.
    files.reverse();
    let did = shop.take(&files);
    assert_eq!((did["returned"], did["paid"], did["rejected"], did["conflicts"]), (2, 2, 2, 0), "{did:?}");
    let again = shop.take(&files);
    assert_eq!(
        (again["returned"], again["paid"], again["rejected"], again["conflicts"]),
        (0, 0, 0, 0),
        "{again:?}"
    );
    let states = shop.states(&batch);
    assert_eq!((states["10"].as_str(), states["12"].as_str()), ("returned", "returned"));
    let net: Vec<(&str, i64)> = SELLERS.iter().map(|(s, net, _)| (*s, *net)).collect();
    assert_eq!(shop.money("available"), of(&net), "everybody has his money again, once");
    for line in ["payouts.in_transit", "payouts.returned", "bank.client_money", "bank.unidentified"] {
        assert_eq!(shop.on(line), 0, "{line}");
    }
    shop.doctor();
}

#[test]
fn a_silent_bank_is_asked_and_nothing_is_sent_again() {
    let (shop, mut bank) = (Shop::open(), Bank::open());
    shop.run(&["sellers", "release", "--at", "2099-01-01T00:00:00Z"], "ana");
    bank.behave(r#"{"behaviour": "silent"}"#);
    let (batch, file) = shop.pay();
    bank.send(&file);
    assert_eq!(bank.collect(shop.dir.path()).len(), 0, "the bank says nothing");
    let silent = shop.json(&["payouts", "silent"], "");
    assert_eq!(silent.len(), 4);
    assert!(silent.iter().all(|p| p["state"] == "sent"), "neither paid nor refused");
    assert_eq!(shop.money("available").values().sum::<i64>(), 0, "the money stays set apart");
    assert_eq!(shop.json(&["payouts", "propose", "EUR"], "ana").len(), 0, "nothing is sent again");
    // The statement speaks at last.
    bank.advance(3);
    let lines = bank.collect(shop.dir.path());
    assert_eq!(shop.take(&lines)["paid"], 2);
    assert_eq!(shop.json(&["payouts", "silent"], "").len(), 2, "the two it refused it never spoke of");
    assert_eq!(shop.states(&batch)["10"], "paid");

    // A credit that we know nothing of is put apart, once, and a person is asked.
    let credit = r#"{"account": "ACME", "amount": 12345, "debtor": {"name": "Somebody"}, "note": "no idea"}"#;
    let (status, answer) = bank.ask("POST", "/_mock/credits", credit.as_bytes());
    assert!((200..300).contains(&status), "{status} {answer}");
    bank.advance(2);
    let lines = bank.collect(shop.dir.path());
    assert_eq!(shop.take(&lines)["unidentified"], 1);
    assert_eq!(shop.take(&lines)["unidentified"], 0);
    assert_eq!(shop.on("bank.unidentified"), 12_345);
    shop.doctor();
}

/// A statement of our account, as a bank might write it.
fn statement(id: &str, entries: &[String]) -> String {
    format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>{id}</Id>
        <Acct><Id><IBAN>NL41MOCK0000000001</IBAN></Id></Acct>{}</Stmt></BkToCstmrStmt></Document>"#,
        entries.concat()
    )
}

/// An entry: amount, sign, reference of the bank, what stands inside.
fn entry(amount: &str, sign: &str, reference: &str, inside: &str) -> String {
    let reference =
        if reference.is_empty() { String::new() } else { format!("<AcctSvcrRef>{reference}</AcctSvcrRef>") };
    format!(
        r#"<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>2026-11-24</Dt></BookgDt>{reference}<NtryDtls>{inside}</NtryDtls></Ntry>"#
    )
}

fn naming(end_to_end_id: &str, more: &str) -> String {
    format!("<TxDtls><Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs>{more}</TxDtls>")
}

#[test]
fn what_other_banks_do_moves_the_account_by_each_line_once() {
    let shop = Shop::open();
    shop.run(&["sellers", "release", "--at", "2099-01-01T00:00:00Z"], "ana");
    // Between proposal and approval a seller is stopped, and another names a new account: both leave the batch.
    let proposed = shop.json(&["payouts", "propose", "EUR"], "ana");
    let stale = proposed[0]["batch"].as_str().unwrap();
    let put = |seller: &str, iban: &str, kyc: &str| {
        let args = ["sellers", "put", seller, "--name", "Some Seller", "--iban", iban, "--kyc", kyc];
        shop.run(&[&args[..], &["--schedule", "daily"]].concat(), "ana");
    };
    put("11", "NL84MOCK0000000003", "stopped");
    put("13", "NL30MOCK0000000005", "verified");
    let left = shop.run(&["payouts", "approve", stale], "ben");
    assert_eq!(left.matches("left the batch").count(), 2, "{left}");
    shop.run(&["payouts", "cancel", stale], "ben");
    put("11", "NL84MOCK0000000003", "verified");

    let (batch, file) = shop.pay();
    let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
    let shown = shop.json(&["payouts", "show", &batch], "");
    let id = |seller: &str| {
        let of = shown[1..].iter().find(|p| p["seller"] == seller).unwrap();
        of["end_to_end_id"].as_str().unwrap().to_owned()
    };
    let mut sum = 0;
    let mut n = 0;
    let mut take = |entries: &[String], moved: i64| {
        n += 1;
        let path = shop.path(&format!("own-{n}.xml"));
        std::fs::write(&path, statement(&format!("S{n}"), entries)).unwrap();
        let did = shop.take(std::slice::from_ref(&path));
        sum += moved;
        assert_eq!(shop.on("bank.client_money"), sum, "the books hold what the statements say: {did:?}");
        let again = shop.take(&[path]);
        assert!(again.values().all(|v| *v == 0), "{again:?}");
        assert_eq!(shop.on("bank.client_money"), sum, "once");
        did
    };

    // A file that the bank has is refused at the level of the batch, or of each payment.
    for (level, reason) in [("PmtInfSts", "AM05"), ("TxSts", "DU04"), ("TxSts", "DUPL")] {
        let why = format!("<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>");
        let inside = if level == "TxSts" {
            format!(
                "<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId><TxSts>RJCT</TxSts>{why}</TxInfAndSts>",
                id("10")
            )
        } else {
            format!("<PmtInfSts>RJCT</PmtInfSts>{why}")
        };
        let report = format!(
            r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>R-{reason}</MsgId></GrpHdr>
            <OrgnlGrpInfAndSts><OrgnlMsgId>{name}</OrgnlMsgId></OrgnlGrpInfAndSts>
            <OrgnlPmtInfAndSts><OrgnlPmtInfId>{name}</OrgnlPmtInfId>{inside}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"#
        );
        let path = shop.path("report.xml");
        std::fs::write(&path, report).unwrap();
        assert_eq!(shop.take(&[path])["rejected"], 0, "{level} {reason}");
    }
    assert!(shop.states(&batch).values().all(|s| s == "sent"), "nothing of it is put back");

    // A sum of the whole batch, named by the batch.
    let did =
        take(&[entry("954.00", "DBIT", "A1", &format!("<Btch><PmtInfId>{name}</PmtInfId></Btch>"))], -95_400);
    assert_eq!((did["paid"], did["unidentified"]), (4, 0), "{did:?}");
    assert_eq!(shop.on("payouts.in_transit"), 0);
    // Whoever was paid sends a cent back under our identifier: that is no return.
    let did = take(&[entry("0.01", "CRDT", "A2", &naming(&id("10"), ""))], 1);
    assert_eq!((did["returned"], did["unidentified"], did["conflicts"]), (0, 1, 1), "{did:?}");
    assert_eq!(shop.money("available")["10"], 0);
    // The bank takes the money of a payment a second time.
    let did = take(&[entry("72.00", "DBIT", "A3", &naming(&id("12"), ""))], -7_200);
    assert_eq!((did["paid"], did["unidentified"]), (0, 1), "{did:?}");
    // It comes back less a charge; then the bank undoes that.
    let returned = "<RtrInf><Rsn><Prtry>KONTO ERLOSCHEN MEIER</Prtry></Rsn></RtrInf>";
    let did = take(&[entry("70.00", "CRDT", "A4", &naming(&id("12"), returned))], 7_000);
    assert_eq!(did["returned"], 1, "{did:?}");
    assert_eq!((shop.money("available")["12"], shop.on("payout.cost")), (7_200, 200));
    let did = take(&[entry("70.00", "DBIT", "A5", &naming(&id("12"), ""))], -7_000);
    assert_eq!((did["paid"], did["unidentified"]), (0, 1), "a person is asked: {did:?}");
    // Two fees without any reference, twice on a day, are four lines.
    let fee = entry("5.00", "DBIT", "", "");
    take(&[fee.clone(), fee.clone()], -1_000);
    take(&[fee.clone(), fee], -1_000);

    // Our account moves to another bank; a payment is debited with its charge on the old one.
    let (second, _) = shop.pay();
    let shown = shop.json(&["payouts", "show", &second], "");
    let of = shown[1]["end_to_end_id"].as_str().unwrap();
    let own = ["payouts", "account", "EUR", "--name", "PMTS Market", "--iban", "DE89370400440532013000"];
    shop.run(&[&own[..], &["--bic", "MOCKNL2A"]].concat(), "ana");
    let charged = naming(of, r#"<Amt Ccy="EUR">72.00</Amt>"#);
    let did = take(&[entry("75.00", "DBIT", "A6", &charged)], -7_500);
    assert_eq!((did["paid"], did["unidentified"], did["not_ours"]), (1, 1, 0), "{did:?}");
    assert_eq!(shop.on("payouts.in_transit"), 0);
    shop.doctor();
}

#[test]
fn what_was_kept_back_pays_a_debt_first() {
    let shop = Shop::open();
    // Half of what this seller sells is kept back for 30 days.
    let put = [
        "sellers",
        "put",
        "14",
        "--name",
        "Some Seller",
        "--iban",
        "NL30MOCK0000000005",
        "--kyc",
        "verified",
    ];
    shop.run(
        &[&put[..], &["--schedule", "daily", "--reserve", "5000", "--reserve-days", "30"]].concat(),
        "ana",
    );
    let import = |name: &str, line: &str| {
        let days = shop.path(name);
        std::fs::create_dir(&days).unwrap();
        let head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
        std::fs::write(days.join("day.csv"), format!("{head}{line}\n")).unwrap();
        let (days, data) = (days.display().to_string(), shop.data());
        bin::run(["import", "retail", &days, "--data", &data, "--currency", "EUR"]).expect_success();
    };
    import("sale", "600009,14001,F,1,2026-11-03 10:00:00,100.00,C9,NL");
    shop.run(&["sellers", "deliver", "--all"], "ana");
    shop.run(&["sellers", "release", "--at", "2099-01-01T00:00:00Z"], "ana");
    let of = |what: &str| shop.money(what)["14"];
    assert_eq!((of("available"), of("reserved"), of("owes")), (4_500, 4_500, 0));
    shop.pay();
    assert_eq!((of("available"), of("reserved")), (0, 4_500));
    // The buyer sends it back: the seller owes what he was paid and what is kept back.
    import("return", "C600010,14001,F,-1,2026-11-20 10:00:00,100.00,C9,NL");
    assert_eq!((of("available"), of("reserved"), of("owes")), (0, 4_500, 9_000));
    shop.run(&["sellers", "release", "--at", "2099-03-01T00:00:00Z"], "ana");
    assert_eq!((of("available"), of("reserved"), of("owes")), (0, 0, 4_500));
    let proposed = shop.json(&["payouts", "propose", "EUR"], "ana");
    assert_eq!(proposed.len(), 0, "nobody is paid while he owes: {proposed:?}");
    shop.doctor();
}

#[test]
fn wrong_input_changes_nothing() {
    let shop = Shop::open();
    let refuse = |args: &[&str], code: &str| {
        let told = shop.try_run(args, "ana").expect_code(1);
        assert!(told.contains(code), "{args:?}: {told}");
    };
    let put = ["sellers", "put", "S", "--name", "N", "--iban"];
    refuse(&[&put[..], &["NL41MOCK0000000002"]].concat(), "PAYOUTS_IBAN_INVALID");
    refuse(&["sellers", "put", "a seller", "--name", "N"], "PAYOUTS_PAYEE_INVALID");
    refuse(&["payouts", "propose", "USD"], "APP_RECORD_MISSING");
    refuse(&["payouts", "propose", "EUR", "--rail", "pigeon"], "APP_RECORD_MISSING");
    refuse(&["payouts", "approve", "pb_00000000000000000000000001"], "APP_RECORD_MISSING");
    let junk = shop.path("junk.xml");
    std::fs::write(&junk, "<a>").unwrap();
    refuse(&["payouts", "bank", &junk.display().to_string()], "PAYOUTS_FILE_UNKNOWN");
    std::fs::write(&junk, r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><x>"#).unwrap();
    refuse(&["payouts", "bank", &junk.display().to_string()], "XML_MALFORMED");
    // A purchase is delivered once.
    refuse(&["sellers", "deliver", "pay_00000000000000000000000001"], "APP_RECORD_MISSING");
    assert_eq!(shop.money("available").values().sum::<i64>(), 0);
    shop.doctor();
}
