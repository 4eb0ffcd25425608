//! Every shader parses and validates, without a GPU, exactly as `render` puts the files together.

use naga::valid::{Capabilities, ValidationFlags, Validator};
use std::path::Path;

#[test]
fn every_shader_parses_and_validates() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let common = std::fs::read_to_string(folder.join("common.wgsl")).unwrap();
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let mut entry_points = 0;
    for path in names {
        assert_eq!(path.extension().unwrap(), "wgsl", "only shaders live here: {}", path.display());
        let own = std::fs::read_to_string(&path).unwrap();
        let source = if path.ends_with("common.wgsl") { own } else { common.clone() + &own };
        let module = naga::front::wgsl::parse_str(&source)
            .unwrap_or_else(|error| panic!("{}: {}", path.display(), error.emit_to_string(&source)));
        Validator::new(ValidationFlags::all(), Capabilities::empty())
            .validate(&module)
            .unwrap_or_else(|error| panic!("{}: {}", path.display(), error.emit_to_string(&source)));
        entry_points += module.entry_points.len();
    }
    assert_eq!(entry_points, 5, "stroke: vs, fs; blit: vs, two fs");
}
