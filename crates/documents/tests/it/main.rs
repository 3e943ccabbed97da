//! What a reader of the documents can rely on. That every figure is the same in all formats is a test of the program, with
//! real reports: `crates/cli/tests/formats`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of these tests are not test functions")]

#[path = "../../../report/tests/fixture/mod.rs"]
mod fixture;
mod text;

use std::{collections::HashSet, io::Cursor, sync::LazyLock};

use calamine::{Data, Reader as _, Xlsx};
use documents::Options;
use domain::Lang;
use report::{
    Report,
    model::{JointCell, JointPart, JointRow, JointTable, Written, WrittenChapter},
};

const CHINESE: Options<'_> = Options { lang: Lang::Zh, previous: None, issuer: None, number: None };
const ENGLISH: Options<'_> = Options { lang: Lang::En, ..CHINESE };

/// A report in three formats. Setting pages takes its time, so tests share what they only read.
struct Made {
    pdf: Vec<u8>,
    xlsx: Vec<u8>,
    docx: Vec<u8>,
}

impl Made {
    fn of(report: &Report, options: &Options<'_>) -> Self {
        Self {
            pdf: documents::pdf(report, options).unwrap(),
            xlsx: documents::xlsx(report, options).unwrap(),
            docx: documents::docx(report, options).unwrap(),
        }
    }

    /// The text of the PDF without spaces and line ends.
    fn pdf_text(&self) -> String {
        text::pdf(&self.pdf).split_whitespace().collect()
    }

    fn docx_text(&self) -> String {
        text::docx(&self.docx).into_iter().map(|(_, text)| text).collect()
    }

    fn book(&self) -> Xlsx<Cursor<&[u8]>> {
        Xlsx::new(Cursor::new(&self.xlsx[..])).unwrap()
    }

    fn sheet(&self, name: &str) -> Vec<Vec<String>> {
        let range = self.book().worksheet_range(name).unwrap();
        range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect()
    }
}

static LETTER: LazyLock<Made> = LazyLock::new(|| Made::of(&fixture::letter(), &CHINESE));
static SYNTHETIC: LazyLock<Made> =
    LazyLock::new(|| Made::of(&Report { joint: Some(joint()), ..fixture::synthetic() }, &CHINESE));

/// A joint evaluation of two parts with weights; one city lacks a part.
fn joint() -> JointTable {
    let part = |id: &str, zh: &str, en: &str, weight: &str| JointPart {
        id: id.into(),
        title: fixture::text(zh, en),
        basis: fixture::text("建议权重", "weights as proposed"),
        weight: Some(fixture::decimal(weight)),
    };
    let cell = |score: Option<&str>| JointCell {
        score: score.map(fixture::decimal),
        rank: score.map(|_| 1),
        state: fixture::text("缺，不按零分计", "missing, not a zero"),
    };
    let row = |zh: &str, en: &str, cells: [JointCell; 2], score: Option<&str>| JointRow {
        unit: String::new(),
        display_name: fixture::text(zh, en),
        cells: cells.into(),
        score: score.map(fixture::decimal),
        rank: score.map(|_| 1),
        grade: score.map(|_| fixture::text("中", "fair")),
        flags: vec![fixture::text("口径待核", "scope to be checked")],
    };
    JointTable {
        run: "departments/aggregator/evaluationRuns/run-3".into(),
        scheme: "schemes/zwc-joint".into(),
        result_digest: "2e".repeat(32),
        period: "2024".into(),
        parts: vec![part("indicators", "指标得分", "Indicators", "60"), part("kept", "承诺兑现", "Kept", "40")],
        rows: vec![
            row("太原市", "Taiyuan", [cell(Some("37.5")), cell(None)], None),
            row("大同市", "Datong", [cell(Some("20")), cell(Some("100"))], Some("52")),
        ],
    }
}

const CHAPTERS: [&str; 9] = [
    "一、基本情况",
    "二、评价工作开展情况",
    "三、综合评价情况及评价结论",
    "四、指标分析",
    "五、主要经验及做法",
    "六、存在问题及原因分析",
    "七、有关建议",
    "八、其他需说明的问题",
    "附件",
];

