//! `/v1/payment_intents`.

use super::intent_params as params;
use super::intent_view::{self, Look};
use super::list::Page;
use super::{outcome, payment_methods, splits};
use crate::engine::Confirm;
use crate::http::HttpError;
use crate::http::call::{Call, read_id};
use crate::http::endpoint::{Access, BODY_MAX, Endpoint, Gives, Method, Weight};
use crate::http::input::Params;
use crate::http::reply::Reply;
use crate::records::IntentRecord;
use pmts_money::Money;
use pmts_payments::decide::{CaptureRequest, Changes, NewPayment};
use pmts_payments::{CancelReason, CaptureMethod, ChallengeId, CustomerRef, Details, OrderRef, PaymentId};
use pmts_store::{ListQuery, StoreExt};

const fn post(
    path: &'static str,
    name: &'static str,
    about: &'static str,
    params: &'static [crate::http::Param],
    run: fn(Call) -> crate::http::endpoint::Running,
) -> Endpoint {
    Endpoint {
        method: Method::Post,
        path,
        name,
        about,
        access: Access::Secret,
        weight: Weight::Normal,
        params,
        gives: Gives::Object(&intent_view::SHAPE),
        body_max: BODY_MAX,
        run,
    }
}

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    post(
        "/v1/payment_intents",
        "PostPaymentIntents",
        "Make a payment, and confirm it at once if `confirm` says so.",
        params::CREATE,
        |call| Box::pin(create(call)),
    ),
    Endpoint {
        method: Method::Get,
        gives: Gives::Page(&intent_view::SHAPE),
        ..post(
            "/v1/payment_intents",
            "GetPaymentIntents",
            "List payments, newest first.",
            params::LIST,
            |call| Box::pin(list(call)),
        )
    },
    Endpoint {
        method: Method::Get,
        access: Access::Publishable,
        ..post(
            "/v1/payment_intents/{id}",
            "GetPaymentIntentsIntent",
            "Read a payment.",
            params::READ,
            |call| Box::pin(read(call)),
        )
    },
    post(
        "/v1/payment_intents/{id}",
        "PostPaymentIntentsIntent",
        "Change a payment. Amount, method, customer and splits can be changed before it is sent.",
        params::UPDATE,
        |call| Box::pin(update(call)),
    ),
    Endpoint {
        access: Access::Publishable,
        weight: Weight::Card,
        ..post(
            "/v1/payment_intents/{id}/confirm",
            "PostPaymentIntentsIntentConfirm",
            "Send the authorization of a payment; with automatic capture the capture follows.",
            params::CONFIRM,
            |call| Box::pin(confirm(call)),
        )
    },
    post(
        "/v1/payment_intents/{id}/challenge",
        "PostPaymentIntentsIntentChallenge",
        "Tell what came of the challenge the payer was asked for. Passed, confirm the payment again.",
        params::CHALLENGE,
        |call| Box::pin(challenge(call)),
    ),
    post(
        "/v1/payment_intents/{id}/capture",
        "PostPaymentIntentsIntentCapture",
        "Capture held money, all or a part.",
        params::CAPTURE,
        |call| Box::pin(capture(call)),
    ),
    post(
        "/v1/payment_intents/{id}/cancel",
        "PostPaymentIntentsIntentCancel",
        "Give up a payment, or what is held and not captured of it.",
        params::CANCEL,
        |call| Box::pin(cancel(call)),
    ),
    post(
        "/v1/payment_intents/{id}/increment_authorization",
        "PostPaymentIntentsIntentIncrementAuthorization",
        "Ask the issuer to hold more.",
        params::INCREMENT,
        |call| Box::pin(increment(call)),
    ),
];

fn look(call: &Call) -> Look {
    let charge = call.params().texts("expand").iter().any(|e| e.ends_with("latest_charge"));
    Look { public: call.is_public(), charge }
}

fn payment_id(call: &Call) -> Result<PaymentId, HttpError> {
    call.path_id("pi", "payment_intent").map(PaymentId::from_raw)
}

/// The currency of a payment, which amounts in requests about it are in.
async fn zero(call: &Call, id: PaymentId) -> Result<Money, HttpError> {
    let intent = call.api.engine.intent(id).await.map_err(missing)?.value;
    Ok(Money::new(0, intent.amount.currency()))
}

/// A payment that is not there is told as such.
fn missing(error: crate::engine::EngineError) -> HttpError {
    match error {
        crate::engine::EngineError::Missing(_) => HttpError::NotFound { what: "payment_intent", param: "id" },
        other => other.into(),
    }
}

