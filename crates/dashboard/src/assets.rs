//! Style sheet, scripts and icon, from the program itself. Their names carry their digest, so that browsers may keep them.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest as _, Sha256};

use crate::visit::Site;

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the pages.
#[derive(Debug)]
struct Asset {
    file: &'static str,
    media_type: &'static str,
    text: &'static str,
    /// Where it is.
    path: String,
}

impl Asset {
    fn of(file: &'static str, media_type: &'static str, text: &'static str) -> Self {
        let mut digest = hex::encode(Sha256::digest(text));
        digest.truncate(16);
        Self { file, media_type, text, path: format!("/assets/{digest}/{file}") }
    }
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| Asset::of("style.css", CSS, include_str!("../assets/style.css")));
static PAGES: LazyLock<Asset> = LazyLock::new(|| Asset::of("script.js", SCRIPT, include_str!("../assets/script.js")));
static CHARTS: LazyLock<Asset> = LazyLock::new(|| Asset::of("charts.js", SCRIPT, include_str!("../assets/charts.js")));
static PLOTLY: LazyLock<Asset> = LazyLock::new(|| Asset::of("plotly.js", SCRIPT, plotly_script()));
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")));
#[cfg(feature = "writing")]
static SIGNING: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("signing.js", SCRIPT, include_str!("../assets/signing.js")));

fn all() -> impl Iterator<Item = &'static Asset> {
    let all: [&'static Asset; 5] = [&STYLE, &PAGES, &CHARTS, &PLOTLY, &ICON];
    #[cfg(feature = "writing")]
    let all = all.into_iter().chain([&*SIGNING]);
    all.into_iter()
}

/// plotly.js as the plotly crate embeds it: the first of the scripts that it would write into a page.
fn plotly_script() -> &'static str {
    static SOURCES: LazyLock<String> = LazyLock::new(plotly::Plot::offline_js_sources);
    let first = SOURCES.split_once("</script>").map_or("", |(first, _)| first);
    first.split_once('>').map_or("", |(_, script)| script)
}

/// Where the style sheet is.
pub(crate) fn style() -> &'static str {
    &STYLE.path
}

/// Where the script is.
pub(crate) fn script() -> &'static str {
    &PAGES.path
}

/// Where the script is that draws the charts of a page.
pub(crate) fn charts_script() -> &'static str {
    &CHARTS.path
}

/// Where plotly.js is, which that script asks for.
pub(crate) fn plotly() -> &'static str {
    &PLOTLY.path
}

/// Where the script of the clerks' pages is; none in a build without them.
pub(crate) fn signing_script() -> Option<&'static str> {
    #[cfg(feature = "writing")]
    return Some(&SIGNING.path);
    #[cfg(not(feature = "writing"))]
    None
}

/// Where the icon is.
pub(crate) fn icon() -> &'static str {
    &ICON.path
}

pub(crate) fn routes() -> Router<Site> {
    Router::new().route("/assets/{digest}/{file}", get(asset)).route("/favicon.ico", get(async || send(&ICON)))
}

async fn asset(Path((digest, file)): Path<(String, String)>) -> Response {
    let wanted = format!("/assets/{digest}/{file}");
    let found = all().find(|asset| asset.file == file && asset.path == wanted);
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), send)
}

fn send(asset: &Asset) -> Response {
    let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
    let kind = HeaderValue::from_static(asset.media_type);
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], asset.text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plotly_is_in_the_program_and_is_one_whole_script() {
        let script = plotly_script();
        assert!(script.trim_start().starts_with("/**\n* plotly.js v"), "{:.80}", script);
        assert!(script.contains("newPlot") && !script.contains("</script"), "{} bytes", script.len());
        assert!(all().all(|asset| !asset.text.is_empty()));
    }
}
