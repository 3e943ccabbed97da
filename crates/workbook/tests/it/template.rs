//! The template of a round, looked at through the spreadsheet reader and in its parts.

use std::io::Read as _;

use calamine::{Data, Reader as _, SheetVisible, Xlsx};
use domain::{IndicatorCode, Period, Quantity, RegionCode, Scope, Unit};
use workbook::{Column, LastValue, TEMPLATE_VERSION};

use crate::support::{World, cell, read};

/// A part of the package as text.
fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn open(bytes: &[u8]) -> Xlsx<std::io::Cursor<&[u8]>> {
    Xlsx::new(std::io::Cursor::new(bytes)).unwrap()
}

#[test]
fn a_city_has_a_row_for_each_indicator_of_the_catalogue() {
    let world = World::new();
    let round = world.taiyuan();
    let bytes = workbook::template(&round, &[]).unwrap();
    let reading = read(&bytes, &round).unwrap();
    assert_eq!(reading.rows.len(), world.catalogue.iter().count());
    assert!(reading.rows.iter().all(|row| !row.filled));
    assert!(reading.findings.is_empty() && reading.extras.is_empty(), "{:?}", reading.extras);
    assert_eq!((reading.source.version, reading.source.same_catalogue), (Some(TEMPLATE_VERSION), Some(true)));
    // The official table comes first, then what cities chose beside it.
    assert_eq!(cell(&reading.rows[0], Column::Code).raw, "ZWC2021-01");
    assert_eq!(cell(&reading.rows[0], Column::Unit).raw, "吨/万元");
    assert!(cell(&reading.rows[25], Column::Name).raw.contains("生活垃圾回收利用率\nHousehold waste"));
    let card = &cell(&reading.rows[25], Column::Card).raw;
    assert!(
        card.contains("公式") && card.contains("不包括 / not this：资源化利用率") && card.contains("全市"),
        "{card}"
    );
}

#[test]
fn a_department_of_the_province_has_its_own_indicators_for_each_region_that_is_asked_for() {
    let world = World::new();
    let round = world.round("commerce", "2024");
    let of = |regions: &[RegionCode]| read(&workbook::template(&round, regions).unwrap(), &round).unwrap().rows;
    let own = of(&[]);
    assert!(own.iter().any(|row| cell(row, Column::Code).raw == "ZWC2021-27"));
    assert!(own.iter().all(|row| cell(row, Column::Code).raw != "ZWC2021-11"));
    assert!(
        own.iter()
            .all(|row| cell(row, Column::Region).raw == "140000 山西省" && cell(row, Column::Scope).raw == "全省")
    );
    let cities: Vec<_> = world.regions.cities().map(|city| city.code.clone()).collect();
    // One more indicator: the stations in operation are counted for cities only.
    assert_eq!(of(&cities).len(), (own.len() + 1) * 11);
}

#[test]
fn a_row_is_made_for_each_scope_that_has_a_last_value_and_synthetic_ones_are_marked() {
    let world = World::new();
    let mut round = world.taiyuan();
    for scope in [Scope::WholeCity, Scope::MainUrban] {
        let key = (IndicatorCode::parse("ZWC2021-26").unwrap(), RegionCode::parse("140100").unwrap(), scope);
        let quantity = Quantity::new("34.20".parse().unwrap(), Unit::parse("%").unwrap());
        round.last.insert(key, LastValue { quantity, period: Period::parse("2023").unwrap() });
    }
    let plain = workbook::template(&round, &[]).unwrap();
    assert!(!part(&plain, "xl/sharedStrings.xml").contains("模拟数据"));
    round.synthetic = true;
    let bytes = workbook::template(&round, &[]).unwrap();
    let reading = read(&bytes, &round).unwrap();
    let rows: Vec<_> = reading.rows.iter().filter(|row| cell(row, Column::Code).raw == "ZWC2021-26").collect();
    let scopes: Vec<_> = rows.iter().map(|row| cell(row, Column::Scope).raw.as_str()).collect();
    assert_eq!(scopes, ["全市", "主城区"]);
    assert_eq!(cell(rows[0], Column::Last).raw, "34.2%（2023） 模拟数据");
    let title = open(&bytes).worksheet_range("填报表").unwrap().get_value((0, 0)).cloned();
    assert!(matches!(title, Some(Data::String(title)) if title.contains("模拟数据") && title.contains("2024")));
    assert!(part(&bytes, "docProps/core.xml").contains("模拟数据"));
}

#[test]
fn the_sheet_is_locked_but_for_its_entries_and_its_head_stays_in_sight() {
    let world = World::new();
    let bytes = workbook::template(&world.taiyuan(), &[]).unwrap();
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(
        sheet.contains("<sheetProtection")
            && sheet.contains("state=\"frozen\"")
            && sheet.contains("topLeftCell=\"C4\"")
    );
    let mut book = open(&bytes);
    let styles = book.worksheet_style("填报表").unwrap();
    let locked = |row: u32, column: Column| {
        let place = Column::ALL.iter().position(|other| *other == column).unwrap();
        let style = styles.get((row, u32::try_from(place).unwrap())).unwrap();
        style.protection.as_ref().is_none_or(|protection| protection.locked)
    };
    for column in Column::ALL {
        let fixed = matches!(column, Column::Code | Column::Name | Column::Card | Column::Last);
        assert_eq!(locked(3, column), fixed, "{column:?}");
    }
    assert!(!locked(3 + 60, Column::Code), "the spare rows are open");
}

#[test]
fn every_list_holds_what_the_rules_take() {
    let world = World::new();
    let bytes = workbook::template(&world.taiyuan(), &[]).unwrap();
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    for list in
        ["&quot;全市,主城区&quot;", "&quot;千克,吨,万吨,亿吨&quot;", "&quot;元,万元,亿元&quot;", "&quot;=,≥,≤,≈&quot;"]
    {
        let plain = list.replace("&quot;", "\"");
        assert!(sheet.contains(list) || sheet.contains(&plain), "{list}");
    }
    let mut book = open(&bytes);
    let lists = book.worksheet_range("_lists").unwrap();
    assert_eq!(lists.get_value((0, 0)), Some(&Data::String("140100 太原市".into())));
    assert_eq!(lists.get_value((10, 0)), Some(&Data::String("140181 古交市".into())));
}

#[test]
fn the_hidden_sheet_says_what_the_workbook_is() {
    let world = World::new();
    let round = world.taiyuan();
    let bytes = workbook::template(&round, &[]).unwrap();
    let mut book = open(&bytes);
    let visible: Vec<_> = book.sheets_metadata().iter().map(|sheet| (sheet.name.clone(), sheet.visible)).collect();
    assert_eq!(visible[0], ("填报表".to_owned(), SheetVisible::Visible));
    assert_eq!(visible[2], ("_wufei".to_owned(), SheetVisible::VeryHidden));
    let marks = book.worksheet_range("_wufei").unwrap();
    let text = |row: u32| marks.get_value((row, 1)).unwrap().to_string();
    assert_eq!((text(1).as_str(), text(2).as_str()), ("2024", "city-140100"));
    assert_eq!(text(4), round.catalogue_digest());
}

#[test]
fn the_same_round_gives_the_same_bytes() {
    let world = World::new();
    let make = || workbook::template(&world.taiyuan(), &[]).unwrap();
    assert_eq!(make(), make());
}
