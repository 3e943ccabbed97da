//! The catalogue: definitions, units, divisions, data resources.

use contracts::{
    catalog::v1::{self as wire, catalog_service_server::CatalogService},
    common::v1 as common_wire,
};
use domain::{
    DataResource, Direction, DomainError, IndicatorDefinition, Level, Reason, Region, RegionCode, SharingAttribute,
    Text, Unit, Violation, convert_exact, text::Lang,
};
use rust_decimal::Decimal;
use tonic::{Request, Response, Status};

use super::context::{NodeContext, reply};
use crate::{caller::Caller, convert::common, desk::DeskError, pages::Page, status::unimplemented};

/// Reads the catalogue.
#[derive(Clone, Debug)]
pub struct Catalog {
    context: NodeContext,
}

impl Catalog {
    /// Reads the catalogue that the node was started with.
    #[must_use]
    pub fn new(context: NodeContext) -> Self {
        Self { context }
    }

    fn indicator(&self, name: &str) -> Result<wire::Indicator, DeskError> {
        let found = name.strip_prefix("indicators/").and_then(|code| {
            let mut definitions = self.context.catalogue().iter();
            definitions.find(|definition| definition.code.as_str().to_ascii_lowercase() == code)
        });
        found.map(indicator_out).ok_or_else(|| missing(name).into())
    }

    fn indicators(&self, request: wire::ListIndicatorsRequest) -> Result<wire::ListIndicatorsResponse, DeskError> {
        let query = wire::ListIndicatorsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let wire::ListIndicatorsRequest { page_size, page_token, mandatory_only, system_version } = request;
        let page = Page::read("wufei.catalog.v1.CatalogService/ListIndicators", &query, page_size, &page_token)?;
        let selected = self.context.catalogue().iter().filter(|definition| {
            (!mandatory_only || definition.mandatory)
                && (system_version.is_empty() || definition.system == system_version)
                && page.after.as_deref().is_none_or(|after| definition.code.as_str() > after)
        });
        let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
        let mut indicators: Vec<_> = selected.take(limit).map(indicator_out).collect();
        let next_page_token = page.cut(&mut indicators, |indicator| indicator.code.clone());
        let catalog_version = self.context.catalogue().version().to_owned();
        Ok(wire::ListIndicatorsResponse { indicators, next_page_token, catalog_version })
    }

    fn region(&self, name: &str) -> Result<wire::Region, DeskError> {
        let code = name.strip_prefix("regions/").and_then(|code| RegionCode::parse(code).ok());
        let found = code.and_then(|code| self.context.regions().get(&code));
        found.map(region_out).ok_or_else(|| missing(name).into())
    }

    fn regions(&self, request: wire::ListRegionsRequest) -> Result<wire::ListRegionsResponse, DeskError> {
        let query = wire::ListRegionsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let wire::ListRegionsRequest { page_size, page_token, level, parent_code } = request;
        let page = Page::read("wufei.catalog.v1.CatalogService/ListRegions", &query, page_size, &page_token)?;
        let level = level_in(level)?;
        let selected = self.context.regions().iter().filter(|region| {
            level.is_none_or(|level| level == region.level)
                && (parent_code.is_empty()
                    || region.parent.as_ref().is_some_and(|parent| parent.as_str() == parent_code))
                && page.after.as_deref().is_none_or(|after| region.code.as_str() > after)
        });
        let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
        let mut regions: Vec<_> = selected.take(limit).map(region_out).collect();
        let next_page_token = page.cut(&mut regions, |region| region.code.clone());
        Ok(wire::ListRegionsResponse { regions, next_page_token })
    }

    fn data_resources(
        &self,
        request: wire::ListDataResourcesRequest,
    ) -> Result<wire::ListDataResourcesResponse, DeskError> {
        let wire::ListDataResourcesRequest { page_size, page_token } = request;
        let query = wire::ListDataResourcesRequest::default();
        let page = Page::read("wufei.catalog.v1.CatalogService/ListDataResources", &query, page_size, &page_token)?;
        let selected = self.context.data_resources().iter();
        let selected = selected.filter(|entry| page.after.as_deref().is_none_or(|after| entry.id.as_str() > after));
        let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
        let mut entries: Vec<_> = selected.take(limit).collect();
        let next_page_token = page.cut(&mut entries, |entry| entry.id.clone());
        let data_resources = entries.into_iter().map(data_resource_out).collect();
        Ok(wire::ListDataResourcesResponse { data_resources, next_page_token })
    }
}

