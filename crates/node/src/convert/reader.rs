//! Reads the fields of a message and collects what is wrong with them.

use std::fmt::Display;

use domain::{Reason, Text, Violation, Violations};

/// A place in a request: the path so far, and the faults found so far.
#[derive(Debug)]
pub struct Reader<'a> {
    path: String,
    faults: &'a mut Violations,
}

impl<'a> Reader<'a> {
    /// Starts at the top of a request.
    pub fn new(faults: &'a mut Violations) -> Self {
        Self { path: String::new(), faults }
    }

    /// Goes into a field that is a message.
    pub fn at(&mut self, field: &str) -> Reader<'_> {
        let path = self.path_of(field);
        Reader { path, faults: self.faults }
    }

    /// Goes into an item of a repeated field.
    pub fn item(&mut self, field: &str, index: usize) -> Reader<'_> {
        self.at(&format!("{field}[{index}]"))
    }

    /// The full path of a field here; of this place itself when `field` is empty.
    #[must_use]
    pub fn path_of(&self, field: &str) -> String {
        match (self.path.is_empty(), field.is_empty()) {
            (true, _) => field.to_owned(),
            (false, true) => self.path.clone(),
            (false, false) => format!("{}.{field}", self.path),
        }
    }

    /// Adds a fault of a field here.
    pub fn fault(
        &mut self,
        field: &str,
        reason: Reason,
        value: impl ToString,
        rule: (&str, &str),
        action: (&str, &str),
    ) {
        let violation = Violation::new(
            self.path_of(field),
            reason,
            value,
            Text::new(rule.0, rule.1),
            Text::new(action.0, action.1),
        );
        self.faults.push(violation);
    }

    /// Adds a fault with the set of values that would be accepted.
    pub fn fault_allowing<T: ToString>(
        &mut self,
        field: &str,
        reason: Reason,
        value: impl ToString,
        rule: (&str, &str),
        allowed: impl IntoIterator<Item = T>,
    ) {
        let violation = Violation::new(
            self.path_of(field),
            reason,
            value,
            Text::new(rule.0, rule.1),
            Text::new("请从可用值中选择", "choose one of the allowed values"),
        );
        self.faults.push(violation.allowing(allowed));
    }

    /// Adds faults whose paths are relative to this place.
    pub fn extend(&mut self, faults: Violations) {
        let prefix = if self.path.is_empty() { String::new() } else { format!("{}.", self.path) };
        self.faults.extend(faults.under(&prefix));
    }

    /// Adds the fault of an empty required field.
    pub fn missing(&mut self, field: &str) {
        self.fault(field, Reason::FieldRequired, "", ("此项必填", "this field is required"), ("请填写", "fill it in"));
    }

    /// A required text.
    pub fn required(&mut self, field: &str, value: &str) -> Option<String> {
        if value.trim().is_empty() {
            self.missing(field);
            return None;
        }
        Some(value.to_owned())
    }

    /// A required text of some form; the error's text is the rule.
    pub fn parse<T, E: Display>(
        &mut self,
        field: &str,
        value: &str,
        reason: Reason,
        rule_en: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if value.is_empty() {
            self.missing(field);
            return None;
        }
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.fault(field, reason, value, (&error.to_string(), rule_en), ("请改正后重报", "correct it"));
                None
            }
        }
    }

    /// A text of some form that may be empty.
    pub fn parse_optional<T, E: Display>(
        &mut self,
        field: &str,
        value: &str,
        reason: Reason,
        rule_en: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if value.is_empty() { None } else { self.parse(field, value, reason, rule_en, parse) }
    }

    /// Number of faults so far, to find out whether a part had any.
    #[must_use]
    pub fn fault_count(&self) -> usize {
        self.faults.len()
    }
}
