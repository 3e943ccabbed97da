//! The text of the files, as programs that know nothing of this one read them.

use std::{collections::HashMap, fs, path::Path};

use calamine::{Data, Range, Reader as _, Xlsx};
use scraper::{ElementRef, Html, Selector};

use super::{
    expected::{Expected, Kind},
    text,
};

/// The four files beside the JSON.
pub(crate) struct Files {
    pub(crate) html: Page,
    pub(crate) pdf: Paper,
    pub(crate) docx: Paper,
    pub(crate) xlsx: Sheets,
}

impl Files {
    /// Reads the files in a folder.
    pub(crate) fn of(folder: &Path) -> Self {
        let file = |name: &str| folder.join(name);
        Self {
            html: Page::of(&fs::read_to_string(file("report.html")).unwrap()),
            pdf: Paper::of(&pages(&fs::read(file("report.pdf")).unwrap())),
            docx: Paper::of(
                &text::docx(&fs::read(file("report.docx")).unwrap())
                    .into_iter()
                    .map(|(_, text)| text + "\n")
                    .collect::<String>(),
            ),
            xlsx: Sheets::of(&file("report.xlsx")),
        }
    }
}

impl Files {
    /// Whether a dash stands for the figure, because the city reported nothing.
    pub(crate) fn is_silent(&self, id: &str) -> bool {
        self.html.figures.get(id).is_some_and(|text| text.contains('—'))
    }
}

/// Text without what only sets it: spaces, line ends, brackets around an exact value. Where a space kept two numbers or
/// codes apart there is a bar.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let apart = plain.ends_with(|c: char| c.is_ascii_alphanumeric());
        if apart && word.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            plain.push('|');
        }
        plain.extend(word.chars().filter(|c| !"（）()".contains(*c)));
    }
    plain
}

/// True when the text stands there, and is not the end or the beginning of a longer number.
fn stands(inside: &str, expected: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let numeric = |c: Option<char>| c.is_some_and(digit);
    inside.match_indices(expected).any(|(at, _)| {
        let before = inside[..at].chars().next_back();
        let after = inside[at + expected.len()..].chars().next();
        let longer_before = numeric(before) && numeric(expected.chars().next());
        let longer_after = numeric(after) && numeric(expected.chars().next_back());
        !longer_before && !longer_after
    })
}

/// The HTML page.
pub(crate) struct Page {
    /// What stands in the elements of a figure, in Chinese.
    figures: HashMap<String, String>,
    /// The whole row of a rank.
    rows: HashMap<String, String>,
}

impl Page {
    fn of(source: &str) -> Self {
        let page = Html::parse_document(source);
        let (mut figures, mut rows) = (HashMap::<String, String>::new(), HashMap::new());
        for element in page.select(&Selector::parse("[data-cell]").unwrap()) {
            let id = element.attr("data-cell").unwrap().to_owned();
            if let Some(row) = id.strip_prefix("rank/") {
                let parent = element.parent().and_then(ElementRef::wrap).unwrap();
                rows.insert(row.to_owned(), chinese(parent));
            }
            let text = figures.entry(id).or_default();
            text.push('|');
            text.push_str(&chinese(element));
        }
        Self { figures, rows }
    }

    pub(crate) fn holds(&self, id: &str, expected: &Expected) -> bool {
        let text = plain(&expected.text);
        match expected.kind {
            Kind::Grade => self.rows.get(&id["grade/".len()..]).is_some_and(|row| row.ends_with(&text)),
            Kind::Printed | Kind::Missing => self.figures.get(id).is_some_and(|found| stands(found, &text)),
        }
    }
}

/// The Chinese text of an element without its link to the sources.
fn chinese(element: ElementRef<'_>) -> String {
    let hidden = |parent: ElementRef<'_>| {
        let is_link = parent.value().classes().any(|class| class == "src") && parent.text().any(|t| t.starts_with('['));
        is_link || parent.value().classes().any(|class| class == "en")
    };
    let pieces = element.descendants().filter(|node| !node.ancestors().filter_map(ElementRef::wrap).any(hidden));
    plain(&pieces.filter_map(|node| node.value().as_text().map(|text| text.to_string())).collect::<String>())
}

/// A document of pages: the body, where each figure has its number after it, and the annex, where the number comes first.
pub(crate) struct Paper {
    body: Marked,
    annex: Marked,
}

/// A text, and where the number of each figure begins and ends in it.
struct Marked {
    text: String,
    marks: HashMap<usize, Vec<(usize, usize)>>,
}

impl Marked {
    fn of(text: &str) -> Self {
        let mut marks = HashMap::<usize, Vec<(usize, usize)>>::new();
        for (open, _) in text.match_indices('[') {
            let inside = text[open + 1..].split(']').next().unwrap();
            if inside.chars().all(|c| c.is_ascii_digit())
                && let Ok(number) = inside.parse()
            {
                marks.entry(number).or_default().push((open, open + inside.len() + 2));
            }
        }
        Self { text: text.to_owned(), marks }
    }

