//! One call: the address looked up and judged, then called at that very address; no redirect is followed.

use super::reach::Reach;
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

/// So much of an answer is read; more is a fault.
const ANSWER_MAX: usize = 64 * 1024;

/// An address as it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    tls: bool,
    pub(crate) host: String,
    port: u16,
    path: String,
}

impl Target {
    /// Reads `https://host[:port]/path`; `http` only where [`Reach::loopback`] allows it. No user, no fragment.
    pub(crate) fn parse(url: &str, reach: Reach) -> Option<Self> {
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

/// A call: a POST of JSON, or a GET where there is no body.
pub(crate) struct Call<'a> {
    /// Where.
    pub(crate) url: &'a str,
    /// Headers beside those every call has; names in small letters.
    pub(crate) headers: &'a [(&'static str, &'a str)],
    /// The JSON.
    pub(crate) body: Option<&'a str>,
    /// How long it may take in all.
    pub(crate) patience: Duration,
}

/// What came back.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The body, 64 KiB at most.
    pub(crate) body: Bytes,
}

/// Calls others.
pub(crate) struct Caller {
    reach: Reach,
    tls: TlsConnector,
}

impl Caller {
    pub(crate) fn new(reach: Reach) -> Self {
        let mut roots = RootCertStore::empty();
        // What cannot be read is no root.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self { reach, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Calls.
    ///
    /// # Errors
    /// What was wrong, a sentence. It may have been taken then.
    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Answer, String> {
        match tokio::time::timeout(call.patience, self.called(&call)).await {
            Ok(done) => done,
            Err(_) => Err(format!("no answer within {} ms", call.patience.as_millis())),
        }
    }

    async fn called(&self, call: &Call<'_>) -> Result<Answer, String> {
        let target = Target::parse(call.url, self.reach).ok_or("the address cannot be called")?;
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
            return sent(stream, &target, call).await;
        }
        let name = ServerName::try_from(target.host.clone()).map_err(|e| e.to_string())?;
        let stream = self.tls.connect(name, stream).await.map_err(|e| format!("TLS: {e}"))?;
        sent(stream, &target, call).await
    }
}

async fn sent<S>(stream: S, target: &Target, call: &Call<'_>) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
    let running = tokio::spawn(connection);
    let host = if target.host.contains(':') { format!("[{}]", target.host) } else { target.host.clone() };
    let method = if call.body.is_some() { hyper::Method::POST } else { hyper::Method::GET };
    let mut request = hyper::Request::builder()
        .method(method)
        .uri(&target.path)
        .header("host", format!("{host}:{}", target.port))
        .header("user-agent", "pmts/1");
    if call.body.is_some() {
        request = request.header("content-type", "application/json; charset=utf-8");
    }
    for (name, value) in call.headers {
        request = request.header(*name, *value);
    }
    let body = Bytes::from(call.body.unwrap_or_default().to_owned());
    let request = request.body(Full::new(body)).map_err(|e| e.to_string())?;
    let answer = sender.send_request(request).await.map_err(|e| e.to_string());
    let answer = match answer {
        Ok(answer) => {
            let status = answer.status().as_u16();
            let read = Limited::new(answer.into_body(), ANSWER_MAX).collect().await;
            read.map(|b| Answer { status, body: b.to_bytes() })
                .map_err(|e| format!("the answer is not read: {e}"))
        }
        Err(why) => Err(why),
    };
    running.abort();
    answer
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