/// With a publishable key, only who knows the client secret may go on. Whoever does not know it is not told whether there
/// is such a payment.
async fn admit(call: &Call, id: PaymentId) -> Result<(), HttpError> {
    if !call.is_public() {
        return Ok(());
    }
    let intent = match call.api.engine.intent(id).await {
        Ok(read) => read.value,
        Err(crate::engine::EngineError::Missing(_)) => return Err(HttpError::ClientSecret),
        Err(other) => return Err(other.into()),
    };
    let secret = intent_view::client_secret(&call.api, &intent);
    let given = call.params().text("client_secret").unwrap_or_default();
    match aws_lc_rs::constant_time::verify_slices_are_equal(secret.as_bytes(), given.as_bytes()) {
        Ok(()) => Ok(()),
        Err(_) => Err(HttpError::ClientSecret),
    }
}

async fn create(call: Call) -> Result<Reply, HttpError> {
    let render = outcome::of_intent(&call.api, look(&call));
    outcome::once(&call, render, async |request| {
        let params = call.params();
        let confirm = params.boolean("confirm").unwrap_or(false);
        if !confirm && params.has("off_session") {
            return Err(HttpError::combination("off_session", "it goes together with confirm only"));
        }
        let currency = params.currency("currency").ok_or_else(|| HttpError::missing("currency"))?;
        let amount = Money::new(params.integer("amount").unwrap_or_default(), currency);
        let new = NewPayment {
            amount,
            splits: splits::read(params, amount)?,
            order: params.string("order").map(OrderRef::try_new).transpose()?,
            customer: params.string("customer").map(CustomerRef::try_new).transpose()?,
            method: payment_methods::chosen(&call, params).await?,
            capture: capture_method(params).unwrap_or_default(),
            live: call.api.live(),
            details: Details {
                description: params.string("description").filter(|d| !d.is_empty()),
                statement_descriptor: params.string("statement_descriptor"),
                metadata: params.metadata().unwrap_or_default().onto(Default::default()),
            },
        };
        if !confirm {
            let signals = super::risk_params::signals(&call, params)?;
            return Ok(call.api.engine.create_told(new, signals, &request).await?);
        }
        if new.method.is_none() {
            return Err(HttpError::missing("payment_method"));
        }
        let confirm = confirmation(&call, params, new.method.as_ref().and_then(|m| m.name.as_deref()))?;
        Ok(call.api.engine.create_and_confirm(new, confirm, &request).await?)
    })
    .await
}

fn capture_method(params: Params<'_>) -> Option<CaptureMethod> {
    params.text("capture_method").map(|text| match text {
        "manual" => CaptureMethod::Manual,
        _ => CaptureMethod::Automatic,
    })
}

/// How a payment is confirmed; what the cardholder gave with the method is used up.
///
/// # Errors
/// A payer, who has a publishable key only, does not decide that less than the whole amount is taken.
fn confirmation(call: &Call, params: Params<'_>, method: Option<&str>) -> Result<Confirm, HttpError> {
    let given = method.map(|name| payment_methods::given(call, name)).unwrap_or_default();
    let partial = params
        .object("payment_method_options")
        .and_then(|o| o.object("card"))
        .and_then(|c| c.text("request_partial_authorization"));
    let allow_partial = partial == Some("if_available");
    if allow_partial && call.is_public() {
        return Err(HttpError::combination(
            "payment_method_options[card][request_partial_authorization]",
            "it needs a secret key",
        ));
    }
    let flag = |name: &str| params.boolean(name).unwrap_or(false);
    Ok(Confirm {
        method: None,
        security_code: given.code,
        address: given.address,
        allow_partial,
        signals: super::risk_params::signals(call, params)?,
        payer_absent: flag("off_session") || flag("error_on_requires_action"),
    })
}

async fn confirm(call: Call) -> Result<Reply, HttpError> {
    let id = payment_id(&call)?;
    admit(&call, id).await?;
    let render = outcome::of_confirmation(&call.api, look(&call));
    outcome::once(&call, render, async |request| {
        let params = call.params();
        let chosen = payment_methods::chosen(&call, params).await?;
        let name = match &chosen {
            Some(method) => method.name.clone(),
            None if call.api.codes.is_empty() => None,
            None => {
                let intent = call.api.engine.intent(id).await.map_err(missing)?.value;
                intent.method.and_then(|m| m.name)
            }
        };
        let confirm = Confirm { method: chosen, ..confirmation(&call, params, name.as_deref())? };
        call.api.engine.confirm(id, confirm, &request).await.map_err(missing)
    })
    .await
}

async fn challenge(call: Call) -> Result<Reply, HttpError> {
    let id = payment_id(&call)?;
    let render = outcome::of_intent(&call.api, look(&call));
    outcome::once(&call, render, async |request| {
        let params = call.params();
        let asked = params.text("challenge").and_then(|c| read_id("chal", c)).map(ChallengeId::from_raw);
        let asked = asked.ok_or(HttpError::NotFound { what: "challenge", param: "challenge" })?;
        let factor = params.text("factor").unwrap_or("other");
        let passed = (params.text("result") == Some("passed")).then(|| factor.to_owned());
        call.api.engine.challenge_ended(id, asked, passed, &request).await.map_err(missing)
    })
    .await
}

