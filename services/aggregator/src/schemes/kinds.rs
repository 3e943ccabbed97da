//! What the models of a scheme have in common.

use contracts::evaluation::v1 as pb;
use evaluation::{Endorser, Plan, Text};

/// What every scheme has, whatever its model.
pub(crate) trait PlanExt {
    /// Its id.
    fn id(&self) -> &str;
    /// Its version.
    fn version(&self) -> &str;
    /// Its title.
    fn title(&self) -> &Text;
    /// Digest of what it says.
    fn digest(&self) -> String;
    /// Its model.
    fn kind(&self) -> pb::SchemeKind;
    /// Whose approval a submission needs. Only a scheme of practice asks for any.
    fn endorsements(&self) -> &[Endorser];
    /// The columns beside the indicators that it reads: parts of formulas, and what stands outside the score.
    fn columns(&self) -> Vec<&str>;
}

impl PlanExt for Plan {
    fn id(&self) -> &str {
        match self {
            Self::Practice(scheme) => scheme.id(),
            Self::Index(scheme) => scheme.id(),
            Self::Joint(scheme) => scheme.id(),
        }
    }

    fn version(&self) -> &str {
        match self {
            Self::Practice(scheme) => scheme.version(),
            Self::Index(scheme) => scheme.version(),
            Self::Joint(scheme) => scheme.version(),
        }
    }

    fn title(&self) -> &Text {
        match self {
            Self::Practice(scheme) => scheme.title(),
            Self::Index(scheme) => scheme.title(),
            Self::Joint(scheme) => scheme.title(),
        }
    }

    fn digest(&self) -> String {
        match self {
            Self::Practice(scheme) => scheme.digest(),
            Self::Index(scheme) => scheme.digest().to_owned(),
            Self::Joint(scheme) => scheme.digest().to_owned(),
        }
    }

    fn kind(&self) -> pb::SchemeKind {
        match self {
            Self::Practice(_) => pb::SchemeKind::Practice,
            Self::Index(_) => pb::SchemeKind::Index,
            Self::Joint(_) => pb::SchemeKind::Joint,
        }
    }

    fn endorsements(&self) -> &[Endorser] {
        match self {
            Self::Practice(scheme) => scheme.endorsements(),
            Self::Index(_) | Self::Joint(_) => &[],
        }
    }

    fn columns(&self) -> Vec<&str> {
        match self {
            Self::Practice(scheme) => {
                scheme.inputs().keys().map(String::as_str).chain(scheme.outside().ids()).collect()
            }
            Self::Index(scheme) => {
                let below = scheme.data().denominators.iter().chain(scheme.inputs().keys()).map(String::as_str);
                below.chain(scheme.outside().ids()).collect()
            }
            Self::Joint(_) => Vec::new(),
        }
    }
}
