//! The one family of window and figures. Bundling it, and never asking the system for another, makes
//! an export look the same on every machine and as it did on screen.

use resvg::usvg::{self, fontdb};
use std::sync::{Arc, LazyLock};

/// Inter Regular (SIL Open Font License 1.1, see `assets/fonts/OFL.txt`) as an OpenType file.
pub const FONT: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");

/// Inter Bold, from the same source: titles and the letters of panels.
const BOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-Bold.otf");

/// From this weight on, text is set in bold.
const BOLD_FROM: u16 = 600;

/// Family name of [`FONT`].
pub const FAMILY: &str = "Inter";

/// Height of a capital letter in ems; half of it centres a label on a point.
pub const CAP_HEIGHT: f64 = 0.727;

/// What SVG files ask for: the bundled family, then whatever sans serif the reader has.
pub(super) const FAMILIES: &str = "Inter, Helvetica, Arial, sans-serif";

static DATABASE: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut database = fontdb::Database::new();
    for font in [FONT, BOLD] {
        database.load_font_source(fontdb::Source::Binary(Arc::new(font)));
    }
    Arc::new(database)
});

/// Options for reading our own SVG: every text is set in the bundled font.
pub(super) fn options() -> usvg::Options<'static> {
    usvg::Options {
        font_family: FAMILY.to_owned(),
        font_resolver: usvg::FontResolver {
            select_font: Box::new(|font, database| {
                let bold = font.weight() >= BOLD_FROM;
                database.faces().find(|face| (face.weight.0 >= BOLD_FROM) == bold).map(|face| face.id)
            }),
            select_fallback: Box::new(|_, _, _| None),
        },
        fontdb: Arc::clone(&DATABASE),
        ..usvg::Options::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_fonts_are_readable_and_carry_their_family_name() {
        let faces: Vec<_> = DATABASE.faces().collect();
        assert!(faces.iter().all(|face| face.families.first().map(|(name, _)| name.as_str()) == Some(FAMILY)));
        assert_eq!(faces.iter().map(|face| face.weight.0).collect::<Vec<_>>(), [400, 700]);
    }
}
