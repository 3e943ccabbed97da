//! The report in one language as chapters of blocks, which PDF and DOCX print and XLSX takes its tables from.
//!
//! There is one place that says what stands in a document, so that the formats cannot disagree. A figure is printed with its
//! number in brackets, `2.86[12]`; the number is that of its row in the annex of sources. A mention of a figure elsewhere is
//! `→12`.

mod annexes;
mod background;
mod compare;
mod definitions;
mod figures;
mod indicators;
mod joint;
mod results;
mod scale;
mod table;
mod work;
mod writing;

use chrono::{DateTime, Datelike as _, FixedOffset};
use domain::{Colour, Lang, Text};
use report::{Report, charts::Chart};
use serde::Serialize;

pub(crate) use self::{
    figures::Figures,
    table::{Align, Cell, Column, Row, Table},
};
use crate::{Error, Options, verification};

/// A document.
#[derive(Debug, Serialize)]
pub(crate) struct Document {
    pub(crate) lang: &'static str,
    pub(crate) title: String,
    pub(crate) synthetic: bool,
    /// Who issues it, and whether that was given.
    pub(crate) issuer: String,
    /// Number of the official document, or the place for it.
    pub(crate) number: String,
    /// Period, edition, day.
    pub(crate) edition: String,
    /// Year, month, day on which the report was made, in the readers' time zone.
    pub(crate) date: [i32; 3],
    /// What identifies the report, with its label.
    pub(crate) identity: Vec<(String, String)>,
    /// Who wrote what.
    pub(crate) note: String,
    pub(crate) verification: String,
    pub(crate) words: Fixed,
    pub(crate) chapters: Vec<Chapter>,
}

/// Words of the page around the chapters.
#[derive(Debug, Serialize)]
pub(crate) struct Fixed {
    pub(crate) synthetic: &'static str,
    pub(crate) synthetic_note: &'static str,
    pub(crate) contents: &'static str,
    pub(crate) verify: &'static str,
    pub(crate) write: &'static str,
    pub(crate) light: &'static str,
    /// What stands in the foot of each page.
    pub(crate) foot: String,
}

/// A chapter.
#[derive(Debug, Serialize)]
pub(crate) struct Chapter {
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
}

/// A part of a chapter.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Block {
    /// A heading below that of the chapter; level 2 or 3.
    Heading { level: u8, text: String },
    /// A paragraph.
    Para { runs: Vec<Run> },
    /// A paragraph in small print.
    Note { runs: Vec<Run> },
    /// A list.
    List { items: Vec<Vec<Run>> },
    /// Words and what they mean.
    Terms { terms: Vec<(String, Vec<Run>)> },
    /// A table.
    Table(Table),
    /// A drawing.
    Drawing { svg: String, title: String, describe: String },
    /// A place that the evaluation group fills in.
    Write,
    /// The next stands on a new page, as annexes do (GB/T 9704-2012, 7.3.7: 附件应当另面编排).
    NewPage,
}

/// A piece of text.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Run {
    /// Plain.
    Text { text: String },
    /// Smaller.
    Small { text: String },
    /// A code, a name or a digest.
    Code { text: String },
    /// A remark that changes how a figure is to be read.
    Flag { text: String },
    /// A light: shape, word and colour.
    Light { sign: &'static str, text: String, colour: &'static str },
    /// A figure with its number.
    Figure { number: usize, text: String },
    /// A figure that is mentioned.
    Mention { number: usize },
    /// The place that says where a figure comes from.
    Anchor { number: usize },
    /// A new line.
    Break,
}

impl Run {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    pub(crate) fn small(text: impl Into<String>) -> Self {
        Self::Small { text: text.into() }
    }

    pub(crate) fn code(text: impl Into<String>) -> Self {
        Self::Code { text: text.into() }
    }

    pub(crate) fn flag(text: impl Into<String>) -> Self {
        Self::Flag { text: text.into() }
    }