    /// What stands before and after each mark of a figure.
    fn around(&self, number: usize) -> impl Iterator<Item = (&str, &str)> {
        let marks = self.marks.get(&number).into_iter().flatten();
        marks.map(|(start, end)| (&self.text[..*start], &self.text[*end..]))
    }
}

impl Paper {
    fn of(text: &str) -> Self {
        let text = plain(text);
        // The first is in the table of contents.
        let at = text.rfind("附件3溯源").expect("the annex of sources");
        Self { body: Marked::of(&text[..at]), annex: Marked::of(&text[at..]) }
    }

    pub(crate) fn holds(&self, number: Option<usize>, expected: &Expected) -> bool {
        let (text, row) = (plain(&expected.text), plain(&expected.row));
        if expected.kind == Kind::Missing {
            return self.body.text.contains(&row);
        }
        let Some(number) = number else { return false };
        if expected.kind == Kind::Grade {
            return self.body.around(number).any(|(_, after)| after.starts_with(&row));
        }
        let mut places = self.body.around(number).peekable();
        let sources: Vec<&str> = self.annex.around(number).map(|(_, after)| after.split('[').next().unwrap()).collect();
        places.peek().is_some()
            && places.all(|(before, _)| ends(before, &text))
            && matches!(sources[..], [source] if stands(source, &text))
    }
}

/// True when a text ends with the figure, and not with the end of a longer number.
fn ends(text: &str, expected: &str) -> bool {
    let before = text.strip_suffix(expected).map(|rest| rest.chars().next_back());
    let digit = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    before.is_some_and(|c| !(c.is_some_and(digit) && expected.starts_with(digit)))
}

/// The text of the pages without their feet, which stand between the parts of a table.
fn pages(bytes: &[u8]) -> String {
    let all = text::pdf(bytes);
    let foot = |line: &&str| (line.starts_with("— ") && line.ends_with(" —")) || line.contains("版　校验值");
    all.lines().filter(|line| !foot(line)).collect::<Vec<_>>().join("\n")
}

/// The workbook.
pub(crate) struct Sheets {
    sheets: HashMap<String, Range<Data>>,
    /// Sheet, row and column of each name.
    names: HashMap<String, (String, u32, u32)>,
}

impl Sheets {
    fn of(file: &Path) -> Self {
        let mut book: Xlsx<_> = calamine::open_workbook(file).unwrap();
        let sheets = book.worksheets().into_iter().collect();
        let names = book.defined_names().iter().filter(|(name, _)| name.starts_with("fig_"));
        let names = names.map(|(name, place)| (name.clone(), cell(place))).collect();
        Self { sheets, names }
    }

    pub(crate) fn holds(&self, number: Option<usize>, expected: &Expected) -> bool {
        if expected.kind == Kind::Missing {
            return self.rows("指标得分").any(|row| {
                row[0].to_string() == expected.city && row[2].to_string() == expected.indicator && row[5] == "缺报"
            });
        }
        let Some((sheet, row, column)) = number.and_then(|number| self.names.get(&format!("fig_{number}"))) else {
            return false;
        };
        let range = &self.sheets[sheet];
        let at = |column: u32| range.get_value((*row, column)).map(Data::to_string).unwrap_or_default();
        match expected.kind {
            Kind::Grade => at(7) == expected.text,
            // Value, bound and unit stand in columns of their own.
            Kind::Printed | Kind::Missing if sheet == "指标得分" => {
                let number = expected.text.trim_start_matches(['≥', '≤', '≈']);
                let bound = &expected.text[..expected.text.len() - number.len()];
                let (value, unit) = number.split_once(' ').unwrap_or((number, ""));
                same(&at(*column), value) && at(7) == bound && (unit.is_empty() || at(8) == unit)
            }
            Kind::Printed | Kind::Missing => same(&at(*column), &expected.text),
        }
    }

    fn rows(&self, sheet: &str) -> impl Iterator<Item = &[Data]> {
        self.sheets[sheet].rows()
    }
}

/// Whether a cell says what is expected: the same text, or the same number.
fn same(found: &str, expected: &str) -> bool {
    let number = |text: &str| text.replace(',', "").parse::<f64>().ok();
    let text = expected.strip_suffix(" %").unwrap_or(expected);
    stands(&plain(found), &plain(expected)) || number(found).is_some_and(|found| number(text) == Some(found))
}

/// `'得分'!$E$4` as sheet, row and column from 0.
fn cell(place: &str) -> (String, u32, u32) {
    let (sheet, cell) = place.rsplit_once('!').unwrap();
    let mut parts = cell.split('$').skip(1);
    let (letters, row) = (parts.next().unwrap(), parts.next().unwrap());
    let column = letters.bytes().fold(0, |sum, letter| sum * 26 + u32::from(letter - b'A') + 1) - 1;
    (sheet.trim_matches('\'').to_owned(), row.parse::<u32>().unwrap() - 1, column)
}
