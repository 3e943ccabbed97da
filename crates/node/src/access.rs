//! Who may do what on this server: the policies and the grants in force, asked for every call, and again while a stream runs.
//!
//! Directory, policies and grants can each be exchanged while the server runs, and a grant ends with its day. What a decision
//! rests on is one [`Moment`]; a decision of another moment is made again before the next message goes out.

mod decision;
mod rules;
mod standing;

use std::{fmt, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{DepartmentId, DomainError, Lang, Reason, Text};
use policy::{Call, Denied, Member, Method, Permit, Principal, Refusal, day_in_china};
use runtime::clock::SharedClock;
use tokio::sync::watch as channel;

use crate::{
    caller::Caller,
    trust::{InForce, Trust},
};

pub use decision::{Decision, Decisions, Outcome, Traced};
pub use rules::{Rules, RulesError, RulesSource};
pub(crate) use standing::{Standing, department_of};

/// Decides calls on one server. Clones share what is in force.
#[derive(Clone)]
pub struct Access(Arc<Inner>);

struct Inner {
    trust: Trust,
    node: DepartmentId,
    source: RulesSource,
    served: Vec<Method>,
    in_force: channel::Sender<Arc<Rules>>,
    clock: SharedClock,
    decisions: Arc<dyn Decisions>,
}

/// A call, as far as it is decided upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The identity in the client certificate.
    pub principal: Principal,
    /// SHA-256 of the client certificate, lower-case hex.
    pub fingerprint: String,
    /// `/service/method`.
    pub method: String,
    /// 使用目的, as the caller states it.
    pub purpose: Option<String>,
}

/// What a decision rests on: the directory, the rules and the day.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    directory: Arc<InForce>,
    rules: Arc<Rules>,
    today: NaiveDate,
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        let Self { directory, rules, today } = self;
        Arc::ptr_eq(directory, &other.directory) && Arc::ptr_eq(rules, &other.rules) && *today == other.today
    }
}

impl Access {
    /// Reads the rules that are to be in force on the server of `node`. `served` lists every method of it, health and
    /// reflection among them.
    ///
    /// # Errors
    /// [`RulesError`]: without rules for every served method a server does not start.
    pub fn open(
        source: RulesSource,
        trust: Trust,
        node: DepartmentId,
        served: Vec<Method>,
        clock: SharedClock,
        decisions: Arc<dyn Decisions>,
    ) -> Result<Self, RulesError> {
        let (in_force, _) = channel::channel(Arc::new(source.read(&served, None)?));
        Ok(Self(Arc::new(Inner { trust, node, source, served, in_force, clock, decisions })))
    }

    /// Decides, before anything of the request is read. The caller that comes back may make this very call.
    ///
    /// # Errors
    /// Those of [`Trust::member`]; the refusal of the policies, with the rule that decided and whom to ask.
    pub fn admit(&self, asked: Asked, lang: Lang) -> Result<Caller, DomainError> {
        let moment = self.moment(&asked)?;
        let permit = self.ask(&asked, &moment)?;
        let Asked { principal, fingerprint, .. } = asked.clone();
        let directory_version = moment.directory.directory.version();
        let standing = Standing::new(self.clone(), asked, moment);
        Ok(Caller { principal, fingerprint, lang, permit, signatures: Vec::new(), directory_version, standing })
    }

    /// What is in force at this moment for a caller that is a member.
    fn moment(&self, asked: &Asked) -> Result<Moment, DomainError> {
        let directory = self.0.trust.membership(&asked.principal, &asked.fingerprint)?;
        Ok(Moment { directory, rules: self.rules(), today: self.day() })
    }

    /// Asks the policies and tells of their answer.
    fn ask(&self, asked: &Asked, moment: &Moment) -> Result<Permit, DomainError> {
        let Asked { principal, fingerprint: _, method, purpose } = asked;
        let Some(listed) = moment.directory.directory.member(principal) else {
            return Err(unlisted(principal));
        };
        let member = Member {
            principal: principal.clone(),
            roles: listed.roles.iter().copied().collect(),
            department: listed.department.clone(),
            regions: listed.regions.clone(),
        };
        let Rules { policy, grants, .. } = &*moment.rules;
        let (node, now) = (&self.0.node, self.0.clock.now());
        let call = Call { member: &member, method, node, purpose: purpose.as_deref(), grants, now };
        let decided = policy.allow(&call);
        let outcome = decided.as_ref().map_or_else(Outcome::Refused, Outcome::Allowed);
        self.tell(asked, member.department.as_ref(), outcome)?;
        decided.map_err(|denied| refusal(&denied))
    }

    /// Tells of a row that was asked for and is not seen.
    pub(crate) fn refused(&self, asked: &Asked, department: Option<&DepartmentId>, denied: &Denied) -> DomainError {
        self.tell(asked, department, Outcome::Refused(denied)).err().unwrap_or_else(|| refusal(denied))
    }

    fn tell(&self, asked: &Asked, department: Option<&DepartmentId>, outcome: Outcome<'_>) -> Result<(), DomainError> {
        let node = &self.0.node;
        self.0.decisions.decided(&Decision { asked, department, node, outcome })
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.0.in_force.borrow())
    }

    /// Reads the rules again, and takes them when they have changed. True when they were taken.
    ///
    /// # Errors
    /// [`RulesError`]; what is in force then stays.
    pub(crate) fn reload(&self) -> Result<bool, RulesError> {
        let old = self.rules();
        let new = self.0.source.read(&self.0.served, Some(&old))?;
        let changed = !new.same_texts(&old);
        if changed {
            for change in new.grants_changed(&old) {
                tracing::info!(%change, "the grants changed");
            }
            self.0.in_force.send_replace(Arc::new(new));
        }
        Ok(changed)
    }

    /// Wakes those who wait for the end of a grant: another day has begun.
    pub(crate) fn new_day(&self) {
        self.0.in_force.send_modify(|_| {});
    }

    pub(crate) fn trust(&self) -> &Trust {
        &self.0.trust
    }

    /// The time, by the server's clock.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// The day in China, by the server's clock.
    pub(crate) fn day(&self) -> NaiveDate {
        day_in_china(self.now())
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("node", &self.0.node).finish_non_exhaustive()
    }
}

/// The directory that was just asked listed the caller, so this says that it was exchanged in between.
fn unlisted(principal: &Principal) -> DomainError {
    let text = Text::new(
        format!("{principal} 不在成员目录中；请联系实例管理者登记"),
        format!("{principal} is not in the directory; ask its administrator to enter it"),
    );
    DomainError::new(Reason::MemberUnknown, text).with_fact("principal", principal)
}

/// A refusal in the words of the contracts.
fn refusal(denied: &Denied) -> DomainError {
    let error = DomainError::new(denied.reason(), Text::new(denied.zh(), denied.to_string()))
        .with_fact("principal", &denied.principal)
        .with_fact("method", &denied.method)
        .with_fact("rule", &denied.rule)
        .with_fact("ask", &denied.ask);
    match &denied.why {
        Refusal::GrantEnded { grant } => error.with_fact("grant", grant),
        Refusal::NotServed
        | Refusal::NoPolicy
        | Refusal::Forbidden
        | Refusal::PurposeRequired
        | Refusal::PolicyError => error,
    }
}
