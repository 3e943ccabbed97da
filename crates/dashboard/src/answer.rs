//! Answers: a page, a refusal as a page, a line of text.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::Text;

use crate::{
    port::{Refusal, RefusalKind},
    shell::{Here, Shell},
    visit::{Refused, Visit},
};

/// What a handler of a page comes to.
pub(crate) type Page = Result<Response, Refused>;

/// A page.
pub(crate) fn page(template: &impl Template) -> Response {
    with_status(StatusCode::OK, template)
}

/// A page about why there is no page.
pub(crate) fn refused(refused: Refused) -> Response {
    let Refused { shell: s, refusal } = refused;
    let status = match refusal.kind {
        RefusalKind::NotFound => StatusCode::NOT_FOUND,
        RefusalKind::Denied => StatusCode::FORBIDDEN,
        RefusalKind::Invalid => StatusCode::BAD_REQUEST,
        RefusalKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        RefusalKind::Fault => StatusCode::INTERNAL_SERVER_ERROR,
    };
    with_status(status, &RefusedPage { s, refusal })
}

/// A line of text, where there is no page to show.
pub(crate) fn plain(status: StatusCode, text: &str) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], text.to_owned())
        .into_response()
}

/// A page with this status.
pub(crate) fn with_status(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            (status, [(header::CONTENT_TYPE, kind)], html).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "页面无法生成 / the page cannot be rendered")
        }
    }
}

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage {
    s: Shell,
    refusal: Refusal,
}

impl RefusedPage {
    fn heading(&self) -> &str {
        match self.refusal.kind {
            RefusalKind::NotFound => self.s.t("没有找到", "Not found"),
            RefusalKind::Denied => self.s.t("无权查看", "Not allowed"),
            RefusalKind::Invalid => self.s.t("请求有误", "The request has a fault"),
            RefusalKind::Unavailable => self.s.t("暂不可用", "Not available right now"),
            RefusalKind::Fault => self.s.t("程序出错", "A fault of the program"),
        }
    }
}

impl Visit {
    /// A refusal as a page.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Refused {
        let title = Text::new("无法显示", "Cannot be shown");
        Refused { shell: self.shell(Here::Elsewhere, title), refusal }
    }

    /// The refusal of an address that leads to nothing.
    pub(crate) fn nothing(&self, zh: &str, en: &str) -> Refused {
        let text = Text::new(zh, en).get(self.lang).to_owned();
        self.refuse(Refusal { kind: RefusalKind::NotFound, reason: String::new(), text })
    }
}
