//! What desktops are told about the program: it must agree with the program, and the icons with their
//! drawing. `BONDSCOPE_DRAW_ICONS=1` draws them anew.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

use resvg::{tiny_skia, usvg};
use std::path::{Path, PathBuf};

/// Sizes of the icon theme, pixels; the small ones from a drawing with fewer and stronger lines.
const SIZES: [u32; 8] = [16, 24, 32, 48, 64, 128, 256, 512];

/// The largest size of the simple drawing.
const SMALL: u32 = 32;

fn asset(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(asset(name)).unwrap()
}

/// The icon in a size.
fn drawn(size: u32) -> tiny_skia::Pixmap {
    let name = if size <= SMALL { "desktop/icon-small.svg" } else { "icon.svg" };
    let tree = usvg::Tree::from_str(&text(name), &usvg::Options::default()).unwrap();
    let mut pixmap = tiny_skia::Pixmap::new(size, size).unwrap();
    let scale = size as f32 / tree.size().width();
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    pixmap
}

#[test]
fn icons_of_every_size_are_the_drawing() {
    let files = SIZES.map(|size| (size, asset(&format!("desktop/icons/{size}.png"))));
    for (size, path) in files.into_iter().chain([(256, asset("icon.png"))]) {
        let drawn = drawn(size);
        if std::env::var_os("BONDSCOPE_DRAW_ICONS").is_some() {
            drawn.save_png(&path).unwrap();
        }
        let kept = tiny_skia::Pixmap::load_png(&path).unwrap();
        assert_eq!((kept.width(), kept.height()), (size, size));
        let far = |(a, b): (&u8, &u8)| a.abs_diff(*b) > 3;
        assert!(!kept.data().iter().zip(drawn.data()).any(far), "{} is not the drawing", path.display());
        let [corner, middle] = [kept.pixel(0, 0).unwrap(), kept.pixel(size / 2, size / 2).unwrap()];
        assert_eq!((corner.alpha(), middle.alpha()), (0, 255), "a rounded tile");
    }
}

#[test]
fn desktop_entry_metadata_and_manifest_agree() {
    let (entry, about, mime) =
        (text("desktop/bondscope.desktop"), text("desktop/bondscope.metainfo.xml"), text("desktop/bondscope-mime.xml"));
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    for line in ["Exec=bondscope %f", "Icon=bondscope", "StartupWMClass=bondscope", "MimeType=application/x-bondscope;"]
    {
        assert!(entry.lines().any(|known| known == line), "{line}");
    }
    assert!(entry.contains(concat!("Comment=", env!("CARGO_PKG_DESCRIPTION"))));
    assert!(mime.contains(r#"type="application/x-bondscope""#) && mime.contains(r#"pattern="*.bondscope""#));
    assert!(about.contains("application/x-bondscope") && about.contains(">bondscope.desktop</launchable>"));
    assert!(about.contains(concat!("<release version=\"", env!("CARGO_PKG_VERSION"), "\"")));
    assert!(about.contains(concat!("<project_license>", env!("CARGO_PKG_LICENSE"), "<")));
    for size in SIZES {
        let installed = format!("hicolor/{size}x{size}/apps/bondscope.png");
        assert!(manifest.contains(&installed), "{installed} is not packaged");
    }
}
