//! Signatures of clients over their requests, with both algorithms.
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

use ledger::{Algorithm, KeyError, RequestKey, RequestSignatureError, RequestSigner, SignatureAlgorithm};
use proptest::prelude::*;

const BOTH: [SignatureAlgorithm; 2] = [SignatureAlgorithm::Ed25519, SignatureAlgorithm::Sm2Sm3];
const METHOD: &str = "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations";

/// The bytes 0, 1, 2, … 31.
fn counting_seed() -> [u8; 32] {
    std::array::from_fn(|at| at as u8)
}

fn unhex<const N: usize>(digits: &str) -> [u8; N] {
    hex::decode(digits).unwrap().try_into().unwrap()
}

#[test]
fn ed25519_is_that_of_rfc_8032() {
    use ed25519_dalek::Signer;
    // RFC 8032 §7.1, test 2.
    let seed = unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                     085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    let key = RequestSigner::generate(SignatureAlgorithm::Ed25519, seed).key();
    assert_eq!(hex::encode(key.to_bytes()), public);
    let raw = ed25519_dalek::SigningKey::from_bytes(&seed).sign(&[0x72]);
    assert_eq!(hex::encode(raw.to_bytes()), signature);
}

#[test]
fn sm3_is_that_of_gb_t_32905() {
    use sm3::Digest;
    // GB/T 32905-2016, annex A.1 and A.2.
    let abc = sm3::Sm3::digest(b"abc");
    assert_eq!(hex::encode(abc), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    let abcd = sm3::Sm3::digest(b"abcd".repeat(16));
    assert_eq!(hex::encode(abcd), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

#[test]
fn sm2_is_that_of_gb_t_32918_5() {
    use sm2::dsa::signature::Verifier;
    use sm2::pkcs8::EncodePrivateKey;
    // GB/T 32918.5-2017 (GM/T 0003.5-2012), annex A.2.
    let private: [u8; 32] = unhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8");
    let public = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
                  ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
    let signature: [u8; 64] = unhex(
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3\
         b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
    );
    let pem = sm2::SecretKey::from_slice(&private).unwrap().to_pkcs8_pem(sm2::pkcs8::LineEnding::LF).unwrap();
    let key = RequestSigner::from_pkcs8_pem(&pem).unwrap().key();
    assert_eq!((key.algorithm(), hex::encode(key.to_bytes())), (SignatureAlgorithm::Sm2Sm3, public.to_owned()));

    let raw = sm2::dsa::VerifyingKey::from_sec1_bytes("1234567812345678", &key.to_bytes()).unwrap();
    let signature = sm2::dsa::Signature::from_slice(&signature).unwrap();
    assert!(raw.verify(b"message digest", &signature).is_ok());
    assert!(raw.verify(b"message digesT", &signature).is_err());
}

#[test]
fn other_programs_derive_the_same_keys_ids_and_signatures() {
    // Ed25519 by the Python package `cryptography`; the key id by hashlib.
    let ed25519 = RequestSigner::generate(SignatureAlgorithm::Ed25519, counting_seed());
    assert_eq!(ed25519.key().id(), "4b45fd87280f5a2d");
    let signature = "63154684f822c03fa3f9f1cc07f87a1a524ca7dfe827cd4f465c1f381b625d85\
                     258a56e9f82a46bc556e5ad693916d717c0c8ebf3040c06b27fca742bbd70005";
    assert_eq!(hex::encode(ed25519.sign(METHOD, b"request").unwrap()), signature);

    // SM2 by OpenSSL 3.0.19: scalar by `dgst -sm3 -mac HMAC`, key by `pkey`, signature by `pkeyutl -sign -rawin -digest
    // sm3 -pkeyopt distid:1234567812345678` with a random nonce.
    let sm2 = RequestSigner::generate(SignatureAlgorithm::Sm2Sm3, counting_seed());
    let public = "04e9966cf55b0c15eb687cdbb8a9cdd81f00308fb68b8bc19834fa6ea165abe3ca\
                  9732401eed06654fae47ea2df7f755bf53df1896a099ef86f7b5b173247d4443";
    assert_eq!(hex::encode(sm2.key().to_bytes()), public);
    assert_eq!(sm2.key().id(), "15124f401c0e5263");
    let signature: [u8; 64] = unhex(
        "9d68fa16466d1c0d2643181d5355e843625ed440c73fa007df201ec526be0969\
         8b0dd0964d3b3aa482bf79e729704777d51cd3bffaae1d4f19831590c7400344",
    );
    assert_eq!(sm2.key().verify(METHOD, b"request", &signature), Ok(()));
    assert!(sm2.key().verify(METHOD, b"Request", &signature).is_err());
}

#[test]
fn a_key_file_says_which_algorithm_it_is_for() {
    // Written by OpenSSL 3.0.19, without the public half.
    let openssl = "-----BEGIN PRIVATE KEY-----\n\
                   MEECAQAwEwYHKoZIzj0CAQYIKoEcz1UBgi0EJzAlAgEBBCD8uUhVzt2RJPCRnfww\n\
                   cQY0de4lrqbluQo8wttp4D+tdQ==\n\
                   -----END PRIVATE KEY-----\n";
    let sm2 = RequestSigner::generate(SignatureAlgorithm::Sm2Sm3, counting_seed());
    assert_eq!(RequestSigner::from_pkcs8_pem(openssl).unwrap().key(), sm2.key());
    for algorithm in BOTH {
        let signer = RequestSigner::generate(algorithm, counting_seed());
        let pem = signer.to_pkcs8_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let read = RequestSigner::from_pkcs8_pem(&pem).unwrap();
        assert_eq!(read.key(), signer.key());
        assert_eq!(read.key().algorithm(), algorithm);
    }
}

#[test]
fn a_key_file_of_a_third_algorithm_is_refused_by_its_name() {
    // A P-256 key made for this test by OpenSSL 3.0.19.
    let p256 = "-----BEGIN PRIVATE KEY-----\n\
                MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgn/yiGhhlU+Fwq/oF\n\
                L1QNf3fNefzoy3J8tboUihTEljqhRANCAAT4DUEAratDlBUcwxV9w3eE2b/JNmOJ\n\
                ntnuCJFzHyX1FZCU0ieSesQ3uYCCYUmWxXW6PBnQVbBmTWgPF6N8Pmqm\n\
                -----END PRIVATE KEY-----\n";
    let refused = KeyError::ForeignKey("1.2.840.10045.2.1 with 1.2.840.10045.3.1.7".to_owned());
    assert_eq!(RequestSigner::from_pkcs8_pem(p256).unwrap_err(), refused);
    let relabelled = p256.replace("PRIVATE", "PUBLIC");
    for pem in [relabelled.as_str(), "no key", ""] {
        assert_eq!(RequestSigner::from_pkcs8_pem(pem).unwrap_err(), KeyError::PrivateKey);
    }
}

#[test]
fn a_private_key_is_never_shown() {
    for algorithm in BOTH {
        let signer = RequestSigner::generate(algorithm, counting_seed());
        assert_eq!(format!("{signer:?}"), format!("RequestSigner({algorithm} {})", signer.key().id()));
    }
}

#[test]
fn the_largest_scalar_has_no_signatures_and_is_refused_as_an_sm2_key() {
    use sm2::pkcs8::EncodePrivateKey;
    // n − 1 and n − 2, where n is the order of the curve (GB/T 32918.5 §2).
    let file = |last: &str| {
        let scalar: [u8; 32] = unhex(&format!("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d541{last}"));
        sm2::SecretKey::from_slice(&scalar).unwrap().to_pkcs8_pem(sm2::pkcs8::LineEnding::LF).unwrap()
    };
    assert_eq!(RequestSigner::from_pkcs8_pem(&file("22")).unwrap_err(), KeyError::PrivateKey);
    let largest = RequestSigner::from_pkcs8_pem(&file("21")).unwrap();
    let signature = largest.sign(METHOD, b"request").unwrap();
    assert_eq!(largest.key().verify(METHOD, b"request", &signature), Ok(()));
}

#[test]
fn unsound_public_keys_are_refused() {
    // The neutral element of the curve: signatures under it can be made without a private key.
    let mut weak = [0; 32];
    weak[0] = 1;
    // 2^255 − 1, a second form of the coordinate 18.
    let second_form = [0xff; 32];
    let ed25519 = |bytes: &[u8]| RequestKey::from_bytes(SignatureAlgorithm::Ed25519, bytes);
    for bytes in [&weak[..], &second_form, &[], &[1; 31], &[1; 33], &[1; 65]] {
        assert_eq!(ed25519(bytes), Err(KeyError::PublicKey(SignatureAlgorithm::Ed25519)), "{bytes:?}");
    }

    let good = RequestSigner::generate(SignatureAlgorithm::Sm2Sm3, counting_seed()).key().to_bytes();
    let sm2 = |bytes: &[u8]| RequestKey::from_bytes(SignatureAlgorithm::Sm2Sm3, bytes);
    assert!(sm2(&good).is_ok());
    let compressed = [&[0x02 | (good[64] & 1)], &good[1..33]].concat();
    let hybrid = [&[0x06 | (good[64] & 1)], &good[1..]].concat();
    let mut off_curve = good.clone();
    off_curve[64] ^= 1;
    for bytes in [&compressed[..], &hybrid, &off_curve, &good[..64], &good[1..], &[0], &[]] {
        assert_eq!(sm2(bytes), Err(KeyError::PublicKey(SignatureAlgorithm::Sm2Sm3)), "{bytes:?}");
    }
    assert_eq!(RequestKey::from_base64(SignatureAlgorithm::Ed25519, "A"), Err(KeyError::Base64));
}

#[test]
fn a_method_that_would_blur_the_border_to_the_request_is_refused() {
    let signer = RequestSigner::generate(SignatureAlgorithm::Ed25519, counting_seed());
    let signature = signer.sign(METHOD, b"request").unwrap();
    for method in
        ["", "/", "Service", "/wufei.v1.S/M", "wufei.v1.S/M\n", "wufei.v1.S/", "wufei.v1.S/M/N", "wufei.v1.S/M N"]
    {
        let refused = RequestSignatureError::Method(method.to_owned());
        assert_eq!(signer.sign(method, b""), Err(refused.clone()), "{method:?}");
        assert_eq!(signer.key().verify(method, b"", &signature), Err(refused), "{method:?}");
    }
}

#[test]
fn a_signature_of_another_length_is_refused_with_its_length() {
    for algorithm in BOTH {
        let signer = RequestSigner::generate(algorithm, counting_seed());
        let signature = signer.sign(METHOD, b"request").unwrap();
        let longer = [&signature[..], &[0]].concat();
        for (wrong, len) in [(&signature[..63], 63), (&longer[..], 65), (&[], 0)] {
            let refused = signer.key().verify(METHOD, b"request", wrong);
            assert_eq!(refused, Err(RequestSignatureError::Length(len)));
        }
        let zero = signer.key().verify(METHOD, b"request", &[0; 64]);
        assert!(matches!(zero, Err(RequestSignatureError::Mismatch { .. })), "{zero:?}");
    }
}

#[test]
fn one_algorithm_never_answers_for_the_other() {
    let [ed25519, sm2] = BOTH.map(|algorithm| RequestSigner::generate(algorithm, counting_seed()));
    let signature = ed25519.sign(METHOD, b"request").unwrap();
    assert!(sm2.key().verify(METHOD, b"request", &signature).is_err());
    let signature = sm2.sign(METHOD, b"request").unwrap();
    assert!(ed25519.key().verify(METHOD, b"request", &signature).is_err());
    assert!(RequestKey::from_base64(SignatureAlgorithm::Sm2Sm3, &ed25519.key().to_base64()).is_err());
    assert!(RequestKey::from_base64(SignatureAlgorithm::Ed25519, &sm2.key().to_base64()).is_err());
}

#[test]
fn only_algorithms_that_sign_can_be_asked_to() {
    for algorithm in BOTH {
        assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        assert_eq!(algorithm.to_string().parse(), Ok(Algorithm::from(algorithm)));
    }
    assert_eq!(SignatureAlgorithm::Sm2Sm3.as_str(), "sm2-sm3");
    assert!("sha256".parse::<SignatureAlgorithm>().is_err());
    assert!("SM2-SM3".parse::<SignatureAlgorithm>().is_err());
}

fn changed(bytes: &[u8], at: &prop::sample::Index, by: u8) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at.index(bytes.len())] ^= by;
    changed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_changed_byte_of_message_method_signature_or_key_fails(
        algorithm in prop::sample::select(&BOTH[..]), seed in any::<[u8; 32]>(),
        request in prop::collection::vec(any::<u8>(), 1..200), service in "[a-z]{1,8}\\.v1\\.[A-Z][a-z]{1,8}", name in "[A-Z][a-z]{1,8}",
        at in any::<prop::sample::Index>(), by in 1..=255_u8,
    ) {
        let method = format!("{service}/{name}");
        let signer = RequestSigner::generate(algorithm, seed);
        let key = RequestKey::from_base64(algorithm, &signer.key().to_base64()).unwrap();
        let signature = signer.sign(&method, &request).unwrap();
        prop_assert_eq!(signer.sign(&method, &request), Ok(signature));
        prop_assert_eq!(key.verify(&method, &request, &signature), Ok(()));

        prop_assert!(key.verify(&method, &changed(&request, &at, by), &signature).is_err());
        prop_assert!(key.verify(&method, &request, &changed(&signature, &at, by)).is_err());
        prop_assert!(key.verify(&method, &[&request[..], &[by]].concat(), &signature).is_err());
        prop_assert!(key.verify(&method, &request[1..], &signature).is_err());
        if let Ok(method) = String::from_utf8(changed(method.as_bytes(), &at, by)) {
            prop_assert!(key.verify(&method, &request, &signature).is_err());
        }
        if let Ok(other) = RequestKey::from_bytes(algorithm, &changed(&key.to_bytes(), &at, by)) {
            prop_assert!(other.verify(&method, &request, &signature).is_err());
            prop_assert_ne!(other.id(), key.id());
        }
    }

    #[test]
    fn garbage_is_refused_without_panic(
        algorithm in prop::sample::select(&BOTH[..]), bytes in prop::collection::vec(any::<u8>(), 0..140), text in "\\PC{0,100}",
    ) {
        let key = RequestSigner::generate(algorithm, counting_seed()).key();
        prop_assert!(key.verify(METHOD, b"request", &bytes).is_err());
        prop_assert!(RequestSigner::from_pkcs8_pem(&text).is_err());
        let _read: Result<_, _> = RequestKey::from_bytes(algorithm, &bytes);
        let _read: Result<_, _> = RequestKey::from_base64(algorithm, &text);
    }
}
