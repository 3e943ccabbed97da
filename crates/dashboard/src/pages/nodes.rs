//! The nodes and the exchange between them: what the aggregator holds of each log, who witnesses it, how long certificates last.

use askama::Template;
use axum::response::Response;
use contracts::log::v1 as pb;
use domain::Text;

use super::common::Regions;
use crate::{
    answer::{self, Page},
    format,
    port::Refusal,
    shell::{Here, Shell},
    visit::Visit,
};

/// A node that has not answered for longer than this counts as not reachable; its heartbeat comes every 10 s.
const SILENT_AFTER: i64 = 30;
/// Days before its end from which a certificate is marked, and from which it is marked as urgent.
const SOON: i64 = 30;
const NOW: i64 = 7;
const DAY: i64 = 86_400;

#[derive(Template)]
#[template(path = "nodes.html")]
struct Nodes {
    s: Shell,
    read: String,
    logs: Vec<Log>,
}

/// A log and its node.
#[derive(Debug)]
struct Log {
    id: String,
    name: Text,
    own: bool,
    reachable: bool,
    failure: String,
    contact: String,
    size: u64,
    lag: u64,
    newest: String,
    root: String,
    cosigners: Vec<Text>,
    quorum: u32,
    certificate: Option<Certificate>,
    checkpoint: String,
}

/// How long a certificate lasts.
#[derive(Debug, PartialEq, Eq)]
struct Certificate {
    ends: String,
    days: i64,
    urgency: Urgency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Urgency {
    None,
    Soon,
    Now,
}

impl Certificate {
    fn of(ends: &prost_types::Timestamp, now: i64) -> Self {
        let days = (ends.seconds - now).div_euclid(DAY);
        let urgency = match days {
            ..NOW => Urgency::Now,
            NOW..SOON => Urgency::Soon,
            SOON.. => Urgency::None,
        };
        Self { ends: format::time(Some(ends)), days, urgency }
    }

    fn is_soon(&self) -> bool {
        self.urgency == Urgency::Soon
    }

    fn is_now(&self) -> bool {
        self.urgency == Urgency::Now
    }
}

impl Log {
    fn is_witnessed(&self) -> bool {
        self.cosigners.len() >= usize::try_from(self.quorum).unwrap_or(usize::MAX)
    }

    fn of(log: pb::FollowedLog, now: i64, regions: &Regions) -> Self {
        let silent = log.contact_time.as_ref().is_none_or(|time| now - time.seconds > SILENT_AFTER);
        let name = |node: &str| name(format::node(node), regions);
        Self {
            name: name(&log.node),
            reachable: log.own || (!silent && log.failure.is_empty()),
            lag: log.node_size.saturating_sub(log.size),
            newest: format::time(log.entry_time.as_ref()),
            contact: format::time(log.contact_time.as_ref()),
            cosigners: log.cosigners.iter().map(|found| name(&found.node)).collect(),
            certificate: log.certificate_expire_time.as_ref().map(|ends| Certificate::of(ends, now)),
            id: format::node(&log.node).to_owned(),
            own: log.own,
            failure: log.failure,
            size: log.size,
            root: log.root_hash,
            quorum: log.quorum,
            checkpoint: log.checkpoint,
        }
    }
}

/// A node as people call it.
pub(super) fn name(node: &str, regions: &Regions) -> Text {
    match node {
        "ecology" => Text::new("省生态环境厅", "Ecology and Environment"),
        "commerce" => Text::new("省商务厅", "Commerce"),
        "scitech" => Text::new("省科学技术厅", "Science and Technology"),
        "aggregator" => Text::new("汇总端", "Aggregator"),
        other => regions.name(other.strip_prefix("city-").unwrap_or(other)),
    }
}

pub(super) async fn page(visit: Visit) -> Page {
    shown(&visit).await.map_err(|refusal| visit.refuse(refusal))
}

async fn shown(visit: &Visit) -> Result<Response, Refusal> {
    let mut request = pb::ListFollowedLogsRequest { page_size: 1000, page_token: String::new() };
    let (mut found, mut now) = (Vec::new(), None);
    loop {
        let mut answer = visit.ask(request.clone()).await?;
        found.append(&mut answer.followed_logs);
        now = answer.read_time.or(now);
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
    }
    let regions = Regions::all(visit).await?;
    let moment = now.as_ref().map_or(0, |now| now.seconds);
    let page = Nodes {
        s: visit.shell(Here::Nodes, Text::new("节点与交换", "Nodes and exchange")),
        read: format::time(now.as_ref()),
        logs: found.into_iter().map(|log| Log::of(log, moment, &regions)).collect(),
    };
    Ok(answer::page(&page))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(seconds: i64) -> prost_types::Timestamp {
        prost_types::Timestamp { seconds, nanos: 0 }
    }

    #[test]
    fn a_certificate_is_marked_a_month_before_its_end_and_urgent_a_week_before() {
        let of = |days: i64| Certificate::of(&ends(1_000_000 + days * DAY), 1_000_000);
        assert_eq!(
            [30, 29, 7, 6, -1].map(|days| of(days).urgency),
            [Urgency::None, Urgency::Soon, Urgency::Soon, Urgency::Now, Urgency::Now]
        );
    }

    #[test]
    fn a_silent_node_is_not_reachable_and_the_own_log_needs_no_contact() {
        let log = |own| pb::FollowedLog {
            node: "departments/ecology".to_owned(),
            contact_time: Some(ends(100)),
            own,
            ..Default::default()
        };
        let none = Regions::default();
        assert!(Log::of(log(false), 130, &none).reachable && !Log::of(log(false), 131, &none).reachable);
        assert!(Log::of(log(true), 131, &none).reachable);
    }
}
