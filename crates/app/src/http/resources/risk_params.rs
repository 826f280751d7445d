//! What a shop tells of payer and purchase for the risk screen.

use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::input::{Kind, Param, Params};
use crate::risk::Signals;
use pmts_fraud::KeyKind;

/// What is known of the payer.
pub(super) const RISK: Param = Param::may(
    "risk",
    Kind::Object(&[
        Param::may("ip", Kind::Reference { max: 45 }, "The payer's internet address."),
        Param::may("device", Kind::Text { max: 200 }, "The payer's device, by an id of yours."),
        Param::may("email", Kind::Text { max: 512 }, "The payer's e-mail address."),
        Param::may("address", Kind::Text { max: 500 }, "Where the goods go."),
        Param::may("terminal", Kind::Text { max: 100 }, "Where the card is used, if it is at a terminal."),
        Param::may(
            "signals",
            Kind::Metadata,
            "Attributes by the names of the fact schema: `ip_country`, `account_age`, `digital` and so on.",
        ),
    ]),
    "What is known of payer and purchase, for the risk screen: it keeps hashes of the first five. With a secret key only.",
);

const KEYS: [(&str, KeyKind); 4] = [
    ("device", KeyKind::Device),
    ("email", KeyKind::Email),
    ("address", KeyKind::Address),
    ("terminal", KeyKind::Terminal),
];

/// What was sent of it; from a publishable key, the address the request comes from.
///
/// # Errors
/// [`HttpError::Param`] for an address that is none, [`HttpError::Engine`] for a signal the schema does not have.
pub(super) fn signals(call: &Call, params: Params<'_>) -> Result<Signals, HttpError> {
    let mut signals = Signals::default();
    if call.is_public() {
        if params.has("risk") {
            return Err(HttpError::combination("risk", "it needs a secret key"));
        }
        signals.ip(call.from);
        return Ok(signals);
    }
    let Some(risk) = params.object("risk") else { return Ok(signals) };
    if let Some(ip) = risk.text("ip") {
        let ip = ip.parse().map_err(|_| HttpError::combination("risk[ip]", "it is no internet address"))?;
        signals.ip(ip);
    }
    for (name, kind) in KEYS {
        if let Some(value) = risk.text(name) {
            signals.key(kind, value);
        }
    }
    for (name, value) in risk.map("signals") {
        signals.attribute(&name, &value)?;
    }
    Ok(signals)
}
