//! What a reader of the page can rely on.
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

mod fixture;

use std::collections::HashSet;

use fixture::{decimal, letter, provenance, synthetic, text};
use report::{
    Report, cells, digest, html,
    model::{FundingEntry, IndexRow, IndexTable, JointCell, JointPart, JointRow, JointTable},
};
use scraper::{ElementRef, Html, Selector};

fn page(report: &Report) -> (String, Html) {
    let source = html::render(report).unwrap();
    let parsed = Html::parse_document(&source);
    (source, parsed)
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

/// The text of an element in one language, without the hidden other one.
fn words(element: &ElementRef<'_>, hidden: &str) -> String {
    let mut text = String::new();
    for node in element.descendants() {
        let inside_hidden =
            node.ancestors().filter_map(ElementRef::wrap).any(|parent| parent.value().classes().any(|c| c == hidden));
        if let (Some(piece), false) = (node.value().as_text(), inside_hidden) {
            text.push_str(piece);
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn chinese(page: &Html) -> String {
    words(&all(page, "body")[0], "en")
}

fn english(page: &Html) -> String {
    words(&all(page, "body")[0], "zh")
}

/// Both reports and one with everything hostile or double that a model can hold.
fn reports() -> Vec<Report> {
    vec![letter(), synthetic(), hostile()]
}

fn hostile() -> Report {
    let attack = "</td><script>alert('1')</script>\"' onclick=x & <b>";
    let mut report = letter();
    report.title = text(attack, attack);
    report.facts[0].subject = attack.into();
    report.facts[0].cell = "fact/a b\"<i>".into();
    report.facts[1].cell = report.facts[2].cell.clone();
    report.facts[2].provenance.as_mut().unwrap().citation.as_mut().unwrap().quote = attack.into();
    report.funding[0].source = text(attack, attack);
    report.funding[1].cell = report.funding[2].cell.clone();
    report.reporting[0].party = text(attack, attack);
    report.reporting[0].gaps[0] = text(attack, attack);
    report.run.units[0].display_name = text(attack, "{c} {a}");
    report.commitments[0].provenance = Some(provenance("<i>\"", 3, 1, attack, attack));
    report.run.engine_version = attack.into();
    report
}

#[test]
fn every_figure_stands_on_the_page_and_links_to_a_source_that_is_there() {
    for report in reports() {
        let (_, page) = page(&report);
        let ids: HashSet<&str> = all(&page, "[id]").iter().filter_map(|element| element.value().id()).collect();
        let listed = cells(&report);
        assert!(listed.len() > 300, "{}", listed.len());
        for cell in listed {
            let elements: Vec<ElementRef<'_>> =
                all(&page, "[data-cell]").into_iter().filter(|found| found.value().id() == Some(&cell.id)).collect();
            assert_eq!(elements.len(), 1, "{}", cell.id);
            assert_eq!(elements[0].attr("data-cell"), Some(cell.id.as_str()));
            let link = Selector::parse("a.src").unwrap();
            let inside = elements[0].select(&link).next();
            let beside = elements[0].parent().and_then(ElementRef::wrap).and_then(|parent| parent.select(&link).next());
            let href = inside.or(beside).and_then(|link| link.attr("href")).unwrap_or_default();
            let target = href.strip_prefix("#p-").map(|_| &href[1..]);
            assert!(target.is_some_and(|target| ids.contains(target)), "{} links to {href:?}", cell.id);
            assert!(cell.inputs.iter().all(|input| ids.contains(input.as_str())), "{} {:?}", cell.id, cell.inputs);
        }
    }
}

#[test]
fn every_link_leads_somewhere_on_the_page_and_no_id_stands_twice() {
    for report in reports() {
        let (_, page) = page(&report);
        let mut ids = HashSet::new();
        for element in all(&page, "[id]") {
            let id = element.value().id().unwrap();
            assert!(!id.contains(char::is_whitespace), "{id:?}");
            assert!(ids.insert(id), "{id} stands twice");
        }
        for link in all(&page, "a") {
            let target = link.attr("href").and_then(|href| href.strip_prefix('#')).unwrap();
            assert!(ids.contains(target), "{target}");
        }
    }
}

#[test]
fn the_page_is_well_formed_and_hostile_text_stays_text() {
    for report in reports() {
        let (_, page) = page(&report);
        assert!(page.errors.is_empty(), "{:?}", page.errors);
        assert!(all(&page, "script, [onclick], b, i").is_empty());
    }
    let (_, page) = page(&hostile());
    assert!(chinese(&page).contains("<script>alert('1')</script>"));
}

#[test]
fn the_page_asks_for_nothing_over_the_network() {
    for report in reports() {
        let (source, page) = page(&report);
        assert!(all(&page, "link, script, img, iframe, object, embed, base, [src], [srcset], [data], form").is_empty());
        for forbidden in ["url(", "@import", "@font-face", "xlink:href"] {
            assert!(!source.contains(forbidden), "{forbidden}");
        }
        // The name space of SVG is a name, not an address that is opened.
        let named = source.replace("http://www.w3.org/2000/svg", "");
        assert!(!named.contains("http:") && !named.contains("https:"));
    }
}

#[test]
fn chapters_stand_in_the_official_order() {
    let (_, page) = page(&letter());
    let headings: Vec<String> = all(&page, "main > section > h2").iter().map(|heading| words(heading, "en")).collect();
    assert_eq!(
        headings,
        [
            "一、基本情况",
            "二、评价工作开展情况",
            "三、综合评价情况及评价结论",
            "四、指标分析",
            "五、主要经验及做法",
            "六、存在问题及原因分析",
            "七、有关建议",
            "八、其他需说明的问题",
            "附件",
        ]
    );
    for chapter in ["#c3", "#c5", "#c6", "#c7"] {
        assert_eq!(words(&all(&page, &format!("{chapter} .write"))[0], "en"), "由评价组填写");
        assert_eq!(words(&all(&page, &format!("{chapter} .write"))[0], "zh"), "To be written by the evaluation group");
    }
}

#[test]
fn what_is_missing_is_named_department_by_department() {
    let (_, page) = page(&letter());
    let pending: Vec<String> = all(&page, "table.pending tbody tr").iter().map(|row| words(row, "en")).collect();
    assert_eq!(pending.len(), 13);
    assert!(pending[1].starts_with("省商务厅") && pending[1].contains("再生资源回收骨干企业数量"), "{}", pending[1]);
    let chinese = chinese(&page);
    assert!(chinese.contains("待报送"));
    assert!(chinese.contains("✗ 不可达"), "an unreachable node is said to be so");
    assert_eq!(chinese.matches("未接入").count(), 10);
}

#[test]
fn a_city_without_enough_data_is_not_ranked_and_its_coverage_stands_beside_the_score() {
    let (_, page) = page(&letter());
    let row = all(&page, "#c3 table tbody tr").into_iter().map(|row| words(&row, "en")).collect::<Vec<_>>();
    for line in &row[..11] {
        assert!(line.starts_with("不参与排名"), "{line}");
    }
    assert!(row[0].contains("太原市") && row[0].contains("2.86") && row[0].contains("1/25"), "{}", row[0]);
    assert_eq!(all(&page, "table.matrix td.none").len(), 274, "11 cities × 25 indicators, one reported");
}

#[test]
fn ranked_cities_stand_in_the_order_of_their_rank_with_a_grade() {
    let report = synthetic();
    let (_, page) = page(&report);
    let places: Vec<String> = all(&page, "[data-cell^='rank/']").iter().map(|cell| words(cell, "en")).collect();
    assert!(places[0].starts_with("1 "), "{places:?}");
    assert_eq!(places.len(), 11);
    assert!(!chinese(&page).contains("没有参与排名的城市"));
    assert_eq!(all(&page, "svg[role=img]").len(), 8, "four charts in two languages");
}

#[test]
fn money_of_different_stages_is_never_added() {
    let (source, page) = page(&letter());
    let chinese = chinese(&page);
    assert!(chinese.contains("不得相加"));
    assert!(chinese.contains("11,086") && chinese.contains("110,860,000"));
    for wrong in ["13,556", "135,560,000", "16,081", "160,810,000", "154.375", "154.38"] {
        assert!(!source.contains(wrong), "{wrong}");
    }
    let row = words(&all(&page, "table.money tbody tr")[2], "en");
    assert!(row.contains("16 / 3") && row.contains("组合金额，未拆分到项目"), "{row}");
}

#[test]
fn a_lower_bound_an_assumed_time_and_an_unchecked_catalogue_are_said() {
    let (_, page) = page(&letter());
    let chinese = chinese(&page);
    for said in ["≥35 %", "按下限计", "推定", "未经官方全文核实", "2/11 = 18.2 %", "还差 5 个市", "主城区"]
    {
        assert!(chinese.contains(said), "{said}");
    }
    let english = english(&page);
    for said in ["scored with the lower bound", "assumed", "still missing: 5", "not ranked"] {
        assert!(english.contains(said), "{said}");
    }
}

#[test]
fn a_light_is_a_word_and_a_shape_before_it_is_a_colour() {
    let (_, page) = page(&letter());
    let lights: HashSet<String> = all(&page, ".commitments .light").iter().map(|light| words(light, "en")).collect();
    assert_eq!(lights, HashSet::from(["▲ 黄灯".to_owned(), "○ 灰灯".to_owned(), "■ 红灯".to_owned()]));
}

#[test]
fn synthetic_data_say_so_in_the_title_on_every_page_and_beside_every_chart() {
    let (_, page) = page(&synthetic());
    assert!(words(&all(&page, "title")[0], "").contains("模拟数据 SYNTHETIC DATA"));
    assert_eq!(all(&page, "body.synthetic .sheet > .banner").len(), 1);
    assert_eq!(all(&page, ".watermark").len(), 1);
    let figures = all(&page, "figure");
    assert_eq!(figures.len(), 4);
    assert!(figures.iter().all(|figure| words(figure, "en").contains("模拟数据 · SYNTHETIC DATA")));

    let (_, real) = self::page(&letter());
    assert!(!chinese(&real).contains("模拟数据") && all(&real, ".banner, .watermark").is_empty());
}

#[test]
fn tables_have_captions_and_scoped_headings_and_charts_have_names() {
    for report in reports() {
        let (_, page) = page(&report);
        assert_eq!(all(&page, "table").len(), all(&page, "table > caption").len());
        assert!(all(&page, "th:not([scope])").is_empty());
        for landmark in ["header", "nav", "main", "footer"] {
            assert_eq!(all(&page, landmark).len(), 1, "{landmark}");
        }
        for chart in all(&page, "svg") {
            let labelled = chart.attr("aria-labelledby").unwrap();
            for id in labelled.split(' ') {
                assert!(!all(&page, &format!("#{id}"))[0].text().collect::<String>().is_empty());
            }
        }
    }
}

#[test]
fn a_report_of_nothing_says_so_in_place_of_empty_charts() {
    let mut report = letter();
    report.funding.clear();
    report.facts.clear();
    report.commitments.clear();
    report.reporting.clear();
    report.share_target = None;
    report.run.units.clear();
    report.run.checkpoints.clear();
    let (_, page) = page(&report);
    assert!(all(&page, "figure, svg").is_empty());
    for said in
        ["没有城市报送指标数据，无图可绘", "没有登记资金", "没有登记建设比例目标", "没有登记承诺事项", "没有检查点"]
    {
        assert!(chinese(&page).contains(said), "{said}");
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for report in reports() {
        assert_eq!(html::render(&report).unwrap(), html::render(&report.clone()).unwrap());
    }
}

#[test]
fn the_digest_covers_the_figures_and_nothing_else() {
    let first = letter();
    let same = Report { name: "departments/aggregator/reports/2".into(), edition: 2, ..letter() };
    assert_eq!(digest(&first), digest(&same));
    assert_eq!(digest(&first).len(), 64);

    let changes: [fn(&mut Report); 6] = [
        |report| report.run.units[0].score = decimal("2.87"),
        |report| report.run.units[0].items[12].target = Some(decimal("36")),
        |report| report.funding[0].amount.yuan = decimal("25250000.01"),
        |report| report.commitments[0].light = domain::Colour::Red,
        |report| report.facts[2].value = "961 家".into(),
        |report| report.synthetic = true,
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut other = letter();
        change(&mut other);
        assert_ne!(digest(&first), digest(&other), "change {number}");
    }

    let mut longer = letter();
    longer.run.units[0].score = decimal("2.8600");
    assert_eq!(digest(&first), digest(&longer), "trailing zeros are not another figure");
}

#[test]
fn a_figure_of_several_submissions_names_them_all() {
    let mut report = letter();
    let second = provenance("city-140100", 5, 0, "F020", "三个项目");
    let FundingEntry { provenance, .. } = &mut report.funding[1];
    provenance.push(second);
    let cell = cells(&report).into_iter().find(|cell| cell.id == "funding/awarded/ultra-long-treasury-bond").unwrap();
    assert_eq!(cell.provenance.len(), 2);
    let (_, page) = page(&report);
    let entry = all(&page, "[id='p-funding/awarded/ultra-long-treasury-bond'] a.src");
    assert_eq!(entry.len(), 2);
}

#[test]
fn an_index_stands_beside_the_official_chapters_and_says_that_it_is_not_the_result() {
    let mut report = letter();
    let plain = page(&report).1;
    assert!(all(&plain, "#indices").is_empty(), "a report without an index has no place for one");
    let row = |unit: &str, score: Option<&str>, rank: Option<u32>| IndexRow {
        unit: unit.into(),
        display_name: text(unit, unit),
        score: score.map(decimal),
        rank,
        grade: None,
        reported: u32::from(score.is_some()),
        applicable: 2,
        band: rank.map(|_| (decimal("1"), decimal("2.5"))),
    };
    report.indices.push(IndexTable {
        run: "departments/aggregator/evaluationRuns/run-2".into(),
        scheme: "schemes/small-index".into(),
        result_digest: "1d".repeat(32),
        period: "2024".into(),
        replicates: 200,
        rows: vec![
            row("140100", Some("37.5"), Some(2)),
            row("140200", Some("100"), Some(1)),
            row("140300", None, None),
        ],
    });
    let (_, shown) = page(&report);
    let rows: Vec<String> = all(&shown, "#indices tbody tr").iter().map(|row| words(row, "en")).collect();
    assert_eq!(rows, ["1 140200 100 1/2 — 1–2.5", "2 140100 37.5 1/2 — 1–2.5", "不参与排名 140300 — 0/2 — —"]);
    assert!(english(&shown).contains("not the official result"));
    // The official chapters are what they were, and the digest covers the index.
    for chapter in ["#c1", "#c2", "#c3", "#c4", "#c8"] {
        assert_eq!(words(&all(&shown, chapter)[0], "en"), words(&all(&plain, chapter)[0], "en"), "{chapter}");
    }
    let before = digest(&report);
    report.indices[0].rows[0].score = Some(decimal("37.6"));
    assert_ne!(digest(&report), before);
}

#[test]
fn a_joint_evaluation_shows_its_parts_side_by_side_and_combines_them_by_stated_weights_only() {
    let mut report = letter();
    assert!(all(&page(&report).1, "#joint").is_empty(), "a report without a joint evaluation has no place for one");
    let part = |id: &str, title: (&str, &str), weight: Option<&str>| JointPart {
        id: id.into(),
        title: text(title.0, title.1),
        basis: text("建议", "a proposal"),
        weight: weight.map(decimal),
    };
    let cell = |score: Option<&str>, rank: Option<u32>| JointCell {
        score: score.map(decimal),
        rank,
        state: if score.is_some() {
            text("有得分", "scored")
        } else {
            text("缺，不按零分计", "missing, not a zero")
        },
    };
    let row = |unit: &str, cells: [JointCell; 2], score: Option<&str>| JointRow {
        unit: unit.into(),
        display_name: text(unit, unit),
        cells: cells.into(),
        score: score.map(decimal),
        rank: score.map(|_| 1),
        grade: None,
        flags: Vec::new(),
    };
    let mut joint = JointTable {
        run: "departments/aggregator/evaluationRuns/run-3".into(),
        scheme: "schemes/zwc-joint".into(),
        result_digest: "2e".repeat(32),
        period: "2024".into(),
        parts: vec![part("indicators", ("指标得分", "Indicators"), None), part("kept", ("承诺兑现", "Kept"), None)],
        rows: vec![
            row("140100", [cell(Some("37.5"), Some(1)), cell(None, None)], None),
            row("140200", [cell(Some("20"), Some(2)), cell(Some("100"), Some(1))], None),
        ],
    };
    report.joint = Some(joint.clone());
    let side_by_side = page(&report).1;
    let rows: Vec<String> = all(&side_by_side, "#joint tbody tr").iter().map(|row| words(row, "zh")).collect();
    assert_eq!(rows, ["140100 37.50 rank 1 missing, not a zero", "140200 20.00 rank 2 100.00 rank 1"]);
    assert!(english(&side_by_side).contains("the scheme states no weights"));

    let before = digest(&report);
    joint.parts = vec![
        part("indicators", ("指标得分", "Indicators"), Some("60")),
        part("kept", ("承诺兑现", "Kept"), Some("40")),
    ];
    joint.rows[1] = row("140200", [cell(Some("20"), Some(2)), cell(Some("100"), Some(1))], Some("52"));
    report.joint = Some(joint);
    let combined = page(&report).1;
    let rows: Vec<String> = all(&combined, "#joint tbody tr").iter().map(|row| words(row, "zh")).collect();
    assert_eq!(rows[1], "140200 20.00 rank 2 100.00 rank 1 52.00 1 —");
    assert_ne!(digest(&report), before, "the digest covers it");
}