    /// Bytes of its text.
    fn len(&self) -> usize {
        match self {
            Self::Text { text }
            | Self::Small { text }
            | Self::Code { text }
            | Self::Flag { text }
            | Self::Light { text, .. }
            | Self::Figure { text, .. } => text.len(),
            Self::Mention { .. } | Self::Anchor { .. } | Self::Break => 0,
        }
    }
}

/// What the chapters are written from.
pub(crate) struct Writer<'a> {
    pub(crate) report: &'a Report,
    pub(crate) previous: Option<&'a Report>,
    pub(crate) figures: Figures<'a>,
    pub(crate) lang: Lang,
}

impl<'a> Writer<'a> {
    /// One of two texts.
    pub(crate) fn t<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// A text of the model; one that has only the other language shows that.
    pub(crate) fn x(&self, text: &Text) -> String {
        let (first, second) = match self.lang {
            Lang::Zh => (&text.zh, &text.en),
            Lang::En => (&text.en, &text.zh),
        };
        if first.is_empty() { second.clone() } else { first.clone() }
    }

    /// Several texts of the model.
    pub(crate) fn join(&self, texts: &[Text]) -> String {
        texts.iter().map(|text| self.x(text)).collect::<Vec<_>>().join(self.t("、", ", "))
    }

    /// A figure with its number.
    pub(crate) fn figure(&self, id: &str, text: impl Into<String>) -> Run {
        match self.figures.number(id) {
            Some(number) => Run::Figure { number, text: text.into() },
            None => Run::text(text),
        }
    }

    /// A mention of a figure.
    pub(crate) fn mention(&self, id: &str) -> Run {
        self.figures.number(id).map_or_else(|| Run::text(""), |number| Run::Mention { number })
    }

    pub(crate) fn light(&self, colour: Colour) -> Run {
        let text = match self.lang {
            Lang::Zh => format!("{}灯", colour.zh()),
            Lang::En => colour.en().to_owned(),
        };
        Run::Light { sign: report::format::sign(&colour), text, colour: colour.code() }
    }

    /// A heading of the second level.
    pub(crate) fn section(&self, zh: &str, en: &str) -> Block {
        Block::Heading { level: 2, text: self.t(zh, en).to_owned() }
    }

    /// A paragraph of plain text.
    pub(crate) fn para(&self, zh: &str, en: &str) -> Block {
        Block::Para { runs: vec![Run::text(self.t(zh, en))] }
    }

    /// The same in small print.
    pub(crate) fn note(&self, zh: &str, en: &str) -> Block {
        Block::Note { runs: vec![Run::text(self.t(zh, en))] }
    }

    pub(crate) fn chart(&self, chart: Chart) -> Block {
        match chart {
            Chart::Drawn(drawing) => Block::Drawing {
                svg: drawing.svg.get(self.lang).to_owned(),
                title: self.x(&drawing.title),
                describe: self.x(&drawing.describe),
            },
            Chart::Nothing(why) => {
                let stop = self.t("。", ".");
                Block::Note { runs: vec![Run::text(format!("{}{stop}", self.x(&why)))] }
            }
        }
    }
}

/// Writes the report.
///
/// # Errors
/// When a chart cannot be drawn.
pub(crate) fn write(report: &Report, options: &Options<'_>) -> Result<Document, Error> {
    let cells = report::cells(report);
    let writer = Writer { report, previous: options.previous, figures: Figures::of(&cells), lang: options.lang };
    let chapters = vec![
        background::chapter(&writer)?,
        work::chapter(&writer),
        results::chapter(&writer)?,
        indicators::chapter(&writer),
        writing::experience(&writer),
        writing::problems(&writer),
        writing::recommendations(&writer),
        definitions::chapter(&writer),
        annexes::chapter(&writer, &cells),
    ];
    let mut document = head(&writer, options);
    document.chapters = chapters;
    number(&mut document, options.lang);
    Ok(document)
}

