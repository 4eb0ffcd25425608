//! Finds the specification that a figure's file carries, so that the picture itself can be redrawn.

use super::SPECIFICATION;
use resvg::usvg::roxmltree::{Document, ParsingOptions};

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The specification inside the bytes of an SVG or PNG file; `None` if it carries none.
pub fn specification(bytes: &[u8]) -> Option<String> {
    match bytes.strip_prefix(PNG_SIGNATURE) {
        Some(chunks) => in_png(chunks),
        None => in_svg(std::str::from_utf8(bytes).ok()?),
    }
}

fn in_svg(text: &str) -> Option<String> {
    let document = Document::parse_with_options(text, ParsingOptions::default()).ok()?;
    let entry = document
        .descendants()
        .find(|node| node.has_tag_name(("urn:bondscope", "entry")) && node.attribute("key") == Some(SPECIFICATION))?;
    entry.text().map(str::to_owned)
}

fn in_png(mut chunks: &[u8]) -> Option<String> {
    // Length, kind, data, checksum.
    while let Some((length, rest)) = chunks.split_first_chunk::<4>() {
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let (data, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        if kind == b"iTXt"
            && let Some(text) = data.strip_prefix(SPECIFICATION.as_bytes()).and_then(|data| data.strip_prefix(&[0; 5]))
        {
            return String::from_utf8(text.to_vec()).ok();
        }
        chunks = rest.get(4..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::{Content, Figure, Format, Panel, write};
    use super::*;

    #[test]
    fn what_is_put_into_a_picture_is_found_again() {
        let text = "{ \"title\": \"a < b & c → d\" }".to_owned();
        let panel = Panel { title: String::new(), caption: String::new(), content: Content::Missing("none".into()) };
        let figure = Figure::single(panel, vec![(SPECIFICATION.to_owned(), text.clone())]);
        for format in [Format::Svg, Format::Png { scale: 1.0 }] {
            assert_eq!(specification(&write(&figure, format).expect("written")), Some(text.clone()));
        }
        let bare = Figure { provenance: Vec::new(), ..figure };
        for format in [Format::Svg, Format::Png { scale: 1.0 }, Format::Pdf] {
            assert_eq!(specification(&write(&bare, format).expect("written")), None);
        }
        assert_eq!(specification(&[0x89, b'P']), None);
    }
}
