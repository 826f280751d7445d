//! `pmts doctor`: finds what is wrong with a configuration, its card host and the secrets, and says what to do.

use pmts_sandbox::issuer::{Issuer, IssuerConfig};
use pmts_tests::bin;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn doctor(data: &Path, config: &Path) -> bin::Outcome {
    let (data, config) = (data.to_str().unwrap(), config.to_str().unwrap());
    bin::run(["doctor", "--json", "--data", data, "--config", config])
}

#[test]
fn configuration_link_and_secrets_are_checked() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (data, config) = (dir.path().join("data"), dir.path().join("pmts.toml"));
    bin::run(["demo", "--orders", "20", "--data", data.to_str().unwrap()]).expect_success();

    let issuer = runtime.block_on(Issuer::bind("127.0.0.1:0", IssuerConfig::default())).unwrap();
    let write = |framing: &str| {
        let text = format!(
            "[host]\naddress = \"{}\"\nframing = \"{framing}\"\nanswer_timeout_ms = 500\n",
            issuer.local_addr()
        );
        std::fs::write(&config, text).unwrap();
    };
    write("binary2");
    let well: Value = serde_json::from_str(&doctor(&data, &config).expect_success()).unwrap();
    assert!(well["host"].as_str().unwrap().contains("answers an echo"), "{well}");
    assert_eq!(well["problems"], serde_json::json!([]));

    // The host frames its messages otherwise: it is there, and cannot be talked to.
    write("ascii4");
    let told = |outcome: bin::Outcome| {
        assert_eq!(outcome.status.code(), Some(1), "{}", outcome.stderr);
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        report["problems"][0].clone()
    };
    let problem = told(doctor(&data, &config));
    assert!(problem["problem"].as_str().unwrap().contains("card host"), "{problem}");
    assert!(problem["remedy"].as_str().is_some_and(|r| r.len() > 20), "{problem}");

    write("binary2");
    drop(runtime);
    let problem = told(doctor(&data, &config));
    assert!(problem["problem"].as_str().unwrap().contains("cannot be reached"), "{problem}");

    std::fs::write(&config, "[host]\nadress = \"x\"\n").unwrap();
    let wrong = doctor(&data, &config).expect_code(1);
    assert!(wrong.contains("APP_CONFIG") && wrong.contains("adress"), "{wrong}");

    let key = data.join("vault.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let alone = || bin::run(["doctor", "--json", "--data", data.to_str().unwrap()]);
    assert!(told(alone())["remedy"].as_str().unwrap().contains("chmod 600"));
    std::fs::remove_file(&key).unwrap();
    assert!(told(alone())["problem"].as_str().unwrap().contains("missing"));
}
