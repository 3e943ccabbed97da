//! The part of an edition that is open to the public: the printed figures whose indicators are on the list of what is open.

use contracts::{common::v1 as common, evaluation::v1 as pb};
use domain::OpenList;

use super::mark;
use crate::wire::text;

/// The collection of figures in the id of a fact, `fact/{department}/{collection}/{id}`.
const FIGURES: &str = "observations";

/// The edition with nothing but its open figures. `sees` says whether the caller sees the open figures of a department. What reporters
/// wrote in words stays out, because nobody has looked at it for the public; where a figure stands in the signed logs stays.
pub(crate) fn part(report: pb::Report, list: &OpenList, sees: impl Fn(&str) -> bool) -> pb::Report {
    let open = |fact: pb::FactEntry| {
        let basis = list.basis(&fact.indicator)?;
        let department = department(&fact.cell)?;
        sees(department).then(|| published(fact, basis))
    };
    let facts = report.facts.into_iter().filter_map(open).collect();
    pb::Report {
        name: report.name,
        title: report.title,
        edition: report.edition,
        create_time: report.create_time,
        synthetic: report.synthetic,
        as_of_date: report.as_of_date,
        content_digest: report.content_digest,
        facts,
        ..pb::Report::default()
    }
}

/// The department of a figure; none for a fact that is no figure.
fn department(cell: &str) -> Option<&str> {
    match cell.split('/').collect::<Vec<_>>()[..] {
        ["fact", department, FIGURES, _] => Some(department),
        _ => None,
    }
}

fn published(fact: pb::FactEntry, basis: &str) -> pb::FactEntry {
    let mut flags = fact.flags;
    flags.retain(mark::is_ours);
    flags.push(text(format!("公开依据：{basis}"), format!("open on the basis of {basis}")));
    let provenance = fact.provenance.map(|found| common::Provenance {
        node: found.node,
        log_index: found.log_index,
        position: found.position,
        leaf_hash: found.leaf_hash,
        ..common::Provenance::default()
    });
    pb::FactEntry { flags, provenance, ..fact }
}

#[cfg(test)]
mod tests {
    use domain::Catalogue;

    use super::*;

    fn list() -> OpenList {
        let catalogue = |name: &str| std::fs::read_to_string(format!("../../deploy/catalogue/{name}.csv")).unwrap();
        let (indicators, supplementary, labels) =
            (catalogue("indicators"), catalogue("supplementary"), catalogue("labels"));
        let catalogue = Catalogue::from_csv(&indicators, &supplementary, &labels).unwrap();
        OpenList::from_csv("indicator_code,basis_zh,status_zh\nZWC2021-26,依据,\n", &catalogue).unwrap()
    }

    fn fact(cell: &str, indicator: &str) -> pb::FactEntry {
        let provenance = common::Provenance {
            node: "departments/city-140100".to_owned(),
            principal: "spiffe://x/y".to_owned(),
            citation: Some(common::Citation { quote: "另有一数".to_owned(), ..common::Citation::default() }),
            ..common::Provenance::default()
        };
        pb::FactEntry {
            cell: cell.to_owned(),
            indicator: indicator.to_owned(),
            value: "35%".to_owned(),
            flags: vec![text("约数", "approximate"), text("内部说明", "内部说明")],
            provenance: Some(provenance),
            ..pb::FactEntry::default()
        }
    }

    #[test]
    fn of_an_edition_only_the_figures_of_open_indicators_are_left_and_no_words_of_reporters() {
        let report = pb::Report {
            edition: 3,
            run: Some(pb::EvaluationRun::default()),
            funding: vec![pb::FundingEntry::default()],
            manifest: "every figure".to_owned(),
            facts: vec![
                fact("fact/city-140100/observations/a", "ZWC2021-26"),
                fact("fact/city-140100/observations/b", "ZWC2021-12"),
                fact("fact/city-140100/statements/c", "ZWC2021-26"),
                fact("fact/city-140200/observations/d", "ZWC2021-26"),
            ],
            corrections: vec![fact("correction/1", "ZWC2021-26")],
            ..pb::Report::default()
        };
        let open = part(report, &list(), |department| department == "city-140100");
        assert_eq!((open.edition, open.facts.len()), (3, 1));
        let left = open.facts[0].clone();
        assert_eq!((left.cell.as_str(), left.value.as_str()), ("fact/city-140100/observations/a", "35%"));
        let flags: Vec<_> = left.flags.iter().map(|flag| flag.zh.as_str()).collect();
        assert_eq!(flags, ["约数", "公开依据：依据"]);
        let provenance = left.provenance.unwrap();
        assert_eq!(provenance.node, "departments/city-140100");
        assert!(provenance.citation.is_none() && provenance.principal.is_empty());
        let nothing_else = pb::Report { edition: 3, facts: open.facts.clone(), ..pb::Report::default() };
        assert_eq!(open, nothing_else);
    }
}
