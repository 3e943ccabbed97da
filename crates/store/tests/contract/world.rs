//! A database of its own for each test, and the few calls that the tests make of the store.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Utc};
use domain::{Change, DepartmentId};
use ledger::leaf_hash;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use store::{EntryMeta, Store, StoreError};
use tempfile::TempDir;

static SCHEMAS: AtomicU32 = AtomicU32::new(0);

/// One store, and what has to go when the test ends.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) url: String,
    _home: Home,
}

enum Home {
    Folder(#[expect(dead_code, reason = "dropping it removes the folder")] TempDir),
    Schema(Schema),
}

struct Schema {
    server: String,
    name: String,
}

impl World {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("data/node.db").display());
        Self { store: Store::open(&url).await.unwrap(), url, _home: Home::Folder(folder) }
    }

    pub(crate) async fn postgres() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test has no configuration file")]
        let server = std::env::var("WUFEI_TEST_POSTGRES_URL")
            .expect("WUFEI_TEST_POSTGRES_URL is not set: run `cargo xtask test`, which starts a PostgreSQL");
        let number = SCHEMAS.fetch_add(1, Ordering::Relaxed);
        let schema = Schema { name: format!("store_test_{}_{number}", std::process::id()), server };
        let admin = Box::pin(Database::connect(&schema.server)).await.unwrap();
        let left = format!("DROP SCHEMA IF EXISTS {0} CASCADE; DROP SCHEMA IF EXISTS {0}_audit CASCADE", schema.name);
        admin.execute_unprepared(&left).await.unwrap();
        admin.execute_unprepared(&format!("CREATE SCHEMA {}", schema.name)).await.unwrap();
        admin.close().await.unwrap();
        let url = schema.url();
        Self { store: Store::open(&url).await.unwrap(), url, _home: Home::Schema(schema) }
    }

    /// Closes the pool, which waits for dropped writes to be rolled back; their locks would keep the schema from going.
    pub(crate) async fn end(self) {
        self.store.clone().close().await;
    }

    /// Another store on the same database, as another process would have it.
    pub(crate) async fn open_again(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }

    /// A connection past the store, for those who tamper.
    pub(crate) async fn raw(&self) -> DatabaseConnection {
        Box::pin(Database::connect(&self.url)).await.unwrap()
    }

    /// Runs SQL past the store and says how many rows it touched.
    pub(crate) async fn tamper(&self, sql: &str) -> u64 {
        let raw = self.raw().await;
        let touched = raw.execute_unprepared(sql).await.unwrap().rows_affected();
        raw.close().await.unwrap();
        touched
    }

    /// One whole write: the leaf is the JSON of what it does, so that a rebuild can read it.
    pub(crate) async fn submit(&self, log: &DepartmentId, time: DateTime<Utc>, changes: &[Change]) -> u64 {
        submit(&self.store, log, time, changes).await.unwrap()
    }
}

pub(crate) async fn submit(
    store: &Store,
    log: &DepartmentId,
    time: DateTime<Utc>,
    changes: &[Change],
) -> Result<u64, StoreError> {
    let mut write = store.begin(log).await?;
    let leaf = leaf(changes, time);
    let log_index = write.append(&leaf, leaf_hash(&leaf), None).await?;
    write.apply(changes, &EntryMeta { origin: log.clone(), log_index, time }).await?;
    write.set_head(&note(write.size()), time).await?;
    write.commit().await?;
    Ok(log_index)
}

/// Stands for the signed note of a tree.
pub(crate) fn note(size: u64) -> String {
    format!("note of {size}\n")
}

pub(crate) fn leaf(changes: &[Change], time: DateTime<Utc>) -> Vec<u8> {
    serde_json::to_vec(&(changes, time)).unwrap()
}

pub(crate) fn interpret(
    _index: u64,
    leaf: &[u8],
    _request: &[u8],
) -> Result<(Vec<Change>, DateTime<Utc>), serde_json::Error> {
    serde_json::from_slice(leaf)
}

impl Schema {
    fn url(&self) -> String {
        let mark = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{mark}options[search_path]={}", self.server, self.name)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let Self::Schema(schema) = self else { return };
        let (server, name) = (schema.server.clone(), schema.name.clone());
        // A thread of its own: the test's runtime cannot wait inside a drop.
        let cleaner = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let admin = Box::pin(Database::connect(&server)).await.unwrap();
                let drop = format!(
                    "SET lock_timeout = '5s'; DROP SCHEMA {name} CASCADE; DROP SCHEMA IF EXISTS {name}_audit CASCADE"
                );
                admin.execute_unprepared(&drop).await.unwrap();
                admin.close().await.unwrap();
            });
        });
        assert!(cleaner.join().is_ok() || std::thread::panicking(), "the schema of the test was not dropped");
    }
}
