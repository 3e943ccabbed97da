//! Which methods a server serves, taken from the contracts: what the policy, the metrics and the layers need to know of each.

use std::collections::HashMap;

use policy::{Access, Method};
use prost_reflect::{DescriptorPool, MethodDescriptor};

/// Names begin with one of these when a method only reads. Every other verb counts as a write, so that a new one cannot
/// slip past the log by its name.
const READING: [&str; 12] = [
    "Get",
    "List",
    "Export",
    "Watch",
    "Follow",
    "Summarize",
    "Explain",
    "Analyze",
    "Compare",
    "Simulate",
    "Download",
    "Check",
];
/// Streams of these methods have no end of their own; neither have those that go on for as long as the caller asks.
const ENDLESS: [&str; 2] = ["Watch", "Follow"];

/// How many messages go either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One each way.
    Unary,
    /// One request, many answers.
    ServerStream,
    /// Many requests, one answer.
    ClientStream,
    /// Many both ways.
    Bidirectional,
}

impl Shape {
    /// True when there is exactly one request message.
    #[must_use]
    pub const fn one_request(self) -> bool {
        matches!(self, Self::Unary | Self::ServerStream)
    }

    /// True when there is exactly one answer.
    #[must_use]
    pub const fn one_answer(self) -> bool {
        matches!(self, Self::Unary | Self::ClientStream)
    }
}

/// One served method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServedMethod {
    /// Whether it may write.
    pub access: Access,
    /// How many messages go either way.
    pub shape: Shape,
    /// True when its stream of answers has no end of its own, so that shutdown has to end it.
    pub endless: bool,
    /// True for health and reflection, which hold no data and must answer when the server is at its limit.
    pub standard: bool,
}

/// Every method of a server by its path, `/service/method`.
#[derive(Clone, Debug)]
pub struct Served(HashMap<String, ServedMethod>);

/// A service that the contracts do not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("service {0} is not part of the contracts")]
pub struct UnknownService(pub String);

impl Served {
    /// The methods of these services, with health and reflection, which every server has.
    ///
    /// # Errors
    /// The first service that `pool` does not have.
    pub fn of<'a>(pool: &DescriptorPool, services: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownService> {
        let mut methods = HashMap::from(STANDARD.map(|(path, method)| (path.to_owned(), method)));
        for name in services {
            let service = pool.get_service_by_name(name).ok_or_else(|| UnknownService(name.to_owned()))?;
            methods.extend(service.methods().map(|method| (format!("/{name}/{}", method.name()), describe(&method))));
        }
        Ok(Self(methods))
    }

    /// The method at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<ServedMethod> {
        self.0.get(path).copied()
    }

    /// The paths of all methods, health and reflection among them.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The methods as the policy knows them, in order, health and reflection among them.
    #[must_use]
    pub fn methods(&self) -> Vec<Method> {
        let mut methods: Vec<_> = self.0.iter().map(|(path, method)| Method::new(path, method.access)).collect();
        methods.sort_by(|one, other| one.path().cmp(other.path()));
        methods
    }
}

const STANDARD: [(&str, ServedMethod); 3] = [
    ("/grpc.health.v1.Health/Check", standard(Shape::Unary)),
    ("/grpc.health.v1.Health/Watch", standard(Shape::ServerStream)),
    ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", standard(Shape::Bidirectional)),
];

const fn standard(shape: Shape) -> ServedMethod {
    ServedMethod { access: Access::Read, shape, endless: !shape.one_answer(), standard: true }
}

/// A method writes when it takes a request id, which AIP-155 asks of every write here, when it takes a stream and answers it as a
/// whole, or when its verb is not one that reads.
fn describe(method: &MethodDescriptor) -> ServedMethod {
    let named = |verbs: &[&str]| verbs.iter().any(|verb| method.name().starts_with(verb));
    let takes_request_id = method.input().get_field_by_name("request_id").is_some();
    let shape = match (method.is_client_streaming(), method.is_server_streaming()) {
        (false, false) => Shape::Unary,
        (false, true) => Shape::ServerStream,
        (true, false) => Shape::ClientStream,
        (true, true) => Shape::Bidirectional,
    };
    let writes = takes_request_id || shape == Shape::ClientStream || !named(&READING);
    ServedMethod {
        access: if writes { Access::Write } else { Access::Read },
        shape,
        endless: shape == Shape::Bidirectional || (shape == Shape::ServerStream && named(&ENDLESS)),
        standard: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::pool;

    fn everything() -> Served {
        let names: Vec<String> = pool().services().map(|service| service.full_name().to_owned()).collect();
        Served::of(pool(), names.iter().map(String::as_str)).unwrap()
    }

    #[test]
    fn creating_updating_and_deciding_writes_and_looking_does_not() {
        let served = everything();
        for (path, access) in [
            ("/wufei.exchange.v1.ObservationIngestService/BatchCreateObservations", Access::Write),
            ("/wufei.exchange.v1.ObservationIngestService/UploadSubmission", Access::Write),
            ("/wufei.evaluation.v1.EvaluationService/CancelEvaluationRun", Access::Write),
            ("/wufei.followup.v1.FollowUpService/AcceptCommitment", Access::Write),
            ("/wufei.evaluation.v1.EvaluationService/AnalyzeRun", Access::Read),
            ("/wufei.evaluation.v1.EvaluationService/SimulateRun", Access::Read),
            ("/wufei.evaluation.v1.EvaluationService/SimulateRunSession", Access::Read),
            ("/wufei.evaluation.v1.SchemeService/CheckScheme", Access::Read),
            ("/wufei.exchange.v1.ObservationQueryService/ExportObservations", Access::Read),
            ("/wufei.log.v1.LogService/FollowEntries", Access::Read),
        ] {
            assert_eq!(served.get(path).unwrap().access, access, "{path}");
        }
        for (path, method) in &served.0 {
            let ingest = path.contains("IngestService");
            assert!(!ingest || method.access == Access::Write, "{path}");
            let query = path.contains("QueryService") || path.contains("LogService");
            assert!(!query || method.access == Access::Read, "{path}");
        }
    }

    #[test]
    fn only_feeds_and_watches_have_no_end() {
        let served = everything();
        let mut endless: Vec<&str> =
            served.0.iter().filter(|(_, m)| m.endless).map(|(path, _)| path.as_str()).collect();
        endless.sort_unstable();
        assert_eq!(
            endless,
            [
                "/grpc.health.v1.Health/Watch",
                "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                "/wufei.evaluation.v1.EvaluationService/SimulateRunSession",
                "/wufei.evaluation.v1.EvaluationService/WatchEvaluationRun",
                "/wufei.exchange.v1.ObservationQueryService/WatchObservations",
                "/wufei.log.v1.LogService/FollowEntries",
            ]
        );
    }

    #[test]
    fn a_service_outside_the_contracts_is_refused() {
        assert_eq!(Served::of(pool(), ["made.up.Service"]).unwrap_err().0, "made.up.Service");
    }
}
