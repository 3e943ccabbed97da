//! A scheme that was read, with its wire form.

use contracts::evaluation::v1 as pb;
use domain::{DomainError, Reason, Text, Violation, Violations};
use evaluation::{Plan, SchemeErrors};

use super::{PlanExt as _, SCHEMES, model};

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
        // It was read when it was recorded; what its messages lack by now is no reason to lose it.
        let model = model::of_yaml(&wire.yaml).ok();
        Ok(Self { plan: Plan::from_yaml(&wire.yaml)?, wire: pb::Scheme { model, ..wire } })
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
            model: Some(model::of_yaml(yaml)?),
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

/// The file of a scheme that was sent: as it was written, or made from its messages.
pub(super) fn text(sent: &pb::Scheme) -> Result<String, SchemeErrors> {
    match &sent.model {
        Some(model) if sent.yaml.trim().is_empty() => model::to_yaml(model),
        Some(_) | None => Ok(sent.yaml.clone()),
    }
}

/// The faults of a scheme file as a refusal.
pub(crate) fn faults_error(faults: &SchemeErrors) -> DomainError {
    faults_in(YAML, faults)
}

/// The field of the text of a scheme.
pub(super) const YAML: &str = "scheme.yaml";
/// The field of its messages.
pub(super) const MODEL: &str = "scheme.model";

/// The faults of a scheme as a refusal. Messages have no lines.
pub(super) fn faults_in(field: &str, faults: &SchemeErrors) -> DomainError {
    let mut violations = Violations::new();
    for fault in &faults.0 {
        let line = fault.line.filter(|_| field == YAML).map(|line| format!("（第{line}行）")).unwrap_or_default();
        violations.push(Violation::new(
            format!("{field}{line}:{}", fault.path),
            Reason::SchemeInvalid,
            &fault.value,
            Text::new(fault.rule.zh.clone(), fault.rule.en.clone()),
            what_to_do(),
        ));
    }
    violations.into()
}

/// What to do about a fault of a scheme.
pub(super) fn what_to_do() -> Text {
    Text::new("请改正方案后重新提交", "correct the scheme and send it again")
}
