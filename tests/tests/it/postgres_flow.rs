//! The letter through all five services on PostgreSQL and on SQLite.

use testkit::{AGGREGATOR, DEPARTMENTS, Engine, Province};

#[tokio::test(flavor = "multi_thread")]
async fn postgres_and_sqlite_make_the_same_logs_the_same_scores_and_the_same_digest() {
    let sqlite = Province::start(Engine::Sqlite).await.unwrap();
    let mut postgres = Province::with_identities(Engine::Postgres, sqlite.identities()).unwrap();
    postgres.add_all().await.unwrap();
    sqlite.submit_letter().await.unwrap();
    postgres.submit_letter().await.unwrap();
    for service in DEPARTMENTS.into_iter().chain([AGGREGATOR]) {
        assert_eq!(postgres.head(service).await.unwrap(), sqlite.head(service).await.unwrap(), "{service}");
    }

    let (expected, found) = (sqlite.evaluate().await.unwrap(), postgres.evaluate().await.unwrap());
    assert_eq!(found["units"].as_array().map(Vec::len), Some(11));
    assert_eq!(found["units"], expected["units"]);
    assert!(expected["resultDigest"].as_str().is_some_and(|digest| !digest.is_empty()));
    assert_eq!(found["resultDigest"], expected["resultDigest"]);
    let (expected, found) = (sqlite.report(&expected).await.unwrap(), postgres.report(&found).await.unwrap());
    assert_eq!(found["funding"], expected["funding"]);
    assert_eq!(found["facts"], expected["facts"]);
    assert_eq!(found["commitments"], expected["commitments"]);

    sqlite.end().await.unwrap();
    postgres.end().await.unwrap();
}
