//! The direction of dependencies that a workspace of crates would enforce: each layer of `src`
//! mentions only the layers and heavy crates that the table allows it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Layer, the layers it may import, the heavy crates it may name.
const TABLE: &[(&str, &[&str], &[&str])] = &[
    ("domain", &[], &[]),
    ("io", &["domain"], &[]),
    ("models", &["domain"], &["burn"]),
    ("analysis", &["domain"], &[]),
    ("scene", &["domain"], &[]),
    ("render", &["domain", "scene"], &["wgpu"]),
    ("figure", &["domain", "analysis", "scene"], &[]),
    ("gpu", &[], &["burn", "wgpu"]),
    ("engine", &["domain", "io", "models", "analysis", "scene", "figure", "gpu"], &["burn"]),
    ("workspace", &["domain", "io", "models", "analysis", "scene", "figure", "gpu", "engine"], &[]),
    (
        "ui",
        &["domain", "io", "models", "analysis", "scene", "render", "figure", "gpu", "engine", "workspace"],
        &["egui", "eframe", "egui_plot", "egui_extras", "egui_tiles", "rfd", "wgpu"],
    ),
    ("cli", &["domain", "io", "models", "analysis", "scene", "figure", "gpu", "engine", "workspace", "ui"], &[]),
];

const HEAVY: &[&str] =
    &["burn", "eframe", "egui", "egui_extras", "egui_plot", "egui_tiles", "krilla", "resvg", "rfd", "wgpu"];

/// Crates that only one layer may name, besides those of the table.
const OWNED: &[(&str, &str)] = &[("resvg", "figure"), ("krilla", "figure")];

fn sources(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| sources(entry, found));
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        found.push(path.to_owned());
    }
}

/// Words that start a path in code: `crate::x` gives `crate::x`, `burn::tensor` gives `burn`.
fn mentions(text: &str) -> Vec<String> {
    let code: String = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (at, _) in code.match_indices("::") {
        let head = &code[..at];
        let word = &head[head.rfind(|c| !is_word(c)).map_or(0, |space| space + 1)..];
        if word == "crate" {
            let rest = &code[at + 2..];
            let layers = rest.strip_prefix('{').map_or_else(
                || vec![rest.split(|c| !is_word(c)).next().unwrap_or("")],
                |group| {
                    let group = group.split('}').next().unwrap_or("");
                    group.split(',').filter_map(|item| item.trim().split("::").next()).collect()
                },
            );
            found.extend(layers.into_iter().map(|layer| format!("crate::{layer}")));
        } else if !head.ends_with(&format!("::{word}")) {
            found.push(word.to_owned());
        }
    }
    found
}

#[test]
fn layers_import_only_what_the_table_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let layers: Vec<&str> = TABLE.iter().map(|row| row.0).collect();
    let mut violations = BTreeMap::new();
    for (layer, allowed, heavy) in TABLE {
        let mut files = Vec::new();
        sources(&root.join(layer), &mut files);
        sources(&root.join(format!("{layer}.rs")), &mut files);
        assert!(!files.is_empty(), "layer {layer} has no file");
        for file in files.iter().filter(|file| file.exists()) {
            for mention in mentions(&fs::read_to_string(file).unwrap()) {
                let wrong = match mention.strip_prefix("crate::") {
                    Some(other) => layers.contains(&other) && other != *layer && !allowed.contains(&other),
                    None => {
                        HEAVY.contains(&mention.as_str())
                            && !heavy.contains(&mention.as_str())
                            && !OWNED.contains(&(mention.as_str(), layer))
                    }
                };
                if wrong {
                    violations.entry(file.clone()).or_insert_with(Vec::new).push(mention);
                }
            }
        }
    }
    assert!(violations.is_empty(), "imports against the table of architecture: {violations:#?}");
}

#[test]
fn the_check_sees_every_way_to_write_an_import() {
    let text = "use crate::{io, models::Model};\nuse crate::scene::Pick; // crate::ui::x\nlet t = burn::tensor::x;";
    assert!(
        ["crate::io", "crate::models", "crate::scene", "burn"]
            .iter()
            .all(|word| mentions(text).iter().any(|m| m == word))
    );
    assert!(!mentions(text).contains(&"crate::ui".to_owned()));
}
