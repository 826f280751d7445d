//! `pmts lists` and `pmts screen`: published figures on the real lists, versions that survive a crash, and what programs read.

use pmts_compliance::aml::lists::{ListHash, un_xml};
use pmts_compliance::aml::matching::{HIT, score};
use pmts_compliance::aml::names::{Name, PartyKind};
use pmts_compliance::aml::party::ListedParty;
use pmts_compliance::aml::{Screener, ScreeningList, Subject};
use pmts_tests::{bin, data, rounds};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn csv_rows(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn screener(parties: Vec<ListedParty>) -> Screener {
    Screener::new(vec![ScreeningList { name: "un".to_owned(), hash: ListHash::of(&parties), parties }])
}

fn is_foreign(text: &str) -> bool {
    text.chars().any(|c| c.is_alphabetic() && c as u32 >= 0x250 && !(0x1e00..0x1f00).contains(&(c as u32)))
}

fn hits(screener: &Screener, name: &str, kind: PartyKind) -> BTreeSet<String> {
    let subject = Subject { name: name.to_owned(), kind: Some(kind), ..Subject::default() };
    screener.screen(&subject, HIT).iter().map(|m| m.party.id.clone()).collect()
}

#[test]
fn labelled_pairs_are_told_apart() {
    let Some(risk) = data::folder("risk") else { return };
    let (mut right, mut wrong, mut missed) = (0, 0, 0);
    for row in csv_rows(&risk.join("names/pairs.csv")) {
        let kind = match row[1].as_str() {
            "Person" => PartyKind::Person,
            "Vessel" => PartyKind::Vessel,
            _ => PartyKind::Company,
        };
        match (score(&Name::new(&row[2], kind), &Name::new(&row[3], kind)) >= HIT, row[4] == "true") {
            (true, true) => right += 1,
            (true, false) => wrong += 1,
            (false, true) => missed += 1,
            (false, false) => {}
        }
    }
    let f1 = 2_000 * right / (2 * right + wrong + missed);
    assert!(f1 >= 920, "F1 {f1} / 1000: {right} right, {wrong} wrong, {missed} missed");
}

#[test]
fn people_on_the_un_list_are_found_and_others_are_not() {
    let Some(risk) = data::folder("risk") else { return };
    let un = un_xml(File::open(risk.join("lists/un_consolidated.xml")).unwrap()).unwrap();
    assert_eq!((un.len(), un.iter().filter(|p| p.kind == PartyKind::Person).count()), (1_003, 730));
    let written = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();

    let full = screener(un.clone());
    let (mut asked, mut missed, mut gone) = (0, Vec::new(), 0);
    for (n, row) in csv_rows(&risk.join("names/un_plain.csv")).into_iter().enumerate() {
        let Some(party) = un.iter().find(|p| written(p.primary()) == written(&row[0])) else {
            // Delisted since.
            gone += 1;
            assert!(hits(&full, &row[0], PartyKind::Person).is_empty(), "{}", row[0]);
            continue;
        };
        // As it is written, and with a letter lost, doubled, or changed places with the next one.
        let letters: Vec<char> = row[0].chars().collect();
        let spots: Vec<usize> = (0..letters.len() - 1)
            .filter(|i| {
                letters[*i].is_alphabetic()
                    && letters[*i + 1].is_alphabetic()
                    && letters[*i] != letters[*i + 1]
            })
            .collect();
        let at = spots[n * 7 % spots.len()];
        let mut made = [letters.clone(), letters.clone(), letters.clone(), letters];
        made[1].remove(at);
        made[2].insert(at, made[3][at]);
        made[3].swap(at, at + 1);
        for name in made {
            asked += 1;
            let name: String = name.into_iter().collect();
            if !hits(&full, &name, PartyKind::Person).contains(&party.id) {
                missed.push(format!("{name} = {}", row[0]));
            }
        }
    }
    assert_eq!(gone, 3);
    assert!(missed.len() * 1_000 <= 5 * asked, "{} of {asked} missed: {missed:?}", missed.len());

    let mut latin = un.clone();
    latin.iter_mut().for_each(|p| p.names.retain(|n| !is_foreign(&n.text)));
    let latin = screener(latin);
    let (mut asked, mut found) = (0, 0);
    for party in &un {
        if let Some(name) = party.names.iter().find(|n| is_foreign(&n.text)) {
            asked += 1;
            found += u32::from(hits(&latin, &name.text, party.kind).contains(&party.id));
        }
    }
    assert!(asked > 300 && found * 100 >= asked * 85, "{found} of {asked} in original script");

    let (mut others, mut wrong, mut foreign, mut foreign_wrong) = (0, Vec::new(), 0, Vec::new());
    for file in ["names/negatives_global.csv", "names/negatives_us.csv"] {
        for row in csv_rows(&risk.join(file)) {
            others += 1;
            if !hits(&full, &row[0], PartyKind::Person).is_empty() {
                wrong.push(row[0].clone());
            }
            if is_foreign(&row[0]) {
                foreign += 1;
                if !hits(&latin, &row[0], PartyKind::Person).is_empty() {
                    foreign_wrong.push(row[0].clone());
                }
            }
        }
    }
    assert!(wrong.len() * 1_000 <= others, "{} of {others}: {wrong:?}", wrong.len());
    assert!(foreign_wrong.len() * 200 <= foreign, "{} of {foreign}: {foreign_wrong:?}", foreign_wrong.len());
}

const OWN: &str = r#"{"id":"p1","kind":"person","names":[{"text":"Osama bin Laden","quality":"primary"},{"text":"The Emir","quality":"weak"}],"births":[{"from":"1957-07-30","to":"1957-07-30"}],"countries":["SA"],"identifiers":[{"kind":"Passport","number":"A 83860-7"}]}
{"id":"c1","kind":"company","names":[{"text":"Crystalord Ltd","quality":"primary"}]}
{"id":"v1","kind":"vessel","names":[{"text":"MV Hellenic Spirit","quality":"primary"}],"identifiers":[{"kind":"IMO","number":"9187629"}]}
"#;

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs `pmts` in JSON for this data directory.
fn told(dir: &Path, words: &[&str]) -> Vec<Value> {
    let dir = dir.to_str().unwrap();
    json_lines(&bin::run([words, &["--json", "--data", dir]].concat()).expect_success())
}

#[test]
fn lists_are_imported_compared_and_rolled_back() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("own.jsonl");
    let path = file.to_str().unwrap();
    let data = dir.path().join("data");
    let none = bin::run(["screen", "Anyone", "--data", data.to_str().unwrap()]).expect_code(1);
    assert!(none.contains("APP_NO_LIST"), "{none}");

    fs::write(&file, OWN).unwrap();
    let first = &told(&data, &["lists", "import", "jsonl", path])[0];
    assert_eq!((&first["list"], &first["version"], &first["entries"]), (&json!("own"), &json!(1), &json!(3)));
    assert_eq!(told(&data, &["lists", "import", "jsonl", path])[0]["result"], "unchanged");

    fs::write(&file, OWN.replace("Crystalord", "Crystalord Systems").replace("p1", "p2")).unwrap();
    let second = &told(&data, &["lists", "update"])[0];
    assert_eq!((&second["version"], &second["result"]), (&json!(2), &json!("imported")));
    assert_ne!(first["hash"], second["hash"]);
    let diff = told(&data, &["lists", "diff"]);
    let changes: Vec<(&str, &str)> =
        diff.iter().filter_map(|d| Some((d["change"].as_str()?, d["id"].as_str()?))).collect();
    assert_eq!(changes, [("changed", "c1"), ("removed", "p1"), ("added", "p2")]);

    for (bad, code) in [
        ("{", "COMPLIANCE_LIST_MALFORMED"),
        ("", "COMPLIANCE_LIST_EMPTY"),
        (OWN.lines().next().unwrap(), "APP_LIST_SHRUNK"),
    ] {
        fs::write(&file, bad).unwrap();
        let said = bin::run(["lists", "update", "--data", data.to_str().unwrap()]).expect_code(1);
        assert!(said.contains(code), "{said}");
        assert_eq!(told(&data, &["lists", "show"])[0]["version"], 2);
    }
    let back = &told(&data, &["lists", "rollback"])[0];
    assert_eq!((&back["version"], &back["hash"]), (&json!(1), &first["hash"]));
    assert_eq!(told(&data, &["screen", "Osama bin Laden"])[0]["id"], "p1");
    assert_eq!(told(&data, &["lists", "show", "own"]).len(), 2);
}