#[test]
fn chapters_stand_in_the_official_order_and_are_headings_that_word_collects() {
    let paragraphs = text::docx(&LETTER.docx);
    let headings: Vec<&str> =
        paragraphs.iter().filter(|(style, _)| style == "Heading1").map(|(_, text)| text.as_str()).collect();
    assert_eq!(headings, CHAPTERS);
    let styles = text::part(&LETTER.docx, "word/styles.xml");
    assert!(styles.contains("方正小标宋简体") && styles.contains("仿宋_GB2312") && styles.contains("w:outlineLvl"));
    assert!(text::part(&LETTER.docx, "word/fontTable.xml").contains("w:altName w:val=\"仿宋\""));
    let document = text::part(&LETTER.docx, "word/document.xml");
    let tables = document.matches("<w:tbl>").count();
    assert_eq!(document.matches("<w:tblHeader />").count(), tables, "the head of each table returns on each page");

    let text = LETTER.pdf_text();
    let places: Vec<usize> = CHAPTERS.iter().map(|chapter| text.rfind(chapter).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn each_picture_of_a_word_file_says_what_it_shows_and_has_its_own_id() {
    let document = text::part(&LETTER.docx, "word/document.xml");
    let pictures: Vec<&str> = document.match_indices("<wp:docPr ").map(|(at, _)| &document[at..]).collect();
    assert!(pictures.len() > 2, "{} pictures", pictures.len());
    for (picture, id) in pictures.iter().zip(1..) {
        let head = format!("<wp:docPr id=\"{id}\" name=\"Figure {id}\" descr=\"");
        let shows =
            picture.strip_prefix(&head).unwrap_or_else(|| panic!("{}", &picture[..80])).split('"').next().unwrap();
        assert!(!shows.is_empty(), "picture {id} says nothing");
    }
}

#[test]
fn a_pdf_claims_the_standards_that_it_was_checked_against() {
    let source = String::from_utf8_lossy(&LETTER.pdf).into_owned();
    for claim in
        ["<pdfaid:part>2</pdfaid:part>", "<pdfaid:conformance>A</pdfaid:conformance>", "<pdfuaid:part>1</pdfuaid:part>"]
    {
        assert!(source.contains(claim), "{claim}");
    }
}

#[test]
fn synthetic_data_say_so_on_every_page_and_every_sheet_and_real_data_nowhere() {
    let pages = text::pdf(&SYNTHETIC.pdf);
    let pages: Vec<&str> = pages.split_terminator('\u{c}').collect();
    assert!(pages.len() > 10, "{}", pages.len());
    for (number, page) in pages.iter().enumerate() {
        assert!(page.contains("模拟数据 SYNTHETIC DATA"), "page {}", number + 1);
    }
    for (name, range) in SYNTHETIC.book().worksheets() {
        let said = range.get_value((1, 0)).map(Data::to_string).unwrap_or_default();
        assert!(said.starts_with("模拟数据 SYNTHETIC DATA"), "{name}: {said}");
    }
    assert!(text::part(&SYNTHETIC.docx, "word/header1.xml").contains("模拟数据 SYNTHETIC DATA"));

    let everything = [LETTER.pdf_text(), LETTER.docx_text(), format!("{:?}", LETTER.book().worksheets())];
    assert!(everything.iter().all(|text| !text.contains("模拟数据")));
}

#[test]
fn the_same_report_gives_the_same_bytes_whatever_was_made_before() {
    documents::docx(&fixture::synthetic(), &CHINESE).unwrap();
    let again = Made::of(&fixture::letter(), &CHINESE);
    assert!(again.pdf == LETTER.pdf, "pdf");
    assert!(again.xlsx == LETTER.xlsx, "xlsx");
    assert!(again.docx == LETTER.docx, "docx");
    let elsewhere = std::thread::spawn(|| documents::docx(&fixture::letter(), &CHINESE).unwrap()).join().unwrap();
    assert!(elsewhere == LETTER.docx, "docx in a thread of its own");
}

#[test]
fn edition_snapshot_and_digest_stand_on_the_first_page_and_in_the_code() {
    let report = fixture::letter();
    let code = documents::verification(&report);
    for fact in [&report.name, &report.snapshot_id, &report.content_digest] {
        assert!(code.contains(fact.as_str()), "{fact}");
    }
    let pdf = text::pdf(&LETTER.pdf);
    let first: String = pdf.split('\u{c}').next().unwrap().split_whitespace().collect();
    for fact in [report.snapshot_id.as_str(), &report.content_digest, "第1版", "（发文机关）", "（文号由发文机关编定）"]
    {
        assert!(first.contains(fact), "{fact} in {first}");
    }
    let given =
        Options { issuer: Some("某省生态环境厅文件"), number: Some("某环函〔2026〕1号"), ..CHINESE };
    let text: String =
        text::docx(&documents::docx(&report, &given).unwrap()).into_iter().map(|(_, text)| text).collect();
    assert!(text.starts_with("某省生态环境厅文件某环函〔2026〕1号") && !text.contains("（发文机关）"));
}

#[test]
fn a_link_in_the_text_document_leads_to_one_place() {
    let document = text::part(&LETTER.docx, "word/document.xml");
    let all = |start: &str| -> Vec<String> {
        document.split(start).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let places = all("<w:bookmarkStart w:id=\"");
    let names: Vec<String> = document
        .split("<w:bookmarkStart ")
        .skip(1)
        .map(|rest| rest.split("w:name=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
        .collect();
    for once in [&places, &names, &all("<w:p w14:paraId=\"")] {
        assert!(!once.is_empty() && once.iter().collect::<HashSet<_>>().len() == once.len(), "{once:?}");
    }
    let links = all("w:anchor=\"");
    assert!(links.iter().filter(|link| link.starts_with("_Toc")).count() > CHAPTERS.len());
    for link in links {
        assert!(names.contains(&link), "{link}");
    }
}

#[test]
fn money_is_read_in_large_units_with_the_exact_amount_beside_it_and_is_never_added() {
    for text in [LETTER.pdf_text(), LETTER.docx_text().split_whitespace().collect()] {
        assert!(text.contains("1.1086亿元110,860,000["), "{text}");
        assert!(text.contains("2,470万元24,700,000["));
        assert!(["135,560,000", "1.3556", "160,810,000"].iter().all(|sum| !text.contains(sum)));
    }
    let rows = LETTER.sheet("资金");
    assert!(rows.iter().any(|row| row[2] == "1.1086 亿元" && row[3] == "110860000"), "{rows:?}");
}

#[test]
fn scores_are_formulas_whose_kept_results_are_those_of_the_report() {
    let report = fixture::synthetic();
    let mut book = SYNTHETIC.book();
    let (formulas, values) = (book.worksheet_formula("得分").unwrap(), book.worksheet_range("得分").unwrap());
    for (row, unit) in (3..).zip(report::facts::by_rank(&report)) {
        let formula = formulas.get_value((row, 3)).unwrap();
        assert!(formula.contains("SUMIFS('指标得分'!$O$4:$O$"), "{formula}");
        assert_eq!(values.get_value((row, 4)).unwrap().to_string(), unit.score.normalize().to_string());
        let same = values.get_value((row, 3)) == values.get_value((row, 4));
        assert_eq!(values.get_value((row, 5)).unwrap().to_string(), if same { "一致" } else { "不一致" });
    }
    let (formulas, values) = (book.worksheet_formula("指标得分").unwrap(), book.worksheet_range("指标得分").unwrap());
    assert_eq!(formulas.get_value((3, 14)).unwrap(), "M4*N4");
    for row in values.rows().skip(3) {
        let number = |column: usize| row[column].to_string().parse::<f64>().unwrap();
        assert!((number(12) * number(13) - number(14)).abs() < 1e-9, "{row:?}");
    }
    assert!(text::part(&SYNTHETIC.xlsx, "xl/charts/chart1.xml").contains("barChart"));
}

#[test]
fn a_joint_evaluation_stands_in_every_format_with_its_parts_and_a_missing_part_is_no_zero() {
    for text in [SYNTHETIC.pdf_text(), SYNTHETIC.docx_text().split_whitespace().collect()] {
        assert!(text.contains("联合评价：各部分并列"), "{text}");
        assert!(text.contains("太原市37.50第1名缺，不按零分计—不参与排名—口径待核"), "{text}");
        assert!(text.contains("大同市20.00第1名100.00第1名52.001中口径待核"), "{text}");
    }
    let rows = SYNTHETIC.sheet("联合评价");
    assert_eq!(rows[2][1..3], ["指标得分 60%", "承诺兑现 40%"]);
    assert_eq!(rows[4][3], "52");
    assert!(LETTER.book().worksheet_range("联合评价").is_err(), "a report without one has no sheet for it");
}

#[test]
fn what_is_missing_is_listed_and_a_silent_city_has_no_score() {
    let pending = LETTER.sheet("待报送");
    assert!(pending.iter().any(|row| row[0] == "省商务厅" && row[2] == "再生资源回收骨干企业数量"));
    assert!(LETTER.pdf_text().contains("共14条待报送"));
    let scores = LETTER.sheet("得分");
    assert!(scores.iter().any(|row| row[2] == "大同市" && row[3] == "—" && row[6] == "0/25"), "{scores:?}");
}

#[test]
fn an_english_reader_gets_the_words_in_english() {
    let made = Made::of(&fixture::letter(), &ENGLISH);
    let (pdf, docx) = (text::pdf(&made.pdf), made.docx_text());
    for said in ["Background", "Still to be reported", "not ranked", "To be written", "CNY 110.86 million"] {
        let found = |text: &str| text.to_lowercase().contains(&said.to_lowercase());
        assert!(found(&pdf.replace('\n', " ")) && found(&docx), "{said}");
    }
    assert_eq!(made.book().sheet_names()[..3], ["Cover", "Scores", "Groups"]);
}

#[test]
fn the_edition_before_is_compared_figure_by_figure() {
    let before = fixture::letter();
    let mut now = Report { edition: 2, ..fixture::letter() };
    now.run.units[0].score = fixture::decimal("3.86");
    now.facts[2].value = "961 家".into();
    let gone = now.facts.pop().unwrap();
    let made = Made::of(&now, &Options { previous: Some(&before), ..CHINESE });
    for text in [made.pdf_text(), made.docx_text().split_whitespace().collect()] {
        assert!(text.contains("2个数字有变化，新增0个，减少1个"), "{text}");
        assert!(text.contains("2.86→3.86+1.00"), "{text}");
        let value: String = before.facts[2].value.split_whitespace().collect();
        assert!(text.contains(&format!("{value}961家")), "{value}");
    }
    let changes = made.sheet("数字变化");
    assert!(changes.iter().any(|row| row[0].contains(&gone.subject) && row[2] == "（无）"), "{changes:?}");
    assert!(LETTER.pdf_text().contains("本报告是第1版，没有可比较的上一版"));
}

#[test]
fn what_people_wrote_stands_in_its_chapter_and_else_there_is_a_place_for_it() {
    let mut report = fixture::letter();
    let line = "部门联席会议按季召开。\n\n  数据由各部门签名报送。";
    let (name, author) = ("departments/aggregator/reportTexts/practice", "spiffe://sx.example/evaluator");
    report.written.push(Written {
        chapter: WrittenChapter::Experience,
        text: line.into(),
        name: name.into(),
        revision: 2,
        author: author.into(),
        time: Some(report.create_time),
    });
    let text: String =
        text::docx(&documents::docx(&report, &CHINESE).unwrap()).into_iter().map(|(_, text)| text).collect();
    assert!(
        text.contains("五、主要经验及做法部门联席会议按季召开。数据由各部门签名报送。文字 practice 第2版"),
        "{text}"
    );
    assert!(text.contains("六、存在问题及原因分析（由评价组填写）"));
    assert_eq!(LETTER.docx_text().matches("（由评价组填写）").count(), 4);
}

#[test]
fn hostile_text_and_rare_characters_stay_text_in_every_format() {
    let attack = "#let x = 1 $a$ </w:t>&amp; =cmd|'/c'!A1 @f <b> \\u{7} *强* _斜_";
    let mut report = fixture::letter();
    report.title = fixture::text(attack, attack);
    report.facts[0].subject = attack.into();
    report.facts[1].subject = "𠀀村".into();
    report.funding[0].source = fixture::text("=1+1", "=1+1");
    report.run.units[0].display_name = fixture::text(attack, attack);
    let made = Made::of(&report, &CHINESE);
    let plain: String = attack.split_whitespace().collect();
    assert!(made.pdf_text().contains(&plain));
    assert!(made.pdf_text().contains("〓村"), "a character that the font does not have is shown as missing");
    assert!(made.docx_text().contains(attack) && made.docx_text().contains("𠀀村"));
    assert!(made.sheet("事实与数据").iter().any(|row| row[2].contains(attack)));
    assert!(made.sheet("资金").iter().any(|row| row[1] == "=1+1"), "text is never a formula");
}

#[test]
fn a_cell_that_is_longer_than_a_page_goes_on_on_the_next() {
    let mut report = fixture::letter();
    report.funding[0].subject = (1..=900).map(|number| format!("用途第{number}条。")).collect();
    // What lies beyond the edge of its page is not read.
    let text = text::pdf(&documents::pdf(&report, &CHINESE).unwrap()).split_whitespace().collect::<String>();
    let lost: Vec<_> = (1..=900).filter(|number| !text.contains(&format!("用途第{number}条"))).collect();
    // Where a page ends, its foot stands between two parts of a number.
    assert!(lost.len() < 20, "{lost:?}");
}

#[test]
fn a_report_of_nothing_is_still_a_document() {
    let mut report = fixture::letter();
    report.funding.clear();
    report.facts.clear();
    report.commitments.clear();
    report.reporting.clear();
    report.share_target = None;
    report.run.units.clear();
    report.run.checkpoints.clear();
    let made = Made::of(&report, &CHINESE);
    for said in ["没有登记资金", "没有城市报送指标数据，无图可绘", "没有登记承诺事项", "没有检查点"]
    {
        assert!(made.pdf_text().contains(said) && made.docx_text().contains(said), "{said}");
    }
}
