//! Bounds the calls at one time, of everybody and of one member. More are refused at once: a queue would only make everybody
//! late. A member has at most half of the places, so that none can keep the others out, whatever it holds open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{DomainError, Reason, Text};
use http::{Request, Response};
use http_body_util::BodyExt;
use policy::Principal;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::body::Body;

use super::{
    refuse,
    stage::{Handle, Next},
};
use crate::{
    caller::{self, Caller},
    served::Served,
};

#[derive(Clone, Debug)]
pub(super) struct Stage {
    served: Arc<Served>,
    calls: Arc<Places>,
    /// Streams have places of their own: long-lived readers must not keep a department from submitting.
    streams: Arc<Places>,
}

impl Stage {
    pub(super) fn new(served: Arc<Served>, limit: usize) -> Self {
        Self { served, calls: Arc::new(Places::new(limit)), streams: Arc::new(Places::new(limit)) }
    }
}

/// Places for calls at one time.
#[derive(Debug)]
struct Places {
    limit: usize,
    share: usize,
    all: Arc<Semaphore>,
    /// Who was let in has one; the directory bounds how many there are.
    members: Mutex<HashMap<Principal, Arc<Semaphore>>>,
}

/// A place among all and one among the member's own.
type Place = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

impl Places {
    fn new(limit: usize) -> Self {
        Self { limit, share: limit.div_ceil(2), all: Arc::new(Semaphore::new(limit)), members: Mutex::default() }
    }

    /// A place, or the limit that is reached.
    fn take(&self, member: Option<&Principal>) -> Result<Place, DomainError> {
        let own = member.map(|member| self.own(member).try_acquire_owned().map_err(|_| full_share(self.share)));
        let own = own.transpose()?;
        let all = Arc::clone(&self.all).try_acquire_owned().map_err(|_| full(self.limit))?;
        Ok((all, own))
    }

    fn own(&self, member: &Principal) -> Arc<Semaphore> {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = members.get(member) {
            return Arc::clone(own);
        }
        let own = Arc::new(Semaphore::new(self.share));
        members.insert(member.clone(), Arc::clone(&own));
        own
    }
}

impl Handle for Stage {
    async fn handle(self, request: Request<Body>, next: Next) -> Response<Body> {
        let Some(method) = self.served.get(request.uri().path()).filter(|method| !method.standard) else {
            return next.run(request).await;
        };
        let streams = !method.shape.one_answer();
        let places = if streams { self.streams } else { self.calls };
        let member = request.extensions().get::<Caller>().map(|caller| &caller.principal);
        let place = match places.take(member) {
            Ok(place) => place,
            Err(error) => return refuse(&error, caller::lang(request.headers())),
        };
        let response = next.run(request).await;
        if !streams {
            return response;
        }
        // The place is free again when the last answer is sent or the reader has gone.
        response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let _held = &place;
                frame
            }))
        })
    }
}

fn full(limit: usize) -> DomainError {
    let text = Text::new(
        format!("同时处理的请求已达上限 {limit}，请稍后重试"),
        format!("the server is at its limit of {limit} calls at one time; try again later"),
    );
    DomainError::new(Reason::TooManyRequests, text).with_fact("limit", limit)
}

fn full_share(share: usize) -> DomainError {
    let text = Text::new(
        format!("本单位同时处理的请求已达上限 {share}，请稍后重试"),
        format!("this member is at its limit of {share} calls at one time; try again later"),
    );
    DomainError::new(Reason::TooManyRequests, text).with_fact("limit", share)
}
