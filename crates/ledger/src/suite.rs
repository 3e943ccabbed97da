//! The two signature suites behind one pair of keys: Ed25519 (RFC 8032) and SM2 with SM3 (GB/T 32918, GB/T 32905).

use std::fmt;

use ed25519_dalek::pkcs8::KeypairBytes;
use ed25519_dalek::{Signer as _, SigningKey as Ed25519Key, VerifyingKey as Ed25519PublicKey};
use hmac::Hmac;
use sm2::dsa::{SigningKey as Sm2Key, VerifyingKey as Sm2PublicKey, signature::Verifier as _};
use sm2::pkcs8::der::zeroize::Zeroizing;
use sm2::pkcs8::der::{SecretDocument, pem::PemLabel as _};
use sm2::pkcs8::{AssociatedOid as _, EncodePrivateKey as _, LineEnding, ObjectIdentifier, PrivateKeyInfoRef};
use sm2::{Scalar, SecretKey, Sm2};
use sm3::Sm3;

use crate::algorithm::SignatureAlgorithm;
use crate::key::KeyError;
use crate::mac::hmac;
use crate::text;

/// Bytes of a signature of either suite.
pub const SIGNATURE_LEN: usize = 64;

/// The user id in every SM2 signature where parties have not agreed on another (GB/T 35276, GM/T 0009).
const SM2_USER_ID: &str = "1234567812345678";
/// Bytes of an SM2 public key: 0x04 ‖ x ‖ y (SEC 1 §2.3.3).
const SM2_PUBLIC_LEN: usize = 65;
/// First byte of an uncompressed point (SEC 1 §2.3.3).
const UNCOMPRESSED: u8 = 0x04;
/// What the scalar of an SM2 key is derived under, so that the seed serves nothing else.
const SM2_SEED_LABEL: &[u8] = b"wufei-sm2-key/v1";

/// id-Ed25519 (RFC 8410).
const ED25519_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// id-ecPublicKey (RFC 5480); for SM2 with the curve 1.2.156.10197.1.301 (GB/T 33560) as its parameter.
const EC_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// A private key that knows its algorithm. An Ed25519 key is wiped from memory when dropped; the `sm2` crate does not
/// wipe the signing keys it makes.
#[derive(Clone)]
pub(crate) enum PrivateKey {
    Ed25519(Ed25519Key),
    Sm2(Sm2Key),
}

impl PrivateKey {
    /// Makes a key from 32 bytes of the operating system's random source. Ed25519 takes the seed as it is (RFC 8032
    /// §5.1.5). The scalar of SM2 is HMAC-SM3(seed, "wufei-sm2-key/v1" ‖ counter), the counter in 4 bytes, big-endian,
    /// for the first counter from 0 that gives a number from 1 to n − 2 (GB/T 32918.1 §6.1).
    pub(crate) fn from_seed(algorithm: SignatureAlgorithm, seed: &[u8; 32]) -> Self {
        match algorithm {
            SignatureAlgorithm::Ed25519 => Self::Ed25519(Ed25519Key::from_bytes(seed)),
            SignatureAlgorithm::Sm2Sm3 => {
                let mut counter = 0_u32;
                loop {
                    let scalar = hmac::<Hmac<Sm3>>(seed, &[SM2_SEED_LABEL, &counter.to_be_bytes()]);
                    if let Some(key) = sm2_key(&Zeroizing::new(scalar)) {
                        return Self::Sm2(key);
                    }
                    counter = counter.wrapping_add(1);
                }
            }
        }
    }

