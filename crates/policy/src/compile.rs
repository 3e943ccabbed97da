//! Policies from their texts, checked against the schema and against what is served.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt,
    str::FromStr,
    sync::{Arc, LazyLock},
};

use cedar_policy::{
    ActionConstraint, Authorizer, Effect, Entities, Entity, EntityUid, PolicyId, PolicySet, Request, Schema,
    ValidationMode, ValidationWarning, Validator,
};
use chrono::NaiveDate;
use domain::{DataLevel, DataResources, SharingAttribute, Text};

use crate::{
    cedar::{ClassFacts, GrantFacts, Types, Unfit, Who},
    fault::{PolicyFault, PolicyFaults},
    member::Member,
    method::{Access, Method},
    principal::Principal,
    remembered::Remembered,
    role::Role,
    sight::Row,
    texts::PolicyTexts,
};

/// The class of what holds no data: health and reflection, which the data-resource catalogue does not list.
pub const SERVICE_CLASS: &str = "service";
/// Group of the methods whose rows belong to the department that asks, at the node of the one that is asked.
const TWO_SIDED: &str = "read-requests";
/// Group of the methods whose answers have rows of [`OPEN_CLASS`] among others.
const HOLDS_OPEN: &str = "read-open";
/// The class of published figures whose indicators are open to the public.
pub const OPEN_CLASS: &str = "open-figures";

/// The policies, checked against their schema. Reading them costs a good part of a second without optimisation, so it is done
/// once for all servers of a process. Cheap to clone.
#[derive(Clone)]
pub struct Policies(Arc<Checked>);

struct Checked {
    schema: Schema,
    types: Types,
    /// Every action with the groups that it is in.
    groups: Entities,
    set: PolicySet,
    rules: BTreeMap<Arc<str>, Rule>,
    permitted: Vec<ActionConstraint>,
}

/// The policies as one server has them. Cheap to clone.
#[derive(Clone)]
pub struct Policy(pub(crate) Arc<Compiled>);

pub(crate) struct Compiled {
    policies: Policies,
    pub(crate) authorizer: Authorizer,
    pub(crate) remembered: Remembered,
    pub(crate) methods: BTreeMap<String, Arc<Served>>,
    pub(crate) classes: BTreeMap<String, ClassFacts>,
    pub(crate) ask: Arc<str>,
}

impl Compiled {
    pub(crate) fn types(&self) -> &Types {
        &self.policies.0.types
    }

    pub(crate) fn rules(&self) -> &BTreeMap<Arc<str>, Rule> {
        &self.policies.0.rules
    }
}

/// What a policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) effect: Effect,
    pub(crate) text: Text,
}

/// A served method as the policies know it.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    /// `/service/method`.
    pub(crate) path: String,
    pub(crate) access: Access,
    /// Class of the data that it serves.
    pub(crate) class: String,
    pub(crate) action: EntityUid,
    /// The action with every group above it.
    pub(crate) action_entity: Entity,
    /// True when its rows may belong to another department than the one whose server it is.
    pub(crate) two_sided: bool,
    /// True when rows of [`OPEN_CLASS`] are among its rows.
    pub(crate) holds_open: bool,
    /// The policies whose scope the action is in. The others never apply to it, so no call asks them.
    pub(crate) policies: PolicySet,
}

impl Served {
    /// `service/method`.
    pub(crate) fn name(&self) -> &str {
        self.path.trim_start_matches('/')
    }
}

impl Policies {
    /// Reads and checks the policies.
    ///
    /// # Errors
    /// Every fault at once: a text that cannot be read, a policy without id or words, or one that does not fit the schema.
    pub fn new(texts: &PolicyTexts) -> Result<Self, PolicyFaults> {
        let schema = match Schema::from_cedarschema_str(&texts.schema) {
            Ok((schema, _warnings)) => schema,
            Err(error) => return Err(schema_fault(&error)),
        };
        let types = Types::new().map_err(|error| schema_fault(&error))?;
        let groups = schema.action_entities().map_err(|error| schema_fault(&error))?;
        let mut faults = Vec::new();
        let (set, rules) = read(texts, &mut faults);
        validate(&schema, &set, &mut faults);
        if !faults.is_empty() {
            return Err(PolicyFaults(faults));
        }
        let permitted = permitted(&set);
        Ok(Self(Arc::new(Checked { schema, types, groups, set, rules, permitted })))
    }

    /// The policies of this release, read once in a process.
    ///
    /// # Errors
    /// As [`Self::new`]; a test holds that there is none.
    pub fn embedded() -> Result<Self, PolicyFaults> {
        static EMBEDDED: LazyLock<Result<Policies, PolicyFaults>> =
            LazyLock::new(|| Policies::new(&PolicyTexts::embedded()));
        EMBEDDED.clone()
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").field("rules", &self.0.rules.keys()).finish_non_exhaustive()
    }
}

