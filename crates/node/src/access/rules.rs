//! Where policies and grants come from.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::DataResources;
use policy::{GrantFault, GrantFaults, Grants, Method, Policies, Policy, PolicyFault, PolicyFaults, PolicyTexts};

/// End of the name of a policy file.
const POLICY: &str = "cedar";
/// End of the name of the schema.
const SCHEMA: &str = "cedarschema";

/// The files, and what else the rules of a server are made from.
#[derive(Clone, Debug)]
pub struct RulesSource {
    /// Trust domain of every principal.
    pub instance: String,
    /// Folder with the policies and their schema; none for those of the release.
    pub policy: Option<PathBuf>,
    /// The grants of the department; none for no grants.
    pub grants: Option<PathBuf>,
    /// Classes and sharing attributes of the data.
    pub resources: Arc<DataResources>,
    /// Whom a refused caller should ask.
    pub ask: String,
}

/// Policies and grants at one moment.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What may be done.
    pub policy: Policy,
    /// Who was granted conditional data.
    pub grants: Grants,
    policy_texts: Option<PolicyTexts>,
    grants_text: Option<String>,
}

/// Rules that are not taken. In both languages, because it stops a start or stands in the operator's log.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A file or a folder cannot be read.
    #[error(
        "{} 无法读取（{source}）；请检查路径和权限 / {} cannot be read ({source}); check the path and its permissions",
        path.display(), path.display()
    )]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder holds no schema, or several.
    #[error(
        "{}：应有一个 .cedarschema 文件，实有 {found} 个 / {}: one file .cedarschema is expected, there are {found}",
        path.display(), path.display()
    )]
    Schemas {
        /// The folder.
        path: PathBuf,
        /// How many there are.
        found: usize,
    },
    /// The policies have faults, or a served method has no rule.
    #[error("访问策略有误 / the policies have faults:\n{}", both(&.0.0, PolicyFault::zh))]
    Policies(PolicyFaults),
    /// The grants have faults.
    #[error("{}：授权有误 / the grants have faults:\n{}", path.display(), both(&faults.0, GrantFault::zh))]
    Grants {
        /// The file.
        path: PathBuf,
        /// The faults.
        faults: GrantFaults,
    },
}

fn both<F: std::fmt::Display>(faults: &[F], zh: impl Fn(&F) -> String) -> String {
    faults.iter().map(|fault| format!("{} / {fault}", zh(fault))).collect::<Vec<_>>().join("\n")
}

impl RulesSource {
    /// The rules in the files, for a server with these methods. Policies that are the same as before are not read again.
    pub(super) fn read(&self, served: &[Method], before: Option<&Rules>) -> Result<Rules, RulesError> {
        let policy_texts = self.policy.as_deref().map(texts).transpose()?;
        let policy = match before {
            Some(before) if before.policy_texts == policy_texts => before.policy.clone(),
            Some(_) | None => self.policy(policy_texts.as_ref(), served)?,
        };
        let grants_text = self.grants.as_deref().map(text).transpose()?;
        let grants = match (&self.grants, &grants_text) {
            (Some(path), Some(text)) => Grants::parse(text, &self.instance, &policy)
                .map_err(|faults| RulesError::Grants { path: path.clone(), faults })?,
            _ => Grants::default(),
        };
        Ok(Rules { policy, grants, policy_texts, grants_text })
    }

    fn policy(&self, texts: Option<&PolicyTexts>, served: &[Method]) -> Result<Policy, RulesError> {
        let policies = texts.map_or_else(Policies::embedded, Policies::new).map_err(RulesError::Policies)?;
        Policy::new(&policies, &self.resources, served, self.ask.as_str()).map_err(RulesError::Policies)
    }
}

impl Rules {
    /// True when both were read from the same texts.
    pub(super) fn same_texts(&self, other: &Self) -> bool {
        self.policy_texts == other.policy_texts && self.grants_text == other.grants_text
    }

    /// What differs from older grants, in words for the operator's log.
    pub(super) fn grants_changed(&self, old: &Self) -> Vec<String> {
        let of = |rules: &Self| -> BTreeSet<_> {
            rules.grants.iter().map(|grant| (Arc::clone(&grant.id), grant.revoked)).collect()
        };
        let (old, new) = (of(old), of(self));
        let gone = old.difference(&new).filter(|(id, _)| !new.iter().any(|(other, _)| other == id));
        let gone = gone.map(|(id, _)| format!("grant {id} removed"));
        let come = new.difference(&old).map(|(id, revoked)| {
            let what = if *revoked { "revoked" } else { "in force" };
            format!("grant {id} {what}")
        });
        gone.chain(come).collect()
    }
}

fn text(path: &Path) -> Result<String, RulesError> {
    fs::read_to_string(path).map_err(|source| RulesError::File { path: path.to_owned(), source })
}

/// The texts of a folder, in the order of their names.
fn texts(folder: &Path) -> Result<PolicyTexts, RulesError> {
    let unreadable = |source| RulesError::File { path: folder.to_owned(), source };
    let (mut schemas, mut policies) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let end = path.extension().and_then(|end| end.to_str());
        if end == Some(SCHEMA) {
            schemas.push(text(&path)?);
        } else if end == Some(POLICY) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            policies.push((name, text(&path)?));
        }
    }
    policies.sort();
    match <[String; 1]>::try_from(schemas) {
        Ok([schema]) => Ok(PolicyTexts { schema, policies }),
        Err(found) => Err(RulesError::Schemas { path: folder.to_owned(), found: found.len() }),
    }
}
