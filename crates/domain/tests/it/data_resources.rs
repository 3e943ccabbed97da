//! The data-resource catalogue: the nine fields, and what is refused.

use domain::{DataLevel, DataResources, RegionCode, SharingAttribute};

const HEAD: &str = "id,data_class,title_zh,items_zh,provider_zh,format_zh,update_frequency_zh,sharing_attribute,\
                    sharing_mode_zh,conditions_zh,level,status_zh,covers";

fn line(id: &str, class: &str, sharing: &str, conditions: &str, covers: &str) -> String {
    format!("{id},{class},标题,甲;乙,单位,格式,每年,{sharing},接口,{conditions},一般数据,,{covers}")
}

fn read(lines: &[String]) -> Result<DataResources, Vec<String>> {
    DataResources::from_csv(&format!("{HEAD}\n{}\n", lines.join("\n")))
        .map_err(|faults| faults.0.iter().map(|fault| format!("{}: {}", fault.line, fault.problem.en)).collect())
}

#[test]
fn the_catalogue_of_the_release_is_sound_and_marked_as_a_proposal() {
    let text = include_str!("../../../../deploy/catalogue/data_resources.csv");
    let resources = DataResources::from_csv(text).unwrap();
    assert!(resources.iter().all(|entry| entry.status.contains("建议") && !entry.items.is_empty()));
    let funding = resources.get("funding").unwrap();
    assert_eq!((funding.sharing, funding.level), (SharingAttribute::Conditional, DataLevel::General));
}

#[test]
fn a_method_is_found_before_its_service() {
    let lines = [
        line("figures", "figures", "conditional", "评价", "a.Query;a.Ingest"),
        line("texts", "texts", "unconditional", "无", "a.Query/ListTexts"),
    ];
    let resources = read(&lines).unwrap();
    let of = |method| resources.of_method(method).map(|entry| entry.id.as_str());
    assert_eq!(
        [of("a.Query/List"), of("/a.Query/ListTexts"), of("b.Query/List")],
        [Some("figures"), Some("texts"), None]
    );
    assert_eq!(resources.classes().into_iter().collect::<Vec<_>>(), ["figures", "texts"]);
    assert_eq!(resources.of_class("texts").map(|entry| entry.items.len()), Some(2));
}

#[test]
fn data_that_are_not_shared_name_the_article_they_rest_on() {
    for conditions in ["不共享", "第三条", "《》第一条", "《某法》"] {
        let faults = read(&[line("a", "a", "not-shared", conditions, "")]).unwrap_err();
        assert!(faults[0].contains("Art. 15"), "{conditions}: {faults:?}");
    }
    assert!(read(&[line("a", "a", "not-shared", "《示例法》第一条", "")]).is_ok());
}

#[test]
fn every_fault_is_reported_at_once_with_its_line() {
    let lines = [
        line("a", "a", "conditional", "评价", "x.Y"),
        line("a", "b", "conditional", "评价", ""),
        line("B", "b", "sometimes", "", ""),
        line("c", "a", "unconditional", "无", "x.Y"),
        "d,d,too,few".to_owned(),
    ];
    let faults = read(&lines).unwrap_err();
    let begins = ["3: the id a", "4: id:", "4: sharing_attribute:", "4: conditions_zh", "5: class a", "5: x.Y", "6: "];
    assert_eq!(faults.len(), begins.len(), "{faults:?}");
    assert!(faults.iter().zip(begins).all(|(fault, begin)| fault.starts_with(begin)), "{faults:?}");
}

#[test]
fn the_digits_of_a_region_say_what_lies_above_it() {
    let above = |code: &str| {
        let above: Vec<_> = RegionCode::parse(code).unwrap().above().map(|code| code.to_string()).collect();
        above
    };
    assert_eq!(above("140105"), ["140100", "140000"]);
    assert_eq!(above("140100"), ["140000"]);
    assert!(above("140000").is_empty());
}
