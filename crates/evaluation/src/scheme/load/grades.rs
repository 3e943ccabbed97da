//! The grades of a scheme.

use rust_decimal::Decimal;

use crate::scheme::GradeBand;
use crate::scheme::fields::{Faults, Fields};

/// Grades: strictly falling. Those of a score of 0–100 `marks` are within it and the last starts at 0, so that every score
/// has exactly one.
pub(crate) fn grades(fields: &mut Fields<'_>, marks: bool, faults: &mut Faults) -> Vec<GradeBand> {
    let nodes = fields.list("grades", faults);
    let count = nodes.len();
    let mut bands: Vec<GradeBand> = Vec::new();
    for (node, at) in nodes {
        let Some(mut band) = Fields::of(node, &at, faults) else { continue };
        let title = band.both("title", faults);
        let from = band.decimal("from", faults);
        if let Some(from) = from {
            let falls = bands.last().is_none_or(|last| from < last.from);
            let within = !marks || (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&from);
            if !falls || !within {
                let (zh, en) = if marks {
                    ("等级起点应由高到低，在 0–100 之内", "must fall from band to band, within 0–100")
                } else {
                    ("等级起点应由高到低", "must fall from band to band")
                };
                band.fault("from", &from.to_string(), zh, en, faults);
            }
        }
        band.finish(faults);
        if let (Some(title), Some(from)) = (title, from) {
            bands.push(GradeBand { title, from });
        }
    }
    if count == 0 {
        fields.fault("grades", "", "必填", "is required", faults);
    } else if marks && bands.len() == count && bands.last().is_some_and(|band| !band.from.is_zero()) {
        fields.fault("grades", "", "最后一个等级应从 0 起", "the last grade must start at 0", faults);
    }
    bands
}
