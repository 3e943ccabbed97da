//! The macro that writes a department's gRPC service.

/// Writes a department's whole gRPC service from a list of its resources: [`Resource`](crate::resources::Resource) for each, and Create, Update, Get
/// and List of each. The rules stay to be written ([`Rules`](crate::resources::Rules)).
///
/// The service type has a method `context(&self) -> &NodeContext`; `messages` is an alias of the contract's module.
/// `rpc` methods of another shape are written by hand in the second braces.
///
/// ```text
/// use contracts::ecology::v1::{self as wire, ecology_service_server::EcologyService};
///
/// node::department_service! {
///     impl EcologyService as Ecology {
///         messages: wire;
///         service: "wufei.ecology.v1.EcologyService";
///         resources: CityStageRecord / CityStageRecords, SupportGroup / SupportGroups;
///     }
///     {
///         async fn get_share_target(&self, request: Request<wire::GetShareTargetRequest>) -> Result<…> { … }
///     }
/// }
/// ```
#[macro_export]
macro_rules! department_service {
    (
        impl $server:path as $ty:ident {
            messages: $messages:ident;
            service: $service:literal;
            resources: $($resource:ident / $plural:ident),+ $(,)?;
        }
        { $($extra:item)* }
    ) => {
        $crate::pastey::paste! {
            $(
                impl $crate::resources::Resource<$ty> for $messages::$resource {
                    const COLLECTION: &'static str = stringify!([<$plural:lower_camel>]);
                    const FIELD: &'static str = stringify!([<$resource:snake>]);

                    fn name(&self) -> &str {
                        &self.name
                    }

                    fn set_name(&mut self, name: String) {
                        self.name = name;
                    }

                    fn set_record(&mut self, record: Option<contracts::common::v1::Record>) {
                        self.record = record;
                    }
                }
            )+

            #[tonic::async_trait]
            impl $server for $ty {
                $(
                    async fn [<create_ $resource:snake>](
                        &self,
                        request: tonic::Request<$messages::[<Create $resource Request>]>,
                    ) -> Result<tonic::Response<$messages::[<Create $resource Response>]>, tonic::Status> {
                        let caller = $crate::caller::Caller::of(&request)?;
                        let raw = $crate::caller::RawRequest::of(&request)?;
                        let $messages::[<Create $resource Request>] {
                            parent, [<$resource:snake _id>]: id, [<$resource:snake>]: resource, request_id, validate_only,
                        } = request.into_inner();
                        let create = $crate::resources::Create {
                            method: concat!($service, "/Create", stringify!($resource)),
                            parent, id, resource, request_id, validate_only,
                        };
                        let respond = |resource, receipt| $messages::[<Create $resource Response>] {
                            [<$resource:snake>]: Some(resource), receipt,
                        };
                        let context = self.context();
                        let created = $crate::resources::create(context, self, &caller, raw, create, respond).await;
                        $crate::services::reply(caller.lang, created)
                    }

                    async fn [<update_ $resource:snake>](
                        &self,
                        request: tonic::Request<$messages::[<Update $resource Request>]>,
                    ) -> Result<tonic::Response<$messages::[<Update $resource Response>]>, tonic::Status> {
                        let caller = $crate::caller::Caller::of(&request)?;
                        let raw = $crate::caller::RawRequest::of(&request)?;
                        let $messages::[<Update $resource Request>] {
                            [<$resource:snake>]: resource, etag, correction, request_id, validate_only,
                        } = request.into_inner();
                        let update = $crate::resources::Update {
                            method: concat!($service, "/Update", stringify!($resource)),
                            resource, etag, correction, request_id, validate_only,
                        };
                        let respond = |resource, receipt| $messages::[<Update $resource Response>] {
                            [<$resource:snake>]: Some(resource), receipt,
                        };
                        let context = self.context();
                        let updated = $crate::resources::update(context, self, &caller, raw, update, respond).await;
                        $crate::services::reply(caller.lang, updated)
                    }

                    async fn [<get_ $resource:snake>](
                        &self,
                        request: tonic::Request<$messages::[<Get $resource Request>]>,
                    ) -> Result<tonic::Response<$messages::[<Get $resource Response>]>, tonic::Status> {
                        let caller = $crate::caller::Caller::of(&request)?;
                        let $messages::[<Get $resource Request>] { name, as_of } = request.into_inner();
                        let context = self.context();
                        let found = $crate::resources::get::<$ty, _>(context, &caller, &name, as_of.as_ref()).await;
                        $crate::services::reply(caller.lang, found.map(|resource| {
                            $messages::[<Get $resource Response>] { [<$resource:snake>]: Some(resource) }
                        }))
                    }

                    async fn [<list_ $plural:snake>](
                        &self,
                        request: tonic::Request<$messages::[<List $plural Request>]>,
                    ) -> Result<tonic::Response<$messages::[<List $plural Response>]>, tonic::Status> {
                        let caller = $crate::caller::Caller::of(&request)?;
                        let mut query = request.into_inner();
                        let page_size = std::mem::take(&mut query.page_size);
                        let page_token = std::mem::take(&mut query.page_token);
                        let list = $crate::resources::List {
                            method: concat!($service, "/List", stringify!($plural)),
                            parent: &query.parent,
                            page_size,
                            page_token: &page_token,
                            as_of: query.as_of.as_ref(),
                        };
                        let context = self.context();
                        let found = $crate::resources::list::<$ty, _>(context, &caller, list, &query).await;
                        $crate::services::reply(caller.lang, found.map(|(resources, next_page_token)| {
                            $messages::[<List $plural Response>] { [<$plural:snake>]: resources, next_page_token }
                        }))
                    }
                )+

                $($extra)*
            }
        }
    };
}
