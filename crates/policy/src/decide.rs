//! The first step of a decision: may this member call this method here at all.

use std::sync::{Arc, Mutex, OnceLock};

use cedar_policy::{Context, Decision, Effect, Entities, Request};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{DepartmentId, RegionCode, Text};

use crate::{
    cedar::{GrantFacts, Unfit, Who, day_in_china},
    compile::{OPEN_CLASS, Policy, Served},
    denied::{Denied, Refusal},
    grant::{Grant, Grants},
    member::Member,
    permit::{Basis, Permit},
    principal::Principal,
    sight::{Row, Seen, Sight, Words},
};

const NO_POLICY: &str = "no-policy";
const NOT_SERVED: &str = "not-served";
const POLICY_ERROR: &str = "policy-error";

/// What is asked: a member calls a method of a department's server.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Who calls.
    pub member: &'a Member,
    /// `/service/method`, as in the request.
    pub method: &'a str,
    /// The department whose server is asked.
    pub node: &'a DepartmentId,
    /// 使用目的, as the caller states it.
    pub purpose: Option<&'a str>,
    /// The grants of that department.
    pub grants: &'a Grants,
    /// The time now.
    pub now: DateTime<Utc>,
}

/// What the policies say to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// This policy allows it, and none forbids it.
    Allowed(Arc<str>),
    /// This policy forbids it.
    Forbidden(Arc<str>),
    /// None allows it.
    Silent,
    /// One of them could not be evaluated.
    Broken,
}

impl Policy {
    /// Decides, before the body of the request is read, whether the call may be made at all: whether there is a row that it
    /// could be about. What it sees is for [`Permit::sees`] to say.
    ///
    /// # Errors
    /// A refusal with the policy that decided, and what is missing where it is a purpose or a grant.
    pub fn allow(&self, call: &Call<'_>) -> Result<Permit, Denied> {
        let refuse = |rule: &str, why: Refusal, text: Text| {
            let (principal, method) = (call.member.principal.clone(), call.method.to_owned());
            Denied { principal, method, rule: rule.into(), why, text, ask: Arc::clone(&self.0.ask) }
        };
        let Some(served) = self.served(call.method) else {
            let text = Text::new("本服务没有这个方法", "this server has no such method");
            return Err(refuse(NOT_SERVED, Refusal::NotServed, text));
        };
        let sight = self.sight(call, served);
        let rows = best_cases(call, served);
        let basis = sight.decide(&rows)?;
        Ok(Permit::new(basis, sight))
    }

    fn sight(&self, call: &Call<'_>, served: &Arc<Served>) -> Sight {
        let Call { member, method: _, node, purpose, grants, now } = call;
        Sight {
            policy: self.clone(),
            member: (*member).clone(),
            served: Arc::clone(served),
            node: node.to_string(),
            purpose: purpose.map(Arc::from),
            today: day_in_china(*now),
            grants: grants.of(&member.principal).cloned().collect(),
            words: OnceLock::new(),
            seen: Mutex::new(Seen::default()),
        }
    }

    /// The call in the words of the policies.
    pub(crate) fn words(&self, sight: &Sight) -> Result<Words, Unfit> {
        let Sight { member, served, purpose, today, grants, .. } = sight;
        let who = self.0.types().who(member)?;
        let method = (served.name(), served.class.as_str());
        let context =
            |grant: Option<&GrantFacts<'_>>| self.0.types().context(&who, method, *today, purpose.as_deref(), grant);
        let mut contexts = vec![context(None)?];
        for grant in grants {
            contexts.push(context(Some(&grant.facts()))?);
        }
        Ok(Words { who, contexts })
    }

