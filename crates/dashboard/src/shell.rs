//! What every page has around its content.

use contracts::common::v1 as common;
use domain::{Lang, Text};

use crate::{
    assets, format,
    settings::{LOGOUT, PUBLIC},
};

/// Where a page stands in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Here {
    Overview,
    Matrix,
    Cities,
    Indicators,
    Funding,
    Commitments,
    Runs,
    Reports,
    /// What people write for the report.
    Texts,
    Catalogue,
    Nodes,
    /// Pages of the clerks: open rounds and drafts.
    Intake,
    /// Pages of the clerks: what was submitted, reviewed and signed.
    Submissions,
    /// Not in the navigation.
    Elsewhere,
    /// The public page, which leads to no other.
    Public,
}

/// An entry of the navigation.
#[derive(Debug)]
pub(crate) struct Entry {
    here: Here,
    pub(crate) href: &'static str,
    zh: &'static str,
    en: &'static str,
}

const ENTRIES: [Entry; 11] = [
    Entry { here: Here::Overview, href: "/", zh: "总览", en: "Overview" },
    Entry { here: Here::Matrix, href: "/matrix", zh: "报送矩阵", en: "Submissions" },
    Entry { here: Here::Cities, href: "/cities", zh: "城市", en: "Cities" },
    Entry { here: Here::Indicators, href: "/indicators", zh: "指标", en: "Indicators" },
    Entry { here: Here::Funding, href: "/funding", zh: "资金", en: "Funding" },
    Entry { here: Here::Commitments, href: "/commitments", zh: "承诺事项", en: "Commitments" },
    Entry { here: Here::Runs, href: "/runs", zh: "评价运行", en: "Evaluation" },
    Entry { here: Here::Reports, href: "/reports", zh: "综合报告", en: "Reports" },
    Entry { here: Here::Texts, href: "/texts", zh: "报告文字", en: "Texts" },
    Entry { here: Here::Catalogue, href: "/catalogue", zh: "数据目录", en: "Catalogue" },
    Entry { here: Here::Nodes, href: "/nodes", zh: "节点与交换", en: "Nodes" },
];

/// The navigation of the clerks' pages.
const CLERKS: [Entry; 2] = [
    Entry { here: Here::Intake, href: "/", zh: "填报", en: "Reporting" },
    Entry { here: Here::Submissions, href: "/submissions", zh: "报送与审签", en: "Submissions" },
];

/// Head, navigation, language and marks of a page.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    pub(crate) lang: Lang,
    pub(crate) synthetic: bool,
    /// Whether it is one of the clerks' pages.
    pub(crate) clerks: bool,
    /// Whether there are pages that write.
    pub(crate) writes: bool,
    pub(crate) here: Here,
    pub(crate) title: Text,
    pub(crate) visitor: String,
    /// Whether they can end their session.
    pub(crate) session: bool,
    /// Path and query of the request.
    pub(crate) path: String,
    /// Of a page that answers a form: what the form said.
    pub(crate) kept: Option<Kept>,
}

/// What a form said, so that the page that answers it can be had in the other language with all of it.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// Where the form goes.
    pub(crate) action: String,
    pub(crate) token: String,
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Kept {
    /// Where it goes for this language.
    pub(crate) fn in_language(&self, lang: &str) -> String {
        format!("{}?lang={lang}", self.action)
    }
}

impl Shell {
    /// One of two texts, by the language of the page.
    pub(crate) fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// A text of the model; one without English shows its Chinese.
    pub(crate) fn d<'a>(&self, text: &'a Text) -> &'a str {
        match self.lang {
            Lang::En if !text.en.is_empty() => &text.en,
            Lang::Zh | Lang::En => &text.zh,
        }
    }

    /// A text of a message; none is empty.
    pub(crate) fn x<'a>(&self, text: &'a Option<common::Text>) -> &'a str {
        let Some(text) = text else { return "" };
        match self.lang {
            Lang::En if !text.en.is_empty() => &text.en,
            Lang::Zh | Lang::En => &text.zh,
        }
    }

    /// The language as HTML names it.
    pub(crate) fn html_lang(&self) -> &'static str {
        self.t("zh-CN", "en")
    }

    pub(crate) fn style(&self) -> &'static str {
        assets::style()
    }

    pub(crate) fn script(&self) -> &'static str {
        assets::script()
    }

    /// The script that draws the charts of a page.
    pub(crate) fn charts_script(&self) -> &'static str {
        assets::charts_script()
    }

    /// What that script draws with.
    pub(crate) fn plotly(&self) -> &'static str {
        assets::plotly()
    }

    /// The script that signs; none where nothing is written.
    pub(crate) fn signing_script(&self) -> Option<&'static str> {
        if self.writes { assets::signing_script() } else { None }
    }

    pub(crate) fn icon(&self) -> &'static str {
        assets::icon()
    }

    /// The navigation; without what is there only where an evaluator writes.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &'static Entry> {
        let all: &'static [Entry] = if self.clerks { &CLERKS } else { &ENTRIES };
        let writes = self.writes;
        all.iter().filter(move |entry| writes || entry.here != Here::Texts)
    }

    pub(crate) fn is_here(&self, entry: &Entry) -> bool {
        entry.here == self.here
    }

    pub(crate) fn name_of(&self, entry: &Entry) -> &'static str {
        self.t(entry.zh, entry.en)
    }

    /// This page in another language.
    pub(crate) fn in_language(&self, lang: &str) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let mut pairs: Vec<&str> = query.split('&').filter(|p| !p.is_empty() && !p.starts_with("lang=")).collect();
        let chosen = format!("lang={lang}");
        pairs.push(&chosen);
        format!("{path}?{}", pairs.join("&"))
    }

    /// The same, a page that answers a form.
    #[cfg(feature = "writing")]
    pub(crate) fn keeping(self, kept: Kept) -> Self {
        Self { kept: Some(kept), ..self }
    }

    /// The same, with its other language at another address than that of the request.
    #[cfg(feature = "writing")]
    pub(crate) fn found_at(self, path: String) -> Self {
        Self { path, ..self }
    }

    pub(crate) fn logout(&self) -> &'static str {
        LOGOUT
    }

    /// Whether this is the public page.
    pub(crate) fn is_public(&self) -> bool {
        self.here == Here::Public
    }

    /// Where the name of the site leads.
    pub(crate) fn home(&self) -> &'static str {
        if self.is_public() { PUBLIC } else { "/" }
    }

    /// The visitor's identity without the trust domain.
    pub(crate) fn short_visitor(&self) -> &str {
        format::identity(&self.visitor)
    }

    /// Whether the page follows what changes while it is open.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.here, Here::Overview | Here::Matrix | Here::Commitments | Here::Nodes)
    }

    pub(crate) fn is_chinese(&self) -> bool {
        self.lang == Lang::Zh
    }
}
