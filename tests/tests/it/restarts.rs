//! Each service is killed and started again between the submissions and the evaluation.

use testkit::{AGGREGATOR, DEPARTMENTS, Engine, Province};

use crate::figures::counts;

#[tokio::test(flavor = "multi_thread")]
async fn killing_each_service_once_loses_and_doubles_nothing() {
    let mut province = Province::start(Engine::Sqlite).await.unwrap();
    province.submit_letter().await.unwrap();
    let undisturbed = province.evaluate().await.unwrap();
    let mut heads = Vec::new();
    for service in DEPARTMENTS.into_iter().chain([AGGREGATOR]) {
        heads.push((service, province.head(service).await.unwrap()));
    }

    for (service, head) in &heads {
        province.kill(service).await.unwrap();
        province.restart(service).await.unwrap();
        assert_eq!(province.head(service).await.unwrap(), *head, "{service}");
    }
    // The same calls once more are recognised, by services that have only their databases to know them from.
    province.submit_letter().await.unwrap();
    for (service, head) in &heads {
        assert_eq!(province.head(service).await.unwrap(), *head, "{service}");
    }

    let again = province.evaluate().await.unwrap();
    assert_eq!(again["checkpoints"], undisturbed["checkpoints"]);
    assert_eq!(again["resultDigest"], undisturbed["resultDigest"]);
    for department in DEPARTMENTS {
        let own = counts(&province, department, department).await.unwrap();
        assert_eq!(counts(&province, AGGREGATOR, department).await.unwrap(), own, "{department}");
    }
    province.end().await.unwrap();
}
