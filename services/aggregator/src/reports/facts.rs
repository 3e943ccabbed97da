//! What the departments recorded, as lines of the report: one line for each figure and fact, with its words and remarks.

use contracts::{city, commerce, common::v1 as common, ecology, evaluation::v1 as pb, exchange, funding, scitech};
use domain::{Observation, Qualifier, Recorded, RegionCode, RegionTable, Scope, Text};
use prost::Message as _;
use store::StoredResource;

use crate::{
    reports::{mark, parties::reporting},
    wire::{domain_text, text},
};

/// A fact before it has its provenance.
pub(crate) struct Fact {
    pub(crate) subject: String,
    pub(crate) value: String,
    pub(crate) region: String,
    pub(crate) scope: Option<Scope>,
    pub(crate) period: String,
    pub(crate) period_assumed: bool,
    pub(crate) indicator: String,
    pub(crate) party: String,
    pub(crate) citation: Option<common::Citation>,
    pub(crate) flags: Vec<common::Text>,
    /// 待报送: what this fact leaves open.
    pub(crate) gaps: Vec<common::Text>,
}

/// A figure as a fact; targets and base values are not facts of their own.
pub(crate) fn observation(row: &Recorded<Observation>, indicator: &Text) -> Fact {
    let (body, Text { zh, en }) = (&row.body, indicator);
    let (mut flags, mut gaps) = (Vec::new(), Vec::new());
    if body.scope_assumed {
        flags.push(mark::of(mark::SCOPE_ASSUMED));
        gaps.push(text(format!("{zh}：明确口径（全市或主城区）"), format!("{en}: state the scope")));
    }
    if body.period_assumed {
        gaps.push(text(format!("{zh}：明确时点"), format!("{en}: state the period")));
    }
    match body.qualifier {
        Qualifier::AtLeast => {
            flags.push(mark::of(mark::LOWER_BOUND));
            gaps.push(text(format!("{zh}：报送实际值（现仅有下限）"), format!("{en}: report the value itself")));
        }
        Qualifier::AtMost => flags.push(mark::of(mark::UPPER_BOUND)),
        Qualifier::About => flags.push(mark::of(mark::APPROXIMATE)),
        Qualifier::Equal => {}
    }
    if body.value.is_some() && body.numerator.is_none() && body.unit.zh() == "%" {
        flags.push(mark::of(mark::NO_PARTS));
    }
    if !body.note.is_empty() {
        flags.push(text(body.note.clone(), body.note.clone()));
    }
    let value = body.value.map_or_else(
        || body.text_value.clone().unwrap_or_else(|| body.status.zh().to_owned()),
        |value| format!("{}{}{}", sign(body.qualifier), value.normalize(), body.unit.zh()),
    );
    Fact {
        subject: zh.clone(),
        value,
        region: body.key.region.to_string(),
        scope: Some(body.key.scope),
        period: body.key.period.to_string(),
        period_assumed: body.period_assumed,
        indicator: body.key.indicator.to_string(),
        party: body.reporting_party.clone(),
        citation: body.citation.as_ref().map(|found| common::Citation {
            document: found.document.clone(),
            fact: found.fact.clone(),
            quote: found.quote.clone(),
        }),
        flags,
        gaps,
    }
}

fn sign(qualifier: Qualifier) -> &'static str {
    match qualifier {
        Qualifier::Equal => "",
        Qualifier::AtLeast => "≥",
        Qualifier::AtMost => "≤",
        Qualifier::About => "≈",
    }
}

