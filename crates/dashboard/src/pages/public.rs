//! The public page: the printed figures of open indicators, for whoever looks, without signing in.
//!
//! It asks in the name of an identity of its own, of which the policies let it read nothing else. The answers are kept for a moment:
//! however many strangers look, the services are asked, and the audit log written, a few times a minute.

use std::{collections::HashMap, sync::Arc, time::Duration};

use askama::Template;
use axum::{extract::State, http::Request, response::Response};
use contracts::{catalog::v1 as catalog, common::v1 as common, evaluation::v1 as pb};
use domain::{Lang, Text};
use tokio::{sync::Mutex, time::Instant};

use super::common::latest;
use crate::{
    answer::{self, Page},
    format,
    port::Refusal,
    shell::{Here, Shell},
    visit::{Refused, Site, Visit},
};

/// How long an answer is kept.
const FRESH: Duration = Duration::from_secs(30);

type Answer = Result<Arc<Open>, Refusal>;
type Slot = Mutex<Option<(Instant, Answer)>>;

/// The answers that are kept, by language: a refusal is told in one. Who finds none waits for the one who asks.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    zh: Slot,
    en: Slot,
}

/// What is open: the newest edition as far as the public sees it, and the names of the indicators.
#[derive(Debug)]
struct Open {
    report: Option<pb::Report>,
    names: HashMap<String, Option<common::Text>>,
}

#[derive(Template)]
#[template(path = "public.html")]
struct Figures {
    s: Shell,
    edition: Option<Edition>,
    groups: Vec<Group>,
}

struct Edition {
    number: u32,
    time: String,
    digest: String,
}

/// An indicator with its figures.
struct Group {
    code: String,
    name: Option<common::Text>,
    rows: Vec<pb::FactEntry>,
}

impl Figures {
    fn remarks(&self, row: &pb::FactEntry) -> String {
        let flags = row.flags.iter().map(|flag| match self.s.lang {
            Lang::Zh => flag.zh.as_str(),
            Lang::En => flag.en.as_str(),
        });
        flags.collect::<Vec<_>>().join(self.s.t("；", "; "))
    }

    /// Where the figure stands in a signed log.
    fn source(&self, row: &pb::FactEntry) -> String {
        row.provenance.as_ref().map_or_else(format::dash, |found| {
            let (node, entry) = (format::node(&found.node), self.s.t("第", "entry "));
            format!("{node} {entry}{}{}", found.log_index, self.s.t("条", ""))
        })
    }

    fn leaf(&self, row: &pb::FactEntry) -> String {
        row.provenance.as_ref().map(|found| found.leaf_hash.clone()).unwrap_or_default()
    }
}

pub(super) async fn page(State(site): State<Site>, request: Request<axum::body::Body>) -> Page {
    let (parts, _body) = request.into_parts();
    let Some(visit) = Visit::of_public(&site, &parts) else {
        return Ok(answer::plain(axum::http::StatusCode::NOT_FOUND, "没有这个页面 / there is no such page"));
    };
    match site.public().of(&visit).await {
        Ok(open) => Ok(shown(&visit, &open)),
        Err(refusal) => {
            let shell = visit.shell(Here::Public, Text::new("无法显示", "Cannot be shown"));
            Err(Refused { shell, refusal })
        }
    }
}

impl Kept {
    async fn of(&self, visit: &Visit) -> Answer {
        let slot = match visit.lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        };
        let mut kept = slot.lock().await;
        if let Some((asked, answer)) = &*kept
            && asked.elapsed() < FRESH
        {
            return answer.clone();
        }
        let answer = asked(visit).await.map(Arc::new);
        *kept = Some((Instant::now(), answer.clone()));
        answer
    }
}

async fn asked(visit: &Visit) -> Result<Open, Refusal> {
    let report = latest(visit).await?;
    let mut names = HashMap::new();
    let mut request = catalog::ListIndicatorsRequest { page_size: 1000, ..Default::default() };
    loop {
        let answer = visit.ask(request.clone()).await?;
        names.extend(answer.indicators.into_iter().map(|indicator| (indicator.code, indicator.display_name)));
        if answer.next_page_token.is_empty() {
            return Ok(Open { report, names });
        }
        request.page_token = answer.next_page_token;
    }
}

fn shown(visit: &Visit, open: &Open) -> Response {
    let mut groups: Vec<Group> = Vec::new();
    let mut rows: Vec<_> = open.report.iter().flat_map(|report| report.facts.iter().cloned()).collect();
    // By indicator; within one they keep the order of the report.
    rows.sort_by(|one, other| one.indicator.cmp(&other.indicator));
    for row in rows {
        if groups.last().is_none_or(|group| group.code != row.indicator) {
            let name = open.names.get(&row.indicator).cloned().flatten();
            groups.push(Group { code: row.indicator.clone(), name, rows: Vec::new() });
        }
        if let Some(group) = groups.last_mut() {
            group.rows.push(row);
        }
    }
    let edition = open.report.as_ref().map(|report| Edition {
        number: report.edition,
        time: format::time(report.create_time.as_ref()),
        digest: report.content_digest.chars().take(12).collect(),
    });
    let s = visit.shell(Here::Public, Text::new("公开数据", "Open data"));
    answer::page(&Figures { s, edition, groups })
}
