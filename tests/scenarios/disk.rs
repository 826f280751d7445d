//! A full disk and directories that may not be written: typed errors, nothing lost. Run as an unprivileged user, on a
//! small file system of its own.

use pmts_tests::bin;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Runs a shell script in a mount namespace of its own, in which it may mount. `$CHILD` runs the child as a user without
/// rights, `$DIR` is an empty directory.
fn in_namespace(script: &str) -> String {
    let dir = tempfile::Builder::new().prefix("pmts-disk-").tempdir().unwrap();
    // The user without rights must reach the program, wherever the project lies.
    let program = dir.path().join("store_load");
    std::fs::copy(env!("CARGO_BIN_EXE_store_load"), &program).unwrap();
    allow_all(dir.path());
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    let (namespace, user): (&[&str], &str) = if is_root {
        (&["--mount"], "setpriv --reuid=65534 --regid=65534 --clear-groups --")
    } else {
        (&["--user", "--map-root-user", "--mount"], "setpriv --bounding-set=-all --inh-caps=-all --")
    };
    let head = format!(
        "set -e\nDIR={0}/disk; mkdir -m 0777 $DIR; CHILD='{user} {0}/store_load'\n",
        dir.path().display()
    );
    let mut command = Command::new("unshare");
    command.args(namespace).args(["sh", "-c", &(head + script)]);
    bin::finish(&mut command, Duration::from_secs(120)).expect_success()
}

fn allow_all(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_full_disk_is_named_and_nothing_is_lost() {
    let out = in_namespace("mount -t tmpfs -o size=6m,mode=0777 tmpfs $DIR\nexec $CHILD fill $DIR\n");
    let mut lines = out.lines();
    assert!(lines.next().is_some_and(|l| l.starts_with("refused STORE_DISK_FULL after ")), "{out}");
    let whole: usize = lines
        .next()
        .and_then(|l| l.strip_prefix("whole "))
        .unwrap_or_else(|| panic!("{out}"))
        .parse()
        .unwrap();
    assert!(whole > 200, "{out}");
}

#[test]
fn a_directory_that_may_not_be_written_is_named() {
    // Not to be made; not to be written; on a file system that is read-only; on one that is full from the start.
    let out = in_namespace(
        "mkdir -m 0755 $DIR/closed; mount --bind $DIR/closed $DIR/closed; mount -o remount,ro,bind $DIR/closed
         $CHILD open $DIR/closed/data
         $CHILD open $DIR/closed
         $CHILD open $DIR/data
         chmod -R a-w $DIR/data; mount --bind $DIR/data $DIR/data; mount -o remount,ro,bind $DIR/data
         $CHILD open $DIR/data
         mkdir -m 0777 $DIR/full; mount -t tmpfs -o size=8k,mode=0777 tmpfs $DIR/full
         $CHILD open $DIR/full
        ",
    );
    assert_eq!(
        out.lines().collect::<Vec<_>>(),
        ["STORE_PERMISSION", "STORE_PERMISSION", "open", "STORE_PERMISSION", "STORE_DISK_FULL"]
    );
}
