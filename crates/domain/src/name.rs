//! Identifiers: departments, indicators, regions and resource names (AIP-122).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Longest resource id.
pub const MAX_ID_LEN: usize = 128;

/// An identifier that breaks its format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not one of the departments, and not `city-` with six digits.
    #[error("单位标识无效：{0:?}，应为 ecology、commerce、scitech、aggregator 或 city-六位区划代码")]
    Department(String),
    /// Not upper-case letters, digits and hyphens.
    #[error("指标代码无效：{0:?}，只用大写字母、数字和连字符")]
    Indicator(String),
    /// Not six digits.
    #[error("行政区划代码无效：{0:?}，应为六位数字")]
    Region(String),
    /// Not lower-case letters, digits and hyphens, or too long.
    #[error("资源标识无效：{0:?}，只用小写字母、数字和连字符，不以连字符开头或结尾，至多128个字符")]
    Id(String),
    /// Not `departments/{department}/{collection}/{id}`.
    #[error("资源名称无效：{0:?}，应为 departments/单位/集合/标识")]
    Resource(String),
}

macro_rules! string_newtype {
    ($name:ident) => {
        impl $name {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

/// A department or city government that runs a node: `ecology`, `commerce`, `scitech`, `aggregator`, `city-140100`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DepartmentId(String);

string_newtype!(DepartmentId);

impl DepartmentId {
    /// Reads a department id.
    ///
    /// # Errors
    /// [`NameError::Department`] when it is none of the known forms.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let known = matches!(text, "ecology" | "commerce" | "scitech" | "aggregator");
        let city = text.strip_prefix("city-").is_some_and(is_six_digits);
        if known || city { Ok(Self(text.to_owned())) } else { Err(NameError::Department(text.to_owned())) }
    }

    /// The department of ecology and environment.
    #[must_use]
    pub fn ecology() -> Self {
        Self("ecology".to_owned())
    }

    /// The department of commerce.
    #[must_use]
    pub fn commerce() -> Self {
        Self("commerce".to_owned())
    }

    /// The department of science and technology.
    #[must_use]
    pub fn scitech() -> Self {
        Self("scitech".to_owned())
    }

    /// The aggregator's own log.
    #[must_use]
    pub fn aggregator() -> Self {
        Self("aggregator".to_owned())
    }

    /// A city government's node.
    #[must_use]
    pub fn city(region: &RegionCode) -> Self {
        Self(format!("city-{region}"))
    }

    /// The region of a city's node; none for a provincial department.
    #[must_use]
    pub fn city_region(&self) -> Option<RegionCode> {
        self.0.strip_prefix("city-").map(|code| RegionCode(code.to_owned()))
    }

    /// The AIP parent, `departments/{department}`.
    #[must_use]
    pub fn parent(&self) -> String {
        format!("departments/{}", self.0)
    }

    /// Reads `departments/{department}`.
    ///
    /// # Errors
    /// [`NameError::Department`] when it is another form.
    pub fn parse_parent(text: &str) -> Result<Self, NameError> {
        text.strip_prefix("departments/").ok_or_else(|| NameError::Department(text.to_owned())).and_then(Self::parse)
    }
}

/// Code of an indicator, for example `ZWC2021-26`. Stable; not the ordinal of the official table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IndicatorCode(String);

string_newtype!(IndicatorCode);

impl IndicatorCode {
    /// Reads an indicator code: upper-case letters, digits and single hyphens, at most 32 characters.
    ///
    /// # Errors
    /// [`NameError::Indicator`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        if fits { Ok(Self(text.to_owned())) } else { Err(NameError::Indicator(text.to_owned())) }
    }
}

/// Six-digit code of an administrative division (GB/T 2260).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegionCode(String);

string_newtype!(RegionCode);

impl RegionCode {
    /// Reads a region code. Whether it is in force is for [`crate::region::RegionTable`] to say.
    ///
    /// # Errors
    /// [`NameError::Region`] when it is not six digits.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if is_six_digits(text) { Ok(Self(text.to_owned())) } else { Err(NameError::Region(text.to_owned())) }
    }

    /// The divisions above it, nearest first, as its digits say (GB/T 2260: two digits each for province, city and county).
    pub fn above(&self) -> impl Iterator<Item = Self> + '_ {
        [(4, "00"), (2, "0000")].into_iter().filter_map(|(kept, zeros)| {
            let code = format!("{}{zeros}", self.0.get(..kept)?);
            (code != self.0).then_some(Self(code))
        })
    }
}

/// Name of a resource: `departments/{department}/{collection}/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceName {
    department: DepartmentId,
    collection: String,
    id: String,
}

impl ResourceName {
    /// Puts a name together.
    ///
    /// # Errors
    /// [`NameError::Id`] when the id breaks its rule, [`NameError::Resource`] when the collection is not plain camelCase.
    pub fn new(department: DepartmentId, collection: &str, id: &str) -> Result<Self, NameError> {
        let camel = collection.bytes().all(|byte| byte.is_ascii_alphabetic())
            && collection.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
            && collection.len() <= 64;
        if !camel {
            return Err(NameError::Resource(format!("departments/{department}/{collection}/{id}")));
        }
        check_id(id)?;
        Ok(Self { department, collection: collection.to_owned(), id: id.to_owned() })
    }

    /// Reads a name.
    ///
    /// # Errors
    /// [`NameError`] of the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let mut parts = text.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("departments"), Some(department), Some(collection), Some(id), None) => {
                Self::new(DepartmentId::parse(department)?, collection, id)
            }
            (_, _, _, _, _) => Err(NameError::Resource(text.to_owned())),
        }
    }

    /// Reads a name with or without a revision, `…/{id}@{revision}` (AIP-162).
    ///
    /// # Errors
    /// [`NameError`] of the part that is wrong.
    pub fn parse_revision(text: &str) -> Result<(Self, Option<u32>), NameError> {
        let Some((name, revision)) = text.split_once('@') else {
            return Ok((Self::parse(text)?, None));
        };
        let number = revision.parse::<u32>().ok().filter(|number| *number > 0 && number.to_string() == revision);
        let number = number.ok_or_else(|| NameError::Resource(text.to_owned()))?;
        Ok((Self::parse(name)?, Some(number)))
    }

    /// The department that owns the resource.
    #[must_use]
    pub fn department(&self) -> &DepartmentId {
        &self.department
    }

    /// The collection, for example `observations`.
    #[must_use]
    pub fn collection(&self) -> &str {
        &self.collection
    }

    /// The id inside the collection.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name of one revision, `…/{id}@{revision}`.
    #[must_use]
    pub fn at_revision(&self, revision: u32) -> String {
        format!("{self}@{revision}")
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "departments/{}/{}/{}", self.department, self.collection, self.id)
    }
}

impl FromStr for ResourceName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ResourceName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<ResourceName> for String {
    fn from(name: ResourceName) -> Self {
        name.to_string()
    }
}

/// Checks a resource id: lower-case letters, digits and hyphens, no hyphen at either end, at most 128 characters.
///
/// # Errors
/// [`NameError::Id`].
pub fn check_id(id: &str) -> Result<(), NameError> {
    let fits = (1..=MAX_ID_LEN).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !id.starts_with('-')
        && !id.ends_with('-');
    if fits { Ok(()) } else { Err(NameError::Id(id.to_owned())) }
}

fn is_six_digits(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}
