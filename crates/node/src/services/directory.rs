//! The signed directory in force, as it was signed.

use contracts::directory::v1::{GetDirectoryRequest, GetDirectoryResponse, directory_service_server::DirectoryService};
use tonic::{Request, Response, Status};

use crate::trust::Trust;

/// Shows the directory.
#[derive(Clone, Debug)]
pub struct ShownDirectory(Trust);

impl ShownDirectory {
    /// What this node trusts.
    #[must_use]
    pub fn new(trust: Trust) -> Self {
        Self(trust)
    }
}

#[tonic::async_trait]
impl DirectoryService for ShownDirectory {
    async fn get_directory(
        &self,
        _request: Request<GetDirectoryRequest>,
    ) -> Result<Response<GetDirectoryResponse>, Status> {
        let newest = self.0.newest();
        let (note, version) = (newest.note.clone(), newest.directory.version());
        Ok(Response::new(GetDirectoryResponse { note, version }))
    }
}
