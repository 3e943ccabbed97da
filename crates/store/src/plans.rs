//! The way that `SQLite` takes to the rows of each statement: those of a write and of a proof must find them by whole keys. A
//! list joined by OR, or an index that holds only the first column, works in every other test and walks the whole log.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use domain::{Change, DepartmentId, Measure, Observation, ObservationKey, Period, ResourceName, Scope, Unit};
use ledger::{inclusion_nodes, leaf_hash};
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, DbBackend, ExprTrait as _, Statement};

use crate::{Beside, EntryMeta, Expected, ObservationQuery, Store, View, entity::log_node};

/// For each table that grows, what a search of it must be held to.
const KEYS: [(&str, &[&str]); 6] = [
    ("log_entry", &["log=?", "entry_index"]),
    ("log_node", &["log=?", "level=?", "node_index=?"]),
    ("log_checkpoint", &["log=?", "size"]),
    ("request", &["log=?", "principal=?", "request_id=?"]),
    ("observation", &["name"]),
    ("cosignature", &["log=?", "size"]),
];

fn city() -> DepartmentId {
    "city-140100".parse().unwrap()
}

fn rate(year: usize, value: i64) -> Observation {
    let key = ObservationKey {
        indicator: "ZWC2021-26".parse().unwrap(),
        region: "140100".parse().unwrap(),
        period: Period::parse(&year.to_string()).unwrap(),
        scope: Scope::WholeCity,
        measure: Measure::Actual,
    };
    Observation::new(key, Decimal::from(value), Unit::parse("%").unwrap())
}

fn named(observation: &Observation) -> ResourceName {
    ResourceName::new(city(), "observations", &observation.key.id()).unwrap()
}

fn put(observation: Observation, supersedes: bool) -> Change {
    Change::PutObservation {
        name: named(&observation),
        key: observation.key.clone(),
        observation: Box::new(observation),
        correction: None,
        supersedes,
    }
}

/// A batch of submissions as the desk makes it, of these years.
async fn batch(store: &Store, years: std::ops::Range<usize>, value: i64, supersedes: bool) {
    let log = city();
    let time = DateTime::<Utc>::UNIX_EPOCH + chrono::Days::new(20_000);
    let mut write = store.begin(&log).await.unwrap();
    let figures: Vec<_> = years.map(|year| rate(year, value)).collect();
    let ids: Vec<_> = figures.iter().map(|figure| format!("{}-{value}", figure.key.id())).collect();
    let requests = ids.iter().map(|id| ("clerk".to_owned(), id.clone())).collect();
    write.expect(Expected { requests, observations: figures.iter().map(named).collect() }).await.unwrap();
    for (figure, id) in figures.into_iter().zip(&ids) {
        let digest = leaf_hash(id.as_bytes());
        write.claim("clerk", id, "a/B", digest).await.unwrap();
        write.claim("another clerk", id, "a/B", digest).await.unwrap();
        write.observation(&named(&figure)).await.unwrap();
        write.observations_named(&[named(&figure), named(&rate(1900, 0))]).await.unwrap();
        let beside = Beside { request: vec![1], row_seed: vec![2], trace_parent: None };
        let log_index = write.append(id.as_bytes(), digest, Some(beside)).await.unwrap();
        write.leaf(log_index).await.unwrap();
        write.apply(&[put(figure, supersedes)], &EntryMeta { origin: log.clone(), log_index, time }).await.unwrap();
        write.remember("clerk", id, "a/B", digest, log_index, b"answer").await.unwrap();
    }
    write.checkpoint_over(0).await.unwrap();
    write.set_head("a note", time).await.unwrap();
    write.commit().await.unwrap();
}

/// What the statements of `work` do to the tables that grow, as `EXPLAIN QUERY PLAN` tells it.
async fn plans(store: &mut Store, work: impl AsyncFnOnce(&Store)) -> Vec<(String, String)> {
    let told: Arc<Mutex<Vec<Statement>>> = Arc::default();
    let heard = Arc::clone(&told);
    store.db.set_metric_callback(move |info| heard.lock().unwrap().push(info.statement.clone()));
    work(store).await;
    let statements = std::mem::take(&mut *told.lock().unwrap());
    assert!(statements.len() > 10, "only {} statements were heard of", statements.len());
    let mut all = Vec::new();
    for Statement { sql, values, .. } in statements {
        if ["SELECT", "UPDATE", "DELETE", "INSERT", "WITH"].iter().any(|verb| sql.starts_with(verb)) {
            let explain = format!("EXPLAIN QUERY PLAN {sql}");
            let explain = Statement { sql: explain, values, db_backend: DbBackend::Sqlite };
            for row in store.db.query_all_raw(explain).await.unwrap() {
                all.push((sql.clone(), row.try_get::<String>("", "detail").unwrap()));
            }
        }
    }
    all
}

