//! The example configuration of this department.

use std::fs;

use city::config::Config;

/// The example in a folder of its own, with the files of its certificate beside it.
fn load(change: impl FnOnce(String) -> String) -> anyhow::Result<Config> {
    let dir = tempfile::tempdir()?;
    let (config, pki) = (dir.path().join("config"), dir.path().join("pki"));
    fs::create_dir_all(&config)?;
    fs::create_dir_all(&pki)?;
    for file in
        ["ca.pem", "city-140100.pem", "city-140100.key", "city-140100.sign.key", "directory.note", "directory.vkey"]
    {
        fs::write(pki.join(file), "")?;
    }
    let path = config.join("city-140100.toml");
    fs::write(&path, change(include_str!("../../../deploy/config/city-140100.toml").to_owned()))?;
    Ok(runtime::config::load(&path)?)
}

#[test]
fn the_example_configuration_is_accepted() {
    let Config(config) = load(|text| text).unwrap();
    assert_eq!(config.instance, "wufei.demo");
    assert!(config.data.ends_with("data/city-140100"), "{:?}", config.data);
}

#[test]
fn a_citys_node_is_the_node_of_a_prefecture_level_city() {
    let faults = load(|text| text.replace("city = \"140100\"\n", "")).unwrap_err().to_string();
    assert!(faults.contains("城市节点必填"), "{faults}");
    let faults = load(|text| text.replace("city = \"140100\"", "city = \"140109\"")).unwrap_err().to_string();
    assert!(faults.contains("不是设区市代码"), "{faults}");
}