fn head(writer: &Writer<'_>, options: &Options<'_>) -> Document {
    let report = writer.report;
    let t = |zh, en| writer.t(zh, en);
    let made = readers_time(report.create_time);
    let edition = match writer.lang {
        Lang::Zh => format!("评价期 {}　第 {} 版　基准日 {}", report.run.period, report.edition, report.as_of_date),
        Lang::En => format!("Period {}, edition {}, as of {}", report.run.period, report.edition, report.as_of_date),
    };
    let pair = |zh, en, value: &str| (writer.t(zh, en).to_owned(), report::format::or_dash(value).to_owned());
    Document {
        lang: t("zh", "en"),
        title: writer.x(&report.title),
        synthetic: report.synthetic,
        issuer: options.issuer.unwrap_or(t("（发文机关）", "(issuing authority)")).to_owned(),
        number: options.number.unwrap_or(t("（文号由发文机关编定）", "(number given by the issuing authority)")).to_owned(),
        edition,
        date: [made.year(), made.month().cast_signed(), made.day().cast_signed()],
        identity: vec![
            pair("报告编号", "Report", &report.name),
            pair("形成时间", "Made", &format!("{} {}", report::format::beijing(&report.create_time), t("（北京时间）", "(UTC+8)"))),
            pair("数据快照", "Data snapshot", &report.snapshot_id),
            pair("数字校验值", "Digest of the figures", &report.content_digest),
        ],
        note: t(
            "本报告由系统依据各部门已签名的报送数据汇编。数字后的方括号是附件3中的编号，由此可查到它的来源；“→”指向同一编号。文字评价由评价组填写。",
            "Compiled from the signed submissions of the departments. The number in brackets after a figure is its row in annex 3, which names its source; an arrow points to the same row. The written assessment is left to the evaluation group. Names of projects and documents, quotations and notes stand in Chinese, as they were submitted.",
        )
        .to_owned(),
        verification: verification(report),
        words: Fixed {
            synthetic: "模拟数据 SYNTHETIC DATA",
            synthetic_note: t("非真实统计，不得引用", "not real statistics, do not cite"),
            contents: t("目录", "Contents"),
            verify: t("扫码核对", "Scan to compare"),
            write: t("（由评价组填写）", "(to be written by the evaluation group)"),
            light: t("灯", ""),
            foot: match writer.lang {
                Lang::Zh => format!("第 {} 版　校验值 {}", report.edition, report.content_digest),
                Lang::En => format!("Edition {}, digest {}", report.edition, report.content_digest),
            },
        },
        chapters: Vec::new(),
    }
}

/// Numbers tables and drawings through the document: 表1, 图1.
fn number(document: &mut Document, lang: Lang) {
    let (mut tables, mut drawings) = (0, 0);
    for block in document.chapters.iter_mut().flat_map(|chapter| &mut chapter.blocks) {
        match block {
            Block::Table(table) => {
                tables += 1;
                table.caption = match lang {
                    Lang::Zh => format!("表{tables}　{}", table.caption),
                    Lang::En => format!("Table {tables}. {}", table.caption),
                };
            }
            Block::Drawing { title, .. } => {
                drawings += 1;
                *title = match lang {
                    Lang::Zh => format!("图{drawings}　{title}"),
                    Lang::En => format!("Figure {drawings}. {title}"),
                };
            }
            Block::Heading { .. }
            | Block::Para { .. }
            | Block::Note { .. }
            | Block::List { .. }
            | Block::Terms { .. }
            | Block::Write
            | Block::NewPage => {}
        }
    }
}

/// A time on the clock that readers use, UTC+8.
fn readers_time(time: DateTime<chrono::Utc>) -> DateTime<FixedOffset> {
    const OFFSET: i32 = 8 * 3600;
    FixedOffset::east_opt(OFFSET).map_or_else(|| time.fixed_offset(), |offset| time.with_timezone(&offset))
}
