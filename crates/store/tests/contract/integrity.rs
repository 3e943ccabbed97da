//! Tables can be made again from the log, and nobody alters the log unseen.

use std::error::Error;

use ledger::leaf_hash;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use store::{LogCheck, LogFault, RebuildError, StoreError};

use crate::{
    samples::{correct, ecology, full_line, full_observation, june, put, put_line, put_resource, rate, taiyuan},
    world::{World, interpret, leaf, note},
};

const TABLES: [&str; 3] = ["observation", "funding_line", "resource"];

/// Two logs with revisions in every table.
async fn fill(world: &World) {
    world.submit(&ecology(), june(1), &[put(&ecology(), rate(2024, "40"))]).await;
    let mixed = [
        put(&taiyuan(), rate(2024, "41")),
        put_line(full_line(&taiyuan())),
        put(&taiyuan(), full_observation()),
        put_resource(&taiyuan(), "statements", "s-1", b"one"),
    ];
    world.submit(&taiyuan(), june(1), &mixed).await;
    let mut write = world.store.begin(&taiyuan()).await.unwrap();
    write.append_hash_only(leaf_hash(b"not for us")).await.unwrap();
    write.set_head(&note(2), june(1)).await.unwrap();
    write.commit().await.unwrap();
    let revised = [
        put_resource(&taiyuan(), "statements", "s-1", b"two"),
        correct(&taiyuan(), rate(2024, "42"), "核定"),
        correct(&taiyuan(), rate(2024, "43"), "再核定"),
        put_line(full_line(&taiyuan())),
    ];
    world.submit(&taiyuan(), june(2), &revised).await;
}

/// Every column of every row, as the engine prints it.
async fn dump(world: &World) -> Vec<String> {
    let raw = world.raw().await;
    let mut lines = Vec::new();
    for table in TABLES {
        let sql = format!("SELECT * FROM {table} ORDER BY name, revision");
        let rows = raw.query_all_raw(Statement::from_string(raw.get_database_backend(), sql)).await.unwrap();
        assert!(!rows.is_empty());
        lines.extend(rows.iter().map(|row| format!("{table} {:?}", row.column_names()) + &cells(row)));
    }
    raw.close().await.unwrap();
    lines
}

fn cells(row: &sea_orm::QueryResult) -> String {
    let cell = |column: &String| {
        let text = row.try_get::<Option<String>>("", column).map(|cell| format!("{cell:?}"));
        let number = || row.try_get::<Option<i64>>("", column).map(|cell| format!("{cell:?}"));
        let flag = || row.try_get::<Option<bool>>("", column).map(|cell| format!("{cell:?}"));
        let bytes = || row.try_get::<Option<Vec<u8>>>("", column).map(|cell| format!("{cell:?}"));
        let time = || row.try_get::<Option<chrono::DateTime<chrono::Utc>>>("", column).map(|cell| format!("{cell:?}"));
        text.or_else(|_| number()).or_else(|_| flag()).or_else(|_| bytes()).or_else(|_| time()).unwrap()
    };
    row.column_names().iter().map(cell).collect::<Vec<_>>().join("|")
}

pub(crate) async fn rebuilding_gives_identical_rows(world: &World) {
    fill(world).await;
    let before = dump(world).await;
    world.tamper("UPDATE observation SET value = '99' WHERE origin = 'city-140100'").await;
    world.tamper("DELETE FROM resource WHERE origin = 'city-140100' AND revision = 2").await;
    assert_ne!(dump(world).await, before);
    assert_eq!(world.store.rebuild_projections(&taiyuan(), interpret).await.unwrap(), 3);
    assert_eq!(dump(world).await, before);
}

pub(crate) async fn a_failed_rebuild_changes_nothing(world: &World) {
    fill(world).await;
    let before = dump(world).await;
    let refuse_last = |index, leaf: &[u8], _: &[u8]| interpret(index, if index == 2 { b"no JSON" } else { leaf }, b"");
    let failed = world.store.rebuild_projections(&taiyuan(), refuse_last).await.unwrap_err();
    assert!(matches!(failed, RebuildError::Interpret { index: 2, .. }), "{failed:?}");
    assert_eq!(dump(world).await, before);
}

pub(crate) async fn a_rebuild_refuses_an_altered_leaf(world: &World) {
    fill(world).await;
    replace_leaf(world, 0, &leaf(&[put(&taiyuan(), rate(2024, "99"))], june(1)), false).await;
    let refused = world.store.rebuild_projections(&taiyuan(), interpret).await.unwrap_err();
    assert!(matches!(refused, RebuildError::Store(StoreError::Corrupt { .. })), "{refused:?}");
}

