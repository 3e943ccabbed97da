//! Reading a scheme that was sent: understood, or every fault of it. `CheckScheme` answers with this before anybody signs.

use contracts::evaluation::v1 as pb;
use domain::{Reason, Text, Violation, Violations};
use evaluation::SchemeErrors;
use node::{caller::Caller, convert::Reader, desk::DeskError};

use super::{
    Known, PlanExt as _, index,
    known::{self, MODEL, YAML, faults_in, what_to_do},
    model,
    service::SchemeDesk,
};

/// Why a scheme was not understood.
pub(super) enum Misread {
    /// Faults of the scheme itself, and the field that holds it.
    Scheme(&'static str, SchemeErrors),
    /// It is a scheme, and breaks a rule of this service.
    Rules(Violations),
}

impl From<Misread> for DeskError {
    fn from(misread: Misread) -> Self {
        match misread {
            Misread::Scheme(field, faults) => Self::Refused(faults_in(field, &faults)),
            Misread::Rules(faults) => faults.into(),
        }
    }
}

impl Misread {
    /// Every fault as it is answered.
    fn faults(self) -> Vec<pb::SchemeFault> {
        match self {
            Self::Scheme(_, faults) => faults.0.into_iter().map(of_scheme).collect(),
            Self::Rules(faults) => faults.into_iter().map(of_rule).collect(),
        }
    }
}

fn of_scheme(fault: evaluation::SchemeFault) -> pb::SchemeFault {
    let evaluation::SchemeFault { path, line, value, rule } = fault;
    pb::SchemeFault {
        path,
        line: line.and_then(|line| u32::try_from(line).ok()).unwrap_or_default(),
        value,
        rule: Some(crate::wire::engine_text(&rule)),
        action: Some(crate::wire::domain_text(&what_to_do())),
    }
}

fn of_rule(fault: Violation) -> pb::SchemeFault {
    // Where the scheme stands is known to who sent it.
    let path = fault.field.split_once(':').map_or("", |(_, path)| path).to_owned();
    pb::SchemeFault {
        path,
        line: 0,
        value: fault.value,
        rule: Some(crate::wire::domain_text(&fault.rule)),
        action: Some(crate::wire::domain_text(&fault.action)),
    }
}

impl SchemeDesk {
    /// What is understood of a scheme, or every fault, and what it would change.
    pub(super) async fn check(
        &self,
        caller: &Caller,
        message: pb::CheckSchemeRequest,
    ) -> Result<pb::CheckSchemeResponse, DeskError> {
        // What it would change is about all cities: the rank of one depends on the others.
        caller.must_see(self.0.schemes.context.department(), "")?;
        let pb::CheckSchemeRequest { scheme } = message;
        let scheme = scheme.unwrap_or_default();
        let mut missing = Violations::new();
        if scheme.yaml.trim().is_empty() && scheme.model.is_none() {
            Reader::new(&mut missing).missing(YAML);
            return Err(missing.into());
        }
        match self.understood(&scheme) {
            Ok(known) => {
                let impact = self.0.evaluations.impact(&known).await?;
                Ok(pb::CheckSchemeResponse { scheme: Some(known.wire), faults: Vec::new(), impact })
            }
            Err(misread) => Ok(pb::CheckSchemeResponse { scheme: None, faults: misread.faults(), impact: None }),
        }
    }

    /// Reads a scheme of which there is at least one form. What is there is what faults are told of; where both are, they must say
    /// the same.
    pub(super) fn understood(&self, scheme: &pb::Scheme) -> Result<Known, Misread> {
        let written = !scheme.yaml.trim().is_empty();
        let field = if written { YAML } else { MODEL };
        let read = known::text(scheme).and_then(|text| Known::read(&text));
        let known = read.map_err(|faults| Misread::Scheme(field, faults))?;
        let mut faults = index::check(&known.plan, self.0.schemes.catalogue(), field);
        if let (true, Some(sent)) = (written, &scheme.model) {
            let other = model::to_yaml(sent).and_then(|text| Known::read(&text));
            let other = other.map_err(|faults| Misread::Scheme(MODEL, faults))?;
            if other.wire.digest != known.wire.digest {
                faults.push(disagree(&known.wire.digest, &other.wire.digest));
            }
        }
        if domain::check_id(known.plan.id()).is_err() {
            faults.push(Violation::new(
                format!("{field}:id"),
                Reason::FieldInvalid,
                known.plan.id(),
                Text::new(
                    "方案标识只用小写字母、数字和连字符",
                    "a scheme id has lower-case letters, digits and hyphens",
                ),
                Text::new("请改正 id", "correct the id"),
            ));
        }
        faults.into_result(known).map_err(Misread::Rules)
    }
}

/// The two forms of a scheme say different things.
fn disagree(yaml: &str, model: &str) -> Violation {
    Violation::new(
        MODEL,
        Reason::SchemeInvalid,
        model,
        Text::new(
            format!("model 与 yaml 不是同一方案：yaml 的摘要为 {yaml}"),
            format!("model and yaml are not the same scheme: the digest of yaml is {yaml}"),
        ),
        Text::new("请只送其中之一，或使二者一致", "send one of the two, or make them say the same"),
    )
}
