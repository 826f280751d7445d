//! `/v1/payment_methods`: a card goes in, and what stands for it comes out.

use super::cards::{CARD as CARD_SHAPE, card};
use super::intent_params::{BILLING, CARD};
use super::test_methods;
use crate::http::HttpError;
use crate::http::call::{Call, read_id};
use crate::http::endpoint::{Access, BODY_MAX, Endpoint, Gives, Method, Weight};
use crate::http::input::{Kind, Param, Params};
use crate::http::reply::Reply;
use crate::http::security_codes::Given;
use crate::http::shape::{Field, Of, Shape};
use pmts_cards::{Expiry, Network};
use pmts_kernel::{Timestamp, typed_id};
use pmts_payments::{BillingAddress, MethodRef};
use pmts_sensitive::{Cvv, Pan, SensitiveError};
use pmts_store::{Answer, Commit, CommitError, Record, StoreExt, Write};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

typed_id! {
    /// A payment method.
    pub struct MethodId("pm");
}

/// A card that was handed in: what stands for it, and what may be shown. Neither number nor security code is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMethodRecord {
    /// Its id.
    pub id: MethodId,
    /// The vault's token.
    pub token: String,
    /// Last four digits.
    pub last_four: String,
    /// Expiry date, YYMM.
    pub expiry_yymm: String,
    /// The card network, if it is known.
    pub network: Option<String>,
    /// Equal for equal card numbers.
    pub fingerprint: String,
    /// The first six digits of the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_six: Option<String>,
    /// When it was handed in.
    pub created: Timestamp,
    /// For real money.
    pub live: bool,
    /// Names and values of the caller's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl Record for PaymentMethodRecord {
    const KIND: &'static str = "payment_method";

    fn record_id(&self) -> u128 {
        self.id.raw()
    }
}

impl PaymentMethodRecord {
    fn method(&self) -> MethodRef {
        MethodRef {
            token: self.token.clone(),
            last_four: self.last_four.clone(),
            expiry_yymm: self.expiry_yymm.clone(),
            network: self.network.clone(),
            first_six: self.first_six.clone(),
            name: Some(self.id.to_string()),
        }
    }
}

/// A payment method.
static SHAPE: Shape = Shape {
    name: "PaymentMethod",
    about: "A card that was handed in.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `pm_...`."),
        Field::is("object", Of::Word(&["payment_method"]), "What it is."),
        Field::is("billing_details", Of::Free, "Always empty: it is not kept."),
        Field::is("card", Of::Object(&CARD_SHAPE), "What may be shown of the card."),
        Field::is("created", Of::Moment, "When it was handed in."),
        Field::may("customer", Of::Text, "Always null."),
        Field::is("livemode", Of::Bool, "Whether it is for real money."),
        Field::is("metadata", Of::Texts, "Names and values of the caller's own."),
        Field::is("type", Of::Word(&["card"]), "Always a card."),
    ],
};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Method::Post,
        path: "/v1/payment_methods",
        name: "PostPaymentMethods",
        about: "Hand in a card. The number goes into the vault, the security code stays in memory until it is used or a few \
                minutes have passed.",
        access: Access::Publishable,
        weight: Weight::Card,
        params: &[
            Param::must("type", Kind::OneOf(&["card"]), "What it is."),
            Param::must("card", CARD, "The card."),
            BILLING,
            Param::may(
                "metadata",
                Kind::Metadata,
                "Names and values of your own. Never put card or personal data there.",
            ),
        ],
        gives: Gives::Object(&SHAPE),
        body_max: BODY_MAX,
        run: |call| Box::pin(create(call)),
    },
    Endpoint {
        method: Method::Get,
        path: "/v1/payment_methods/{id}",
        name: "GetPaymentMethodsPaymentMethod",
        about: "Read a payment method.",
        access: Access::Secret,
        weight: Weight::Normal,
        params: &[],
        gives: Gives::Object(&SHAPE),
        body_max: BODY_MAX,
        run: |call| Box::pin(read(call)),
    },
];

