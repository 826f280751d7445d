//! `pmts fraud` on the Handbook's simulated data: the published protocol, its figures judged by scikit-learn, and models that are trained,
//! promoted, asked and rolled back.

use pmts_tests::bin::{self, Outcome};
use pmts_tests::{data, tools};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const FILE: &str = "transactions_to_2018-08-14.csv.gz";

fn fraud(args: &[&str], file: Option<&Path>) -> Outcome {
    let mut all = vec!["fraud"];
    all.extend(args);
    let file = file.map(|f| f.display().to_string());
    if let Some(file) = &file {
        all.extend(["--transactions", file]);
    }
    bin::run(all)
}

fn json(outcome: Outcome) -> Value {
    serde_json::from_str(&outcome.expect_success()).unwrap()
}

#[test]
fn the_published_week_is_scored_as_an_outside_judge_counts() {
    let Some(risk) = data::folder("risk") else { return };
    let (file, dir) = (risk.join("fraud").join(FILE), tempfile::tempdir().unwrap());
    let scores = dir.path().join("scores.csv");
    let scores_name = scores.display().to_string();
    let args = ["backtest", "--label-delay", "7d", "--train", "2018-07-25..2018-07-31", "--test"];
    let more = ["2018-08-08..2018-08-14", "--json", "--scores", &scores_name];
    let said = json(fraud(&[&args[..], &more].concat(), Some(&file)));
    let mut judge = Command::new(tools::python());
    judge.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/py/sklearn_judge.py")).arg(&scores);
    let judged = json(bin::finish(&mut judge, bin::LIMIT));
    for what in ["auc", "average_precision"] {
        let (ours, theirs) = (said[what].as_f64().unwrap(), judged[what].as_f64().unwrap());
        assert!((ours - theirs).abs() < 1e-5, "{what}: {ours} here, {theirs} there");
    }
    for what in ["transactions", "frauds"] {
        assert_eq!(said[what], judged[what], "{what}");
    }
    // The protocol's own counts: cards that are known as compromised are left out.
    assert_eq!((&said["transactions"], &said["frauds"]), (&58_264.into(), &385.into()));
    assert!(said["average_precision"].as_f64().unwrap() >= 0.69, "{said}");
    println!("published week, 7 days of training: {said}");
}

#[test]
fn a_model_is_trained_promoted_asked_and_rolled_back() {
    let Some(risk) = data::folder("risk") else { return };
    let (file, dir) = (risk.join("fraud").join(FILE), tempfile::tempdir().unwrap());
    let at = dir.path().display().to_string();
    let train = |days: &str| {
        fraud(&["train", "--train", days, "--data", &at], Some(&file)).expect_success();
    };
    let explain = ["explain", "1000", "--data", &at];
    assert!(fraud(&explain, Some(&file)).expect_success().contains("model none"), "rules decide alone");
    let evaluate = ["evaluate", "--test", "2018-06-10..2018-06-11", "--data", &at];
    assert!(fraud(&evaluate, Some(&file)).expect_code(1).contains("APP_NO_MODEL"), "nothing is in force");
    train("2018-06-01..2018-06-03");
    train("2018-06-04..2018-06-06");
    let models = || json(fraud(&["models", "--data", &at, "--json"], None));
    assert!(models()["in_force"].is_null(), "a person promotes");
    for number in ["1", "2"] {
        fraud(&["promote", number, "--data", &at], None).expect_success();
    }
    assert_eq!(models()["in_force"], 2);
    let told = fraud(&explain, Some(&file)).expect_success();
    assert!(told.contains("model 2") && told.contains("To the customer:"), "{told}");
    fraud(&["rollback", "--data", &at], None).expect_success();
    assert_eq!(models()["in_force"], 1);
    assert!(fraud(&["promote", "7", "--data", &at], None).expect_code(1).contains("APP_NO_MODEL"));
    // The same days and seed give the same model.
    train("2018-06-01..2018-06-03");
    let kept = |number: u32| {
        let path = dir.path().join("fraud").join(format!("model-{number}.json"));
        let mut model: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        model.as_object_mut().unwrap().remove("name").unwrap();
        model
    };
    assert!(kept(1) == kept(3), "but for its name");
    assert!(kept(1) != kept(2));
}

#[test]
fn files_and_periods_that_make_no_sense_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("t.csv");
    let refuse = |text: &str, train: &str, code: &str| {
        std::fs::write(&file, text).unwrap();
        let args = ["backtest", "--train", train, "--test", "2018-04-05..2018-04-06"];
        let told = fraud(&args, Some(&file)).expect_code(1);
        assert!(told.contains(code), "{text}: {told}");
    };
    let head = "TRANSACTION_ID,TX_TIME_SECONDS,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD\n";
    refuse("a,b\n1,2\n", "2018-04-01..2018-04-02", "APP_IMPORT_COLUMNS");
    refuse(head, "2018-04-02..2018-04-01", "APP_USAGE");
    refuse(head, "2018-04-01..2018-04-05", "APP_USAGE");
    for line in
        ["1,x,1,1,1.00,0", "1,5,1,1,abc,0", "1,5,1,1,1.00,2", "1,5,1", "1,5,1,1,99999999999999999999,0"]
    {
        let told = {
            std::fs::write(&file, format!("{head}{line}\n")).unwrap();
            let args = ["backtest", "--train", "2018-04-01..2018-04-02", "--test", "2018-04-05..2018-04-06"];
            fraud(&args, Some(&file)).expect_code(1)
        };
        assert!(told.starts_with("error["), "{line}: {told}");
    }
}
