//! The report as one self-contained HTML page.
//!
//! It asks for nothing over the network, runs no script, prints on A4, and holds both languages: a radio button hides one.
//! Chapters stand in the order of a 绩效评价报告 (财预〔2020〕10号). What an evaluation group must write is left to it; the
//! program lists facts only.

mod bilingual;
mod page;
mod sources;

use askama::Template as _;

use crate::model::Report;

/// A report that could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A chart could not be drawn.
    #[error("图表无法绘制 (a chart could not be drawn): {0}")]
    Chart(#[from] charts_rs::Error),
    /// The template failed.
    #[error("报告模板出错 (the template failed): {0}")]
    Template(#[from] askama::Error),
}

/// Renders the page. The same report gives the same bytes.
///
/// # Errors
/// [`RenderError`].
pub fn render(report: &Report) -> Result<String, RenderError> {
    let cells = crate::cells(report);
    let page = page::Page::new(report, &cells)?;
    Ok(page.render()?)
}
