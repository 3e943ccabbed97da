//! The root of an instance.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    authority::{Authority, CA_CERT},
    ca::{Ca, CaParams, own_end},
    error::PkiError,
};

pub(crate) const ROOT_CERT: &str = "root.pem";
const ROOT_KEY: &str = "root.key";

/// The root of one instance: it signs the instance's authorities and nothing else (path length 1). Its key is needed only
/// when an authority is made, and belongs offline.
#[derive(Debug)]
pub struct Root(Ca);

impl Root {
    /// Makes a new root in memory, valid from now.
    ///
    /// # Errors
    /// When the instance is not a trust domain, the validity is under a day, or the library fails.
    pub fn create(instance: &str, now: DateTime<Utc>, validity: TimeDelta) -> Result<Self, PkiError> {
        let params = CaParams { instance, title: "Wufei root", path_length: 1, not_after: own_end(now, validity)? };
        Ca::create(&params, None, now).map(Self)
    }

    /// Reads the root from its folder.
    ///
    /// # Errors
    /// When a file is missing, is not a root's, does not belong to the other one, or when others can read the key.
    pub fn load(dir: &Path) -> Result<Self, PkiError> {
        Ca::load(&dir.join(ROOT_CERT), &dir.join(ROOT_KEY)).map(Self)
    }

    /// Writes `root.key` (mode 0600) and `root.pem` into a folder of mode 0700, which is made where it is missing.
    ///
    /// # Errors
    /// When one of the files is there already: a root is never overwritten, for every certificate of the instance would
    /// fail at once. Also when a used folder is open to others, and when the operating system refuses.
    pub fn save(&self, dir: &Path) -> Result<(), PkiError> {
        self.0.save(dir, ROOT_CERT, ROOT_KEY)
    }

    /// Makes an authority below this root, with a new key.
    ///
    /// # Errors
    /// When the days are 0 or reach beyond the root, the root has ended, or the library fails.
    pub fn certify(&self, days: u32, now: DateTime<Utc>) -> Result<Authority, PkiError> {
        let params = CaParams {
            instance: &self.0.instance,
            title: "Wufei CA",
            path_length: 0,
            not_after: self.0.ends(days, now)?,
        };
        Ok(Authority::below(Ca::create(&params, Some(&self.0), now)?, self.0.cert_pem.clone()))
    }

    /// Its certificate, which every member of the instance trusts.
    pub fn cert_pem(&self) -> &str {
        &self.0.cert_pem
    }

    /// When it ends.
    pub fn not_after(&self) -> DateTime<Utc> {
        self.0.not_after
    }
}

/// The certificate in this folder that members trust: that of the root, or of an authority that is its own root.
pub fn trust_file(dir: &Path) -> PathBuf {
    let root = dir.join(ROOT_CERT);
    if root.exists() { root } else { dir.join(CA_CERT) }
}
