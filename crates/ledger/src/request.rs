//! Signatures of clients over their requests, as `wufei.log.v1.Signature` carries them.
//!
//! What is signed is `wufei-request/v1`, a newline, the full method, a newline, and the exact bytes of the request
//! message. The first line keeps such a signature from standing in for one of another kind; the method keeps a request
//! from being replayed at another method that would read the same bytes differently.

use std::fmt;

use sm2::pkcs8::der::zeroize::Zeroizing;

use crate::algorithm::SignatureAlgorithm;
use crate::hash::sha256;
use crate::key::KeyError;
use crate::suite::{PrivateKey, PublicKey, SIGNATURE_LEN};
use crate::text;

/// First line of what is signed.
const CONTEXT: &str = "wufei-request/v1";

/// Hexadecimal digits of a [`RequestKey::id`].
const ID_LEN: usize = 16;

/// Why a request cannot be signed, or a signature not be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestSignatureError {
    /// The method is not a full gRPC method, so the message would be ambiguous.
    #[error("`{0}` is not a full method; write `package.Service/Method` without a leading slash")]
    Method(String),
    /// The signature has another length than any signature.
    #[error("a signature has {SIGNATURE_LEN} bytes, found {0}")]
    Length(usize),
    /// The key did not sign these bytes for this method.
    #[error("the signature does not fit: key {key_id} ({algorithm}) did not sign these bytes for {method}")]
    Mismatch {
        /// Id of the key that was asked.
        key_id: String,
        /// Its algorithm.
        algorithm: SignatureAlgorithm,
        /// The method called.
        method: String,
    },
    /// The key gives no signature.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Holds the private key of a client and signs its requests.
///
/// An Ed25519 key is wiped from memory when this is dropped; of an SM2 key the library leaves copies.
#[derive(Clone)]
pub struct RequestSigner {
    key: PrivateKey,
}

impl RequestSigner {
    /// Makes a key from 32 bytes of the operating system's random source. The same seed gives the same key.
    ///
    /// Ed25519 takes the seed as it is (RFC 8032 §5.1.5). The scalar of SM2 is HMAC-SM3 with the seed as key over
    /// `wufei-sm2-key/v1` and a counter in 4 bytes, big-endian, for the first counter from 0 that gives a number from
    /// 1 to n − 2 (GB/T 32918.1 §6.1).
    pub fn generate(algorithm: SignatureAlgorithm, seed: [u8; 32]) -> Self {
        Self { key: PrivateKey::from_seed(algorithm, &seed) }
    }

    /// Reads a PKCS#8 PEM private key (RFC 5958), Ed25519 (RFC 8410) or SM2 (GB/T 33560): the file says which.
    ///
    /// # Errors
    /// [`KeyError::PrivateKey`], [`KeyError::ForeignKey`].
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        Ok(Self { key: PrivateKey::from_pkcs8_pem(pem)? })
    }

    /// The private key as PKCS#8 PEM, as OpenSSL 3.0 reads it too.
    ///
    /// # Errors
    /// [`KeyError::PrivateKey`] when it cannot be encoded.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        self.key.to_pkcs8_pem()
    }

    /// The half that others need to check the signatures.
    pub fn key(&self) -> RequestKey {
        RequestKey { key: self.key.public() }
    }

    /// Signs the exact bytes of a request message for a method such as
    /// `wufei.exchange.v1.ObservationIngestService/BatchCreateObservations`. The same input gives the same signature.
    ///
    /// # Errors
    /// [`RequestSignatureError::Method`], [`RequestSignatureError::Key`].
    pub fn sign(&self, method: &str, request: &[u8]) -> Result<[u8; SIGNATURE_LEN], RequestSignatureError> {
        Ok(self.key.sign(&message(method, request)?)?)
    }
}

/// Shows the public half only, so that a key never reaches a log file.
impl fmt::Debug for RequestSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestSigner({:?})", self.key())
    }
}

/// The public key of a client, as the directory lists it.
///
/// ```
/// # use ledger::{RequestKey, RequestSigner, SignatureAlgorithm};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let signer = RequestSigner::generate(SignatureAlgorithm::Ed25519, [7; 32]);
/// let signature = signer.sign("wufei.exchange.v1.FundingIngestService/CreateFundingLine", b"request")?;
///
/// let listed = RequestKey::from_base64(SignatureAlgorithm::Ed25519, &signer.key().to_base64())?;
/// listed.verify("wufei.exchange.v1.FundingIngestService/CreateFundingLine", b"request", &signature)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RequestKey {
    key: PublicKey,
}

impl RequestKey {
    /// From the bytes of a public key: 32 of Ed25519 (RFC 8032), or 65 of SM2 (0x04 ‖ x ‖ y, SEC 1).
    ///
    /// # Errors
    /// [`KeyError::PublicKey`], also for the weak keys of Ed25519.
    pub fn from_bytes(algorithm: SignatureAlgorithm, bytes: &[u8]) -> Result<Self, KeyError> {
        Ok(Self { key: PublicKey::from_bytes(algorithm, bytes)? })
    }

    /// From the base64 that [`to_base64`](Self::to_base64) writes.
    ///
    /// # Errors
    /// [`KeyError::Base64`], [`KeyError::PublicKey`].
    pub fn from_base64(algorithm: SignatureAlgorithm, base64: &str) -> Result<Self, KeyError> {
        Self::from_bytes(algorithm, &text::from_base64(base64).ok_or(KeyError::Base64)?)
    }

    /// The bytes of the public key.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.key.to_bytes()
    }

    /// The bytes of the public key in base64 with padding (RFC 4648 §4).
    pub fn to_base64(&self) -> String {
        text::to_base64(&self.key.to_bytes())
    }

    /// The algorithm of the key.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }

    /// Id of the key: SHA-256 over the algorithm's name, a newline and the public key, the first 16 hexadecimal digits.
    pub fn id(&self) -> String {
        let hash = sha256(&[self.algorithm().as_str().as_bytes(), b"\n", &self.key.to_bytes()]);
        let mut id = hash.to_string();
        id.truncate(ID_LEN);
        id
    }

    /// Checks that this key signed these exact bytes for this method.
    ///
    /// # Errors
    /// [`RequestSignatureError::Method`], [`RequestSignatureError::Length`], [`RequestSignatureError::Mismatch`].
    pub fn verify(&self, method: &str, request: &[u8], signature: &[u8]) -> Result<(), RequestSignatureError> {
        let message = message(method, request)?;
        if signature.len() != SIGNATURE_LEN {
            return Err(RequestSignatureError::Length(signature.len()));
        }
        if self.key.verifies(&message, signature) {
            return Ok(());
        }
        let (key_id, algorithm) = (self.id(), self.algorithm());
        Err(RequestSignatureError::Mismatch { key_id, algorithm, method: method.to_owned() })
    }
}

/// Algorithm and id, as they stand in a directory.
impl fmt::Debug for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.algorithm(), self.id())
    }
}

/// What is signed.
fn message(method: &str, request: &[u8]) -> Result<Vec<u8>, RequestSignatureError> {
    if is_full_method(method) {
        Ok([CONTEXT.as_bytes(), b"\n", method.as_bytes(), b"\n", request].concat())
    } else {
        Err(RequestSignatureError::Method(method.to_owned()))
    }
}

/// Whether a text is `package.Service/Method`. A line break in it could move the border between method and request.
fn is_full_method(method: &str) -> bool {
    let is_path =
        |path: &str| !path.is_empty() && path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'));
    method.split_once('/').is_some_and(|(service, name)| is_path(service) && is_path(name))
}
