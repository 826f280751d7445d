//! A payment intent as it is answered.

use super::charges;
use super::decline::{advice, shown};
use crate::engine::PaymentView;
use crate::http::api::Api;
use crate::http::shape::{Field, Of, Shape};
use pmts_kernel::format_id;
use pmts_payments::{CancelReason, CaptureMethod, Decline, Intent, IntentState, Payee};
use serde_json::{Value, json};

const PURPOSE: &str = "client secret";
/// Where declines are explained.
const DECLINES: &str = "/v1/error_codes";

/// A payment intent.
pub(super) static SHAPE: Shape = Shape {
    name: "PaymentIntent",
    about: "A payment, from the first mention of it to its end.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `pi_...`."),
        Field::is("object", Of::Word(&["payment_intent"]), "What it is."),
        Field::is("amount", Of::Integer, "How much, in minor units."),
        Field::is("amount_capturable", Of::Integer, "What is held and can be captured."),
        Field::is("amount_received", Of::Integer, "What was captured."),
        Field::may(
            "application_fee_amount",
            Of::Integer,
            "What the marketplace keeps of the one seller's part.",
        ),
        Field::may("automatic_payment_methods", Of::Free, "Always null."),
        Field::may("canceled_at", Of::Moment, "When it was given up."),
        Field::may(
            "cancellation_reason",
            Of::Word(&["duplicate", "fraudulent", "requested_by_customer", "abandoned", "automatic"]),
            "Why it was given up; `automatic`: the hold came to its end.",
        ),
        Field::is("capture_method", Of::Word(&["automatic", "manual"]), "When it is captured."),
        Field::is("client_secret", Of::Text, "With it, a publishable key confirms and reads this payment."),
        Field::is("confirmation_method", Of::Word(&["automatic"]), "Always automatic."),
        Field::is("created", Of::Moment, "When it was made."),
        Field::is("currency", Of::Text, "In which currency, small letters."),
        Field::may("customer", Of::Text, "Who pays, in the caller's numbering."),
        Field::may("description", Of::Text, "A sentence for people."),
        Field::may("last_payment_error", Of::Free, "Why it was declined last."),
        Field::may("latest_charge", Of::Expandable(&charges::SHAPE), "The latest authorization."),
        Field::is("livemode", Of::Bool, "Whether it is real money."),
        Field::is("metadata", Of::Texts, "Names and values of the caller's own."),
        Field::may(
            "next_action",
            Of::Free,
            "The challenge the payer is asked for: `challenge` has its id, and until when it can be passed; with a challenger `redirect_to_url` has the page.",
        ),
        Field::may("order", Of::Text, "What is paid for, in the caller's numbering."),
        Field::may("payment_method", Of::Text, "How it is paid."),
        Field::is("payment_method_types", Of::TextList, "How it may be paid."),
        Field::may("processing", Of::Free, "Always null."),
        Field::may("review", Of::Text, "The open review: nothing is captured before it is closed."),
        Field::may(
            "risk_decision",
            Of::Text,
            "The decision of the risk screen about the latest attempt, `rdec_...`.",
        ),
        Field::is("splits", Of::List(&SPLIT), "Who gets which part."),
        Field::may("statement_descriptor", Of::Text, "What stands on the customer's statement."),
        Field::is(
            "status",
            Of::Word(STATUS),
            "Where it stands. An outcome that is not known yet is `processing`.",
        ),
        Field::may("transfer_data", Of::Free, "The one seller."),
    ],
};

/// What a publishable key is told of it.
pub(super) static PUBLIC: &[&str] = &[
    "id",
    "object",
    "amount",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "last_payment_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_types",
    "processing",
    "status",
];

const STATUS: &[&str] = &[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "succeeded",
    "canceled",
];

static SPLIT: Shape = Shape {
    name: "Split",
    about: "One payee's part of a payment.",
    fields: &[
        Field::is("seller", Of::Text, "The seller, or `platform`."),
        Field::is("amount", Of::Integer, "The part, in minor units."),
        Field::is("commission", Of::Integer, "What the marketplace keeps of it."),
        Field::is("amount_captured", Of::Integer, "What of it was captured."),
        Field::is("amount_refunded", Of::Integer, "What of it went back."),
    ],
};

/// The id of a payment at the API.
pub(super) fn id(intent: &Intent) -> String {
    format_id("pi", intent.id.raw())
}

/// Where a payment stands, in Stripe's words.
pub(super) fn status(intent: &Intent) -> &'static str {
    match intent.state {
        IntentState::New if intent.method.is_some() => "requires_confirmation",
        IntentState::New | IntentState::Declined => "requires_payment_method",
        IntentState::ActionRequired => "requires_action",
        IntentState::Authorizing
        | IntentState::Incrementing
        | IntentState::Capturing
        | IntentState::Canceling => "processing",
        IntentState::Authorized => "requires_capture",
        IntentState::Captured => "succeeded",
        IntentState::Canceled => "canceled",
    }
}

