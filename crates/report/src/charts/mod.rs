//! Charts as inline SVG: drawn without colour alone carrying a meaning, with a title and a description for screen readers,
//! and always with the numbers in a table beside them.
//!
//! Coordinates are floats; every number that is printed in a chart is text made from the exact decimal.

mod font;
mod funding;
mod groups;
mod score;
mod share;

use charts_rs::Error;
use domain::{Lang, Text};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use serde_json::{Value, json};

pub use self::{funding::funding, groups::groups, score::score, share::share};

// The palette of Okabe and Ito (2008), which people with any colour vision can tell apart, and a neutral grey.
const BLUE: &str = "#0072B2";
const GREY: &str = "#8A949E";
const INK: &str = "#333333";

/// A drawing in both languages, or nothing to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chart {
    /// The drawing.
    Drawn(Drawing),
    /// Why there is none.
    Nothing(Text),
}

/// A drawing in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// What it shows.
    pub title: Text,
    /// The same in words with all numbers, for those who cannot see it.
    pub describe: Text,
    /// SVG elements, Chinese and English.
    pub svg: Text,
}

/// Draws once per language. `describe` is what a screen reader says.
fn draw(id: &str, title: Text, describe: &Text, paint: impl Fn(Lang) -> Result<String, Error>) -> Result<Chart, Error> {
    font::register();
    let one = |lang: Lang| -> Result<String, Error> {
        let code = match lang {
            Lang::Zh => "zh",
            Lang::En => "en",
        };
        Ok(accessible(&paint(lang)?, &format!("{id}-{code}"), title.get(lang), describe.get(lang)))
    };
    let svg = Text { zh: one(Lang::Zh)?, en: one(Lang::En)? };
    Ok(Chart::Drawn(Drawing { title, describe: describe.clone(), svg }))
}

/// Options that all charts share.
fn options(width: u32, height: usize) -> serde_json::Map<String, Value> {
    let value = json!({
        "width": width, "height": height, "font_family": font::MEASURE, "compact": true,
        "margin": {"left": 8, "top": 8, "right": 16, "bottom": 8},
        "series_colors": [BLUE, GREY], "grid_stroke_color": "#DDDDDD",
        "x_axis_font_color": INK, "x_axis_font_size": 13,
        "legend_font_color": INK, "legend_font_size": 13, "legend_category": "rect",
    });
    match value {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => serde_json::Map::new(),
    }
}

/// A decimal as a coordinate.
fn coordinate(value: Decimal) -> Value {
    value.to_f64().map_or(Value::Null, Value::from)
}

/// Gives the drawing a name, a description, the reader's fonts, and a size that follows the page.
fn accessible(svg: &str, id: &str, title: &str, description: &str) -> String {
    let svg = svg.replace(font::MEASURE, font::SHOWN);
    let Some((head, body)) = svg.split_once('>') else { return svg };
    let width = attribute(head, "width").unwrap_or("600");
    let head = head.replacen(
        "<svg",
        &format!("<svg class=\"chart\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" style=\"max-width:{width}px\""),
        1,
    );
    let (title, description) = (escape(title), escape(description));
    format!("{head}><title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{description}</desc>{body}")
}

fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = head.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A text without the markers that the chart library would replace, and not longer than a label can be.
fn label(text: &str) -> String {
    const LONGEST: usize = 60;
    let text = text.replace(['{', '}'], "");
    if text.chars().count() <= LONGEST { text } else { text.chars().take(LONGEST - 1).chain(['…']).collect() }
}