fn missing(name: &str) -> DomainError {
    DomainError::new(
        Reason::ResourceNotFound,
        Text::new(format!("目录中没有 {name}"), format!("the catalogue has no {name}")),
    )
    .with_fact("name", name)
}

fn level_in(value: i32) -> Result<Option<Level>, DeskError> {
    match wire::RegionLevel::try_from(value) {
        Ok(wire::RegionLevel::Unspecified) => Ok(None),
        Ok(wire::RegionLevel::Province) => Ok(Some(Level::Province)),
        Ok(wire::RegionLevel::Prefecture) => Ok(Some(Level::Prefecture)),
        Ok(wire::RegionLevel::County) => Ok(Some(Level::County)),
        Err(_unknown) => Err(Violation::new(
            "level",
            Reason::FieldInvalid,
            value,
            Text::new("没有这一级别", "there is no such level"),
            Text::new("请从可用值中选择", "choose one of the allowed values"),
        )
        .allowing(Level::ALL.iter().map(|level| level.zh()))
        .into()),
    }
}

fn indicator_out(definition: &IndicatorDefinition) -> wire::Indicator {
    let IndicatorDefinition {
        code,
        ordinal,
        system,
        row_status,
        level1_code,
        level1,
        level2_code,
        level2,
        name,
        unit,
        value_type,
        mandatory,
        direction,
        formula,
        numerator,
        denominator,
        multiplier: _,
        data_sources,
        owner_departments,
        reference_value,
        reference_source,
        name_status,
        star_status,
        formula_status,
        confidence: _,
        source_url: _,
        letter_facts: _,
        caution,
        scopes: _,
        accepted_labels,
        excluded_labels,
    } = definition;
    wire::Indicator {
        name: format!("indicators/{}", code.as_str().to_ascii_lowercase()),
        code: code.to_string(),
        system_version: system.clone(),
        ordinal: *ordinal,
        level1_code: level1_code.clone(),
        level1: Some(text_out(level1)),
        level2_code: level2_code.clone(),
        level2: Some(text_out(level2)),
        display_name: Some(text_out(name)),
        unit: if *unit == Unit::NONE { String::new() } else { unit.zh().to_owned() },
        value_type: value_type.code().to_owned(),
        mandatory: *mandatory,
        direction: direction_out(*direction).into(),
        formula: formula.clone(),
        numerator: numerator.clone(),
        denominator: denominator.clone(),
        data_source: data_sources.clone(),
        owner_department_codes: owner_departments.clone(),
        reference_value: reference_value.clone(),
        reference_source: reference_source.clone(),
        name_verification: verification_out(name_status).into(),
        star_verification: verification_out(star_status).into(),
        formula_verification: verification_out(formula_status).into(),
        verification_note: format!("{row_status}；名称：{name_status}；★：{star_status}；公式：{formula_status}"),
        caution: caution.clone(),
        accepted_labels: accepted_labels.clone(),
        excluded_labels: excluded_labels.iter().map(|excluded| excluded.label.clone()).collect(),
    }
}

fn direction_out(direction: Direction) -> wire::Direction {
    match direction {
        Direction::HigherBetter => wire::Direction::HigherBetter,
        Direction::LowerBetter => wire::Direction::LowerBetter,
        Direction::Qualitative => wire::Direction::Qualitative,
    }
}

/// The status words of the table; what is none of them is unverified, never confirmed.
fn verification_out(status: &str) -> wire::Verification {
    if status.is_empty() {
        wire::Verification::Unspecified
    } else if status.starts_with("confirmed") {
        wire::Verification::Confirmed
    } else if status.contains("predecessor") {
        wire::Verification::PredecessorConfirmed
    } else {
        wire::Verification::Unverified
    }
}

fn unit_out(unit: Unit) -> wire::Unit {
    // 1 亩 is 2000/3 m²: no decimal is exact, so the factor stays unset.
    let base = Unit::of_dimension(unit.dimension()).find(|base| base.factor() == (1, 1));
    let factor = base.and_then(|base| convert_exact(Decimal::ONE, unit, base).ok());
    wire::Unit {
        symbol: unit.zh().to_owned(),
        symbol_en: unit.en().to_owned(),
        dimension: format!("{:?}", unit.dimension()),
        factor: factor.map(common::decimal_out),
    }
}

