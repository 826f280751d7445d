//! One call: the address looked up and judged, then called at that very address; no redirect is followed.

use super::guard::Reach;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How long a call may take in all.
const PATIENCE: Duration = Duration::from_secs(10);
/// So much of an answer is read; more is a fault.
const ANSWER_MAX: usize = 64 * 1024;

/// An address as it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) path: String,
}

impl Target {
    /// Reads `https://host[:port]/path`; `http` only where [`Reach::loopback`] allows it. No user, no fragment.
    pub(super) fn parse(url: &str, reach: Reach) -> Option<Self> {
        let uri: hyper::Uri = url.parse().ok()?;
        let tls = match uri.scheme_str()? {
            "https" => true,
            "http" if reach.loopback || reach.private => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        if authority.as_str().contains('@') || url.contains('#') || url.len() > 2_000 {
            return None;
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/".to_owned(), ToString::to_string);
        (!host.is_empty()).then_some(Self { tls, host, port, path })
    }
}

/// Calls endpoints.
pub(super) struct Poster {
    reach: Reach,
    tls: TlsConnector,
}

impl Poster {
    pub(super) fn new(reach: Reach) -> Self {
        let mut roots = RootCertStore::empty();
        // What cannot be read is no root.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self { reach, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Posts a body; gives the status.
    ///
    /// # Errors
    /// What was wrong, a sentence.
    pub(super) async fn post(&self, url: &str, signature: &str, body: &str) -> Result<u16, String> {
        match tokio::time::timeout(PATIENCE, self.posted(url, signature, body)).await {
            Ok(done) => done,
            Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
        }
    }

    async fn posted(&self, url: &str, signature: &str, body: &str) -> Result<u16, String> {
        let target = Target::parse(url, self.reach).ok_or("the address cannot be called")?;
        let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
        let addresses: Vec<SocketAddr> = found.map_err(|e| format!("the name is not found: {e}"))?.collect();
        // One closed address among them closes it: which one is taken is not ours to say.
        let open = |a: &SocketAddr| {
            self.reach.allows(a.ip()) && (target.tls || a.ip().is_loopback() || self.reach.private)
        };
        let closed = addresses.iter().any(|a| !open(a));
        let address =
            addresses.first().filter(|_| !closed).ok_or("it leads into a network that is not called")?;
        let stream = TcpStream::connect(address).await.map_err(|e| format!("not reached: {e}"))?;
        let _ = stream.set_nodelay(true);
        if !target.tls {
            return call(stream, &target, signature, body).await;
        }
        let name = ServerName::try_from(target.host.clone()).map_err(|e| e.to_string())?;
        let stream = self.tls.connect(name, stream).await.map_err(|e| format!("TLS: {e}"))?;
        call(stream, &target, signature, body).await
    }
}

async fn call<S>(stream: S, target: &Target, signature: &str, body: &str) -> Result<u16, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
    let running = tokio::spawn(connection);
    let host = if target.host.contains(':') { format!("[{}]", target.host) } else { target.host.clone() };
    let request = hyper::Request::post(&target.path)
        .header("host", format!("{host}:{}", target.port))
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "pmts-webhooks/1")
        .header("stripe-signature", signature)
        .body(Full::new(Bytes::from(body.to_owned())))
        .map_err(|e| e.to_string())?;
    let answer = sender.send_request(request).await.map_err(|e| e.to_string());
    let status = match answer {
        Ok(answer) => {
            let status = answer.status().as_u16();
            let read = Limited::new(answer.into_body(), ANSWER_MAX).collect().await;
            read.map(|_| status).map_err(|e| format!("the answer is not read: {e}"))
        }
        Err(why) => Err(why),
    };
    running.abort();
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused() {
        let (live, test) = (Reach::default(), Reach { loopback: true, private: false });
        let target = Target::parse("https://shop.example/hook?x=1", live).unwrap();
        assert_eq!((target.port, target.path.as_str(), target.tls), (443, "/hook?x=1", true));
        assert_eq!(Target::parse("http://[::1]:8080/", test).unwrap().host, "::1");
        for refused in [
            "http://shop.example/",
            "ftp://shop.example/",
            "https://u:p@shop.example/",
            "shop.example",
            "",
            "https://",
        ] {
            assert_eq!(Target::parse(refused, live), None, "{refused}");
        }
    }
}
