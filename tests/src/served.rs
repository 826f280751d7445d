//! `pmts serve` in a process of its own, and a plain HTTP client.

use crate::bin;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The secret key of a server that was started with [`Served::start`].
pub const SECRET: &str = "sk_test_abcdefghijklmnopqrstuvwxyz";

/// A running server. It is killed when dropped.
pub struct Served {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it said before it listened.
    pub said: Vec<String>,
    log: PathBuf,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub text: String,
}

impl Reply {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The body of an answer with this status.
    ///
    /// # Panics
    /// If it has another.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }

    /// Status, and code and parameter of the error object.
    ///
    /// # Panics
    /// If it is no error object with a request id.
    #[track_caller]
    pub fn refusal(&self) -> (u16, String, String) {
        let body = self.json();
        let error = &body["error"];
        assert!(error["type"].is_string() && error["message"].is_string(), "{self:?}");
        let word = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (self.status, word("code"), word("param"))
    }
}

impl Served {
    /// Starts a server over a data directory, with these further arguments (`--sandbox`, `--host` ...). Its secret key is
    /// [`SECRET`], its log goes to a file beside the directory.
    ///
    /// # Panics
    /// If it does not listen within a minute.
    pub fn start(data: &Path, args: &[&str]) -> Self {
        Self::start_with_key(data, args, Some(SECRET))
    }

    /// As [`Served::start`], with another first key, or none: then it makes its own.
    ///
    /// # Panics
    /// As there.
    pub fn start_with_key(data: &Path, args: &[&str], key: Option<&str>) -> Self {
        let mut log = data.as_os_str().to_owned();
        log.push(".log");
        let log = PathBuf::from(log);
        let errors = File::options().create(true).append(true).open(&log).expect("a log file");
        let mut command = bin::command(["serve", "--listen", "127.0.0.1:0", "--log", "json", "--data"]);
        command.arg(data).args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        command.env_remove("PMTS_BOOTSTRAP_KEY");
        if let Some(key) = key {
            command.env("PMTS_BOOTSTRAP_KEY", key);
        }
        let mut child = command.spawn().expect("pmts runs");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let mut said = Vec::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else {
                let log = fs::read_to_string(&log).unwrap_or_default();
                panic!("the server does not listen: {said:?}\n{log}");
            };
            if let Some(rest) = line.strip_prefix("listening on ") {
                let address = rest.split("://").nth(1).and_then(|r| r.split(',').next());
                break address.and_then(|a| a.parse().ok()).expect("an address");
            }
            said.push(line);
        };
        // Its further words go nowhere; they must not fill the pipe.
        std::thread::spawn(move || for _ in lines {});
        Self { child, address, said, log }
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Kills it at once.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends SIGTERM.
    ///
    /// # Panics
    /// If it cannot be sent.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal by name.
    ///
    /// # Panics
    /// If it cannot be sent.
    pub fn signal(&self, name: &str) {
        // The shell's own `kill` is there on every system.
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.id())]).status();
        assert!(sent.expect("sh runs").success());
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it takes longer than a minute.
    pub fn wait(mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// `GET` with the secret key.
    ///
    /// # Panics
    /// If there is no answer.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[("Authorization", &format!("Bearer {SECRET}"))], b"")
    }

    /// `POST` of a form with the secret key.
    ///
    /// # Panics
    /// If there is no answer.
    #[track_caller]
    pub fn post(&self, path: &str, form: &str) -> Reply {
        self.post_as(SECRET, path, form, None)
    }

    /// `POST` of a form with the secret key and an idempotency key.
    ///
    /// # Panics
    /// If there is no answer.
    #[track_caller]
    pub fn post_once(&self, path: &str, form: &str, key: &str) -> Reply {
        self.post_as(SECRET, path, form, Some(key))
    }

    /// `POST` of a form.
    ///
    /// # Panics
    /// If there is no answer.
    #[track_caller]
    pub fn post_as(&self, key: &str, path: &str, form: &str, idempotency: Option<&str>) -> Reply {
        let bearer = format!("Bearer {key}");
        let mut headers =
            vec![("Authorization", bearer.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        headers.extend(idempotency.map(|k| ("Idempotency-Key", k)));
        self.ask("POST", path, &headers, form.as_bytes())
    }

    /// Any request.
    ///
    /// # Panics
    /// If there is no answer.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.try_ask(method, path, headers, body).unwrap_or_else(|e| panic!("{method} {path}: {e}"))
    }

    /// Any request; an error when there is no answer.
    ///
    /// # Errors
    /// What the system says.
    pub fn try_ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Reply> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if method == "POST" {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        head += "\r\n";
        stream.write_all(head.as_bytes())?;
        // A server that has heard enough may have hung up already; its answer is there all the same.
        let _ = stream.write_all(body);
        read_reply(&mut stream)
    }
}

/// Reads an answer up to the end of the connection.
///
/// # Errors
/// What the system says, or that it is no answer.
pub fn read_reply(stream: &mut TcpStream) -> std::io::Result<Reply> {
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    let bad = |why: &str| std::io::Error::other(format!("{why}: {:?}", String::from_utf8_lossy(&bytes)));
    let text = String::from_utf8(bytes.clone()).map_err(|_| bad("not text"))?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        ended?;
        return Err(bad("no answer"));
    };
    let mut lines = head.lines();
    let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok());
    let status = status.ok_or_else(|| bad("no status"))?;
    let headers = lines.filter_map(|l| l.split_once(':'));
    let headers = headers.map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned())).collect();
    Ok(Reply { status, headers, text: body.to_owned() })
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
