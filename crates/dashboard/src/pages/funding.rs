//! Money by stage and source, never mixed; the lines behind it; what a finance officer should look at.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use askama::Template;
use axum::response::Response;
use contracts::{
    common::v1 as common,
    funding::v1::{self as pb, funding_line::Subject},
};
use domain::Text;
use rust_decimal::Decimal;

use super::{common::Regions, items::place};
use crate::{
    answer::{self, Page},
    charts::{self, Chart},
    format,
    port::Refusal,
    shell::{Here, Shell},
    visit::Visit,
};

const STAGES: [pb::FundingStage; 7] = [
    pb::FundingStage::Applied,
    pb::FundingStage::Recommended,
    pb::FundingStage::Awarded,
    pb::FundingStage::Allocated,
    pb::FundingStage::Arrived,
    pb::FundingStage::Spent,
    pb::FundingStage::Recovered,
];

/// Sources of the central budget: two of them on one project are looked at.
const CENTRAL: [pb::FundSource; 3] = [
    pb::FundSource::CentralBudgetInvestment,
    pb::FundSource::UltraLongTreasuryBond,
    pb::FundSource::CentralEnvironment,
];

#[derive(Template)]
#[template(path = "funding.html")]
struct Funding {
    s: Shell,
    stages: Vec<&'static str>,
    chart: Option<Chart>,
    rows: Vec<Row>,
    lines: Vec<Line>,
}

/// A source with its amount at each stage.
struct Row {
    source: &'static str,
    cells: Vec<Option<Cell>>,
}

impl Row {
    /// What a chart shows of it.
    fn amounts(&self, s: &Shell) -> charts::Amounts {
        let words = |cell: &Cell| {
            format!("{} {} ({} {})", cell.wan, s.t("万元", "× 10,000 yuan"), cell.yuan, s.t("元", "yuan"))
        };
        let amount = |cell: &Cell| Some((cell.exact? / Decimal::from(10_000), words(cell)));
        charts::Amounts {
            source: self.source.to_owned(),
            stages: self.cells.iter().map(|cell| cell.as_ref().and_then(amount)).collect(),
        }
    }
}

struct Cell {
    exact: Option<Decimal>,
    wan: String,
    yuan: String,
    projects: u32,
    named: u32,
}

/// A funding line.
struct Line {
    subject: String,
    /// Named projects of a group.
    members: String,
    region: String,
    stage: &'static str,
    source: &'static str,
    detail: String,
    wan: String,
    yuan: String,
    year: String,
    basis: String,
    party: String,
    flags: Vec<Flag>,
    place: String,
    quote: String,
}

/// What should be looked at.
struct Flag {
    text: String,
    bad: bool,
}

fn stage(stage: pb::FundingStage, s: &Shell) -> &'static str {
    match stage {
        pb::FundingStage::Applied => s.t("拟申请", "applied"),
        pb::FundingStage::Recommended => s.t("推荐", "recommended"),
        pb::FundingStage::Awarded => s.t("批复", "awarded"),
        pb::FundingStage::Allocated => s.t("下达", "allocated"),
        pb::FundingStage::Arrived => s.t("到位", "arrived"),
        pb::FundingStage::Spent => s.t("支出", "spent"),
        pb::FundingStage::Recovered => s.t("收回", "recovered"),
        pb::FundingStage::Unspecified => s.t("未注明", "not stated"),
    }
}

fn source(source: pb::FundSource, s: &Shell) -> &'static str {
    match source {
        pb::FundSource::CentralBudgetInvestment => s.t("中央预算内投资", "central budget investment"),
        pb::FundSource::UltraLongTreasuryBond => s.t("超长期特别国债", "ultra-long special treasury bond"),
        pb::FundSource::SpecialBond => s.t("地方政府专项债券", "local special bond"),
        pb::FundSource::CentralEnvironment => s.t("中央生态环境资金", "central environment fund"),
        pb::FundSource::ProvincialScience => s.t("省级科技资金", "provincial science fund"),
        pb::FundSource::Municipal => s.t("市县财政资金", "city and county budget"),
        pb::FundSource::Bank => s.t("银行贷款", "bank loan"),
        pb::FundSource::SelfRaised => s.t("自筹资金", "self-raised"),
        pb::FundSource::Unspecified => s.t("未注明", "not stated"),
    }
}

