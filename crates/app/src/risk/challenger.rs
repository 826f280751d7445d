//! A challenger over HTTP: a 3-D Secure server, or a factor of the shop's own, that speaks the JSON told of in the guide.

use crate::outgoing::{Answer, Call, Caller, Reach};
use async_trait::async_trait;
use pmts_kernel::format_id;
use pmts_payments::{ChallengeOutcome, ChallengeRequest, Challenger, ChallengerFault};
use pmts_sensitive::Secret;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Where a challenger is.
#[derive(Debug, Clone)]
pub struct ChallengerConfig {
    /// Its address. `POST` asks for a challenge, `GET` of the address, `/` and the challenge's id tells how far it is.
    pub url: String,
    /// What it knows us by: sent as a bearer token.
    pub secret: Option<Arc<Secret<String>>>,
    /// How long its answers are waited for.
    pub patience: Duration,
}

/// A challenger over HTTP.
pub struct HttpChallenger {
    config: ChallengerConfig,
    caller: Caller,
}

/// The longest address of a page.
const PAGE_MAX: usize = 2_000;
/// What may be passed; anything else counts as `other`.
const FACTORS: [&str; 3] = ["three_ds", "totp", "passkey"];

#[derive(Deserialize)]
struct Asked {
    redirect_url: Option<String>,
}

#[derive(Deserialize)]
struct Told {
    id: String,
    amount: i64,
    currency: String,
    status: Status,
    factor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Pending,
    Passed,
    Failed,
}

impl HttpChallenger {
    /// Calls that address, wherever it is: it was configured by whoever runs the server.
    pub fn new(config: ChallengerConfig) -> Self {
        Self { config, caller: Caller::new(Reach { loopback: true, private: true }) }
    }

    async fn call(&self, url: &str, body: Option<&str>) -> Result<Answer, ChallengerFault> {
        let bearer = self.config.secret.as_ref().map(|s| format!("Bearer {}", s.expose()));
        let headers: Vec<_> = bearer.iter().map(|b| ("authorization", b.as_str())).collect();
        let call = Call { url, headers: &headers, body, patience: self.config.patience };
        let answer = self.caller.call(call).await.map_err(ChallengerFault)?;
        if !(200..300).contains(&answer.status) {
            return Err(ChallengerFault(format!("status {}", answer.status)));
        }
        Ok(answer)
    }
}

fn read<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, ChallengerFault> {
    serde_json::from_slice(&answer.body)
        .map_err(|e| ChallengerFault(format!("an answer is not understood: {e}")))
}

#[async_trait]
impl Challenger for HttpChallenger {
    async fn ask(&self, request: &ChallengeRequest) -> Result<Option<String>, ChallengerFault> {
        let body = json!({
            "id": request.id,
            "payment_intent": format_id("pi", request.payment.raw()),
            "amount": request.amount.minor(),
            "currency": request.amount.currency().code().to_ascii_lowercase(),
            "last4": request.last_four,
            "customer": request.customer,
            "expires_at": request.until.as_secs(),
        });
        let answer = self.call(&self.config.url, Some(&body.to_string())).await?;
        let asked: Asked = read(&answer)?;
        let Some(page) = asked.redirect_url else { return Ok(None) };
        let web = ["https://", "http://"].iter().any(|s| page.starts_with(s));
        if !web || page.len() > PAGE_MAX || !page.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(ChallengerFault("the page is no address".into()));
        }
        Ok(Some(page))
    }

    async fn outcome(&self, request: &ChallengeRequest) -> Result<ChallengeOutcome, ChallengerFault> {
        let url = format!("{}/{}", self.config.url.trim_end_matches('/'), request.id);
        let answer = self.call(&url, None).await?;
        let told: Told = read(&answer)?;
        let currency = request.amount.currency().code();
        let same = told.id == request.id.to_string()
            && told.amount == request.amount.minor()
            && told.currency.eq_ignore_ascii_case(currency);
        Ok(match told.status {
            Status::Pending => ChallengeOutcome::Open,
            Status::Failed => ChallengeOutcome::Failed,
            // What was agreed to is not what is paid.
            Status::Passed if !same => {
                return Err(ChallengerFault("it was passed for another amount".into()));
            }
            Status::Passed => {
                let factor = told.factor.filter(|f| FACTORS.contains(&f.as_str()));
                ChallengeOutcome::Passed { factor: factor.unwrap_or_else(|| "other".into()) }
            }
        })
    }
}
