//! A database for one service of one test, gone afterwards.

use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::Context as _;
use sea_orm::{ConnectionTrait as _, Database};

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// What keeps the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in the folder of the service.
    Sqlite,
    /// A database of its own on the server of `WUFEI_TEST_POSTGRES_URL`, which `cargo xtask test` starts.
    Postgres,
}

/// The database of one service. Dropping it drops a database on a server; a file goes with its folder.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    server: Option<Server>,
}

#[derive(Debug)]
struct Server {
    url: String,
    database: String,
}

impl TestDatabase {
    /// A new database; `folder` takes the file.
    ///
    /// # Errors
    /// When there is no server, or it refuses.
    pub async fn create(engine: Engine, folder: &Path) -> anyhow::Result<Self> {
        if engine == Engine::Sqlite {
            return Ok(Self { url: format!("sqlite://{}?mode=rwc", folder.join("wufei.db").display()), server: None });
        }
        let url = server_url()?;
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let database = format!("wufei_test_{}_{number}", std::process::id());
        execute(&url, &format!("CREATE DATABASE {database}")).await?;
        Ok(Self { url: of_database(&url, &database)?, server: Some(Server { url, database }) })
    }

    /// Its address, for a configuration.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

#[expect(clippy::disallowed_methods, reason = "a test has no configuration file")]
fn server_url() -> anyhow::Result<String> {
    std::env::var("WUFEI_TEST_POSTGRES_URL")
        .context("WUFEI_TEST_POSTGRES_URL is not set: run `cargo xtask test`, which starts a PostgreSQL")
}

/// The address of another database on the same server.
fn of_database(server: &str, database: &str) -> anyhow::Result<String> {
    let (place, options) = server.split_once('?').map_or((server, None), |(place, options)| (place, Some(options)));
    let (host, _maintenance) = place.rsplit_once('/').context("WUFEI_TEST_POSTGRES_URL names no database")?;
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    Ok(format!("{host}/{database}{options}"))
}

/// Runs SQL on a database past its service, for those who break things.
///
/// # Errors
/// When the database cannot be opened or refuses.
pub async fn execute(server: &str, sql: &str) -> anyhow::Result<()> {
    let admin = Box::pin(Database::connect(server)).await.context("the database of the tests")?;
    let done = admin.execute_unprepared(sql).await.with_context(|| sql.to_owned());
    admin.close().await?;
    done.map(|_rows| ())
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(Server { url, database }) = self.server.take() else { return };
        // A thread of its own: the test's runtime cannot wait inside a drop. `FORCE` ends what a killed service left open.
        let cleaner = std::thread::spawn(move || -> anyhow::Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(execute(&url, &format!("DROP DATABASE {database} WITH (FORCE)")))
        });
        let dropped = cleaner.join().is_ok_and(|outcome| outcome.is_ok());
        assert!(dropped || std::thread::panicking(), "the database of the test was not dropped");
    }
}
