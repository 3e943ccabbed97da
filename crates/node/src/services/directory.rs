//! The signed directory as it was signed: the one in force, and those before it.

use contracts::directory::v1::{GetDirectoryRequest, GetDirectoryResponse, directory_service_server::DirectoryService};
use domain::DomainError;
use tonic::{Request, Response, Status};

use super::context::reply;
use crate::{caller::Caller, trust::Trust};

/// Shows the directory.
#[derive(Clone, Debug)]
pub struct ShownDirectory(Trust);

impl ShownDirectory {
    /// What this node trusts.
    #[must_use]
    pub fn new(trust: Trust) -> Self {
        Self(trust)
    }

    fn find(&self, version: u64) -> Result<GetDirectoryResponse, DomainError> {
        if version == 0 {
            let newest = self.0.newest();
            return Ok(GetDirectoryResponse { note: newest.note.clone(), version: newest.directory.version() });
        }
        Ok(GetDirectoryResponse { note: self.0.past(version)?, version })
    }
}

#[tonic::async_trait]
impl DirectoryService for ShownDirectory {
    async fn get_directory(
        &self,
        request: Request<GetDirectoryRequest>,
    ) -> Result<Response<GetDirectoryResponse>, Status> {
        let lang = Caller::of(&request)?.lang;
        reply(lang, self.find(request.into_inner().version).map_err(Into::into))
    }
}
