//! The server: connections, TLS, and an orderly end.

use super::api::Api;
use super::{front, tls};
use crate::AppError;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Server {
    /// Listens on an address; with a certificate chain and key (PEM files), over TLS only.
    ///
    /// # Errors
    /// [`AppError::Listen`], [`AppError::Tls`], [`AppError::File`].
    pub async fn bind(address: &str, tls: Option<&tls::TlsFiles>) -> Result<Self, AppError> {
        let tls = tls.map(tls::acceptor).transpose()?;
        let failed = |source| AppError::Listen { address: address.to_owned(), source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        Ok(Self { listener, tls })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// [`AppError::Listen`].
    pub fn local_addr(&self) -> Result<SocketAddr, AppError> {
        self.listener.local_addr().map_err(|source| AppError::Listen { address: String::new(), source })
    }

    /// Serves until `stop` turns true. Then no connection is taken any more, requests under way are finished, and idle
    /// connections are closed. `false`: some were not done within the time for it.
    pub async fn serve(self, api: Arc<Api>, mut stop: watch::Receiver<bool>) -> bool {
        let places = Arc::new(Semaphore::new(api.limits.connections));
        let all = u32::try_from(api.limits.connections).unwrap_or(u32::MAX);
        loop {
            let place = tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                place = places.clone().acquire_owned() => place,
            };
            let Ok(place) = place else { break };
            let (stream, from) = tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                taken = self.listener.accept() => match taken {
                    Ok(taken) => taken,
                    Err(e) => {
                        // Too many open files, or the other side is gone already.
                        tracing::warn!(target: "pmts::http", why = %e, "a connection could not be taken");
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        continue;
                    }
                },
            };
            let (api, tls, stop) = (api.clone(), self.tls.clone(), stop.clone());
            tokio::spawn(async move {
                api.metrics.connections.fetch_add(1, Relaxed);
                connection(&api, stream, from, tls, stop).await;
                api.metrics.connections.fetch_sub(1, Relaxed);
                drop(place);
            });
        }
        api.draining.store(true, Relaxed);
        drop(self.listener);
        // All places are free when all connections have ended.
        let ended = tokio::time::timeout(api.limits.drain, places.acquire_many(all)).await;
        ended.is_ok()
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Whoever could say so is gone: that is the end as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn connection(
    api: &Arc<Api>,
    stream: TcpStream,
    from: SocketAddr,
    tls: Option<TlsAcceptor>,
    stop: watch::Receiver<bool>,
) {
    // Answers are small and waited for.
    let _ = stream.set_nodelay(true);
    match tls {
        None => http(api, stream, from, stop).await,
        Some(tls) => {
            // Whoever does not finish the handshake is let go; so are those who do not speak TLS.
            if let Ok(Ok(stream)) = tokio::time::timeout(api.limits.head, tls.accept(stream)).await {
                http(api, stream, from, stop).await;
            }
        }
    }
}

async fn http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    api: &Arc<Api>,
    stream: S,
    from: SocketAddr,
    mut stop: watch::Receiver<bool>,
) {
    let service = service_fn(|request| {
        let (api, from) = (api.clone(), from.ip());
        async move { Ok::<_, std::convert::Infallible>(front::answer(api, request, from).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(api.limits.head)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // A broken connection is the other side's affair: what it asked for was logged, or never came whole.
        _ = connection.as_mut() => return,
        () = stopped(&mut stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