/// The steps that do not go by the key of their table. A page may walk an index from its start, for it ends with the page.
fn astray(plans: &[(String, String)]) -> Vec<&(String, String)> {
    let wrong = |(sql, step): &&(String, String)| {
        if step.starts_with("USE TEMP B-TREE") {
            return true;
        }
        if step.starts_with("SCAN observation USING INDEX") && sql.ends_with("ORDER BY \"name\" ASC LIMIT ?") {
            return false;
        }
        let mut words = step.split(' ');
        let (verb, table) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        match KEYS.iter().find(|(name, _)| *name == table) {
            Some((_, keys)) => verb == "SCAN" || !keys.iter().all(|key| step.contains(key)),
            None => false,
        }
    };
    // The plan of a new row in the table of heads lists the foreign keys that refer to it; they are only looked at while one
    // is violated.
    plans.iter().filter(|(sql, _)| !sql.starts_with("INSERT INTO \"log_head\"")).filter(wrong).collect()
}

async fn filled(folder: &tempfile::TempDir) -> Store {
    let store = Store::open(&format!("sqlite:{}", folder.path().join("node.db").display())).await.unwrap();
    batch(&store, 1950..1990, 1, false).await;
    store
}

#[tokio::test]
async fn a_write_finds_every_row_by_its_whole_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(&folder).await;
    let plans = plans(&mut store, async |store| {
        // Corrections of figures that are there, and new ones.
        batch(store, 1980..2010, 2, true).await;
        batch(store, 2010..2011, 3, false).await;
    })
    .await;
    for table in ["log_entry", "log_node", "request", "observation"] {
        let read = plans.iter().any(|(_, step)| step.starts_with(&format!("SEARCH {table} ")));
        assert!(read, "no statement of a write reads {table}");
    }
    assert_eq!(astray(&plans), Vec::<&(String, String)>::new());
}

#[tokio::test]
async fn a_proof_and_a_read_of_a_figure_find_every_row_by_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(&folder).await;
    let plans = plans(&mut store, async |store| {
        let log = city();
        for index in 0..40 {
            store.tree_nodes(&log, &inclusion_nodes(index, 40).unwrap()).await.unwrap();
        }
        store.entries(&log, 7, 10).await.unwrap();
        store.checkpoint_over(&log, 7).await.unwrap();
        let name = named(&rate(1960, 0));
        store.observation(&name, &View::Now).await.unwrap();
        store.observation_revisions(&name, None, 10).await.unwrap();
        let own = View::Upto([(log.clone(), 30)].into());
        let all = View::Upto(["city-140100", "city-140200", "ecology"].map(|log| (log.parse().unwrap(), 30)).into());
        for view in [View::Now, View::At(DateTime::UNIX_EPOCH), own, all] {
            store.observation(&name, &view).await.unwrap();
            for origin in [None, Some(log.clone())] {
                for after_name in [None, Some(name.to_string())] {
                    let page = ObservationQuery {
                        origin: origin.clone(),
                        after_name,
                        view: view.clone(),
                        ..ObservationQuery::default()
                    };
                    store.observations(&page).await.unwrap();
                }
            }
        }
    })
    .await;
    assert_eq!(astray(&plans), Vec::<&(String, String)>::new());
}

#[tokio::test]
async fn a_list_of_keys_joined_by_or_is_found_to_walk_the_log() {
    use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Cond};
    let folder = tempfile::tempdir().unwrap();
    let mut store = filled(&folder).await;
    let plans = plans(&mut store, async |store| {
        for _ in 0..11 {
            let node = |level: i64| log_node::Column::Level.eq(level).and(log_node::Column::NodeIndex.eq(0));
            let any = (1..5).fold(Cond::any(), |any, level| any.add(node(level)));
            let walk = log_node::Entity::find().filter(log_node::Column::Log.eq(city().as_str())).filter(any);
            assert_eq!(walk.all(&store.db).await.unwrap().len(), 4);
        }
    })
    .await;
    assert_eq!(astray(&plans).len(), 11, "{plans:?}");
}
