//! The methods: Create, Update, Get and List of each kind of case.

use contracts::{
    common::v1 as common_wire,
    sharing::v1::{self as wire, sharing_service_server::SharingService},
};
use pastey::paste;
use tonic::{Request, Response, Status};

use super::{Sharing, cases};
use crate::{
    caller::{Caller, RawRequest},
    resources::{Create, List, Resource, Update},
    services::reply,
};

macro_rules! cases {
    ($($case:ident / $plural:ident),+ $(,)?) => {
        paste! {
            $(
                impl Resource<Sharing> for wire::$case {
                    const COLLECTION: &'static str = stringify!([<$plural:lower_camel>]);
                    const FIELD: &'static str = stringify!([<$case:snake>]);

                    fn name(&self) -> &str {
                        &self.name
                    }

                    fn set_name(&mut self, name: String) {
                        self.name = name;
                    }

                    fn set_record(&mut self, record: Option<common_wire::Record>) {
                        self.record = record;
                    }
                }
            )+

            #[tonic::async_trait]
            impl SharingService for Sharing {
                $(
                    async fn [<create_ $case:snake>](
                        &self,
                        request: Request<wire::[<Create $case Request>]>,
                    ) -> Result<Response<wire::[<Create $case Response>]>, Status> {
                        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
                        let wire::[<Create $case Request>] {
                            parent, [<$case:snake _id>]: id, [<$case:snake>]: resource, request_id, validate_only,
                        } = request.into_inner();
                        let create = Create {
                            method: concat!("wufei.sharing.v1.SharingService/Create", stringify!($case)),
                            parent, id, resource, request_id, validate_only,
                        };
                        let respond = |case, receipt| wire::[<Create $case Response>] {
                            [<$case:snake>]: Some(case), receipt,
                        };
                        reply(caller.lang, cases::create(self, &caller, raw, create, respond).await)
                    }

                    async fn [<update_ $case:snake>](
                        &self,
                        request: Request<wire::[<Update $case Request>]>,
                    ) -> Result<Response<wire::[<Update $case Response>]>, Status> {
                        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
                        let wire::[<Update $case Request>] {
                            [<$case:snake>]: resource, etag, correction, request_id, validate_only,
                        } = request.into_inner();
                        let update = Update {
                            method: concat!("wufei.sharing.v1.SharingService/Update", stringify!($case)),
                            resource, etag, correction, request_id, validate_only,
                        };
                        let respond = |case, receipt| wire::[<Update $case Response>] {
                            [<$case:snake>]: Some(case), receipt,
                        };
                        reply(caller.lang, cases::update(self, &caller, raw, update, respond).await)
                    }

                    async fn [<get_ $case:snake>](
                        &self,
                        request: Request<wire::[<Get $case Request>]>,
                    ) -> Result<Response<wire::[<Get $case Response>]>, Status> {
                        let caller = Caller::of(&request)?;
                        let wire::[<Get $case Request>] { name, as_of } = request.into_inner();
                        let found = cases::get(self, &caller, &name, as_of.as_ref()).await;
                        reply(caller.lang, found.map(|case| {
                            wire::[<Get $case Response>] { [<$case:snake>]: Some(case) }
                        }))
                    }

                    async fn [<list_ $plural:snake>](
                        &self,
                        request: Request<wire::[<List $plural Request>]>,
                    ) -> Result<Response<wire::[<List $plural Response>]>, Status> {
                        let caller = Caller::of(&request)?;
                        let mut query = request.into_inner();
                        let page_size = std::mem::take(&mut query.page_size);
                        let page_token = std::mem::take(&mut query.page_token);
                        let list = List {
                            method: concat!("wufei.sharing.v1.SharingService/List", stringify!($plural)),
                            parent: &query.parent,
                            page_size,
                            page_token: &page_token,
                            as_of: query.as_of.as_ref(),
                        };
                        let found = cases::list(self, &caller, list, &query).await;
                        reply(caller.lang, found.map(|(cases, next_page_token)| {
                            wire::[<List $plural Response>] { [<$plural:snake>]: cases, next_page_token }
                        }))
                    }
                )+
            }
        }
    };
}

cases! {
    ShareRequest / ShareRequests,
    QualityTicket / QualityTickets,
}
