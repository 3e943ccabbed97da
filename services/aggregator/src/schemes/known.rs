//! A scheme that was read, with its wire form.

use contracts::evaluation::v1 as pb;
use domain::{DomainError, Reason, Text, Violation, Violations};
use evaluation::{Plan, SchemeErrors};

use super::{PlanExt as _, SCHEMES};

/// A scheme with its wire form.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) plan: Plan,
    pub(crate) wire: pb::Scheme,
}

impl Known {
    /// A scheme of the release or of the configuration: published by the operator.
    pub(super) fn configured(yaml: &str) -> Result<Self, SchemeErrors> {
        let mut known = Self::read(yaml)?;
        known.wire.configured = true;
        known.wire.set_state(pb::SchemeState::Published);
        Ok(known)
    }

    /// A scheme as it was recorded.
    pub(super) fn recorded(wire: pb::Scheme) -> Result<Self, SchemeErrors> {
        Ok(Self { plan: Plan::from_yaml(&wire.yaml)?, wire })
    }

    /// A scheme from its text, with what follows from it; nobody's yet.
    pub(super) fn read(yaml: &str) -> Result<Self, SchemeErrors> {
        let plan = Plan::from_yaml(yaml)?;
        let wire = pb::Scheme {
            name: format!("{SCHEMES}/{}", plan.id()),
            title: Some(crate::wire::engine_text(plan.title())),
            version: plan.version().to_owned(),
            yaml: yaml.to_owned(),
            digest: plan.digest(),
            kind: plan.kind().into(),
            ..pb::Scheme::default()
        };
        Ok(Self { plan, wire })
    }

    /// Whether it is written and not yet published.
    pub(crate) fn is_draft(&self) -> bool {
        match self.wire.state() {
            pb::SchemeState::Draft | pb::SchemeState::Proposed => true,
            pb::SchemeState::Published | pb::SchemeState::Unspecified => false,
        }
    }
}

/// The faults of a scheme as a refusal.
pub(crate) fn faults_error(faults: &SchemeErrors) -> DomainError {
    let mut violations = Violations::new();
    for fault in &faults.0 {
        let line = fault.line.map(|line| format!("（第{line}行）")).unwrap_or_default();
        violations.push(Violation::new(
            format!("scheme.yaml{line}:{}", fault.path),
            Reason::SchemeInvalid,
            &fault.value,
            Text::new(fault.rule.zh.clone(), fault.rule.en.clone()),
            Text::new("请改正方案文件后重新提交", "correct the scheme and send it again"),
        ));
    }
    violations.into()
}