async fn capture(call: Call) -> Result<Reply, HttpError> {
    let id = payment_id(&call)?;
    let render = outcome::of_intent(&call.api, look(&call));
    outcome::once(&call, render, async |request| {
        let params = call.params();
        let mut capture = CaptureRequest {
            more_follows: params.boolean("final_capture") == Some(false),
            ..CaptureRequest::default()
        };
        // What is captured whole needs no currency.
        if params.has("amount_to_capture") || params.has("splits") {
            let zero = zero(&call, id).await?;
            capture.amount = params.integer("amount_to_capture").map(|n| Money::new(n, zero.currency()));
            capture.parts = splits::parts(params, zero)?;
        }
        call.api.engine.capture(id, &capture, &request).await.map_err(missing)
    })
    .await
}

async fn cancel(call: Call) -> Result<Reply, HttpError> {
    let id = payment_id(&call)?;
    let render = outcome::of_intent(&call.api, look(&call));
    outcome::once(&call, render, async |request| {
        let reason = call.params().text("cancellation_reason").map(|text| match text {
            "duplicate" => CancelReason::Duplicate,
            "fraudulent" => CancelReason::Fraudulent,
            "abandoned" => CancelReason::Abandoned,
            _ => CancelReason::RequestedByCustomer,
        });
        call.api.engine.cancel(id, reason, &request).await.map_err(missing)
    })
    .await
}

async fn increment(call: Call) -> Result<Reply, HttpError> {
    let id = payment_id(&call)?;
    let render = outcome::of_intent(&call.api, look(&call));
    outcome::once(&call, render, async |request| {
        let currency = zero(&call, id).await?.currency();
        let total = Money::new(call.params().integer("amount").unwrap_or_default(), currency);
        call.api.engine.increment(id, total, &request).await.map_err(missing)
    })
    .await
}

async fn update(call: Call) -> Result<Reply, HttpError> {
    let id = payment_id(&call)?;
    let render = outcome::of_intent(&call.api, look(&call));
    outcome::once(&call, render, async |request| {
        let params = call.params();
        let intent = call.api.engine.intent(id).await.map_err(missing)?.value;
        if params.currency("currency").is_some_and(|c| c != intent.amount.currency()) {
            return Err(HttpError::combination("currency", "the currency of a payment cannot be changed"));
        }
        let new_amount = params.integer("amount").map(|n| Money::new(n, intent.amount.currency()));
        let resplit = ["splits", "transfer_data", "application_fee_amount"].iter().any(|p| params.has(p));
        let amount = match new_amount {
            Some(amount) if !resplit && intent.splits.len() + usize::from(has_seller(&intent)) > 1 => {
                let same = amount == intent.amount;
                if !same {
                    return Err(HttpError::missing("splits"));
                }
                None
            }
            Some(amount) => Some((amount, splits::read(params, amount)?)),
            None if resplit => Some((intent.amount, splits::read(params, intent.amount)?)),
            None => None,
        };
        let told = ["description", "statement_descriptor", "metadata"].iter().any(|p| params.has(p));
        let details = told.then(|| {
            let there = intent.details.clone();
            Details {
                description: match params.string("description") {
                    Some(text) => Some(text).filter(|t| !t.is_empty()),
                    None => there.description,
                },
                statement_descriptor: params.string("statement_descriptor").or(there.statement_descriptor),
                metadata: params.metadata().unwrap_or_default().onto(there.metadata),
            }
        });
        let changes = Changes {
            amount,
            method: payment_methods::chosen(&call, params).await?,
            customer: params.string("customer").map(CustomerRef::try_new).transpose()?,
            capture: capture_method(params),
            details,
        };
        call.api.engine.update(id, changes, &request).await.map_err(missing)
    })
    .await
}

fn has_seller(intent: &pmts_payments::Intent) -> bool {
    intent.splits.iter().any(|s| matches!(s.payee, pmts_payments::Payee::Seller(_)))
}

async fn read(call: Call) -> Result<Reply, HttpError> {
    let id = payment_id(&call)?;
    admit(&call, id).await?;
    let view = call.api.engine.view(id, None).await.map_err(missing)?;
    Ok(Reply::ok(&intent_view::render(&call.api, &view, look(&call))))
}

async fn list(call: Call) -> Result<Reply, HttpError> {
    let (api, params) = (&call.api, call.params());
    let page = Page::read(params, "pi", "payment_intent")?;
    let customer = params.text("customer");
    let query = ListQuery {
        key: customer.map(|c| ("customer", c.to_owned())),
        after: page.cursor,
        newest_first: !page.backwards,
        limit: page.limit + 1,
        ..ListQuery::all("payment")
    };
    let (found, _) = api.store.list_typed::<IntentRecord>(query).await?;
    let mut views = Vec::with_capacity(found.len());
    for record in found {
        views.push(api.engine.view(record.value.0.id, None).await?);
    }
    let look = look(&call);
    let list = page.envelope(views, "/v1/payment_intents", |view| intent_view::render(api, &view, look));
    Ok(Reply::ok(&list))
}
