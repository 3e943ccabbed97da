//! Style sheet, script and icon, from the program itself. Their names carry their digest, so that browsers may keep them.

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

/// A file of the pages.
#[derive(Debug)]
struct Asset {
    file: &'static str,
    media_type: &'static str,
    text: &'static str,
}

const STYLE: Asset =
    Asset { file: "style.css", media_type: "text/css; charset=utf-8", text: include_str!("../assets/style.css") };
const SCRIPT: Asset = Asset {
    file: "script.js",
    media_type: "text/javascript; charset=utf-8",
    text: include_str!("../assets/script.js"),
};
const ICON: Asset = Asset { file: "icon.svg", media_type: "image/svg+xml", text: include_str!("../assets/icon.svg") };

#[cfg(feature = "writing")]
const SIGNING: Asset = Asset {
    file: "signing.js",
    media_type: "text/javascript; charset=utf-8",
    text: include_str!("../assets/signing.js"),
};

#[cfg(feature = "writing")]
const ALL: &[&Asset] = &[&STYLE, &SCRIPT, &ICON, &SIGNING];
#[cfg(not(feature = "writing"))]
const ALL: &[&Asset] = &[&STYLE, &SCRIPT, &ICON];

#[cfg(feature = "writing")]
static SIGNING_PATH: LazyLock<String> = LazyLock::new(|| path(&SIGNING));
static STYLE_PATH: LazyLock<String> = LazyLock::new(|| path(&STYLE));
static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| path(&SCRIPT));
static ICON_PATH: LazyLock<String> = LazyLock::new(|| path(&ICON));

/// Where the style sheet is.
pub(crate) fn style() -> &'static str {
    &STYLE_PATH
}

/// Where the script is.
pub(crate) fn script() -> &'static str {
    &SCRIPT_PATH
}

/// Where the script of the clerks' pages is; none in a build without them.
pub(crate) fn signing_script() -> Option<&'static str> {
    #[cfg(feature = "writing")]
    return Some(&SIGNING_PATH);
    #[cfg(not(feature = "writing"))]
    None
}

/// Where the icon is.
pub(crate) fn icon() -> &'static str {
    &ICON_PATH
}

pub(crate) fn routes() -> Router<Site> {
    Router::new().route("/assets/{digest}/{file}", get(asset)).route("/favicon.ico", get(async || send(&ICON)))
}

fn path(asset: &Asset) -> String {
    format!("/assets/{}/{}", digest(asset), asset.file)
}

fn digest(asset: &Asset) -> String {
    let mut digest = hex::encode(Sha256::digest(asset.text));
    digest.truncate(16);
    digest
}

async fn asset(Path((wanted, file)): Path<(String, String)>) -> Response {
    let found = ALL.iter().find(|asset| asset.file == file && digest(asset) == wanted);
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |asset| send(asset))
}

fn send(asset: &Asset) -> Response {
    let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
    let kind = HeaderValue::from_static(asset.media_type);
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], asset.text).into_response()
}
