//! Paths that count from the folder of the configuration file.

use std::{
    cell::RefCell,
    fmt,
    ops::Deref,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, Serialize};

thread_local! {
    /// The folder that relative paths count from while a configuration is being read, and only then. Serde hands nothing
    /// down to a field, and a method that each configuration must remember to call would be forgotten.
    static BASE: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// The path of a file. Read from a configuration, a relative path counts from the folder of the configuration file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FilePath(PathBuf);

impl FilePath {
    /// The path.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl<'de> Deserialize<'de> for FilePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = PathBuf::deserialize(deserializer)?;
        Ok(Self(resolve(&path)))
    }
}

impl<P: Into<PathBuf>> From<P> for FilePath {
    fn from(path: P) -> Self {
        Self(path.into())
    }
}

impl Deref for FilePath {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for FilePath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl fmt::Debug for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// The path, from the folder that is in force; as it stands when none is.
pub(super) fn resolve(path: &Path) -> PathBuf {
    BASE.with_borrow(|base| base.as_ref().map_or_else(|| path.to_owned(), |base| base.join(path)))
}

/// Runs `read` with relative paths counting from `base`.
pub(super) fn with_base<T>(base: &Path, read: impl FnOnce() -> T) -> T {
    struct Restore(Option<PathBuf>);
    impl Drop for Restore {
        fn drop(&mut self) {
            BASE.set(self.0.take());
        }
    }
    let _restore = Restore(BASE.replace(Some(base.to_owned())));
    read()
}
