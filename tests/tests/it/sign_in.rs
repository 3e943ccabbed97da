//! Signing in to the pages by client certificate: the handshake says who looks, the directory what that is worth.

use std::sync::Arc;

use directory::{Document, Fingerprint};
use http::StatusCode;
use testkit::{AGGREGATOR, Engine, Identities, Province, evaluator_id, operator_id, until};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    },
};

use crate::dashboard::{Got, exchange};

/// The name in the certificate of the pages.
fn host() -> String {
    client::server_name(AGGREGATOR)
}

/// A page as whoever has the certificate of these identities; none when the server breaks the connection.
pub(crate) async fn get(
    province: &Province,
    identities: &Identities,
    principal: Option<&str>,
    path: &str,
) -> Option<Got> {
    let mut roots = RootCertStore::empty();
    let ca = province.identities().ca_pem().to_owned();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots);
    let config = match principal {
        None => config.with_no_client_auth(),
        Some(principal) => {
            let (_, pair) = identities.caller_pem(principal).unwrap();
            let chain =
                CertificateDer::pem_slice_iter(pair.cert_pem.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
            let key = PrivateKeyDer::from_pem_slice(pair.key_pem.as_bytes()).unwrap();
            config.with_client_auth_cert(chain, key).unwrap()
        }
    };
    let stream = TcpStream::connect(province.pages().unwrap()).await.unwrap();
    let name = ServerName::try_from(host()).unwrap();
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
    // In TLS 1.3 the client learns of a refusal when it reads.
    exchange(connected, &host(), path, None).await
}

async fn province() -> Province {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department("ecology").await.unwrap();
    province.add_aggregator_with_sign_in().await.unwrap();
    province
}

#[tokio::test(flavor = "multi_thread")]
async fn each_certificate_sees_what_its_identity_may_read_by_grpc() {
    let province = province().await;
    let identities = province.identities();
    let evaluator = get(&province, &identities, Some(&evaluator_id()), "/commitments").await.unwrap();
    assert_eq!(evaluator.status, StatusCode::OK, "{}", evaluator.text);
    assert!(
        evaluator.text.contains(&evaluator_id()) && evaluator.header("strict-transport-security").contains("max-age")
    );
    let operator = get(&province, &identities, Some(&operator_id()), "/commitments").await.unwrap();
    assert_eq!(operator.status, StatusCode::FORBIDDEN);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_looks_without_a_certificate_of_this_system() {
    let province = province().await;
    let identities = province.identities();
    assert!(get(&province, &identities, None, "/").await.is_none());
    let others = Identities::new().unwrap();
    assert!(
        get(&province, &others, Some(&evaluator_id()), "/").await.is_none(),
        "the same name from another authority"
    );
    assert!(get(&province, &identities, Some(&evaluator_id()), "/").await.is_some());
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_sees_nothing_from_then_on() {
    let province = province().await;
    let identities = province.identities();
    let fingerprint = identities.fingerprint(&evaluator_id()).unwrap();
    let revoke = |document: &mut Document| document.revoke(Fingerprint::parse(&fingerprint).unwrap()).unwrap();
    identities.publish(revoke).unwrap();
    let refused = until("the directory with the revocation", async || {
        let got = get(&province, &identities, Some(&evaluator_id()), "/commitments").await.unwrap();
        Ok((got.status == StatusCode::FORBIDDEN).then_some(got))
    });
    assert!(refused.await.unwrap().text.contains("CERTIFICATE_REVOKED"));
    province.end().await.unwrap();
}
