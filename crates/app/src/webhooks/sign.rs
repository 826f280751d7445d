//! Secrets and signatures. A secret follows from the pepper and the endpoint: it is kept nowhere.

use super::EndpointId;
use crate::hex;
use aws_lc_rs::hmac;
use pmts_identity::Pepper;

const PURPOSE: &str = "webhook secret";

/// The secret of an endpoint, by its number: `whsec_` and 64 hexadecimal digits.
pub fn secret(pepper: &Pepper, id: EndpointId, number: u32) -> String {
    format!("whsec_{}", pepper.mac_hex(PURPOSE, format!("{id} {number}").as_bytes()))
}

/// The header `Stripe-Signature`: `t=SECONDS,v1=HEX`, a `v1` for each secret. HMAC-SHA-256 of `SECONDS.BODY`.
pub fn header(secrets: &[String], seconds: i64, body: &str) -> String {
    let mut header = format!("t={seconds}");
    for secret in secrets {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, format!("{seconds}.{body}").as_bytes());
        header.push_str(",v1=");
        header.push_str(&hex::encode(tag.as_ref()));
    }
    header
}