impl Policy {
    /// Holds the policies against a server. `served` lists every method of it, health and reflection among them; `ask` says
    /// whom a refused caller should ask, for example `生态环境厅节点管理员`.
    ///
    /// # Errors
    /// Every fault at once: a served method that is no action, is in the wrong half of the groups, serves data that no catalogue
    /// entry describes, or can never be allowed.
    pub fn new(
        policies: &Policies,
        resources: &DataResources,
        served: &[Method],
        ask: impl Into<Arc<str>>,
    ) -> Result<Self, PolicyFaults> {
        let mut faults = Vec::new();
        let classes = classes(resources);
        let (mut methods, mut described) = (BTreeMap::new(), HashSet::new());
        for method in served {
            let Some(found) = policies.0.served(method, resources, &mut faults) else { continue };
            let fits = policies.0.fits(&found).and_then(|()| {
                let fresh = described.insert(found.class.clone());
                if fresh { policies.0.describes(&found.class, &classes) } else { Ok(()) }
            });
            if let Err(problem) = fits {
                let (method, problem) = (found.name().to_owned(), problem.to_string());
                faults.push(PolicyFault::Shape { method, problem });
            }
            if methods.insert(found.path.clone(), Arc::new(found)).is_some() {
                faults.push(PolicyFault::Method { method: method.path().to_owned() });
            }
        }
        if !faults.is_empty() {
            return Err(PolicyFaults(faults));
        }
        let (policies, authorizer) = (policies.clone(), Authorizer::new());
        let remembered = Remembered::new();
        Ok(Self(Arc::new(Compiled { policies, authorizer, remembered, methods, classes, ask: ask.into() })))
    }

    /// The class of the data that a served method serves, `service/method` with or without a leading slash. It is the class of
    /// its rows; a log's entry has the class of the method that it records.
    pub fn class_of(&self, method: &str) -> Option<&str> {
        self.served(method).map(|served| served.class.as_str())
    }

    /// The served methods, `/service/method`, in order.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.0.methods.keys().map(String::as_str)
    }

    pub(crate) fn served(&self, method: &str) -> Option<&Arc<Served>> {
        if method.starts_with('/') { self.0.methods.get(method) } else { self.0.methods.get(&format!("/{method}")) }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("methods", &self.0.methods.len()).finish_non_exhaustive()
    }
}

fn schema_fault(error: &impl ToString) -> PolicyFaults {
    PolicyFaults(vec![schema_fault_of(error)])
}

fn schema_fault_of(error: &impl ToString) -> PolicyFault {
    PolicyFault::Schema { problem: error.to_string() }
}

/// The policies under the ids that they give themselves.
fn read(texts: &PolicyTexts, faults: &mut Vec<PolicyFault>) -> (PolicySet, BTreeMap<Arc<str>, Rule>) {
    let mut policies = PolicySet::new();
    let mut rules = BTreeMap::new();
    for (file, text) in &texts.policies {
        let parsed = match PolicySet::from_str(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                faults.push(PolicyFault::Syntax { file: file.clone(), problem: error.to_string() });
                continue;
            }
        };
        if parsed.templates().next().is_some() {
            faults.push(PolicyFault::Template { file: file.clone() });
        }
        for policy in parsed.policies() {
            let mut annotation = |name: &'static str| {
                let found = policy.annotation(name).filter(|value| !value.is_empty());
                if found.is_none() {
                    let text = policy.to_string();
                    let start = text.lines().find(|line| !line.starts_with('@')).unwrap_or_default().to_owned();
                    faults.push(PolicyFault::Annotation { file: file.clone(), start, annotation: name });
                }
                found.map(str::to_owned)
            };
            let (Some(id), Some(zh), Some(en)) = (annotation("id"), annotation("zh"), annotation("en")) else {
                continue;
            };
            let named = policy.new_id(PolicyId::new(&id));
            if policies.add(named).is_err() {
                faults.push(PolicyFault::IdTwice { file: file.clone(), id });
                continue;
            }
            rules.insert(Arc::from(id), Rule { effect: policy.effect(), text: Text::new(zh, en) });
        }
    }
    (policies, rules)
}

fn validate(schema: &Schema, policies: &PolicySet, faults: &mut Vec<PolicyFault>) {
    let result = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
    for error in result.validation_errors() {
        faults.push(PolicyFault::Invalid { id: error.policy_id().to_string(), problem: error.to_string() });
    }
    // The other warnings are about look-alike letters, which Chinese text beside Latin would raise for no reason.
    for warning in result.validation_warnings() {
        if matches!(warning, ValidationWarning::ImpossiblePolicy(_)) {
            faults.push(PolicyFault::Invalid { id: warning.policy_id().to_string(), problem: warning.to_string() });
        }
    }
}