#[test]
fn a_few_entries_by_themselves_find_whom_the_whole_list_finds() {
    let Some(risk) = data::folder("risk") else { return };
    let un = un_xml(File::open(risk.join("lists/un_consolidated.xml")).unwrap()).unwrap();
    let whole = screener(un.clone());
    let mut found = 0;
    for part in [1, 7, 60].iter().flat_map(|size| un.chunks(*size).take(40)) {
        let few = screener(part.to_vec());
        for party in part {
            // A letter lost.
            let letters: Vec<char> = party.primary().chars().collect();
            let name: String =
                letters[..letters.len() / 2].iter().chain(&letters[letters.len() / 2 + 1..]).collect();
            let mut wanted = hits(&whole, &name, party.kind);
            wanted.retain(|id| part.iter().any(|p| p.id == *id));
            let got = hits(&few, &name, party.kind);
            assert!(
                wanted.is_subset(&got),
                "{name}: {wanted:?} of the whole list, {got:?} of {} entries",
                part.len()
            );
            found += wanted.len();
        }
    }
    assert!(found > 900, "{found}");
}

#[test]
fn a_screening_tells_score_hit_and_why() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("own.jsonl");
    fs::write(&file, OWN).unwrap();
    told(dir.path(), &["lists", "import", "jsonl", file.to_str().unwrap()]);

    let one = &told(
        dir.path(),
        &["screen", "LADIN, Usama bin", "--birth-date", "1957", "--country", "Saudi Arabia"],
    )[0];
    assert_eq!((&one["hit"], &one["id"], &one["list"]), (&json!(true), &json!("p1"), &json!("own")));
    assert_eq!(one["why"]["details"]["birth"], json!({ "listed": "1957-07-30", "effect": 40 }));
    assert_eq!(one["why"]["details"]["country"]["effect"], 15);
    assert_eq!(one["why"]["name"]["words"].as_array().unwrap().len(), 3);
    let far = &told(dir.path(), &["screen", "Osama bin Laden", "--birth-date", "1999-01-01"])[0];
    assert!(far["score"].as_u64() < one["score"].as_u64());
    let none = &told(dir.path(), &["screen", "Wolfgang Amadeus Mozart"])[0];
    assert_eq!((&none["score"], &none["hit"], &none["why"]), (&json!(0), &json!(false), &Value::Null));
    let by_number = &told(dir.path(), &["screen", "Someone Else", "--identifier", "a83860 7"])[0];
    assert_eq!((&by_number["hit"], &by_number["id"]), (&json!(true), &json!("p1")));
    for (name, id) in [("Cristalord Limited", "c1"), ("hellenic spirit", "v1"), ("أسامة بن لادن", "p1")]
    {
        assert_eq!(told(dir.path(), &["screen", name])[0]["id"], id, "{name}");
    }

    let batch = dir.path().join("batch.csv");
    fs::write(
        &batch,
        "name,birth_date,country\nUsama bin Ladin,1957-07-30,SA\n\"Mozart, Wolfgang\",,\nCRYSTALORD LTD,,\n",
    )
    .unwrap();
    let lines = told(dir.path(), &["screen", "--batch", batch.to_str().unwrap()]);
    let hits: Vec<bool> = lines.iter().map(|l| l["hit"].as_bool().unwrap()).collect();
    assert_eq!(hits, [true, false, true]);
    fs::write(&batch, "name,birth_date,country\nUsama bin Ladin,yesterday,Atlantis\n").unwrap();
    let line = &told(dir.path(), &["screen", "--batch", batch.to_str().unwrap()])[0];
    assert_eq!(
        (&line["hit"], &line["not_read"]),
        (&json!(true), &json!(["birth_date yesterday", "country Atlantis"]))
    );
    let empty = bin::run(["screen", " - ", "--data", dir.path().to_str().unwrap()]).expect_code(1);
    assert!(empty.contains("nothing to compare"), "{empty}");
    let words = ["screen", "--batch", batch.to_str().unwrap(), "--data", dir.path().to_str().unwrap()];
    fs::write(&batch, "nom\nX\n").unwrap();
    assert!(bin::run(words).expect_code(1).contains("APP_IMPORT_COLUMNS"));
}