async fn replace_leaf(world: &World, index: i64, leaf: &[u8], with_hash: bool) {
    let raw = world.raw().await;
    let hash = leaf_hash(leaf).as_bytes().to_vec();
    let (sql, values) = match (raw.get_database_backend(), with_hash) {
        (DbBackend::Postgres, false) => ("leaf = $1 WHERE log = 'city-140100' AND entry_index = $2", vec![]),
        (DbBackend::Postgres, true) => {
            ("leaf = $1, leaf_hash = $3 WHERE log = 'city-140100' AND entry_index = $2", vec![hash.into()])
        }
        (_, false) => ("leaf = ?1 WHERE log = 'city-140100' AND entry_index = ?2", vec![]),
        (_, true) => ("leaf = ?1, leaf_hash = ?3 WHERE log = 'city-140100' AND entry_index = ?2", vec![hash.into()]),
    };
    let values: Vec<sea_orm::Value> = [leaf.to_vec().into(), index.into()].into_iter().chain(values).collect();
    let sql = format!("UPDATE log_entry SET {sql}");
    let statement = Statement::from_sql_and_values(raw.get_database_backend(), sql, values);
    assert_eq!(raw.execute_raw(statement).await.unwrap().rows_affected(), 1);
    raw.close().await.unwrap();
}

async fn fault(world: &World) -> LogFault {
    match world.store.check(&taiyuan()).await.unwrap() {
        LogCheck::Faulty(fault) => fault,
        LogCheck::Sound { .. } => panic!("the check sees nothing"),
    }
}

pub(crate) async fn a_sound_log_passes_the_check(world: &World) {
    fill(world).await;
    let head = world.store.head(&taiyuan()).await.unwrap().unwrap();
    let sound = LogCheck::Sound { size: 3, root: head.root, hash_only: 1 };
    assert_eq!(world.store.check(&taiyuan()).await.unwrap(), sound);
    let unknown = LogCheck::Sound { size: 0, root: ledger::EMPTY_ROOT, hash_only: 0 };
    assert_eq!(world.store.check(&"commerce".parse().unwrap()).await.unwrap(), unknown);
}

pub(crate) async fn the_check_names_an_altered_leaf(world: &World) {
    fill(world).await;
    replace_leaf(world, 2, b"forged", false).await;
    assert_eq!(fault(world).await, LogFault::AlteredLeaf { index: 2 });
}

pub(crate) async fn the_check_names_a_missing_entry(world: &World) {
    fill(world).await;
    assert_eq!(world.tamper("DELETE FROM log_entry WHERE log = 'city-140100' AND entry_index = 1").await, 1);
    assert_eq!(fault(world).await, LogFault::MissingEntry { index: 1 });
}

pub(crate) async fn the_check_names_a_wrong_tree_node(world: &World) {
    fill(world).await;
    let other = "(SELECT root FROM log_head WHERE log = 'ecology')";
    let sql = format!("UPDATE log_node SET hash = {other} WHERE log = 'city-140100' AND level = 1 AND node_index = 0");
    assert_eq!(world.tamper(&sql).await, 1);
    let node = ledger::NodeId { level: 1, index: 0 };
    assert_eq!(fault(world).await, LogFault::TreeNode { index: 1, node });
}

pub(crate) async fn the_check_finds_a_leaf_replaced_with_its_hash(world: &World) {
    fill(world).await;
    replace_leaf(world, 2, b"forged", true).await;
    let fault = fault(world).await;
    assert!(matches!(fault, LogFault::HeadRoot { size: 3, .. }), "{fault:?}");
}

pub(crate) async fn the_check_finds_entries_beyond_the_head(world: &World) {
    fill(world).await;
    let sql = "INSERT INTO log_entry (log, entry_index, leaf_hash, leaf) \
               SELECT log, 3, leaf_hash, leaf FROM log_entry WHERE log = 'city-140100' AND entry_index = 0";
    assert_eq!(world.tamper(sql).await, 1);
    assert_eq!(fault(world).await, LogFault::BeyondHead { index: 3 });
}

pub(crate) async fn a_damaged_right_edge_stops_writers(world: &World) {
    fill(world).await;
    replace_leaf(world, 2, b"forged", true).await;
    let stopped = world.store.begin(&taiyuan()).await.unwrap_err();
    assert!(matches!(stopped, StoreError::Corrupt { .. }), "{stopped:?}");
    world.tamper("DELETE FROM log_node WHERE log = 'city-140100'").await;
    let stopped = world.store.begin(&taiyuan()).await.unwrap_err();
    assert!(matches!(stopped, StoreError::Corrupt { .. }), "{stopped:?}");
}

pub(crate) async fn errors_show_no_sql(world: &World) {
    fill(world).await;
    world.tamper("DROP TABLE observation").await;
    let failed = world.store.counts(&ecology()).await.unwrap_err();
    assert!(matches!(failed, StoreError::Internal { .. }) && !failed.is_transient(), "{failed:?}");
    assert!(!failed.to_string().contains("observation"), "{failed}");
    assert!(failed.source().unwrap().to_string().contains("observation"));

    world.store.clone().close().await;
    let closed = world.store.head(&ecology()).await.unwrap_err();
    assert!(closed.is_transient(), "{closed:?}");
}