/// A department's own record as a fact. None for a type that this program does not print, such as an indicator's review.
///
/// # Errors
/// When the stored bytes are no message of the type they claim to be.
pub(crate) fn resource(row: &StoredResource) -> Result<Option<Fact>, prost::DecodeError> {
    let body = row.body.as_slice();
    Ok(Some(match row.type_name.as_str() {
        "wufei.exchange.v1.Statement" => statement(exchange::v1::Statement::decode(body)?),
        "wufei.ecology.v1.CityStageRecord" => city_stage(ecology::v1::CityStageRecord::decode(body)?),
        "wufei.ecology.v1.SupportGroup" => support_group(ecology::v1::SupportGroup::decode(body)?),
        "wufei.ecology.v1.ZeroWasteUnit" => zero_waste_unit(ecology::v1::ZeroWasteUnit::decode(body)?),
        "wufei.ecology.v1.EnforcementRecord" => enforcement(ecology::v1::EnforcementRecord::decode(body)?),
        "wufei.commerce.v1.BackboneProgramme" => backbone(commerce::v1::BackboneProgramme::decode(body)?),
        "wufei.commerce.v1.BackboneEnterprise" => enterprise(commerce::v1::BackboneEnterprise::decode(body)?),
        "wufei.commerce.v1.SortingCentre" => sorting_centre(commerce::v1::SortingCentre::decode(body)?),
        "wufei.commerce.v1.TradeInChannel" => trade_in(commerce::v1::TradeInChannel::decode(body)?),
        "wufei.scitech.v1.ResearchProgramme" => programme(scitech::v1::ResearchProgramme::decode(body)?),
        "wufei.scitech.v1.ResearchProject" => project(scitech::v1::ResearchProject::decode(body)?),
        "wufei.scitech.v1.InnovationPlatform" => platform(scitech::v1::InnovationPlatform::decode(body)?),
        "wufei.city.v1.StationCount" => station_count(city::v1::StationCount::decode(body)?),
        "wufei.city.v1.GreenHonourCount" => honours(city::v1::GreenHonourCount::decode(body)?),
        "wufei.city.v1.IndustryPark" => park(city::v1::IndustryPark::decode(body)?),
        "wufei.city.v1.CityDesignation" => designation(city::v1::CityDesignation::decode(body)?),
        "wufei.funding.v1.FundingProject" => return Ok(funding_project(funding::v1::FundingProject::decode(body)?)),
        "wufei.funding.v1.FundingGroup" => funding_group(funding::v1::FundingGroup::decode(body)?),
        _ => return Ok(None),
    }))
}

/// Parts that every department record has.
struct Common {
    region: String,
    period: Option<common::Period>,
    party: String,
    citation: Option<common::Citation>,
    note: String,
}

fn fact(subject: String, value: String, common: Common) -> Fact {
    let Common { region, period, party, citation, note } = common;
    let (period, period_assumed) = period.map_or((String::new(), false), |p| (p.value, p.assumed));
    let flags = if note.is_empty() { Vec::new() } else { vec![text(note.clone(), note)] };
    Fact {
        subject,
        value,
        region,
        scope: None,
        period,
        period_assumed,
        indicator: String::new(),
        party,
        citation,
        flags,
        gaps: Vec::new(),
    }
}

macro_rules! common {
    ($from:ident) => {
        common!($from, region = $from.region)
    };
    ($from:ident, region = $region:expr) => {
        Common {
            region: $region,
            period: $from.period,
            party: $from.reporting_party,
            citation: $from.citation,
            note: $from.note,
        }
    };
}

fn statement(from: exchange::v1::Statement) -> Fact {
    use exchange::v1::StatementKind as Kind;
    let kind = from.kind();
    let undated = from.evidence.iter().any(|found| found.document_number.is_empty() || found.issue_date.is_empty());
    let (indicator, subject) = (from.indicator.clone(), from.subject.clone());
    let mut fact = fact(from.subject, String::new(), common!(from));
    if !from.text.is_empty() {
        fact.flags.insert(0, text(from.text.clone(), from.text));
    }
    fact.indicator = indicator;
    match kind {
        Kind::Policy if undated => {
            fact.gaps
                .push(text(format!("{subject}：补报文号、印发日期"), format!("{subject}: document number and date")));
        }
        Kind::Problem => {
            fact.gaps.push(text(format!("{subject}：报送数值（函内仅有定性表述）"), format!("{subject}: figures")));
        }
        Kind::Platform => {
            fact.gaps.push(text(format!("{subject}：报送数量和名单"), format!("{subject}: number and list")))
        }
        Kind::Unspecified | Kind::Policy | Kind::Mechanism | Kind::Progress | Kind::Designation => {}
    }
    fact
}