#[test]
fn pairs_are_compared_without_a_list() {
    let pair = |words: &[&str]| {
        json_lines(&bin::run([&["screen", "pair"], words, &["--json"]].concat()).expect_success())
    };
    let same = &pair(&["Sergei Lavrov", "Сергей Лавров"])[0];
    assert_eq!((&same["hit"], &same["kind"]), (&json!(true), &json!("person")));
    let forms = &pair(&["BMW AG", "BMW Aktiengesellschaft"])[0];
    assert_eq!((&forms["score"], &forms["kind"]), (&json!(1_000), &json!("company")));
    let other = &pair(&["Boris Vekselberg", "Viktor Vekselberg", "--kind", "person"])[0];
    assert_eq!(other["hit"], false);
    assert!(other["why"]["taken_off"]["conflict"].as_u64().unwrap() > 0);

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pairs.csv");
    fs::write(&file, "name1,name2,kind\nJon Doe,John Doe,person\n\"A, B\",C,\nGazprom,OAO Gazprom,company\n")
        .unwrap();
    let lines = pair(&["--pairs", file.to_str().unwrap()]);
    let hits: Vec<bool> = lines.iter().map(|l| l["hit"].as_bool().unwrap()).collect();
    assert_eq!(hits, [true, false, true]);
    assert!(bin::run(["screen", "pair", "only one"]).expect_code(2).contains("NAME2"));
}

