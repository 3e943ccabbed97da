//! The example configuration of this department.

use std::fs;

use scitech::config::Config;

/// The example in a folder of its own, with the files of its certificate beside it.
fn load(change: impl FnOnce(String) -> String) -> anyhow::Result<Config> {
    let dir = tempfile::tempdir()?;
    let (config, pki) = (dir.path().join("config"), dir.path().join("pki"));
    fs::create_dir_all(&config)?;
    fs::create_dir_all(&pki)?;
    for file in ["ca.pem", "scitech.pem", "scitech.key", "scitech.sign.key", "directory.note", "directory.vkey"] {
        fs::write(pki.join(file), "")?;
    }
    let path = config.join("scitech.toml");
    fs::write(&path, change(include_str!("../../../deploy/config/scitech.toml").to_owned()))?;
    Ok(runtime::config::load(&path)?)
}

#[test]
fn the_example_configuration_is_accepted() {
    let Config(config) = load(|text| text).unwrap();
    assert_eq!(config.instance, "wufei.demo");
    assert!(config.data.ends_with("data/scitech"), "{:?}", config.data);
}

#[test]
fn every_fault_is_told_at_once() {
    let text = |text: String| {
        let text = text.replace("instance = \"wufei.demo\"", "instance = \"Wufei Demo\"\ncity = \"140100\"\nextra = 1");
        text.replace("deadline_ceiling_ms = 30000", "deadline_ceiling_ms = 1").replace("ca.pem", "no-ca.pem")
    };
    let faults = load(text).unwrap_err().to_string();
    for key in ["instance", "city", "extra", "limits.deadline_ceiling_ms", "tls.ca"] {
        assert!(faults.contains(key), "{key} is not in {faults}");
    }
}