pub(super) async fn page(visit: Visit) -> Page {
    shown(&visit).await.map_err(|refusal| visit.refuse(refusal))
}

/// Everything of a listing, page by page.
macro_rules! all {
    ($visit:ident, $request:ident, $list:ident) => {
        async {
            let mut request = pb::$request { parent: ALL.to_owned(), page_size: 1000, ..Default::default() };
            let mut found = Vec::new();
            loop {
                let mut answer = $visit.ask(request.clone()).await?;
                found.append(&mut answer.$list);
                if answer.next_page_token.is_empty() {
                    return Ok::<_, Refusal>(found);
                }
                request.page_token = answer.next_page_token;
            }
        }
    };
}

/// Every node whose data the visitor sees.
const ALL: &str = "departments/-";

async fn shown(visit: &Visit) -> Result<Response, Refusal> {
    let summary = visit.ask(pb::SummarizeFundingRequest { parent: ALL.to_owned(), ..Default::default() });
    let (regions, summary, lines, projects, groups) = tokio::try_join!(
        Regions::all(visit),
        summary,
        all!(visit, ListFundingLinesRequest, funding_lines),
        all!(visit, ListFundingProjectsRequest, funding_projects),
        all!(visit, ListFundingGroupsRequest, funding_groups),
    )?;
    let s = visit.shell(Here::Funding, Text::new("资金", "Funding"));
    let stages = STAGES.map(|found| stage(found, &s));
    let rows = rows(&summary.totals, &s);
    let page = Funding {
        chart: charts::funding(&s, &stages, &rows.iter().map(|row| row.amounts(&s)).collect::<Vec<_>>()),
        stages: stages.into(),
        rows,
        lines: Book::new(&regions, &lines, &projects, &groups).lines(&lines, &s),
        s,
    };
    Ok(answer::page(&page))
}

fn rows(totals: &[pb::FundingTotal], s: &Shell) -> Vec<Row> {
    let sources: BTreeSet<i32> = totals.iter().map(|total| total.source).collect();
    let row = |number: i32| {
        let cell = |wanted: pb::FundingStage| {
            let total = totals.iter().find(|total| total.source == number && total.stage() == wanted)?;
            Some(Cell {
                exact: format::decimal(total.amount.as_ref().and_then(|amount| amount.yuan.as_ref())),
                wan: format::wan_yuan(total.amount.as_ref()),
                yuan: format::yuan(total.amount.as_ref()),
                projects: total.project_count,
                named: total.named_project_count,
            })
        };
        Row { source: source(pb::FundSource::try_from(number).unwrap_or_default(), s), cells: STAGES.map(cell).into() }
    };
    sources.into_iter().map(row).collect()
}

/// Projects and groups by their names, and which sources each project has.
struct Book<'a> {
    regions: &'a Regions,
    projects: HashMap<&'a str, &'a pb::FundingProject>,
    groups: HashMap<&'a str, &'a pb::FundingGroup>,
    central: BTreeMap<&'a str, BTreeSet<i32>>,
}

impl<'a> Book<'a> {
    fn new(
        regions: &'a Regions,
        lines: &'a [pb::FundingLine],
        projects: &'a [pb::FundingProject],
        groups: &'a [pb::FundingGroup],
    ) -> Self {
        let mut central: BTreeMap<&str, BTreeSet<i32>> = BTreeMap::new();
        for line in lines {
            if let Some(Subject::Project(name)) = &line.subject
                && CENTRAL.contains(&line.source())
            {
                central.entry(name).or_default().insert(line.source);
            }
        }
        Self {
            regions,
            projects: projects.iter().map(|project| (project.name.as_str(), project)).collect(),
            groups: groups.iter().map(|group| (group.name.as_str(), group)).collect(),
            central,
        }
    }

