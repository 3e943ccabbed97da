//! The catalogue of data resources (Order 809): what there is, whose it is, how it is shared.

use askama::Template;
use axum::response::Response;
use contracts::catalog::v1 as pb;
use domain::Text;

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
    Ok(answer::page(&Catalogue { s, resources }))
}