    /// Asks the policies one question.
    pub(crate) fn answer(&self, who: &Who, served: &Served, context: &Context, node: &str, row: Row<'_>) -> Answer {
        let inner = &*self.0;
        let Some(facts) = inner.classes.get(row.class) else { return Answer::Silent };
        let Ok(mut entities) = inner.types().row(node, row, *facts) else { return Answer::Broken };
        entities.extend([who.entity.clone(), served.action_entity.clone()]);
        let Ok(entities) = Entities::from_entities(entities, None) else { return Answer::Broken };
        let (action, resource) = (served.action.clone(), inner.types().resource());
        let Ok(request) = Request::new(who.uid.clone(), action, resource, context.clone(), None) else {
            return Answer::Broken;
        };
        let response = inner.authorizer.is_authorized(&request, &served.policies, &entities);
        // Cedar leaves out a policy that it cannot evaluate. A forbid that is left out would open what it closes.
        if response.diagnostics().errors().next().is_some() {
            return Answer::Broken;
        }
        // The first in the order of ids, so that one question has one answer.
        let rule = response.diagnostics().reason().map(|id| -> &str { id.as_ref() }).min().map(Arc::from);
        match (response.decision(), rule) {
            (Decision::Allow, Some(rule)) => Answer::Allowed(rule),
            (Decision::Deny, Some(rule)) => Answer::Forbidden(rule),
            (Decision::Deny, None) => Answer::Silent,
            (Decision::Allow, None) => Answer::Broken,
        }
    }

    /// True when a grant can open this method for somebody who has nothing else.
    pub(crate) fn can_be_granted(&self, served: &Served) -> bool {
        let asked = || -> Result<bool, Unfit> {
            let principal = Principal::parse("spiffe://check/nobody").map_err(|error| Unfit::of(&error))?;
            let (roles, regions) = ([].into_iter().collect(), [].into());
            let who = self.0.types().who(&Member { principal, roles, department: None, regions })?;
            let context = self.with_any_grant(&who, served, vec![&served.class], NaiveDate::default())?;
            let node = "commerce";
            let row = Row { department: node, region: "", class: &served.class };
            Ok(matches!(self.answer(&who, served, &context, node, row), Answer::Allowed(_)))
        };
        asked().unwrap_or(false)
    }

    /// A call that states a purpose and has a grant for it that holds today.
    pub(crate) fn with_any_grant(
        &self,
        who: &Who,
        served: &Served,
        classes: Vec<&str>,
        today: NaiveDate,
    ) -> Result<Context, Unfit> {
        let purpose = "any";
        let grant = GrantFacts {
            id: purpose,
            purpose,
            methods: vec![served.name()],
            classes,
            regions: Vec::new(),
            days: (today, today),
            revoked: false,
        };
        self.0.types().context(who, (served.name(), &served.class), today, Some(purpose), Some(&grant))
    }

    /// The policies with what they say, for documents.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (&str, Effect, &Text)> {
        self.0.rules().iter().map(|(id, rule)| (&**id, rule.effect, &rule.text))
    }
}

/// The rows that the call may be about at best: of the department whose server it is, or of the caller's own where the server
/// holds such rows; about no region, about one of the caller's, or about one of its grants'; last, what is open to
/// the public, where the method has it.
fn best_cases<'a>(call: &Call<'a>, served: &'a Served) -> Vec<Row<'a>> {
    let node = call.node.as_str();
    let holds_others = served.two_sided || *call.node == DepartmentId::aggregator();
    let own = call.member.department.as_ref().map(DepartmentId::as_str);
    let own = own.filter(|own| holds_others && *own != node);
    let granted = call.grants.of(&call.member.principal).flat_map(|grant| &grant.regions);
    let regions: Vec<_> = call.member.regions.iter().chain(granted).map(RegionCode::as_str).collect();
    let of = |department| {
        let row = move |region| Row { department, region, class: &served.class };
        [""].into_iter().chain(regions.iter().copied()).map(row)
    };
    let open = served.holds_open.then_some(Row { department: node, region: "", class: OPEN_CLASS });
    [node].into_iter().chain(own).flat_map(of).chain(open).collect()
}

/// Why a call is refused of which the policies could not be asked.
fn broken() -> (Refusal, Text) {
    let text = Text::new("策略无法求值，一律拒绝", "the policies could not be evaluated, so the answer is no");
    (Refusal::PolicyError, text)
}

