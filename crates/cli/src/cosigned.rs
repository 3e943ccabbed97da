//! The cosignatures under a checkpoint, checked offline against the signed directory.

use std::path::{Path, PathBuf};

use directory::Directory;
use domain::DepartmentId;
use ledger::{Cosignature, cosigners};
use pki::{PkiError, load_verifier, read};
use serde_json::{Value, json};

use crate::{
    failure::{Code, Failure, Outcome},
    screen::Screen,
};

/// Where the witnesses and their quorum are listed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DirectoryArgs {
    /// 成员目录（directory.note），用来核对见证签名 / the signed directory, to check the witnesses' cosignatures
    #[arg(long, value_name = "FILE")]
    directory: Option<PathBuf>,
    /// 目录公钥；默认为目录旁的 directory.vkey / key of the directory; directory.vkey beside it
    #[arg(long, value_name = "FILE", requires = "directory")]
    directory_key: Option<PathBuf>,
}

/// Which witnesses have cosigned, and how many must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cosigned {
    witnesses: Vec<Cosignature>,
    threshold: usize,
    directory_version: u64,
}

impl DirectoryArgs {
    /// Checks the cosignatures of the log of a node; none when no directory was given. `claimed` says that the receipt
    /// calls itself witnessed, which must then be true.
    pub(crate) fn check(&self, note: &str, node: &str, claimed: bool) -> Outcome<Option<Cosigned>> {
        let Some(path) = &self.directory else { return Ok(None) };
        let directory = self.open(path)?;
        let log = DepartmentId::parse_parent(node)
            .map_err(|error| not_verified(&format!("{node}：{error}"), &format!("{node}: {error}")))?;
        let Some(quorum) = directory.quorum_of(&log) else {
            let version = directory.version();
            return Err(not_verified(
                &format!("第 {version} 版目录没有规定见证数（witness_quorum），无从核对"),
                &format!("version {version} of the directory asks for no witnesses (witness_quorum)"),
            ));
        };
        let witnesses = cosigners(note, quorum.witnesses()).map_err(|error| {
            not_verified(&format!("见证签名不符：{error}"), &format!("a cosignature is wrong: {error}"))
        })?;
        let (found, threshold) = (witnesses.len(), quorum.threshold());
        if claimed && found < threshold {
            return Err(not_verified(
                &format!("回执称已见证，但只有 {found} 个见证签名有效，须有 {threshold} 个"),
                &format!("the receipt says witnessed, but {found} cosignatures count and {threshold} are needed"),
            ));
        }
        Ok(Some(Cosigned { witnesses, threshold, directory_version: directory.version() }))
    }

    fn open(&self, path: &Path) -> Outcome<Directory> {
        let unusable = |error: PkiError| Failure::failed(error.zh(), error.to_string());
        let key = self.directory_key.clone().unwrap_or_else(|| path.with_file_name("directory.vkey"));
        let verifier = load_verifier(&key).map_err(unusable)?;
        let note = read(path).map_err(unusable)?;
        // What was cosigned stays cosigned when the directory has expired since.
        Directory::inspect(&note, &[verifier]).map_err(|error| {
            let text = error.text();
            not_verified(&text.zh, &text.en)
        })
    }
}

impl Cosigned {
    /// As JSON.
    pub(crate) fn value(&self) -> Value {
        let Self { witnesses, threshold, directory_version } = self;
        let witnesses: Vec<Value> = witnesses
            .iter()
            .map(|Cosignature { witness, time }| json!({ "witness": witness, "time": time.to_string() }))
            .collect();
        json!({
            "reached": witnesses.len() >= *threshold, "quorum": threshold, "witnesses": witnesses,
            "directoryVersion": directory_version.to_string(),
        })
    }

    /// Says who cosigned.
    pub(crate) fn tell(&self, screen: &Screen) {
        let Self { witnesses, threshold, directory_version } = self;
        let names: Vec<&str> = witnesses.iter().map(|cosignature| cosignature.witness.as_str()).collect();
        let (count, names) = (names.len(), names.join(", "));
        screen.say(
            format!("见证签名 {count} 个有效（第 {directory_version} 版目录要求 {threshold} 个）：{names}"),
            format!("{count} cosignatures count ({threshold} needed by version {directory_version} of the directory): {names}"),
        );
    }
}

fn not_verified(zh: &str, en: &str) -> Failure {
    Failure::new(Code::NotVerified, format!("核对不通过：{zh}"), format!("does not hold: {en}"))
}
