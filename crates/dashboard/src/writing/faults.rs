//! What is wrong with a form: told on the form itself, with everything that was typed, each fault at its field.

use domain::{Lang, Text, Violations};

use super::port::Denied;

/// The faults of a form, for the language of its page.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Id of the field; empty for the form as a whole.
    pub(crate) field: String,
    /// Rule, value, what is allowed, what to do.
    pub(crate) text: String,
}

impl Faults {
    /// Those that the rules found, whose fields are those of the form.
    pub(crate) fn of(violations: &Violations, lang: Lang) -> Self {
        let told = |fault: &domain::Violation| Fault {
            field: fault.field.clone(),
            text: fault.sentence().get(lang).to_owned(),
        };
        Self(violations.iter().map(told).collect())
    }

    /// What a service refused. `fields` names the field of the form for the beginning of a path; the longest one counts.
    pub(crate) fn refused(denied: Denied, fields: &[(&str, &'static str)]) -> Self {
        let Denied { refusal, faults } = denied;
        if faults.is_empty() {
            let text =
                if refusal.reason.is_empty() { refusal.text } else { format!("{} ({})", refusal.text, refusal.reason) };
            return Self(vec![Fault { field: String::new(), text }]);
        }
        let told = |fault: super::port::Fault| {
            let known =
                fields.iter().filter(|(start, _)| fault.field.starts_with(start)).max_by_key(|(start, _)| start.len());
            match known {
                Some((_, field)) => Fault { field: (*field).to_owned(), text: fault.text },
                None => Fault { field: String::new(), text: format!("{}: {}", fault.field, fault.text) },
            }
        };
        Self(faults.into_iter().map(told).collect())
    }

    /// Several at one field.
    pub(crate) fn at_one(field: &str, texts: impl Iterator<Item = String>) -> Self {
        Self(texts.map(|text| Fault { field: field.to_owned(), text }).collect())
    }

    /// One that is about the form as a whole.
    pub(crate) fn whole(text: &Text, lang: Lang) -> Self {
        Self(vec![Fault { field: String::new(), text: text.get(lang).to_owned() }])
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    /// Whether this field has one.
    pub(crate) fn is_at(&self, field: &str) -> bool {
        self.0.iter().any(|fault| fault.field == field)
    }

    /// What is wrong with a field; empty where nothing is.
    pub(crate) fn at(&self, field: &str) -> String {
        let found = self.0.iter().filter(|fault| fault.field == field);
        found.map(|fault| fault.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::{Refusal, RefusalKind};

    fn denied(faults: &[(&str, &str)]) -> Denied {
        let refusal =
            Refusal { kind: RefusalKind::Invalid, reason: "FIELD_INVALID".to_owned(), text: "不行".to_owned() };
        let faults = faults
            .iter()
            .map(|(field, text)| super::super::port::Fault { field: (*field).to_owned(), text: (*text).to_owned() });
        Denied { refusal, faults: faults.collect() }
    }

    #[test]
    fn a_refusal_is_told_at_the_field_of_the_form_that_it_is_about() {
        let fields = [("progress_report", "summary"), ("progress_report.fraction", "percent")];
        let found = Faults::refused(denied(&[("progress_report.fraction", "太大"), ("parent", "不对")]), &fields);
        assert_eq!((found.at("percent").as_str(), found.is_at("summary")), ("太大", false));
        assert_eq!(found.iter().last().unwrap().text, "parent: 不对");
        assert_eq!(Faults::refused(denied(&[]), &fields).at(""), "不行 (FIELD_INVALID)");
    }
}
