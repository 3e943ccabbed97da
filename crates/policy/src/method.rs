//! A method that a server serves, and whether it writes.

/// Whether a method may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reads only.
    Read,
    /// May append to the exchange log.
    Write,
}

/// One served method, `/<package>.<Service>/<Method>`, with its access.
///
/// The list of methods is given by the server that serves them: the policy does not guess from a name whether a method
/// writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Method {
    path: String,
    access: Access,
}

impl Method {
    /// A method that reads. The leading slash may be left out.
    pub fn read(path: &str) -> Self {
        Self::new(path, Access::Read)
    }

    /// A method that writes. The leading slash may be left out.
    pub fn write(path: &str) -> Self {
        Self::new(path, Access::Write)
    }

    /// A method with its access. The leading slash may be left out.
    pub fn new(path: &str, access: Access) -> Self {
        Self { path: format!("/{}", path.strip_prefix('/').unwrap_or(path)), access }
    }

    /// The path as it stands in the HTTP/2 request (gRPC over HTTP2, "Path").
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it may change anything.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The full name of its service, or nothing when the path is not of the shape `/service/method`.
    pub(crate) fn service(&self) -> Option<&str> {
        let (service, method) = self.path.strip_prefix('/')?.split_once('/')?;
        (!service.is_empty() && !method.is_empty() && !method.contains('/')).then_some(service)
    }
}
