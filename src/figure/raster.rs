//! SVG to PNG, in the bundled font only. Resolution and provenance travel inside the file.

use super::svg::Provenance;
use super::{FigureError, font};
use flate2::Crc;
use resvg::{tiny_skia, usvg};

/// CSS pixels per inch: a scale of 1 means so many pixels.
const PIXELS_PER_INCH: f64 = 96.0;

/// Largest picture that is drawn, in pixels: 400 MB while it is being made.
const MOST_PIXELS: u64 = 100_000_000;

/// Largest side that is drawn, in pixels.
const LONGEST_SIDE: u64 = 30_000;

/// A drawn picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Red, green, blue and opacity of every pixel, row by row. Figures are opaque throughout.
    pub rgba: Vec<u8>,
}

/// Draws an SVG at `scale` pixels per CSS pixel (1/96 inch).
pub(super) fn pixels(svg: &str, scale: f32) -> Result<Pixels, FigureError> {
    let pixmap = drawn(svg, scale)?;
    Ok(Pixels { width: pixmap.width(), height: pixmap.height(), rgba: pixmap.take() })
}

/// The same as a file.
pub(super) fn png(svg: &str, scale: f32, provenance: &Provenance) -> Result<Vec<u8>, FigureError> {
    let plain = drawn(svg, scale)?.encode_png().map_err(|error| FigureError::Png(error.to_string()))?;
    Ok(with_metadata(plain, scale, provenance))
}

fn drawn(svg: &str, scale: f32) -> Result<tiny_skia::Pixmap, FigureError> {
    let tree = usvg::Tree::from_str(svg, &font::options())?;
    let (width, height) = size(tree.size(), scale)?;
    let mut pixmap = tiny_skia::Pixmap::new(width, height)
        .ok_or(FigureError::TooLarge { width: width.into(), height: height.into() })?;
    #[allow(clippy::cast_precision_loss, reason = "at most 30,000, which f32 holds exactly")]
    let stretch = (width as f32 / tree.size().width(), height as f32 / tree.size().height());
    resvg::render(&tree, tiny_skia::Transform::from_scale(stretch.0, stretch.1), &mut pixmap.as_mut());
    Ok(pixmap)
}

/// Size of the picture, rounded to whole pixels.
fn size(size: usvg::Size, scale: f32) -> Result<(u32, u32), FigureError> {
    if !(scale.is_finite() && scale > 0.0) {
        return Err(FigureError::BadScale(scale));
    }
    // `as` saturates, which the limits below then refuse.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and saturating is wanted")]
    let whole = |length: f32| (f64::from(length) * f64::from(scale)).round().max(1.0) as u64;
    let (width, height) = (whole(size.width()), whole(size.height()));
    if width.max(height) > LONGEST_SIDE || width * height > MOST_PIXELS {
        return Err(FigureError::TooLarge { width, height });
    }
    match (u32::try_from(width), u32::try_from(height)) {
        (Ok(width), Ok(height)) => Ok((width, height)),
        _ => Err(FigureError::TooLarge { width, height }),
    }
}

/// Puts the resolution and one text chunk per entry behind the header chunk.
fn with_metadata(png: Vec<u8>, scale: f32, provenance: &Provenance) -> Vec<u8> {
    // Signature (8 bytes) and IHDR (4 length, 4 type, 13 data, 4 checksum).
    const HEADER: usize = 8 + 25;
    let Some((header, rest)) = png.split_at_checked(HEADER) else { return png };
    let mut out = header.to_vec();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand per metre")]
    let per_metre = (PIXELS_PER_INCH * f64::from(scale) / 0.0254).round() as u32;
    let mut resolution = [per_metre.to_be_bytes(), per_metre.to_be_bytes()].concat();
    resolution.push(1);
    chunk(&mut out, *b"pHYs", &resolution);
    for (key, value) in provenance {
        // A keyword is 1 to 79 printable characters; the value is UTF-8, neither compressed nor translated.
        let key: String = key.chars().filter(|c| c.is_ascii_graphic()).take(79).collect();
        if !key.is_empty() {
            let value = value.replace('\0', " ");
            chunk(&mut out, *b"iTXt", &[key.as_bytes(), &[0; 5], value.as_bytes()].concat());
        }
    }
    out.extend_from_slice(rest);
    out
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    // No provenance is 4 GB long; a chunk that were would be left out.
    let Ok(length) = u32::try_from(data.len()) else { return };
    let mut checksum = Crc::new();
    checksum.update(&kind);
    checksum.update(data);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&kind);
    out.extend_from_slice(data);
    out.extend_from_slice(&checksum.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLANK: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"75pt\" height=\"30pt\"/>";

    #[test]
    fn a_picture_has_the_size_asked_for_and_readable_metadata() {
        let provenance = vec![("probe".to_owned(), "gt, molecule 3, β".to_owned())];
        let png = png(BLANK, 2.0, &provenance).expect("drawn");
        let picture = image::load_from_memory(&png).expect("a sound PNG, checksums included");
        assert_eq!((picture.width(), picture.height()), (200, 80));
        let text = [b"probe".as_slice(), &[0; 5], "gt, molecule 3, β".as_bytes()].concat();
        assert!(png.windows(text.len()).any(|window| window == text));
    }

    #[test]
    fn absurd_scales_are_refused() {
        for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(matches!(png(BLANK, scale, &vec![]), Err(FigureError::BadScale(_))));
        }
        assert!(matches!(png(BLANK, 1e6, &vec![]), Err(FigureError::TooLarge { .. })));
    }
}
