//! The section `[witness]` of a node's configuration.

use std::fs::File;

use runtime::config::{Checked, Faults, FilePath, Text};
use serde::{Deserialize, Serialize};

/// What a node needs to collect cosignatures for its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessConfig {
    /// The key with which this node signs its calls to the witnesses (`NAME.sign.key`); the directory lists it for the
    /// node's identity.
    pub signing_key: FilePath,
}

impl Checked for WitnessConfig {
    fn check(&self, faults: &mut Faults) {
        if let Err(error) = File::open(&self.signing_key) {
            let kind = error.kind();
            faults.report(
                "signing_key",
                self.signing_key.display(),
                Text::new(format!("文件无法读取（{kind}）"), format!("names a file that cannot be read ({kind})")),
                Text::new(
                    "请放入本节点的 .sign.key 文件（wufei pki issue 生成），或删去 [witness]，日志便不请求见证",
                    "put the node's .sign.key there, which wufei pki issue makes, or remove [witness] and the log is not \
                     witnessed",
                ),
            );
        }
    }
}
