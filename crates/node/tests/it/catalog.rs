//! The catalogue: definitions, units, divisions and data resources.

use contracts::catalog::v1::{
    GetIndicatorRequest, GetRegionRequest, ListDataResourcesRequest, ListIndicatorsRequest, ListRegionsRequest,
    ListReportingRoundsRequest, ListUnitsRequest, RegionLevel, SharingAttribute,
};
use tonic::Code;

use crate::world::{World, reason};

#[tokio::test]
async fn definitions_units_and_regions_are_read_in_pages() {
    let world = World::city().await;
    let mut client = world.catalog();
    let mut codes = Vec::new();
    let mut request = ListIndicatorsRequest { page_size: 10, mandatory_only: true, ..Default::default() };
    loop {
        let page = client.list_indicators(request.clone()).await.unwrap().into_inner();
        assert_eq!(page.catalog_version, "MEE-2021/unverified");
        codes.extend(page.indicators.into_iter().map(|indicator| indicator.code));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(codes.len(), 25);
    assert!(codes.is_sorted());

    let request = GetIndicatorRequest { name: "indicators/zwc2021-26".to_owned() };
    let one = client.get_indicator(request).await.unwrap().into_inner().indicator.unwrap();
    assert_eq!((one.code.as_str(), one.unit.as_str()), ("ZWC2021-26", "%"));
    assert!(one.excluded_labels.contains(&"资源化利用率".to_owned()), "{:?}", one.excluded_labels);

    let units = client.list_units(ListUnitsRequest {}).await.unwrap().into_inner().units;
    let factor = |symbol: &str| {
        let unit = units.iter().find(|unit| unit.symbol == symbol).unwrap();
        unit.factor.as_ref().map(|factor| factor.value.clone())
    };
    assert_eq!((factor("万吨").as_deref(), factor("亩")), (Some("10000"), None));

    let cities = ListRegionsRequest { level: RegionLevel::Prefecture.into(), ..Default::default() };
    assert_eq!(client.list_regions(cities).await.unwrap().into_inner().regions.len(), 11);
    let one = client.get_region(GetRegionRequest { name: "regions/140100".to_owned() }).await.unwrap().into_inner();
    assert_eq!(one.region.unwrap().display_name.unwrap().zh, "太原市");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_served_yet_say_so() {
    let mut client = World::city().await.catalog();
    let refused = client.get_region(GetRegionRequest { name: "regions/140171".to_owned() }).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    let refused = client.get_indicator(GetIndicatorRequest { name: "zwc2021-26".to_owned() }).await.unwrap_err();
    assert_eq!(reason(&refused), "RESOURCE_NOT_FOUND");
    let refused = client.list_reporting_rounds(ListReportingRoundsRequest {}).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unimplemented, "NOT_IMPLEMENTED"));
}

#[tokio::test]
async fn data_resources_have_the_nine_fields_and_say_what_nobody_approved_yet() {
    let mut client = World::city().await.catalog();
    let mut found = Vec::new();
    let mut request = ListDataResourcesRequest { page_size: 10, page_token: String::new() };
    loop {
        let page = client.list_data_resources(request.clone()).await.unwrap().into_inner();
        assert!(page.data_resources.len() <= 10);
        found.extend(page.data_resources);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert!(found.len() > 10 && found.is_sorted_by(|a, b| a.name < b.name), "{found:?}");
    for entry in &found {
        let texts = [&entry.title, &entry.provider, &entry.format, &entry.update_frequency, &entry.sharing_mode];
        assert!(texts.iter().all(|text| !text.is_empty()) && !entry.items.is_empty(), "{entry:?}");
        assert!(entry.conditions.contains("建议") && entry.classification.contains("建议"), "{entry:?}");
    }
    let funding = found.iter().find(|entry| entry.name == "dataResources/funding").unwrap();
    assert_eq!(funding.sharing_attribute(), SharingAttribute::Conditional);
    assert!(funding.classification.starts_with("一般数据"), "{funding:?}");

    let other = ListDataResourcesRequest { page_size: 10, page_token: "made-up".to_owned() };
    assert_eq!(reason(&client.list_data_resources(other).await.unwrap_err()), "PAGE_TOKEN_INVALID");
}
