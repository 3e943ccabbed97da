//! Citations, supporting documents, basis documents.

use contracts::common::v1 as wire;
use domain::{BasisDocument, Citation, Evidence, Reason};

use super::date;
use crate::convert::Reader;

/// A citation.
#[must_use]
pub fn citation(message: Option<wire::Citation>) -> Option<Citation> {
    let wire::Citation { document, fact, quote } = message?;
    Some(Citation { document, fact, quote })
}

/// A citation as it travels.
#[must_use]
pub fn citation_out(citation: &Citation) -> wire::Citation {
    let Citation { document, fact, quote } = citation;
    wire::Citation { document: document.clone(), fact: fact.clone(), quote: quote.clone() }
}

/// Supporting documents; a document that is wrong is left out and its fault reported.
pub fn evidence(reader: &mut Reader<'_>, field: &str, documents: &[wire::Evidence]) -> Vec<Evidence> {
    let mut parsed = Vec::with_capacity(documents.len());
    for (index, document) in documents.iter().enumerate() {
        let wire::Evidence { title, document_number, issue_date, uri, sha256 } = document;
        let mut reader = reader.item(field, index);
        let title = reader.required("title", title);
        let issued = date(&mut reader, "issue_date", issue_date);
        let digest = reader.parse_optional("sha256", sha256, Reason::FieldInvalid, SHA256_RULE_EN, |text| {
            text.parse::<ledger::Hash>().map(|_hash| text.to_owned()).map_err(|_error| SHA256_RULE_ZH)
        });
        let Some(title) = title else { continue };
        parsed.push(Evidence { title, document_number: filled(document_number), issued, uri: filled(uri), digest });
    }
    parsed
}

const SHA256_RULE_ZH: &str = "SHA-256 应为64位小写十六进制数";
const SHA256_RULE_EN: &str = "SHA-256 is 64 lower-case hexadecimal digits";

/// A supporting document as it travels.
#[must_use]
pub fn evidence_out(evidence: &Evidence) -> wire::Evidence {
    let Evidence { title, document_number, issued, uri, digest } = evidence;
    wire::Evidence {
        title: title.clone(),
        document_number: document_number.clone().unwrap_or_default(),
        issue_date: issued.map(|day| day.to_string()).unwrap_or_default(),
        uri: uri.clone().unwrap_or_default(),
        sha256: digest.clone().unwrap_or_default(),
    }
}

/// A basis document.
pub fn basis(
    reader: &mut Reader<'_>,
    message: Option<&contracts::funding::v1::BasisDocument>,
) -> Option<BasisDocument> {
    let contracts::funding::v1::BasisDocument { title, document_number, issue_date } = message?;
    let issued = date(reader, "issue_date", issue_date);
    let title = reader.required("title", title)?;
    Some(BasisDocument { title, document_number: filled(document_number), issued })
}

/// A basis document as it travels.
#[must_use]
pub fn basis_out(basis: &BasisDocument) -> contracts::funding::v1::BasisDocument {
    let BasisDocument { title, document_number, issued } = basis;
    contracts::funding::v1::BasisDocument {
        title: title.clone(),
        document_number: document_number.clone().unwrap_or_default(),
        issue_date: issued.map(|day| day.to_string()).unwrap_or_default(),
    }
}

/// `None` for an empty text.
#[must_use]
pub fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