impl Sight {
    /// What allows one of these rows.
    fn decide(&self, rows: &[Row<'_>]) -> Result<Basis, Denied> {
        let mut forbidden = None;
        for way in self.ways() {
            for row in rows {
                match self.ask(way, *row) {
                    Answer::Allowed(rule) => {
                        return Ok(Basis { rule, grant: self.grant(way), purpose: self.purpose.clone() });
                    }
                    Answer::Forbidden(rule) => {
                        forbidden.get_or_insert(rule);
                    }
                    Answer::Silent => (),
                    Answer::Broken => return Err(self.unanswered()),
                }
            }
        }
        if let Some(rule) = forbidden {
            let text = self.policy.0.rules().get(&rule).map(|rule| rule.text.clone()).unwrap_or_default();
            return Err(self.refuse(&rule, Refusal::Forbidden, text));
        }
        Err(self.missing(rows).unwrap_or_else(|_unfit| self.unanswered()))
    }

    /// The second step, with the reason of a refusal.
    pub(crate) fn require(&self, row: Row<'_>) -> Result<(), Denied> {
        if self.sees(row) { Ok(()) } else { self.decide(&[row]).map(drop).map_err(|denied| about(denied, row)) }
    }

    fn refuse(&self, rule: &str, why: Refusal, text: Text) -> Denied {
        let (principal, method) = (self.member.principal.clone(), self.served.path.clone());
        Denied { principal, method, rule: rule.into(), why, text, ask: Arc::clone(&self.policy.0.ask) }
    }

    fn unanswered(&self) -> Denied {
        let (why, text) = broken();
        self.refuse(POLICY_ERROR, why, text)
    }

    /// Finds out what would have helped: the purpose of a grant, or time.
    fn missing(&self, rows: &[Row<'_>]) -> Result<Denied, Unfit> {
        let purpose = self.purpose.as_deref();
        let who = &self.words()?.who;
        for grant in &self.grants {
            let facts = GrantFacts { revoked: false, ..grant.facts() };
            let method = (self.served.name(), self.served.class.as_str());
            let context = self.policy.0.types().context(who, method, grant.not_before, purpose, Some(&facts))?;
            if let Some(rule) = self.would_do(who, &context, rows) {
                let Grant { id, not_before, not_after, revoked, .. } = &**grant;
                let text = if *revoked {
                    Text::new(format!("授权 {id} 已撤销"), format!("the grant {id} was revoked"))
                } else {
                    Text::new(
                        format!("授权 {id} 的期限为 {not_before} 至 {not_after}"),
                        format!("the grant {id} is for {not_before} to {not_after}"),
                    )
                };
                return Ok(self.refuse(&rule, Refusal::GrantEnded { grant: Arc::clone(id) }, text));
            }
        }
        let classes = rows.iter().map(|row| row.class).collect();
        let context = self.policy.with_any_grant(who, &self.served, classes, self.today)?;
        Ok(match self.would_do(who, &context, rows) {
            Some(rule) => {
                let text = match purpose {
                    None => Text::new(
                        "数据有条件共享，请求没有说明使用目的",
                        "the data are shared with conditions, and the call states no purpose",
                    ),
                    Some(purpose) => Text::new(
                        format!("数据有条件共享，没有用于“{purpose}”的授权"),
                        format!("the data are shared with conditions, and no grant is for the purpose {purpose:?}"),
                    ),
                };
                self.refuse(&rule, Refusal::PurposeRequired, text)
            }
            None => self.refuse(NO_POLICY, Refusal::NoPolicy, Text::new("没有策略允许", "no policy allows it")),
        })
    }

    fn would_do(&self, who: &Who, context: &Context, rows: &[Row<'_>]) -> Option<Arc<str>> {
        rows.iter().find_map(|row| match self.policy.answer(who, &self.served, context, &self.node, *row) {
            Answer::Allowed(rule) => Some(rule),
            Answer::Forbidden(_) | Answer::Silent | Answer::Broken => None,
        })
    }
}

/// The refusal of a row says which kind of row it is.
fn about(denied: Denied, row: Row<'_>) -> Denied {
    let Row { department, region, class } = row;
    let (place, at) = if region.is_empty() {
        ("全部地区".to_owned(), "all regions".to_owned())
    } else {
        (format!("地区 {region}"), format!("region {region}"))
    };
    let Text { zh, en } = &denied.text;
    let text = Text::new(
        format!("{zh}（{department} 的 {class} 数据，{place}）"),
        format!("{en} (data of the class {class} of {department}, {at})"),
    );
    Denied { text, ..denied }
}