/// The client secret of a payment: follows from its id and the pepper, so it is kept nowhere.
pub(super) fn client_secret(api: &Api, intent: &Intent) -> String {
    let id = id(intent);
    let secret = api.keys.pepper().mac_hex(PURPOSE, id.as_bytes());
    format!("{id}_secret_{}", &secret[..40])
}

/// How a payment intent is answered.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    /// To a publishable key.
    pub(super) public: bool,
    /// With the latest charge whole.
    pub(super) charge: bool,
}

/// A payment intent.
pub(super) fn render(api: &Api, view: &PaymentView, look: Look) -> Value {
    let intent = &view.intent;
    let charge = match &view.attempt {
        Some(attempt) if look.charge && !look.public => charges::render(view, attempt, None),
        Some(attempt) => json!(format_id("ch", attempt.id.raw())),
        None => Value::Null,
    };
    let mut sellers = intent.splits.iter().filter(|s| matches!(s.payee, Payee::Seller(_)));
    let one_seller = sellers.next().filter(|_| sellers.next().is_none());
    let mut value = json!({
        "id": id(intent),
        "object": "payment_intent",
        "amount": intent.amount.minor(),
        "amount_capturable": if intent.state == IntentState::Authorized { view.money.held.minor() } else { 0 },
        "amount_received": view.money.captured.minor(),
        "application_fee_amount": one_seller.map(|s| s.commission.minor()).filter(|c| *c > 0),
        "automatic_payment_methods": null,
        "canceled_at": intent.canceled.map(|(at, _)| at.as_secs()),
        "cancellation_reason": intent.canceled.and_then(|(_, why)| why).map(reason),
        "capture_method": match intent.capture { CaptureMethod::Automatic => "automatic", CaptureMethod::Manual => "manual" },
        "client_secret": client_secret(api, intent),
        "confirmation_method": "automatic",
        "created": intent.created.as_secs(),
        "currency": currency(intent),
        "customer": intent.customer,
        "description": intent.details.description,
        "last_payment_error": intent.decline.as_ref().map(|d| error(view, d)),
        "latest_charge": charge,
        "livemode": intent.live,
        "metadata": intent.details.metadata,
        "next_action": next_action(intent),
        "order": intent.order,
        "payment_method": intent.method.as_ref().and_then(|m| m.name.as_deref()),
        "payment_method_types": ["card"],
        "processing": null,
        "review": intent.risk.review.map(|r| r.to_string()),
        "risk_decision": intent.risk.decision,
        "splits": intent.splits.iter().map(|s| json!({
            "seller": s.payee.to_string(), "amount": s.gross.minor(), "commission": s.commission.minor(),
            "amount_captured": s.captured.minor(), "amount_refunded": s.refunded.minor(),
        })).collect::<Vec<_>>(),
        "statement_descriptor": intent.details.statement_descriptor,
        "status": status(intent),
        "transfer_data": one_seller.map(|s| json!({ "destination": s.payee.to_string(), "amount": s.gross.minor() })),
    });
    if look.public
        && let Some(map) = value.as_object_mut()
    {
        map.retain(|name, _| PUBLIC.contains(&name.as_str()));
    }
    value
}

/// The currency, in small letters.
pub(super) fn currency(intent: &Intent) -> String {
    intent.amount.currency().code().to_ascii_lowercase()
}

/// What the payer has to do.
fn next_action(intent: &Intent) -> Value {
    let asked = intent.risk.challenge.as_ref().filter(|_| intent.state == IntentState::ActionRequired);
    let Some(asked) = asked else { return Value::Null };
    let challenge = json!({ "id": asked.id, "expires_at": asked.until.as_secs() });
    match &asked.page {
        None => json!({ "type": "challenge", "challenge": challenge }),
        Some(page) => json!({
            "type": "redirect_to_url", "challenge": challenge, "redirect_to_url": { "url": page, "return_url": null },
        }),
    }
}

fn reason(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Duplicate => "duplicate",
        CancelReason::Fraudulent => "fraudulent",
        CancelReason::RequestedByCustomer => "requested_by_customer",
        CancelReason::Abandoned => "abandoned",
        CancelReason::Expired => "automatic",
    }
}

/// The error object of a decline, without what is around it.
pub(super) fn error(view: &PaymentView, decline: &Decline) -> Value {
    let shown = shown(decline.code);
    json!({
        "type": "card_error",
        "code": shown.code,
        "decline_code": shown.decline_code,
        "network_decline_code": decline.raw,
        "advice_code": advice(decline),
        "message": shown.message,
        "doc_url": DECLINES,
        "charge": view.attempt.as_ref().map(|a| format_id("ch", a.id.raw())),
        "payment_method": view.intent.method.as_ref().and_then(|m| m.name.as_deref()),
    })
}
