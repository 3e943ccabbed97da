//! The QR code that names the report.

use qrcode::{EcLevel, QrCode, render::svg};

use crate::Error;

/// Light modules around the code: the quiet zone of ISO/IEC 18004.
const QUIET: usize = 4;

fn code(text: &str) -> Result<QrCode, Error> {
    QrCode::with_error_correction_level(text, EcLevel::M).map_err(|error| Error::Code(error.to_string()))
}

/// As SVG.
pub(crate) fn drawing(text: &str) -> Result<String, Error> {
    Ok(code(text)?.render::<svg::Color<'_>>().module_dimensions(4, 4).build())
}

/// As a black and white PNG of four pixels a module, for readers that know no SVG; with its side in pixels.
pub(crate) fn image(text: &str) -> Result<(Vec<u8>, u32), Error> {
    const PIXELS: usize = 4;
    let code = code(text)?;
    let width = code.width();
    let dark = code.to_colors();
    let side = (width + 2 * QUIET) * PIXELS;
    let is_dark = |x: usize, y: usize| {
        let (x, y) = ((x / PIXELS).checked_sub(QUIET)?, (y / PIXELS).checked_sub(QUIET)?);
        let found = dark.get(y * width + x).filter(|_| x < width)?;
        Some(*found == qrcode::Color::Dark)
    };
    let pixels: Vec<u8> = (0..side)
        .flat_map(|y| (0..side).map(move |x| (x, y)))
        .map(|(x, y)| if is_dark(x, y).unwrap_or(false) { 0 } else { u8::MAX })
        .collect();
    let failed = |error: png::EncodingError| Error::Code(error.to_string());
    let length = u32::try_from(side).map_err(|error| Error::Code(error.to_string()))?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, length, length);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok((bytes, length))
}