/// What the policies that permit are about: single actions and groups.
fn permitted(policies: &PolicySet) -> Vec<ActionConstraint> {
    let permits = policies.policies().filter(|policy| policy.effect() == Effect::Permit);
    permits.map(cedar_policy::Policy::action_constraint).collect()
}

fn classes(resources: &DataResources) -> BTreeMap<String, ClassFacts> {
    let service = ClassFacts { sharing: SharingAttribute::Unconditional, level: DataLevel::General };
    let listed =
        resources.iter().map(|entry| (entry.class.clone(), ClassFacts { sharing: entry.sharing, level: entry.level }));
    listed.chain([(SERVICE_CLASS.to_owned(), service)]).collect()
}

impl Checked {
    fn served(&self, method: &Method, resources: &DataResources, faults: &mut Vec<PolicyFault>) -> Option<Served> {
        let path = method.path().to_owned();
        let Some(service) = method.service() else {
            faults.push(PolicyFault::Method { method: path });
            return None;
        };
        let name = path.trim_start_matches('/').to_owned();
        let action = self.types.action(&name);
        let Some(ancestors) = self.groups.ancestors(&action) else {
            faults.push(PolicyFault::NoAction { method: name });
            return None;
        };
        let above: HashSet<EntityUid> = ancestors.cloned().collect();
        let half = match method.access() {
            Access::Read => "read",
            Access::Write => "write",
        };
        if !above.contains(&self.types.action(half)) {
            faults.push(PolicyFault::AccessDisagrees { method: name.clone(), access: method.access() });
        }
        let can_be = |constraint: &ActionConstraint| match constraint {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(one) => *one == action,
            ActionConstraint::In(groups) => groups.iter().any(|group| *group == action || above.contains(group)),
        };
        if !self.permitted.iter().any(&can_be) {
            faults.push(PolicyFault::Unreachable { method: name.clone() });
        }
        let entry = resources.of_method(&name).map(|entry| entry.class.clone());
        let standard = service.starts_with("grpc.").then(|| SERVICE_CLASS.to_owned());
        let Some(class) = entry.or(standard) else {
            faults.push(PolicyFault::NoData { method: name });
            return None;
        };
        let mut policies = PolicySet::new();
        for policy in self.set.policies().filter(|policy| can_be(&policy.action_constraint())) {
            // The ids are those of a set already, so that none is there twice.
            policies.add(policy.clone()).map_err(|error| faults.push(schema_fault_of(&error))).ok()?;
        }
        Some(Served {
            path,
            policies,
            access: method.access(),
            class,
            two_sided: above.contains(&self.types.action(TWO_SIDED)),
            holds_open: above.contains(&self.types.action(HOLDS_OPEN)),
            action_entity: Entity::new_no_attrs(action.clone(), above),
            action,
        })
    }

    /// Asks the schema about a call that has everything a call may have.
    fn fits(&self, served: &Served) -> Result<(), Unfit> {
        let who = everyone(&self.types)?;
        let (first, name) = (NaiveDate::default(), served.name());
        let grant = GrantFacts {
            id: "",
            purpose: "",
            methods: vec![name],
            classes: vec![&served.class],
            regions: vec!["140100"],
            days: (first, first),
            revoked: false,
        };
        let context = self.types.context(&who, (name, &served.class), first, Some(""), Some(&grant))?;
        let resource = self.types.resource();
        let request = Request::new(who.uid, served.action.clone(), resource, context, Some(&self.schema));
        request.map(drop).map_err(|error| Unfit::of(&error))
    }

    /// Asks the schema about a row of a class, and about a member with every role.
    fn describes(&self, class: &str, classes: &BTreeMap<String, ClassFacts>) -> Result<(), Unfit> {
        let facts = classes.get(class).ok_or_else(|| Unfit::of(&format!("no class {class}")))?;
        let mut entities = self.types.row("ecology", Row { department: "ecology", region: "140105", class }, *facts)?;
        entities.push(everyone(&self.types)?.entity);
        Entities::from_entities(entities, Some(&self.schema)).map(drop).map_err(|error| Unfit::of(&error))
    }
}

/// A member with every role, so that the schema is asked about each of them.
fn everyone(types: &Types) -> Result<Who, Unfit> {
    let principal = Principal::parse("spiffe://check/everyone").map_err(|error| Unfit::of(&error))?;
    let department = domain::DepartmentId::ecology();
    let roles = Role::ALL.into_iter().collect();
    types.who(&Member { principal, roles, department: Some(department), regions: BTreeSet::new() })
}
