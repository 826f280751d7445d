//! The place of one connection: opened when needed, again after a loss, not too often while the host is away.

use super::stats::count;
use super::{Connection, Context, NetworkCode};
use crate::ResponseCode;
use crate::message::read_response;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;

#[derive(Default)]
pub(super) struct Slot {
    live: Mutex<Option<Arc<Connection>>>,
    /// Held while connecting, so that one caller connects and the others wait for it.
    backoff: tokio::sync::Mutex<Backoff>,
}

#[derive(Default)]
struct Backoff {
    wait: Duration,
    not_before: Option<Instant>,
    why: String,
}

impl Slot {
    /// The open connection, or a new one; else why there is none.
    pub(super) async fn connection(&self, context: &Arc<Context>) -> Result<Arc<Connection>, String> {
        if let Some(open) = self.open() {
            return Ok(open);
        }
        let mut backoff = self.backoff.lock().await;
        if let Some(open) = self.open() {
            return Ok(open);
        }
        if backoff.not_before.is_some_and(|time| Instant::now() < time) {
            return Err(format!("not connected: {}", backoff.why));
        }
        let within = context.config.connect_timeout;
        let result = tokio::time::timeout(within, connect(context))
            .await
            .unwrap_or_else(|_| Err("no sign-on in time".to_owned()));
        match result {
            Ok(connection) => {
                *backoff = Backoff::default();
                count(&context.counters.connects);
                connection.signed_on();
                tracing::debug!("signed on to the card host");
                let connection = Arc::new(connection);
                let before =
                    self.live.lock().unwrap_or_else(PoisonError::into_inner).replace(connection.clone());
                if before.is_some() {
                    count(&context.counters.reconnects);
                }
                Ok(connection)
            }
            Err(why) => {
                let config = &context.config;
                backoff.wait = backoff
                    .wait
                    .saturating_mul(2)
                    .clamp(config.backoff_min, config.backoff_max.max(config.backoff_min));
                backoff.not_before = Instant::now().checked_add(jittered(backoff.wait, random()));
                backoff.why.clone_from(&why);
                count(&context.counters.connect_failures);
                tracing::debug!(why, "cannot reach the card host");
                Err(format!("not connected: {why}"))
            }
        }
    }

    pub(super) fn open(&self) -> Option<Arc<Connection>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).as_ref().filter(|c| c.is_open()).cloned()
    }
}

/// A wait with up to half of it left out: `random` is any number.
fn jittered(wait: Duration, random: u64) -> Duration {
    let half = u64::try_from(wait.as_micros() / 2).unwrap_or(u64::MAX);
    wait.saturating_sub(Duration::from_micros(random % half.saturating_add(1)))
}

/// Any number: the keys of a new hasher are random.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// Connects and signs on.
async fn connect(context: &Arc<Context>) -> Result<Connection, String> {
    let config = &context.config;
    let stream =
        TcpStream::connect(&config.address).await.map_err(|e| format!("cannot connect: {}", e.kind()))?;
    stream.set_nodelay(true).map_err(|e| format!("cannot connect: {}", e.kind()))?;
    let connection = Connection::start(stream, context.clone());
    let sign_on = context.network_message(NetworkCode::SignOn).map_err(|e| e.to_string())?;
    let answer = connection.quietly(&sign_on).await.map_err(|e| e.to_string())?;
    let answer = answer.map_err(str::to_owned)?;
    match read_response(&answer, &config.table) {
        Some(ResponseCode::Approved) => Ok(connection),
        Some(other) => Err(format!("sign-on refused: {other}")),
        None => Err("sign-on answered without a response code".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_never_longer_and_never_less_than_half() {
        let wait = Duration::from_micros(101);
        for number in 0..200 {
            assert!((Duration::from_micros(51)..=wait).contains(&jittered(wait, number)));
        }
        assert_eq!(jittered(Duration::ZERO, 7), Duration::ZERO);
        assert!((0..100).any(|_| random() != random()));
    }
}
