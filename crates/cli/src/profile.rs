//! Where the nodes are and who calls them: the connection profile `client.toml`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Outcome};

/// Where the demo writes the profile, seen from where it was started.
const DEFAULT: &str = "wufei-data/client.toml";
/// The node that answers where none is named: it holds what every department reported.
pub(crate) const AGGREGATOR: &str = "aggregator";

/// The profile. Relative paths count from the folder of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// Certificates of the authorities that we trust, PEM.
    pub(crate) ca: PathBuf,
    /// Nodes by department id.
    pub(crate) nodes: BTreeMap<String, Node>,
    /// Who may call, by the name that nodes and `--as` use.
    pub(crate) identities: BTreeMap<String, IdentityFiles>,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Node {
    /// `https://host:port`.
    pub(crate) address: String,
    /// Host name that its certificate carries.
    pub(crate) server_name: String,
    /// Who calls it unless `--as` says otherwise.
    pub(crate) identity: String,
    /// Its log's verification key; needed to check receipts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vkey: Option<PathBuf>,
    /// 使用目的: what it is called for, word for word as in the grant that the calls rest on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) purpose: Option<String>,
}

/// Certificate and key of a caller, PEM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentityFiles {
    /// Certificate.
    pub(crate) cert: PathBuf,
    /// Private key.
    pub(crate) key: PathBuf,
    /// Signs what this caller writes, PKCS#8 PEM, Ed25519 or SM2; nodes refuse unsigned writes unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) signing_key: Option<PathBuf>,
}

impl Profile {
    /// Reads the profile that was asked for, or the demo's.
    pub(crate) fn load(asked: Option<&Path>) -> Outcome<Self> {
        let path = asked.unwrap_or(Path::new(DEFAULT));
        let text = fs::read_to_string(path).map_err(|error| {
            let (file, kind) = (path.display(), error.kind());
            Failure::bad_config(
                format!("无法读取连接配置 {file}（{kind}）。请先运行 wufei demo，或用 --profile 指定文件"),
                format!("cannot read the profile {file} ({kind}); run wufei demo first, or name a file with --profile"),
            )
        })?;
        let mut profile: Self = toml::from_str(&text).map_err(|error| {
            let file = path.display();
            Failure::bad_config(
                format!("连接配置 {file} 有误：{error}"),
                format!("the profile {file} has a fault: {error}"),
            )
        })?;
        let base = path.parent().unwrap_or(Path::new(""));
        profile.ca = base.join(&profile.ca);
        for node in profile.nodes.values_mut() {
            node.vkey = node.vkey.take().map(|path| base.join(path));
        }
        for identity in profile.identities.values_mut() {
            identity.cert = base.join(&identity.cert);
            identity.key = base.join(&identity.key);
            identity.signing_key = identity.signing_key.take().map(|path| base.join(path));
        }
        Ok(profile)
    }

    /// The node of a department.
    pub(crate) fn node(&self, department: &str) -> Outcome<&Node> {
        self.nodes.get(department).ok_or_else(|| {
            let known = self.nodes.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            Failure::bad_config(
                format!("连接配置中没有节点 {department}；已有：{known}"),
                format!("the profile has no node {department}; it has: {known}"),
            )
        })
    }

    /// The files of a caller.
    pub(crate) fn identity(&self, name: &str) -> Outcome<&IdentityFiles> {
        self.identities.get(name).ok_or_else(|| {
            let known = self.identities.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            Failure::bad_config(
                format!("连接配置中没有身份 {name}；已有：{known}"),
                format!("the profile has no identity {name}; it has: {known}"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_count_from_the_profile() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("client.toml");
        let text = "ca = \"pki/ca.pem\"\n[nodes.ecology]\naddress = \"https://127.0.0.1:1\"\nserver_name = \"localhost\"\n\
                    identity = \"w\"\nvkey = \"ecology/log.vkey\"\n[identities.w]\ncert = \"w.pem\"\nkey = \"/k/w.key\"\nsigning_key = \"w.sign.key\"\n";
        fs::write(&file, text).unwrap();
        let profile = Profile::load(Some(&file)).unwrap();
        assert_eq!(profile.ca, dir.path().join("pki/ca.pem"));
        assert_eq!(profile.node("ecology").unwrap().vkey, Some(dir.path().join("ecology/log.vkey")));
        assert_eq!(profile.identity("w").unwrap().signing_key, Some(dir.path().join("w.sign.key")));
        assert_eq!(profile.identity("w").unwrap().key, Path::new("/k/w.key"));
        let unknown = profile.node("commerce").unwrap_err();
        assert!(unknown.text.zh.contains("ecology"), "{unknown:?}");
    }

    #[test]
    fn a_missing_profile_says_what_to_do() {
        let failure = Profile::load(Some(Path::new("nowhere/client.toml"))).unwrap_err();
        assert!(failure.text.zh.contains("wufei demo"), "{failure:?}");
    }
}
