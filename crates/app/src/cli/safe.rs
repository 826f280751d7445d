//! What a server must not do with real money, and what no process with secrets in it should.

use crate::AppError;
use std::net::{SocketAddr, ToSocketAddrs};

/// Refuses settings that give secrets away. Only with real money: whoever tries things out has none.
///
/// # Errors
/// [`AppError::Unsafe`].
pub(super) fn live(
    listen: &str,
    tls: bool,
    tls_elsewhere: bool,
    database: Option<&str>,
) -> Result<(), AppError> {
    let refuse = |what: &str| Err(AppError::Unsafe(what.to_owned()));
    if !tls && !tls_elsewhere && !is_local(listen) {
        return refuse(
            "--listen is an address that others reach, without TLS: give --tls-cert and --tls-key, or --tls-elsewhere if a proxy in front of it has them",
        );
    }
    let typed = std::env::args_os().collect::<Vec<_>>();
    let typed = |secret: &str| typed.iter().any(|arg| arg.to_string_lossy().contains(secret));
    if database.is_some_and(|url| password(url).is_some() && typed(url)) {
        return refuse(
            "the password of the database stands on the command line, where every user of this machine sees it: put the URL into DATABASE_URL",
        );
    }
    Ok(())
}

/// Whether only this machine reaches an address. One that cannot be resolved is refused later.
fn is_local(listen: &str) -> bool {
    let mut found: Vec<SocketAddr> = listen.to_socket_addrs().into_iter().flatten().collect();
    let all = found.len();
    found.retain(|address| address.ip().is_loopback());
    found.len() == all
}

/// The password in a URL.
fn password(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let place = rest.split(['/', '?']).next().unwrap_or(rest);
    let (user, _) = place.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password).filter(|password| !password.is_empty())
}

/// From now on this process leaves no core file, and other processes of the same user cannot read its memory: there are keys in it.
#[cfg(target_os = "linux")]
pub(super) fn no_core_dumps() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let done =
        setrlimit(Resource::Core, none).and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable));
    if let Err(error) = done {
        tracing::warn!(target: "pmts::serve", %error, "core files cannot be forbidden: they would have keys in them");
    }
}

/// Elsewhere than on Linux the system's settings decide.
#[cfg(not(target_os = "linux"))]
pub(super) fn no_core_dumps() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_others_reach_needs_tls() {
        for (listen, tls, elsewhere, good) in [
            ("127.0.0.1:80", false, false, true),
            ("[::1]:80", false, false, true),
            ("0.0.0.0:80", false, false, false),
            ("[::]:80", false, false, false),
            ("192.0.2.1:80", false, false, false),
            ("0.0.0.0:80", true, false, true),
            ("0.0.0.0:80", false, true, true),
        ] {
            assert_eq!(live(listen, tls, elsewhere, None).is_ok(), good, "{listen}");
        }
    }

    #[test]
    fn a_password_is_seen_in_a_url() {
        assert_eq!(password("postgres://ann:s3cret@db:5432/shop?sslmode=require"), Some("s3cret"));
        assert_eq!(password("postgres://ann:a@b@db/shop"), Some("a@b"));
        for none in ["postgres://ann@db/shop", "postgres://db/shop", "postgres://ann:@db/shop", "x"] {
            assert_eq!(password(none), None, "{none}");
        }
    }
}
