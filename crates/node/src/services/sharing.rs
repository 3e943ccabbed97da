//! Share requests and data-quality tickets: part of the contract, not served yet.

use contracts::sharing::v1::{self as wire, sharing_service_server::SharingService};
use tonic::{Request, Response, Status};

use crate::{caller::Caller, status::unimplemented};

/// Answers that the methods are not served yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sharing;

macro_rules! not_yet {
    ($($method:ident $name:literal $request:ident $response:ident;)+) => {
        #[tonic::async_trait]
        impl SharingService for Sharing {
            $(async fn $method(&self, request: Request<wire::$request>) -> Result<Response<wire::$response>, Status> {
                let caller = Caller::of(&request)?;
                Err(unimplemented(concat!("wufei.sharing.v1.SharingService/", $name), caller.lang))
            })+
        }
    };
}

not_yet! {
    create_share_request "CreateShareRequest" CreateShareRequestRequest CreateShareRequestResponse;
    update_share_request "UpdateShareRequest" UpdateShareRequestRequest UpdateShareRequestResponse;
    get_share_request "GetShareRequest" GetShareRequestRequest GetShareRequestResponse;
    list_share_requests "ListShareRequests" ListShareRequestsRequest ListShareRequestsResponse;
    create_quality_ticket "CreateQualityTicket" CreateQualityTicketRequest CreateQualityTicketResponse;
    update_quality_ticket "UpdateQualityTicket" UpdateQualityTicketRequest UpdateQualityTicketResponse;
    get_quality_ticket "GetQualityTicket" GetQualityTicketRequest GetQualityTicketResponse;
    list_quality_tickets "ListQualityTickets" ListQualityTicketsRequest ListQualityTicketsResponse;
}
