//! The section `[trust]` of a node's configuration.

use std::fs::File;

use runtime::config::{Checked, Faults, FilePath, Text};
use serde::{Deserialize, Serialize};

/// Whom the node believes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustConfig {
    /// The signed directory of the instance. The node looks at it again and again and takes a newer version by itself.
    pub directory: FilePath,
    /// File with the verifier key of the directory (`directory.vkey`).
    pub directory_key: FilePath,
    /// What happens to writes without a signature of their caller.
    #[serde(default)]
    pub unsigned_writes: UnsignedWrites,
    /// Folder with the Cedar policies (`*.cedar`) and their schema (`*.cedarschema`). Left out, those of the release are used.
    /// A change is taken without a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<FilePath>,
    /// The grants of this department on its conditional data (`grants.toml`); left out, there are none. A change is taken
    /// without a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<FilePath>,
}

/// What happens to writes without a signature of their caller. A signature that does not count is refused either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnsignedWrites {
    /// They are refused.
    #[default]
    Refuse,
    /// They are logged without a signature: for a start in which not every system signs yet.
    Accept,
}

impl Checked for TrustConfig {
    fn check(&self, faults: &mut Faults) {
        for (key, path) in [("directory", &self.directory), ("directory_key", &self.directory_key)] {
            if let Err(error) = File::open(path) {
                let kind = error.kind();
                faults.report(
                    key,
                    path.display(),
                    Text::new(format!("文件无法读取（{kind}）"), format!("names a file that cannot be read ({kind})")),
                    Text::new(
                        "请向实例管理者索取 directory.note 和 directory.vkey；开发环境可用 wufei pki init 生成",
                        "get directory.note and directory.vkey from the administrator of the instance; for development, \
                         wufei pki init makes them",
                    ),
                );
            }
        }
        for (key, path) in [("policy", &self.policy), ("grants", &self.grants)] {
            if let Some(path) = path
                && let Err(error) = File::open(path)
            {
                let kind = error.kind();
                faults.report(
                    key,
                    path.display(),
                    Text::new(format!("文件无法读取（{kind}）"), format!("names what cannot be read ({kind})")),
                    Text::new("请改正路径，或删去此项", "correct the path, or remove the key"),
                );
            }
        }
    }
}