fn region_out(region: &Region) -> wire::Region {
    let Region { code, name_zh, name_en, level, parent, valid_from, valid_to } = region;
    let level = match level {
        Level::Province => wire::RegionLevel::Province,
        Level::Prefecture => wire::RegionLevel::Prefecture,
        Level::County => wire::RegionLevel::County,
    };
    wire::Region {
        name: format!("regions/{code}"),
        code: code.to_string(),
        display_name: Some(common_wire::Text { zh: name_zh.clone(), en: name_en.clone() }),
        level: level.into(),
        parent_code: parent.as_ref().map(ToString::to_string).unwrap_or_default(),
        valid_from: valid_from.map(|day| day.to_string()).unwrap_or_default(),
        valid_to: valid_to.map(|day| day.to_string()).unwrap_or_default(),
    }
}

/// The nine fields. What nobody has approved yet says so where the condition and the level are read.
fn data_resource_out(entry: &DataResource) -> wire::DataResource {
    let DataResource {
        id,
        class: _,
        title,
        items,
        provider,
        format,
        update_frequency,
        sharing,
        sharing_mode,
        conditions,
        level,
        status,
        covers: _,
    } = entry;
    let sharing_attribute = match sharing {
        SharingAttribute::Unconditional => wire::SharingAttribute::Unconditional,
        SharingAttribute::Conditional => wire::SharingAttribute::Conditional,
        SharingAttribute::NotShared => wire::SharingAttribute::NotShared,
    };
    let marked = |words: &str| if status.is_empty() { words.to_owned() } else { format!("{words}（{status}）") };
    wire::DataResource {
        name: format!("dataResources/{id}"),
        title: title.clone(),
        items: items.clone(),
        provider: provider.clone(),
        format: format.clone(),
        update_frequency: update_frequency.clone(),
        sharing_attribute: sharing_attribute.into(),
        sharing_mode: sharing_mode.clone(),
        conditions: marked(conditions),
        classification: marked(level.zh()),
    }
}

fn text_out(text: &Text) -> common_wire::Text {
    common_wire::Text { zh: text.get(Lang::Zh).to_owned(), en: text.get(Lang::En).to_owned() }
}

#[tonic::async_trait]
impl CatalogService for Catalog {
    async fn get_indicator(
        &self,
        request: Request<wire::GetIndicatorRequest>,
    ) -> Result<Response<wire::GetIndicatorResponse>, Status> {
        let caller = Caller::of(&request)?;
        let found = self.indicator(&request.into_inner().name);
        reply(caller.lang, found.map(|indicator| wire::GetIndicatorResponse { indicator: Some(indicator) }))
    }

    async fn list_indicators(
        &self,
        request: Request<wire::ListIndicatorsRequest>,
    ) -> Result<Response<wire::ListIndicatorsResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.indicators(request.into_inner()))
    }

    async fn list_units(
        &self,
        _request: Request<wire::ListUnitsRequest>,
    ) -> Result<Response<wire::ListUnitsResponse>, Status> {
        Ok(Response::new(wire::ListUnitsResponse { units: Unit::all().map(unit_out).collect() }))
    }

    async fn get_region(
        &self,
        request: Request<wire::GetRegionRequest>,
    ) -> Result<Response<wire::GetRegionResponse>, Status> {
        let caller = Caller::of(&request)?;
        let found = self.region(&request.into_inner().name);
        reply(caller.lang, found.map(|region| wire::GetRegionResponse { region: Some(region) }))
    }

    async fn list_regions(
        &self,
        request: Request<wire::ListRegionsRequest>,
    ) -> Result<Response<wire::ListRegionsResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.regions(request.into_inner()))
    }

    async fn list_reporting_rounds(
        &self,
        request: Request<wire::ListReportingRoundsRequest>,
    ) -> Result<Response<wire::ListReportingRoundsResponse>, Status> {
        Err(unimplemented("wufei.catalog.v1.CatalogService/ListReportingRounds", Caller::of(&request)?.lang))
    }

    async fn list_data_resources(
        &self,
        request: Request<wire::ListDataResourcesRequest>,
    ) -> Result<Response<wire::ListDataResourcesResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.data_resources(request.into_inner()))
    }
}