fn city_stage(from: ecology::v1::CityStageRecord) -> Fact {
    use ecology::v1::CityStage as Stage;
    let stage = match from.stage() {
        Stage::Unspecified => "",
        Stage::Recommended => "省级推荐",
        Stage::Designated => "生态环境部同意",
        Stage::PlanDrafted => "方案编制完成",
        Stage::PlanIssued => "方案印发",
    };
    let drafted = from.stage() == Stage::PlanDrafted;
    let mut fact = fact(format!("“无废城市”建设程序：{stage}"), String::new(), common!(from));
    if drafted {
        fact.gaps.push(text("已编制方案的发布情况", "whether the drafted plan was issued"));
    }
    fact
}

fn support_group(from: ecology::v1::SupportGroup) -> Fact {
    fact(from.title, String::new(), common!(from, region = "140000".to_owned()))
}

fn zero_waste_unit(from: ecology::v1::ZeroWasteUnit) -> Fact {
    use ecology::v1::ZeroWasteUnitKind as Kind;
    let kind = match from.kind() {
        Kind::Unspecified => "",
        Kind::Cell => "无废细胞",
        Kind::Group => "无废集团",
    };
    let state = if from.accepted { "已认定" } else { "建设中" };
    fact(format!("{kind}：{}（{state}）", from.title), String::new(), common!(from))
}

fn enforcement(from: ecology::v1::EnforcementRecord) -> Fact {
    let value = format!("{}件", from.penalty_count);
    fact("固体废物行政处罚".to_owned(), value, common!(from))
}

fn backbone(from: commerce::v1::BackboneProgramme) -> Fact {
    let value = from.enterprise_count.map(|count| format!("{count}家"));
    let missing = value.is_none();
    let mut fact = fact(from.title, value.unwrap_or_default(), common!(from));
    fact.indicator = "ZWC2021-48".to_owned();
    if missing {
        fact.gaps.push(text("再生资源回收骨干企业数量和名单", "number and list of backbone recycling enterprises"));
    }
    fact
}

fn enterprise(from: commerce::v1::BackboneEnterprise) -> Fact {
    fact(format!("骨干企业：{}", from.title), String::new(), common!(from))
}

fn sorting_centre(from: commerce::v1::SortingCentre) -> Fact {
    let value = from.capacity.clone().map(|found| quantity(&found)).unwrap_or_default();
    let mut fact = fact(format!("绿色分拣中心：{}", from.title), value, common!(from));
    fact.flags.insert(0, text("能力，不是产量", "a capacity, not an output"));
    fact
}

fn trade_in(from: commerce::v1::TradeInChannel) -> Fact {
    let value = from.recovered.clone().map(|found| quantity(&found)).unwrap_or_default();
    fact(format!("以旧换新渠道：{}", from.title), value, common!(from))
}

fn programme(from: scitech::v1::ResearchProgramme) -> Fact {
    let value = format!("{}个", from.project_count);
    let mut fact = fact(from.title, value, common!(from));
    fact.indicator = "ZWC2021-50".to_owned();
    fact
}

fn project(from: scitech::v1::ResearchProject) -> Fact {
    let mut fact = fact(format!("研发项目：{}", from.title), String::new(), common!(from));
    fact.indicator = "ZWC2021-50".to_owned();
    fact
}

fn platform(from: scitech::v1::InnovationPlatform) -> Fact {
    let mut fact = fact(format!("创新平台：{}", from.title), String::new(), common!(from));
    fact.indicator = "ZWC2021-50".to_owned();
    fact
}

fn station_count(from: city::v1::StationCount) -> Fact {
    use city::v1::NetworkLevel as Level;
    let level = match from.level() {
        Level::Unspecified => "",
        Level::CollectionPoint => "智能回收点",
        Level::TransferStation => "街道中转站",
        Level::SortingCentre => "区域分拣中心",
        Level::CityCentre => "市级中心",
        Level::StationAny => "再生资源回收站",
    };
    let (scope, any, count) = (scope(from.scope()), from.level() == Level::StationAny, from.count);
    let mut fact = fact(level.to_owned(), format!("{count}家"), common!(from));
    fact.scope = scope;
    if any {
        fact.gaps.push(text("四级回收网络各级节点数", "number of nodes of each level of the recovery network"));
    }
    fact
}

