//! Figures that were understood elsewhere, as in a workbook, sent the way of the table: as its row, read by its reader.

use domain::Observation;

use super::{Submission, Table, TableFault, requests, rows};

/// The requests for figures, each with the line where it stands in the clerk's file.
///
/// # Errors
/// A figure that the table cannot hold; the line and column say which.
pub fn submit_observations<'o>(
    department: &str,
    observations: impl IntoIterator<Item = (u64, &'o Observation)>,
) -> Result<Vec<Submission>, Vec<TableFault>> {
    let columns: Vec<&'static str> = Table::Observations.columns().iter().map(|(en, _)| *en).collect();
    let (mut items, mut faults) = (Vec::new(), Vec::new());
    for (line, observation) in observations {
        let record: csv::StringRecord = columns.iter().map(|column| cell(observation, column)).collect();
        let mut row = rows::Row::new(line, &columns, &record, &mut faults);
        items.push((line, rows::item(Table::Observations, &mut row)));
    }
    if faults.is_empty() { Ok(requests(Table::Observations, department, &items)) } else { Err(faults) }
}

/// The cell of a column of the table.
fn cell(observation: &Observation, column: &str) -> String {
    let Observation { key, citation, .. } = observation;
    let number = |value: Option<rust_decimal::Decimal>| value.map(|value| value.to_string()).unwrap_or_default();
    let flag = |value: bool| if value { "是" } else { "" }.to_owned();
    let cited = |part: fn(&domain::Citation) -> &String| citation.as_ref().map(part).cloned().unwrap_or_default();
    match column {
        "indicator" => key.indicator.to_string(),
        "region" => key.region.to_string(),
        "period" => key.period.to_string(),
        "period_assumed" => flag(observation.period_assumed),
        "scope" => key.scope.zh().to_owned(),
        "scope_assumed" => flag(observation.scope_assumed),
        "measure" => key.measure.zh().to_owned(),
        "value" => number(observation.value),
        "unit" => observation.value.map(|_| observation.unit.zh().to_owned()).unwrap_or_default(),
        "qualifier" => observation.value.map(|_| observation.qualifier.zh().to_owned()).unwrap_or_default(),
        "status" => observation.status.zh().to_owned(),
        "numerator" => number(observation.numerator),
        "denominator" => number(observation.denominator),
        "text_value" => observation.text_value.clone().unwrap_or_default(),
        "reported_label" => observation.reported_label.clone(),
        "reporting_party" => observation.reporting_party.clone(),
        "source_department" => observation.source_department.clone(),
        "evidence" => {
            observation.evidence.iter().map(|evidence| evidence.title.as_str()).collect::<Vec<_>>().join("；")
        }
        "citation_document" => cited(|citation| &citation.document),
        "citation_fact" => cited(|citation| &citation.fact),
        "citation_quote" => cited(|citation| &citation.quote),
        "note" => observation.note.clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Evidence, IndicatorCode, Measure, ObservationKey, ObservationStatus, Period, Qualifier, RegionCode, Scope, Unit,
    };

    use super::*;

    fn figure() -> Observation {
        let key = ObservationKey {
            indicator: IndicatorCode::parse("ZWC2021-26").unwrap(),
            region: RegionCode::parse("140100").unwrap(),
            period: Period::parse("2024/2024-09-30").unwrap(),
            scope: Scope::MainUrban,
            measure: Measure::Actual,
        };
        let mut figure = Observation::new(key, "35.20".parse().unwrap(), Unit::parse("%").unwrap());
        figure.qualifier = Qualifier::AtLeast;
        figure.evidence = ["甲", "乙"].map(|title| Evidence { title: title.into(), ..Evidence::default() }).to_vec();
        figure.note = "模拟数据".into();
        figure
    }

    #[test]
    fn a_figure_is_sent_as_the_row_of_the_table_that_says_the_same() {
        let table = "indicator,region,period,scope,measure,value,unit,qualifier,status,evidence,note\n\
                     ZWC2021-26,140100,2024/2024-09-30,MAIN_URBAN,ACTUAL,35.20,%,AT_LEAST,NORMAL,甲；乙,模拟数据\n";
        let from_table = super::super::read_table(Table::Observations, "city-140100", table).unwrap();
        let figure = figure();
        let found = submit_observations("city-140100", [(7, &figure)]).unwrap();
        assert_eq!(found[0].request, from_table[0].request);
        assert_eq!(found[0].lines, [7]);
    }

    #[test]
    fn what_is_missing_and_what_is_told_in_words_have_no_number_on_the_way() {
        let (mut missing, mut words) = (figure(), figure());
        (missing.value, missing.status) = (None, ObservationStatus::NotCollected);
        (words.value, words.text_value) = (None, Some("已印发".into()));
        let found = submit_observations("city-140100", [(2, &missing), (3, &words)]).unwrap();
        let rows = &found[0].request["requests"];
        assert_eq!(rows[0]["observation"]["status"], "OBSERVATION_STATUS_NOT_COLLECTED");
        assert!(rows[0]["observation"].get("value").is_none() && rows[0]["observation"].get("qualifier").is_none());
        assert_eq!(rows[1]["observation"]["textValue"], "已印发");
        assert_eq!(rows[1]["observation"]["status"], "OBSERVATION_STATUS_NORMAL");
    }
}
