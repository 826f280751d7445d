//! Real answers held against the shapes that the OpenAPI document is made from: every field that is answered is described, and
//! every field that is described is answered.

use pmts_app::http::{Gives, Of, Shape, endpoints};
use pmts_tests::served::Served;
use serde_json::Value;

/// The shape of the answer of an endpoint, by its name.
fn gives(name: &str) -> Gives {
    endpoints().iter().find(|e| e.name == name).unwrap_or_else(|| panic!("no endpoint {name}")).gives
}

pub(crate) fn check(name: &str, answer: &Value) {
    let found = match gives(name) {
        Gives::Object(shape) => differences(answer, shape),
        Gives::Page(shape) => {
            assert_eq!(answer["object"], "list");
            assert!(answer["has_more"].is_boolean() && answer["url"].is_string());
            let data = answer["data"].as_array().unwrap();
            assert!(!data.is_empty(), "{name}: nothing to look at");
            data.iter().flat_map(|object| differences(object, shape)).collect()
        }
        Gives::Free(_) | Gives::Text(_) => panic!("{name} has no shape"),
    };
    assert_eq!(found, [""; 0], "{name}");
}

/// Compares an answer with its shape: says what is missing, what is too much, and what has another type.
fn differences(value: &Value, shape: &Shape) -> Vec<String> {
    let mut out = Vec::new();
    compare(value, shape, shape.name, &mut out);
    out
}

fn compare(value: &Value, shape: &Shape, place: &str, out: &mut Vec<String>) {
    let Some(map) = value.as_object() else { return out.push(format!("{place} is no object")) };
    for name in map.keys().filter(|n| shape.fields.iter().all(|f| f.name != **n)) {
        out.push(format!("{place}.{name} is not described"));
    }
    for field in shape.fields {
        let place = format!("{place}.{}", field.name);
        let Some(value) = map.get(field.name) else {
            out.push(format!("{place} is missing"));
            continue;
        };
        if value.is_null() {
            if !field.nullable {
                out.push(format!("{place} is null"));
            }
            continue;
        }
        let good = match field.of {
            Of::Text => value.is_string(),
            Of::Word(words) => value.as_str().is_some_and(|w| words.contains(&w)),
            Of::Integer | Of::Moment => value.is_i64(),
            Of::Bool => value.is_boolean(),
            Of::Texts => value.as_object().is_some_and(|o| o.values().all(Value::is_string)),
            Of::TextList => value.as_array().is_some_and(|a| a.iter().all(Value::is_string)),
            Of::Free => value.is_object(),
            Of::Expandable(_) if value.is_string() => true,
            Of::Object(shape) | Of::Expandable(shape) => {
                compare(value, shape, &place, out);
                true
            }
            Of::List(shape) => match value.as_array() {
                Some(items) => {
                    items
                        .iter()
                        .enumerate()
                        .for_each(|(i, v)| compare(v, shape, &format!("{place}[{i}]"), out));
                    true
                }
                None => false,
            },
        };
        if !good {
            out.push(format!("{place} has another type"));
        }
    }
}

