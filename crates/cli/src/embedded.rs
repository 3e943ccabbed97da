//! Files of the repository that the program carries with it, so that it works anywhere.

use domain::{Catalogue, RegionTable};
use include_dir::{Dir, include_dir};

use crate::failure::{Failure, Outcome};

/// Data of the letter 晋环提函〔2025〕35号, department by department.
pub(crate) static LETTER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../deploy/demo/letter");
/// Evaluation schemes.
static SCHEMES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../deploy/schemes");
/// Indicators and regions.
static CATALOGUE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../deploy/catalogue");

/// The text of a file.
pub(crate) fn text(dir: &'static Dir<'static>, path: &str) -> Option<&'static str> {
    dir.get_file(path).and_then(include_dir::File::contents_utf8)
}

/// A scheme by the name of its file.
pub(crate) fn scheme(file: &str) -> Option<&'static str> {
    text(&SCHEMES, file)
}

/// The indicator catalogue.
pub(crate) fn catalogue() -> Outcome<Catalogue> {
    let read = |file| text(&CATALOGUE, file).unwrap_or_default();
    Catalogue::from_csv(read("indicators.csv"), read("supplementary.csv"), read("labels.csv"))
        .map_err(|error| Failure::unexpected("catalogue", error))
}

/// The divisions of Shanxi.
pub(crate) fn regions() -> Outcome<RegionTable> {
    RegionTable::from_csv(text(&CATALOGUE, "regions.csv").unwrap_or_default())
        .map_err(|error| Failure::unexpected("regions", error))
}