    fn lines(&self, lines: &[pb::FundingLine], s: &Shell) -> Vec<Line> {
        let mut shown: Vec<(i32, Line)> = lines.iter().map(|line| (line.stage, self.line(line, s))).collect();
        shown.sort_by(|(one, a), (other, b)| (other, &a.region, &a.subject).cmp(&(one, &b.region, &b.subject)));
        shown.into_iter().map(|(_, line)| line).collect()
    }

    fn line(&self, line: &pb::FundingLine, s: &Shell) -> Line {
        let (subject, region, members) = match &line.subject {
            Some(Subject::Project(name)) => {
                let project = self.projects.get(name.as_str());
                let title = project.map_or_else(|| format::id(name).to_owned(), |project| project.title.clone());
                (title, project.map(|project| project.region.clone()).unwrap_or_default(), String::new())
            }
            Some(Subject::Group(name)) => {
                let group = self.groups.get(name.as_str());
                let title = group.map_or_else(|| format::id(name).to_owned(), |group| group.title.clone());
                let named = group.map(|group| group.named_projects.clone()).unwrap_or_default();
                let members = named.iter().map(|name| {
                    self.projects.get(name.as_str()).map_or_else(|| format::id(name), |project| &project.title)
                });
                let members = members.collect::<Vec<_>>().join(format::comma(s.lang));
                (title, group.map(|group| group.region.clone()).unwrap_or_default(), members)
            }
            None => <(String, String, String)>::default(),
        };
        let basis = line.basis.clone().unwrap_or_default();
        Line {
            subject,
            members,
            region: if region.is_empty() { String::new() } else { s.d(&self.regions.name(&region)).to_owned() },
            stage: stage(line.stage(), s),
            source: source(line.source(), s),
            detail: line.source_detail.clone(),
            wan: format::wan_yuan(line.amount.as_ref()),
            yuan: format::yuan(line.amount.as_ref()),
            year: if line.budget_year == 0 { format::dash() } else { line.budget_year.to_string() },
            basis: [basis.title, basis.document_number].join(" ").trim().to_owned(),
            party: line.reporting_party.clone(),
            flags: self.flags(line, s),
            place: line.record.as_ref().and_then(|record| record.provenance.as_ref()).map(place).unwrap_or_default(),
            quote: line.citation.as_ref().map(|citation: &common::Citation| citation.quote.clone()).unwrap_or_default(),
        }
    }

    fn flags(&self, line: &pb::FundingLine, s: &Shell) -> Vec<Flag> {
        let mut flags = Vec::new();
        let mut flag = |bad: bool, text: String| flags.push(Flag { text, bad });
        match &line.subject {
            Some(Subject::Group(name)) => {
                flag(false, s.t("打捆金额，未分项", "one amount for a group").to_owned());
                if let Some(group) = self.groups.get(name.as_str()) {
                    let named = group.named_projects.len();
                    if named < group.project_count as usize {
                        let text = match s.lang {
                            domain::Lang::Zh => format!("{} 个项目只列名 {named} 个", group.project_count),
                            domain::Lang::En => format!("{named} of {} projects named", group.project_count),
                        };
                        flag(true, text);
                    }
                }
            }
            Some(Subject::Project(name)) if self.central.get(name.as_str()).is_some_and(|found| found.len() > 1) => {
                flag(true, s.t("同一项目有两类以上中央资金", "several central sources on one project").to_owned());
            }
            Some(Subject::Project(_)) | None => {}
        }
        if line.stage() == pb::FundingStage::Applied {
            flag(false, s.t("尚未批复", "not awarded yet").to_owned());
        }
        if line.stage() > pb::FundingStage::Recommended && line.basis.is_none() {
            flag(false, s.t("未列批复文件", "no basis document").to_owned());
        }
        flags
    }
}