#[test]
fn answers_have_the_shapes_that_are_documented() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(&dir.path().join("data"), &["--sandbox"]);
    let card = "type=card&card[number]=378282246310005&card[exp_month]=12&card[exp_year]=49&card[cvc]=1234\
                &billing_details[address][postal_code]=SW1A1AA&billing_details[name]=Jane&metadata[a]=b";
    let method = served.post("/v1/payment_methods", card).expect(200);
    check("PostPaymentMethods", &method);
    let id = method["id"].as_str().unwrap();
    check("GetPaymentMethodsPaymentMethod", &served.get(&format!("/v1/payment_methods/{id}")).expect(200));
    assert!(!method.to_string().contains("Jane") && !served.log().contains("Jane"));

    let intents = "/v1/payment_intents";
    let form = format!(
        "amount=1000&currency=gbp&capture_method=manual&confirm=true&payment_method={id}&customer=c-1&order=o-1&description=d\
         &statement_descriptor=SHOP&splits[0][seller]=s-1&splits[0][amount]=600&splits[0][commission]=60&metadata[k]=v\
         &expand[]=latest_charge"
    );
    let held = served.post(intents, &form).expect(200);
    check("PostPaymentIntents", &held);
    assert_eq!(held["splits"].as_array().unwrap().len(), 2, "the rest is the marketplace's");
    let path = format!("{intents}/{}", held["id"].as_str().unwrap());
    check(
        "PostPaymentIntentsIntentIncrementAuthorization",
        &served.post(&format!("{path}/increment_authorization"), "amount=1100").expect(200),
    );
    check("PostPaymentIntentsIntentCapture", &served.post(&format!("{path}/capture"), "").expect(200));
    check("PostPaymentIntentsIntent", &served.post(&path, "description=&metadata=").expect(200));
    check("GetPaymentIntentsIntent", &served.get(&path).expect(200));
    check("GetPaymentIntents", &served.get(&format!("{intents}?customer=c-1")).expect(200));
    let bare = served.post(intents, "amount=1&currency=jpy").expect(200);
    check("PostPaymentIntents", &bare);
    let cancel = format!("{intents}/{}/cancel", bare["id"].as_str().unwrap());
    check(
        "PostPaymentIntentsIntentCancel",
        &served.post(&cancel, "cancellation_reason=abandoned").expect(200),
    );
    let declined = format!("amount=5&currency=gbp&confirm=true&payment_method={}", "pm_card_chargeDeclined");
    let declined = served.post(intents, &declined).expect(402);
    check("PostPaymentIntents", &declined["error"]["payment_intent"]);

    let refund =
        served.post("/v1/refunds", &format!("payment_intent={}&amount=10", held["id"].as_str().unwrap()));
    check("PostRefunds", &refund.expect(200));
    let refund = refund.json()["id"].as_str().unwrap().to_owned();
    check("GetRefundsRefund", &served.get(&format!("/v1/refunds/{refund}")).expect(200));
    check("GetRefunds", &served.get("/v1/refunds").expect(200));
    let charges = served.get("/v1/charges").expect(200);
    check("GetCharges", &charges);
    let charge = held["latest_charge"]["id"].as_str().unwrap();
    let charge = served.get(&format!("/v1/charges/{charge}")).expect(200);
    check("GetChargesCharge", &charge);
    let moved = charge["balance_transaction"].as_str().unwrap();
    check("GetBalanceTransactionsId", &served.get(&format!("/v1/balance_transactions/{moved}")).expect(200));
    check("GetBalanceTransactions", &served.get("/v1/balance_transactions").expect(200));
    check("GetBalance", &served.get("/v1/balance").expect(200));
    let events = served.get("/v1/events").expect(200);
    check("GetEvents", &events);
    let event = events["data"][0]["id"].as_str().unwrap();
    check("GetEventsId", &served.get(&format!("/v1/events/{event}")).expect(200));
    let accounts = served.get("/v1/ledger/accounts?owner=seller:s-1").expect(200);
    check("GetLedgerAccounts", &accounts);
    let account = format!("/v1/ledger/accounts/{}", accounts["data"][0]["id"].as_str().unwrap());
    check("GetLedgerAccountsAccount", &served.get(&account).expect(200));
    let statement = served.get(&format!("{account}/statement?limit=1")).expect(200);
    check("GetLedgerAccountsAccountStatement", &statement);
    assert_eq!(statement["has_more"], true);
    let next = statement["next"].as_u64().unwrap();
    let rest = served.get(&format!("{account}/statement?after={next}")).expect(200);
    assert_eq!(rest["opening"], statement["closing"], "pages add up");
    check("GetLedgerTrialBalance", &served.get("/v1/ledger/trial_balance").expect(200));
    let at = served.get("/v1/ledger/trial_balance?at=0").expect(200);
    assert_eq!(at["balanced"], true);

    let codes = served.ask("GET", "/v1/error_codes", &[], b"").expect(200);
    for code in codes["data"].as_array().unwrap() {
        let path = format!("/v1/error_codes/{}", code["id"].as_str().unwrap());
        assert_eq!(&served.ask("GET", &path, &[], b"").expect(200), code);
    }
    let document = served.ask("GET", "/v1/openapi.json", &[], b"").expect(200);
    let committed = include_str!("../../docs/reference/openapi.json");
    let same = document == serde_json::from_str::<Value>(committed).unwrap();
    assert!(same, "what is served is not what is committed: cargo xtask codegen");
}