#[test]
fn an_import_that_is_killed_leaves_a_whole_version_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file) = (dir.path().join("data"), dir.path().join("own.jsonl"));
    let list = |version: usize| -> String {
        let line = |n: usize| {
            format!(
                "{{\"id\":\"{n}\",\"kind\":\"person\",\"names\":[{{\"text\":\"Person Number{n} V{version}\",\"quality\":\"primary\"}}]}}\n"
            )
        };
        (0..20_000).map(line).collect()
    };
    fs::write(&file, list(0)).unwrap();
    told(&data, &["lists", "import", "jsonl", file.to_str().unwrap()]);
    let (mut kept, mut new) = (0, 0);
    for round in 1..=rounds(24, 8) {
        let before = told(&data, &["lists", "show"])[0].clone();
        fs::write(&file, list(round)).unwrap();
        let words = ["lists", "import", "jsonl", file.to_str().unwrap(), "--data", data.to_str().unwrap()];
        let mut child = Command::new(bin::pmts())
            .args(words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(7 * u64::try_from(round).unwrap()));
        // It may be done already.
        let _ = child.kill();
        child.wait().unwrap();
        let after = told(&data, &["lists", "show"])[0].clone();
        if after["version"] == before["version"] {
            assert_eq!(after["hash"], before["hash"]);
            kept += 1;
        } else {
            new += 1;
        }
        // Whole: the hash of the entries is checked when they are read.
        assert_eq!(told(&data, &["screen", "Person Number7", "--limit", "1"])[0]["list"], "own");
    }
    assert!(kept > 0, "{kept} times the earlier version stayed, {new} times the new one is there");
    told(&data, &["lists", "import", "jsonl", file.to_str().unwrap()]);
}
