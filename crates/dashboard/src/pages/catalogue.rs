//! The catalogue of data resources (Order 809): what there is, whose it is, how it is shared, and who asks for it or doubts it.

use askama::Template;
use axum::response::Response;
use contracts::catalog::v1 as pb;
use domain::Text;

use super::{
    cases::{self, Cases, Says},
    common::Regions,
};
use crate::{
    answer::{self, Page},
    port::Refusal,
    shell::{Here, Shell},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "catalogue.html")]
struct Catalogue {
    s: Shell,
    resources: Vec<pb::DataResource>,
    requests: Cases,
    tickets: Cases,
    /// The data resource of each request that waits for its answer.
    waiting: Vec<String>,
}

impl Catalogue {
    fn sharing(&self, of: &pb::DataResource) -> &'static str {
        match of.sharing_attribute() {
            pb::SharingAttribute::Unconditional => self.s.t("无条件共享", "unconditional"),
            pb::SharingAttribute::Conditional => self.s.t("有条件共享", "conditional"),
            pb::SharingAttribute::NotShared => self.s.t("不予共享", "not shared"),
            pb::SharingAttribute::Unspecified => self.s.t("未注明", "not stated"),
        }
    }

    fn waits(&self, for_it: &pb::DataResource) -> usize {
        self.waiting.iter().filter(|name| **name == for_it.name).count()
    }

    /// What people call the data that a request asks for.
    fn title<'a>(&'a self, name: &'a str) -> &'a str {
        self.resources.iter().find(|found| found.name == name).map_or(name, |found| &found.title)
    }
}

pub(super) async fn page(visit: Visit) -> Page {
    shown(&visit).await.map_err(|refusal| visit.refuse(refusal))
}

async fn shown(visit: &Visit) -> Result<Response, Refusal> {
    let mut request = pb::ListDataResourcesRequest { page_size: 1000, page_token: String::new() };
    let mut resources = Vec::new();
    loop {
        let mut answer = visit.ask(request.clone()).await?;
        resources.append(&mut answer.data_resources);
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
    }
    let s = visit.shell(Here::Catalogue, Text::new("数据资源目录", "Catalogue of data resources"));
    let regions = Regions::all(visit).await?;
    let says = Says { s: &s, regions: &regions };
    let ((requests, waiting), tickets) = tokio::try_join!(cases::requests(visit, &says), cases::tickets(visit, &says))?;
    Ok(answer::page(&Catalogue { s, resources, requests, tickets, waiting }))
}
