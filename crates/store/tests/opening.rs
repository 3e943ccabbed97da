//! What may be opened.

use std::error::Error;

use store::{Store, StoreError};

#[tokio::test]
async fn a_database_in_memory_is_refused_because_nothing_of_it_is_on_disk() {
    for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite:x?mode=memory"] {
        let refused = Store::open(url).await.unwrap_err();
        assert!(matches!(refused, StoreError::Internal { .. }), "{url}: {refused:?}");
    }
}

#[tokio::test]
async fn another_scheme_is_refused() {
    for url in ["mysql://localhost/wufei", "node.db", ""] {
        let refused = Store::open(url).await.unwrap_err();
        assert!(matches!(refused, StoreError::Internal { .. }), "{url}: {refused:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_transient_and_its_password_stays_secret() {
    let failed = Store::open("postgres://wufei:geheim@127.0.0.1:9/wufei").await.unwrap_err();
    assert!(failed.is_transient(), "{failed:?}");
    let mut text = failed.to_string();
    let mut cause = failed.source();
    while let Some(err) = cause {
        text.push_str(&err.to_string());
        cause = err.source();
    }
    assert!(!text.contains("geheim"), "{text}");
}

#[tokio::test]
async fn the_file_and_its_folder_are_created() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a/b/node.db");
    let store = Store::open(&format!("sqlite://{}", file.display())).await.unwrap();
    assert!(file.exists());
    store.close().await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("node.db");
    std::fs::write(&file, "not a database, but long enough to have a header\n".repeat(40)).unwrap();
    assert!(!Store::open(&format!("sqlite:{}", file.display())).await.unwrap_err().is_transient());
}