    /// Reads a PKCS#8 PEM file (RFC 5208, RFC 5958); the algorithm is the one that the file names.
    pub(crate) fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        let (label, document) = SecretDocument::from_pem(pem).map_err(|_| KeyError::PrivateKey)?;
        PrivateKeyInfoRef::validate_pem_label(label).map_err(|_| KeyError::PrivateKey)?;
        let info = PrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| KeyError::PrivateKey)?;
        match info.algorithm.oids() {
            Ok((ED25519_OID, _)) => {
                let bytes = KeypairBytes::try_from(info).map_err(|_| KeyError::PrivateKey)?;
                Ed25519Key::try_from(&bytes).map(Self::Ed25519).map_err(|_| KeyError::PrivateKey)
            }
            Ok((EC_OID, Some(Sm2::OID))) => {
                let secret = SecretKey::try_from(info).map_err(|_| KeyError::PrivateKey)?;
                let key = sm2_key(&Zeroizing::new(secret.to_bytes())).ok_or(KeyError::PrivateKey)?;
                Ok(Self::Sm2(key))
            }
            Ok((algorithm, None)) => Err(KeyError::ForeignKey(algorithm.to_string())),
            Ok((algorithm, Some(curve))) => Err(KeyError::ForeignKey(format!("{algorithm} with {curve}"))),
            Err(_) => Err(KeyError::ForeignKey(info.algorithm.oid.to_string())),
        }
    }

    /// Writes what [`from_pkcs8_pem`](Self::from_pkcs8_pem) reads. Ed25519 without the public half, which version 1
    /// readers such as OpenSSL 3.0 refuse.
    pub(crate) fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let pem = match self {
            Self::Ed25519(key) => {
                KeypairBytes { secret_key: key.to_bytes(), public_key: None }.to_pkcs8_pem(LineEnding::LF)
            }
            Self::Sm2(key) => SecretKey::from(key.as_nonzero_scalar()).to_pkcs8_pem(LineEnding::LF),
        };
        pem.map_err(|_| KeyError::PrivateKey)
    }

    /// The half that others need to check the signatures.
    pub(crate) fn public(&self) -> PublicKey {
        match self {
            Self::Ed25519(key) => PublicKey::Ed25519(key.verifying_key()),
            Self::Sm2(key) => PublicKey::Sm2(key.verifying_key().clone()),
        }
    }

    /// Signs. Both suites draw no random numbers: the same message gives the same signature (RFC 8032; for SM2 the
    /// nonce is made after RFC 6979 with SM3).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], KeyError> {
        match self {
            Self::Ed25519(key) => Ok(key.sign(message).to_bytes()),
            Self::Sm2(key) => {
                let signature: sm2::dsa::Signature = key.try_sign(message).map_err(|_| KeyError::Signing)?;
                Ok(signature.to_bytes().into())
            }
        }
    }
}

/// A public key that knows its algorithm.
#[derive(Clone)]
pub(crate) enum PublicKey {
    Ed25519(Ed25519PublicKey),
    Sm2(Sm2PublicKey),
}

impl PublicKey {
    /// Reads the bytes that [`to_bytes`](Self::to_bytes) writes, and nothing else, so that one key has one id. Refused
    /// are points off the curve, second forms of a point (Ed25519 coordinates above the field, which RFC 8032 §5.1.3
    /// refuses but `from_bytes` does not; compressed SM2 points), and the weak Ed25519 keys under which forged
    /// signatures can pass.
    pub(crate) fn from_bytes(algorithm: SignatureAlgorithm, bytes: &[u8]) -> Result<Self, KeyError> {
        let unsound = || KeyError::PublicKey(algorithm);
        match algorithm {
            SignatureAlgorithm::Ed25519 => {
                let bytes = bytes.try_into().map_err(|_| unsound())?;
                let key = Ed25519PublicKey::from_bytes(bytes).map_err(|_| unsound())?;
                let is_only_form = Ed25519PublicKey::from(key.to_edwards()).as_bytes() == bytes;
                if is_only_form && !key.is_weak() { Ok(Self::Ed25519(key)) } else { Err(unsound()) }
            }
            SignatureAlgorithm::Sm2Sm3 => {
                if bytes.len() != SM2_PUBLIC_LEN || bytes.first() != Some(&UNCOMPRESSED) {
                    return Err(unsound());
                }
                let key = Sm2PublicKey::from_sec1_bytes(SM2_USER_ID, bytes).map_err(|_| unsound())?;
                Ok(Self::Sm2(key))
            }
        }
    }

    pub(crate) fn algorithm(&self) -> SignatureAlgorithm {
        match self {
            Self::Ed25519(_) => SignatureAlgorithm::Ed25519,
            Self::Sm2(_) => SignatureAlgorithm::Sm2Sm3,
        }
    }

    /// The 32 bytes of RFC 8032, or the 65 bytes 0x04 ‖ x ‖ y of SEC 1.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.to_bytes().to_vec(),
            Self::Sm2(key) => key.to_sec1_bytes().into_vec(),
        }
    }

    /// Whether the bytes are this key's signature over the message. Strict: exactly 64 bytes, and for Ed25519 no
    /// second form of a signature and no point of small order.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            Self::Sm2(key) => sm2::dsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.algorithm() == other.algorithm() && self.to_bytes() == other.to_bytes()
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.algorithm(), text::to_base64(&self.to_bytes()))
    }
}

/// An SM2 key of a scalar from 1 to n − 2. With n − 1 no signature exists, because 1 + d has no inverse.
fn sm2_key(scalar: &[u8]) -> Option<Sm2Key> {
    let key = Sm2Key::from_slice(SM2_USER_ID, scalar).ok()?;
    let next: Scalar = **key.as_nonzero_scalar() + Scalar::ONE;
    bool::from(next.invert().is_some()).then_some(key)
}