fn render(record: &PaymentMethodRecord, name: &str) -> Value {
    json!({
        "id": name,
        "object": "payment_method",
        "billing_details": {
            "address": { "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null },
            "email": null, "name": null, "phone": null,
        },
        "card": card(&record.method(), Some(&record.fingerprint), None),
        "created": record.created.as_secs(),
        "customer": null,
        "livemode": record.live,
        "metadata": record.metadata,
        "type": "card",
    })
}

/// A card as it was sent, read. Only in memory.
struct Sent {
    pan: Pan,
    expiry_yymm: String,
    given: Given,
}

/// Reads a card. A fault names its parameter under `place`.
fn read_card(call: &Call, card: Params<'_>, billing: Option<Params<'_>>) -> Result<Sent, HttpError> {
    let wrong = |source, param| HttpError::Card { source, param };
    if let Some(token) = card.text("token") {
        let known = Some(token).filter(|_| !call.api.live()).and_then(test_methods::find);
        let known = known.ok_or(HttpError::NoMethod)?;
        if ["number", "exp_month", "exp_year", "cvc"].iter().any(|p| card.has(p)) {
            return Err(HttpError::combination("card[token]", "it stands in the place of the card"));
        }
        let pan = Pan::parse(known.pan).map_err(|e| wrong(e, "card[token]"))?;
        return Ok(Sent { pan, expiry_yymm: test_methods::EXPIRY.into(), given: Given::default() });
    }
    let number = card.text("number").ok_or_else(|| HttpError::missing("card[number]"))?;
    let mut digits = Zeroizing::new(String::with_capacity(number.len()));
    digits.extend(number.chars().filter(|c| !matches!(c, ' ' | '-')));
    let pan = Pan::parse(&digits).map_err(|e| wrong(e, "card[number]"))?;
    let month = card.integer("exp_month").ok_or_else(|| HttpError::missing("card[exp_month]"))?;
    let year = card.integer("exp_year").ok_or_else(|| HttpError::missing("card[exp_year]"))?;
    let century = if year < 100 { year } else { year - 2_000 };
    let (Ok(year), Ok(month)) = (u8::try_from(century), u8::try_from(month)) else {
        return Err(HttpError::Expiry);
    };
    let expiry = Expiry::try_new(year, month).map_err(|_| HttpError::Expiry)?;
    let (now_year, now_month) = month_of(call.api.now());
    if !expiry.is_valid_in(now_year, now_month) {
        return Err(HttpError::Expiry);
    }
    let code = card.text("cvc").map(Cvv::parse).transpose().map_err(|e| wrong(e, "card[cvc]"))?;
    let wanted = network(&pan).map(|n| usize::from(n.security_code().digits));
    if let (Some(code), Some(wanted)) = (&code, wanted)
        && code.expose().len() != wanted
    {
        return Err(wrong(SensitiveError::CvvMalformed, "card[cvc]"));
    }
    let address = billing.and_then(|b| b.object("address")).map(|a| {
        let line = |name| a.string(name).filter(|t| !t.is_empty());
        BillingAddress { line: line("line1"), postal_code: line("postal_code") }
    });
    let address = address.filter(|a| a.line.is_some() || a.postal_code.is_some());
    Ok(Sent { pan, expiry_yymm: format!("{year:02}{month:02}"), given: Given { code, address } })
}

fn network(pan: &Pan) -> Option<Network> {
    Network::of(pan)
}

/// Year and month of a moment, UTC.
fn month_of(now: Timestamp) -> (i32, u8) {
    use chrono::Datelike;
    let now = chrono::DateTime::from_timestamp_micros(now.as_micros()).unwrap_or_default();
    (now.year(), u8::try_from(now.month()).unwrap_or(12))
}

/// Puts a card into the vault. What is to be kept of it comes back, and is not kept yet.
async fn vault(
    call: &Call,
    sent: &Sent,
    metadata: BTreeMap<String, String>,
) -> Result<PaymentMethodRecord, HttpError> {
    let stored = call.api.vault.put(&sent.pan).await?;
    Ok(PaymentMethodRecord {
        id: MethodId::from_raw(call.api.engine.ids.next_id()),
        token: stored.token.to_string(),
        last_four: stored.last_four,
        expiry_yymm: sent.expiry_yymm.clone(),
        network: network(&sent.pan).map(|n| n.id().to_owned()),
        fingerprint: stored.fingerprint[..16].to_owned(),
        first_six: Some(stored.first_six).filter(|s| !s.is_empty()),
        created: call.api.now(),
        live: call.api.live(),
        metadata,
    })
}

async fn create(call: Call) -> Result<Reply, HttpError> {
    let (slot, held) = call.turn().await?.unzip();
    // Nothing claims a key without an answer here, so there is nothing to be made up.
    if let Some(slot) = &slot
        && let Some(reply) = call.recorded(slot, |_| (500, "{}".into())).await?
    {
        return Ok(reply);
    }
    let params = call.params();
    let card = params.object("card").ok_or_else(|| HttpError::missing("card"))?;
    let sent = read_card(&call, card, params.object("billing_details"))?;
    let metadata = params.metadata().unwrap_or_default().onto(BTreeMap::new());
    let record = vault(&call, &sent, metadata).await?;
    let body = render(&record, &record.id.to_string()).to_string();
    let mut commit = Commit::by(call.principal());
    commit.records.push(Write::put(&record, 0)?);
    commit.answer = slot.clone().map(|slot| Answer {
        scope: slot.scope,
        key: slot.key,
        fingerprint: slot.fingerprint,
        body: Reply::stored(200, &body),
    });
    let written = call.api.store.commit(commit).await;
    drop(held);
    match (written, slot) {
        (Ok(_), _) => {
            call.api.codes.put(record.id.raw(), sent.given, call.api.now());
            Ok(Reply::json(200, body))
        }
        (Err(CommitError::Answered(first)), Some(slot)) => crate::http::idempotency::replay(&slot, &first),
        (Err(other), _) => Err(other.into()),
    }
}

async fn read(call: Call) -> Result<Reply, HttpError> {
    let not_found = || HttpError::NotFound { what: "payment_method", param: "id" };
    let name = call.ids.first().map(String::as_str).unwrap_or_default();
    let record = find(&call, name).await?.ok_or_else(not_found)?;
    Ok(Reply::ok(&render(&record, name)))
}

/// The payment method of a name: one that was handed in, or in test mode one that is always there.
async fn find(call: &Call, name: &str) -> Result<Option<PaymentMethodRecord>, HttpError> {
    let fixed = Some(name).filter(|n| !call.api.live() && n.starts_with("pm_")).and_then(test_methods::find);
    if let Some(fixed) = fixed {
        return fixed_record(call, fixed).await.map(Some);
    }
    let Some(id) = read_id("pm", name) else { return Ok(None) };
    let read = call.api.store.get::<PaymentMethodRecord>(id).await?;
    Ok(read.map(|r| r.value).filter(|r| r.live == call.api.live()))
}

async fn fixed_record(
    call: &Call,
    fixed: &'static test_methods::TestMethod,
) -> Result<PaymentMethodRecord, HttpError> {
    if let Some(known) = call.api.fixed.get(fixed.method) {
        return Ok(known);
    }
    let pan = Pan::parse(fixed.pan).map_err(|source| HttpError::Card { source, param: "payment_method" })?;
    let sent = Sent { pan, expiry_yymm: test_methods::EXPIRY.into(), given: Given::default() };
    let record = vault(call, &sent, BTreeMap::new()).await?;
    call.api.fixed.put(fixed.method, record.clone());
    Ok(record)
}

/// How a payment is to be paid, as `payment_method` or `payment_method_data` say; `None`: neither was sent. A card that was
/// sent is kept as a payment method.
///
/// # Errors
/// [`HttpError::NoMethod`], [`HttpError::Card`], [`HttpError::Expiry`], [`HttpError::Param`], [`HttpError::Engine`].
pub(super) async fn chosen(call: &Call, params: Params<'_>) -> Result<Option<MethodRef>, HttpError> {
    match (params.text("payment_method"), params.object("payment_method_data")) {
        (Some(_), Some(_)) => {
            Err(HttpError::combination("payment_method_data", "it does not go together with payment_method"))
        }
        (None, None) => Ok(None),
        (Some(name), None) => {
            let record = find(call, name).await?.ok_or(HttpError::NoMethod)?;
            Ok(Some(MethodRef { name: Some(name.to_owned()), ..record.method() }))
        }
        (None, Some(data)) => {
            let card = data.object("card").ok_or_else(|| HttpError::missing("payment_method_data[card]"))?;
            let sent = read_card(call, card, data.object("billing_details"))?;
            let metadata = data.metadata().unwrap_or_default().onto(BTreeMap::new());
            let record = vault(call, &sent, metadata).await?;
            let commit = Commit { records: vec![Write::put(&record, 0)?], ..Commit::by(call.principal()) };
            call.api.store.commit(commit).await?;
            call.api.codes.put(record.id.raw(), sent.given, call.api.now());
            Ok(Some(record.method()))
        }
    }
}

/// The payment method of a name.
///
/// # Errors
/// [`HttpError::NoMethod`].
pub(super) async fn method_of(call: &Call, name: &str) -> Result<MethodRef, HttpError> {
    Ok(find(call, name).await?.ok_or(HttpError::NoMethod)?.method())
}

/// What the cardholder gave with a method: it is used up.
pub(super) fn given(call: &Call, name: &str) -> Given {
    read_id("pm", name).map(|id| call.api.codes.take(id, call.api.now())).unwrap_or_default()
}