fn honours(from: city::v1::GreenHonourCount) -> Fact {
    use city::v1::{GreenHonourKind as Kind, HonourLevel as Level, Nesting};
    let (kind, kind_en) = match from.kind() {
        Kind::Unspecified => ("", ""),
        Kind::Factory => ("绿色工厂", "green factories"),
        Kind::Park => ("绿色工业园区", "green industrial parks"),
        Kind::SupplyChain => ("绿色供应链管理企业", "green supply-chain enterprises"),
    };
    let (level, provincial) = match from.level() {
        Level::Unspecified => ("", false),
        Level::National => ("国家级", false),
        Level::Provincial => ("省级", true),
    };
    let unknown = provincial && from.nesting() == Nesting::Unspecified;
    let value = format!("{}个", from.count);
    let mut fact = fact(format!("{level}{kind}"), value, common!(from));
    if unknown {
        fact.gaps.push(text(
            format!("省级{kind}是否包含国家级（名单）"),
            format!("whether the provincial {kind_en} contain the national ones (list)"),
        ));
    }
    fact
}

fn park(from: city::v1::IndustryPark) -> Fact {
    use city::v1::ParkState as State;
    let state = match from.state() {
        State::Unspecified => "",
        State::Promoted => "推动建设",
        State::UnderConstruction => "在建",
        State::InOperation => "投运",
    };
    fact(format!("{}（{state}）", from.title), String::new(), common!(from))
}

fn designation(from: city::v1::CityDesignation) -> Fact {
    fact(format!("称号：{}", from.title), String::new(), common!(from))
}

/// A project is a line only where it states a capacity; its money is in the funding chapter.
fn funding_project(from: funding::v1::FundingProject) -> Option<Fact> {
    let capacity = quantity(from.design_capacity.as_ref()?);
    let mut fact = fact(
        format!("{}：设计能力", from.title),
        capacity,
        Common {
            region: from.region,
            period: None,
            party: from.reporting_party,
            citation: from.citation,
            note: from.note,
        },
    );
    fact.flags.insert(0, text("能力，不是产量", "a capacity, not an output"));
    Some(fact)
}

fn funding_group(from: funding::v1::FundingGroup) -> Fact {
    let (count, named, title) = (from.project_count, from.named_projects.len(), from.title.clone());
    let mut fact = fact(
        from.title,
        format!("{count}个项目"),
        Common {
            region: from.region,
            period: None,
            party: from.reporting_party,
            citation: from.citation,
            note: from.note,
        },
    );
    fact.flags.push(text(format!("点名{named}个"), format!("{named} named")));
    fact.gaps.push(text(
        format!("{title}：其余项目名单及各项目分项金额、拨付和支出情况"),
        format!("{title}: the other projects and each project's amount, payment and spending"),
    ));
    fact
}

fn quantity(from: &common::Quantity) -> String {
    format!("{}{}", from.value.as_ref().map_or("", |value| value.value.as_str()), from.unit)
}

fn scope(from: common::Scope) -> Option<Scope> {
    match from {
        common::Scope::Unspecified => None,
        common::Scope::WholeCity => Some(Scope::WholeCity),
        common::Scope::MainUrban => Some(Scope::MainUrban),
        common::Scope::County => Some(Scope::County),
        common::Scope::Province => Some(Scope::Province),
        common::Scope::WholeCityOperating => Some(Scope::WholeCityOperating),
    }
}

impl Fact {
    /// The fact as a line of the report.
    pub(crate) fn entry(
        self,
        cell: String,
        regions: &RegionTable,
        provenance: Option<common::Provenance>,
    ) -> pb::FactEntry {
        let region = RegionCode::parse(&self.region).ok().and_then(|code| regions.get(&code).cloned());
        let region = region.map_or_else(|| text("", ""), |found| text(found.name_zh, found.name_en));
        let scope = self.scope.map_or_else(Text::default, |scope| Text::new(scope.zh(), scope.en()));
        let provenance =
            provenance.map(|found| common::Provenance { citation: self.citation.or(found.citation), ..found });
        pb::FactEntry {
            cell,
            party: Some(domain_text(&reporting(&self.party, regions))),
            subject: self.subject,
            value: self.value,
            region: Some(region),
            scope: Some(domain_text(&scope)),
            period: self.period,
            period_assumed: self.period_assumed,
            indicator: self.indicator,
            flags: self.flags,
            provenance,
        }
    }
}
