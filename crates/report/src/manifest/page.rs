//! The page cut into its figures and the text around them.
//!
//! Every element with the attribute `data-cell` is a figure of that id: what stands between its tag and the next closing tag
//! of the same name. The rest is cut at the sections of the page: `head`, the id of each section, and in the last one all
//! that follows it. The element `<pre id="manifest">` holds the manifest and belongs to no part. Bytes are taken as they
//! stand, so a script of a few lines finds the same.

/// What opens a figure.
const CELL: &str = " data-cell=\"";
/// What opens a section.
const SECTION: &str = "<section id=\"";
/// What opens the manifest.
const OPEN: &str = "<pre id=\"manifest\">";
/// What closes it.
const CLOSE: &str = "</pre>";

/// A page cut up.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cut {
    /// Figures in the order of the page, each with what stands in it; a figure that stands in several places is joined.
    pub(super) figures: Vec<(String, String)>,
    /// The rest, by section.
    pub(super) parts: Vec<(String, String)>,
    /// The manifest, as it was signed; none when the page has no place for it.
    pub(super) manifest: Option<String>,
}

/// Cuts a page.
pub(super) fn cut(html: &str) -> Cut {
    let (html, manifest) = match take_manifest(html) {
        Some((html, manifest)) => (html, Some(manifest)),
        None => (html.to_owned(), None),
    };
    let mut cut = Cut { manifest, ..Cut::default() };
    let mut rest = html.as_str();
    let mut name = "head".to_owned();
    loop {
        let end = next_section(rest);
        let (section, after) = rest.split_at(end.unwrap_or(rest.len()));
        let text = cut.section(section);
        cut.parts.push((name, text));
        if after.is_empty() {
            return cut;
        }
        let id = after.get(SECTION.len()..).and_then(|inner| inner.split_once('"')).map_or("", |(id, _)| id);
        name = id.to_owned();
        rest = after;
    }
}

/// The page with a manifest in its place; none when it has no place.
pub(super) fn with_manifest(html: &str, manifest: &str) -> Option<String> {
    let (before, rest) = html.split_once(OPEN)?;
    let (_, after) = rest.split_once(CLOSE)?;
    let escaped = manifest.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Some(format!("{before}{OPEN}{escaped}{CLOSE}{after}"))
}

fn take_manifest(html: &str) -> Option<(String, String)> {
    let (before, rest) = html.split_once(OPEN)?;
    let (manifest, after) = rest.split_once(CLOSE)?;
    let manifest = manifest.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    Some((format!("{before}{OPEN}{CLOSE}{after}"), manifest))
}

/// Where the next section begins, after the one at the front.
fn next_section(html: &str) -> Option<usize> {
    let from = if html.starts_with(SECTION) { SECTION.len() } else { 0 };
    html.get(from..)?.find(SECTION).map(|at| at + from)
}

impl Cut {
    /// Takes the figures out of a section; what is left.
    fn section(&mut self, html: &str) -> String {
        let mut left = String::with_capacity(html.len());
        let mut rest = html;
        while let Some((before, inner, after, id)) = figure(rest) {
            left.push_str(before);
            match self.figures.iter_mut().find(|(known, _)| *known == id) {
                Some((_, text)) => {
                    text.push('\n');
                    text.push_str(inner);
                }
                None => self.figures.push((id, inner.to_owned())),
            }
            rest = after;
        }
        left.push_str(rest);
        left
    }
}

/// The next figure: what stands before it with its tag, what stands in it, what follows, its id.
fn figure(html: &str) -> Option<(&str, &str, &str, String)> {
    let mut from = 0;
    loop {
        let at = from + html.get(from..)?.find(CELL)?;
        from = at + CELL.len();
        let (id, _) = html.get(from..)?.split_once('"')?;
        let tag = html.get(..at)?.rfind('<')?;
        let name: &str = html.get(tag + 1..at)?.split_whitespace().next().unwrap_or_default();
        // An attribute in the middle of a text is none.
        if name.is_empty() || html.get(tag..at)?.contains('>') {
            continue;
        }
        let start = at + html.get(at..)?.find('>')? + 1;
        let end = start + html.get(start..)?.find(&format!("</{name}>"))?;
        return Some((html.get(..start)?, html.get(start..end)?, html.get(end..)?, id.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<html><p>top</p><section id=\"c1\"><td class=\"n\" id=\"a\" data-cell=\"a\">1 <b>2</b></td>x\
                        <td data-cell=\"a\">3</td><strong data-cell=\"b\">4</strong></section><section id=\"c2\">y</section>\
                        <pre id=\"manifest\"></pre></html>";

    #[test]
    fn figures_sections_and_the_manifest_come_apart_and_a_page_without_figures_is_whole() {
        let page = with_manifest(PAGE, "a < b & c\n").unwrap();
        let found = cut(&page);
        let figures: Vec<_> = found.figures.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
        assert_eq!(figures, [("a", "1 <b>2</b>\n3"), ("b", "4")]);
        let names: Vec<_> = found.parts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["head", "c1", "c2"]);
        assert!(!found.parts[1].1.contains('4') && found.parts[2].1.ends_with("<pre id=\"manifest\"></pre></html>"));
        assert_eq!(found.manifest.as_deref(), Some("a < b & c\n"));
        assert_eq!(Cut { manifest: None, ..found }, Cut { manifest: None, ..cut(PAGE) });
        let plain = cut("no page");
        assert_eq!((plain.parts, plain.manifest), (vec![("head".to_owned(), "no page".to_owned())], None));
    }
}
