//! Our words as Cedar's entities.

use std::{
    collections::{HashMap, HashSet},
    str::FromStr,
};

use cedar_policy::{Context, Entity, EntityId, EntityTypeName, EntityUid, ParseErrors, RestrictedExpression};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use domain::{DataLevel, RegionCode, SharingAttribute};

use crate::{member::Member, sight::Row};

/// What Cedar could not make of our words. Never the caller's doing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unfit(String);

impl Unfit {
    pub(crate) fn of(error: &impl ToString) -> Self {
        Self(error.to_string())
    }
}

/// What a class of data has in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClassFacts {
    pub(crate) sharing: SharingAttribute,
    pub(crate) level: DataLevel,
}

/// A grant as the policies see it.
#[derive(Debug, Clone)]
pub(crate) struct GrantFacts<'a> {
    pub(crate) id: &'a str,
    pub(crate) purpose: &'a str,
    pub(crate) methods: Vec<&'a str>,
    pub(crate) classes: Vec<&'a str>,
    pub(crate) regions: Vec<&'a str>,
    pub(crate) days: (NaiveDate, NaiveDate),
    pub(crate) revoked: bool,
}

/// A caller as the policies see it.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) uid: EntityUid,
    pub(crate) entity: Entity,
}

/// The types of the schema, parsed once.
#[derive(Debug, Clone)]
pub(crate) struct Types {
    action: EntityTypeName,
    class: EntityTypeName,
    data: EntityTypeName,
    level: EntityTypeName,
    member: EntityTypeName,
    region: EntityTypeName,
    role: EntityTypeName,
    sharing: EntityTypeName,
}

impl Types {
    pub(crate) fn new() -> Result<Self, ParseErrors> {
        let of = |name: &str| EntityTypeName::from_str(&format!("Wufei::{name}"));
        Ok(Self {
            action: of("Action")?,
            class: of("Class")?,
            data: of("Data")?,
            level: of("Level")?,
            member: of("Member")?,
            region: of("Region")?,
            role: of("Role")?,
            sharing: of("Sharing")?,
        })
    }

    pub(crate) fn action(&self, id: &str) -> EntityUid {
        uid(&self.action, id)
    }

    /// The one thing that a question is about.
    pub(crate) fn resource(&self) -> EntityUid {
        uid(&self.data, "row")
    }

    pub(crate) fn who(&self, member: &Member) -> Result<Who, Unfit> {
        let regions = self.set(&self.region, member.regions.iter().map(RegionCode::as_str));
        let mut attributes = HashMap::from([("regions".to_owned(), regions)]);
        if let Some(department) = &member.department {
            attributes.insert("department".to_owned(), text(department.as_str()));
        }
        let roles = member.roles.iter().map(|role| uid(&self.role, role.name())).collect();
        let uid = uid(&self.member, member.principal.as_str());
        let entity = Entity::new(uid.clone(), attributes, roles).map_err(|error| Unfit::of(&error))?;
        Ok(Who { uid, entity })
    }

    /// A row, with the divisions that it lies in.
    pub(crate) fn row(&self, node: &str, row: Row<'_>, facts: ClassFacts) -> Result<Vec<Entity>, Unfit> {
        let Row { department, region, class } = row;
        let mut attributes = HashMap::from([
            ("node".to_owned(), text(node)),
            ("department".to_owned(), text(department)),
            ("class".to_owned(), self.one(&self.class, class)),
            ("level".to_owned(), self.one(&self.level, facts.level.code())),
            ("sharing".to_owned(), self.one(&self.sharing, facts.sharing.code())),
        ]);
        let mut entities = Vec::new();
        if !region.is_empty() {
            attributes.insert("region".to_owned(), self.one(&self.region, region));
            let above = RegionCode::parse(region).map(|code| code.above().collect::<Vec<_>>()).unwrap_or_default();
            let parents = above.iter().map(|code| uid(&self.region, code.as_str())).collect();
            entities.push(Entity::new_no_attrs(uid(&self.region, region), parents));
        }
        let data = Entity::new(self.resource(), attributes, HashSet::new()).map_err(|error| Unfit::of(&error))?;
        entities.push(data);
        Ok(entities)
    }

    pub(crate) fn context(
        &self,
        who: &Who,
        (method, class): (&str, &str),
        today: NaiveDate,
        purpose: Option<&str>,
        grant: Option<&GrantFacts<'_>>,
    ) -> Result<Context, Unfit> {
        let mut pairs = vec![
            ("method".to_owned(), text(method)),
            ("class".to_owned(), self.one(&self.class, class)),
            ("today".to_owned(), day(today)),
        ];
        pairs.extend(purpose.map(|purpose| ("purpose".to_owned(), text(purpose))));
        if let Some(grant) = grant {
            pairs.push(("grant".to_owned(), self.grant(who, grant)?));
        }
        Context::from_pairs(pairs).map_err(|error| Unfit::of(&error))
    }

    fn grant(&self, who: &Who, grant: &GrantFacts<'_>) -> Result<RestrictedExpression, Unfit> {
        let GrantFacts { id, purpose, methods, classes, regions, days: (first, last), revoked } = grant;
        let fields = [
            ("id", text(id)),
            ("principal", RestrictedExpression::new_entity_uid(who.uid.clone())),
            ("purpose", text(purpose)),
            ("methods", RestrictedExpression::new_set(methods.iter().map(|method| text(method)))),
            ("classes", self.set(&self.class, classes.iter().copied())),
            ("regions", self.set(&self.region, regions.iter().copied())),
            ("firstDay", day(*first)),
            ("lastDay", day(*last)),
            ("revoked", RestrictedExpression::new_bool(*revoked)),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        RestrictedExpression::new_record(fields).map_err(|error| Unfit::of(&error))
    }

    fn one(&self, of: &EntityTypeName, id: &str) -> RestrictedExpression {
        RestrictedExpression::new_entity_uid(uid(of, id))
    }

    fn set<'a>(&self, of: &EntityTypeName, ids: impl Iterator<Item = &'a str>) -> RestrictedExpression {
        RestrictedExpression::new_set(ids.map(|id| self.one(of, id)))
    }
}

/// The day in China (UTC+8 all year), in which grants begin and end.
pub fn day_in_china(now: DateTime<Utc>) -> NaiveDate {
    (now + TimeDelta::hours(8)).date_naive()
}

fn uid(of: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id))
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

/// A day as a number that reads like one: 20261231.
fn day(day: NaiveDate) -> RestrictedExpression {
    let number = i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day());
    RestrictedExpression::new_long(number)
}
