//! Who takes part: every configured node, and every city that has no node yet.

use std::collections::BTreeMap;

use domain::{DepartmentId, RegionTable, Text};
use store::{Store, StoreError};

use crate::reports::build::Party;

/// A node silent for longer than this counts as not reachable when a report is made; its heartbeat comes every 10 s.
const SILENT_AFTER: chrono::TimeDelta = chrono::TimeDelta::seconds(30);

/// The parties with their state, provincial departments first, then cities by code.
///
/// # Errors
/// When the store fails.
pub(crate) async fn parties(
    store: &Store,
    nodes: &[DepartmentId],
    regions: &RegionTable,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<Party>, StoreError> {
    let mut states: BTreeMap<_, _> =
        store.follow_states().await?.into_iter().map(|state| (state.log.clone(), state)).collect();
    let mut found = Vec::new();
    for node in nodes {
        let counts = store.counts(node).await?;
        let state = states.remove(node);
        let last_contact = state.as_ref().and_then(|state| state.last_contact);
        let quiet = last_contact.is_none_or(|last| now - last > SILENT_AFTER);
        let failed = state.as_ref().is_none_or(|state| state.last_error.is_some());
        found.push(Party {
            node: Some(node.clone()),
            city: node.city_region(),
            name: name(node, regions),
            reachable: !quiet && !failed,
            last_contact,
            submissions: counts.entries,
            records: counts.observations + counts.funding_lines + counts.resources,
        });
    }
    for city in regions.cities() {
        if !found.iter().any(|party| party.city.as_ref() == Some(&city.code)) {
            found.push(Party {
                node: None,
                city: Some(city.code.clone()),
                name: Text::new(city.name_zh.clone(), city.name_en.clone()),
                reachable: false,
                last_contact: None,
                submissions: 0,
                records: 0,
            });
        }
    }
    found.sort_by_key(|party| (party.city.clone(), party.node.clone()));
    Ok(found)
}

fn name(node: &DepartmentId, regions: &RegionTable) -> Text {
    if let Some(city) = node.city_region().and_then(|code| regions.get(&code).cloned()) {
        return Text::new(format!("{}人民政府", city.name_zh), format!("{} City Government", city.name_en));
    }
    match node.as_str() {
        "ecology" => Text::new("山西省生态环境厅", ECOLOGY),
        "commerce" => Text::new("山西省商务厅", COMMERCE),
        "scitech" => Text::new("山西省科学技术厅", SCITECH),
        other => Text::new(other, other),
    }
}

const ECOLOGY: &str = "Department of Ecology and Environment";
const COMMERCE: &str = "Department of Commerce";
const SCITECH: &str = "Department of Science and Technology";

/// A reporting party in both languages, by the name under which it reports; one that is not known keeps its own words.
pub(crate) fn reporting(party: &str, regions: &RegionTable) -> Text {
    let government = party.strip_suffix("人民政府");
    let city = regions.cities().find(|city| Some(city.name_zh.as_str()) == government);
    let en = match (city, party.strip_prefix("山西省").unwrap_or(party)) {
        (Some(city), _) => format!("{} City Government", city.name_en),
        (None, "生态环境厅") => ECOLOGY.to_owned(),
        (None, "商务厅") => COMMERCE.to_owned(),
        (None, "科技厅" | "科学技术厅") => SCITECH.to_owned(),
        (None, _) => party.to_owned(),
    };
    Text::new(party, en)
}
