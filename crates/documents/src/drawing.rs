//! Charts as pixels, for readers that know no SVG.

use std::sync::{Arc, OnceLock};

use resvg::{
    tiny_skia::{Color, Pixmap, Transform},
    usvg::{Options, Tree, fontdb::Database},
};

use crate::{Error, fonts::FONTS};

/// Pixels a unit of the drawing: about 330 dots an inch over the width of the type area.
const SCALE: f32 = 3.0;

/// A drawing as PNG on white, with its width and height in pixels.
pub(crate) fn image(svg: &str) -> Result<(Vec<u8>, u32, u32), Error> {
    let failed = |error: String| Error::Chart(error);
    let options = Options { fontdb: fonts(), font_family: "Noto Sans SC".to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| failed(error.to_string()))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| failed("empty".to_owned()))?;
    let (width, height) = (size.width(), size.height());
    let mut pixels = Pixmap::new(width, height).ok_or_else(|| failed("too large".to_owned()))?;
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    let bytes = pixels.encode_png().map_err(|error| failed(error.to_string()))?;
    Ok((bytes, width, height))
}

fn fonts() -> Arc<Database> {
    static FOUND: OnceLock<Arc<Database>> = OnceLock::new();
    let read = || {
        let mut database = Database::new();
        FONTS.iter().for_each(|font| database.load_font_data(font.to_vec()));
        Arc::new(database)
    };
    FOUND.get_or_init(read).clone()
}
