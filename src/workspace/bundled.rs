//! What is inside the program: molecules and trained models, so that the first picture needs no click.

use crate::engine::Checkpoint;
use crate::engine::jobs::load::Input;
use crate::engine::jobs::train::{DATA_KEY, TEST_KEY};
use crate::io;

/// The ZINC-12k molecules; provenance in `assets/data/README.md`.
const ZINC: &[u8] = include_bytes!("../../assets/data/zinc12k.csv.gz");

/// Trained weights by name; how they came about is in `assets/models/README.md`.
const WEIGHTS: [(&str, &[u8]); 2] = [
    ("gt-zinc", include_bytes!("../../assets/models/gt-zinc.safetensors")),
    ("gt-ebt-zinc", include_bytes!("../../assets/models/gt-ebt-zinc.safetensors")),
];

/// Untrained states that are listed; [`crate::models::ModelSpec::named`] knows more.
const BASES: [&str; 11] = [
    "gt-base",
    "gt-ebt-base",
    "graphit-base",
    "graphit-ebt-base",
    "graphit-ebt-code-base",
    "graphit-full-base",
    "san-base",
    "san-ebt-base",
    "san-ebt-code-base",
    "san-full-base",
    "san-full-learned-base",
];

/// A line of `bondscope models`.
#[derive(Clone, Debug, PartialEq)]
pub struct BundledModel {
    /// The name that `--model` takes.
    pub name: &'static str,
    /// Size in megabytes (10^6 bytes).
    pub megabytes: f64,
    /// What it was trained on.
    pub data: String,
    /// Test loss, or what it is instead of trained.
    pub test: String,
}

/// The bundled dataset as something to load.
pub(super) fn molecules() -> Input {
    Input::Bytes("ZINC-12k", ZINC)
}

/// The bundled models and their base states, in menu order.
pub(super) fn checkpoints() -> Vec<Result<Checkpoint, String>> {
    let trained = WEIGHTS.iter().map(|&(name, bytes)| {
        let weights = io::weights_from_bytes(bytes).map_err(|error| error.to_string())?;
        Checkpoint::from_weights(name, weights).map_err(|error| error.to_string())
    });
    let base = BASES
        .iter()
        .filter_map(|name| Checkpoint::named_base(name))
        .map(|base| base.map_err(|error| error.to_string()));
    trained.chain(base).collect()
}

/// What is bundled, for a list.
pub fn bundled_models() -> Vec<BundledModel> {
    let line = |(checkpoint, &(name, bytes)): (Result<Checkpoint, String>, &(&'static str, &[u8]))| {
        let checkpoint = checkpoint.ok()?;
        let metadata = checkpoint.metadata()?;
        let read = |key: &str| metadata.get(key).cloned().unwrap_or_default();
        // A few megabytes: exact in f64.
        #[allow(clippy::cast_precision_loss, reason = "a size of a few megabytes")]
        let megabytes = bytes.len() as f64 / 1e6;
        let test = read(TEST_KEY).parse::<f64>().map_or_else(|_| "unknown".to_owned(), |mae| format!("{mae:.4}"));
        Some(BundledModel { name, megabytes, data: read(DATA_KEY), test })
    };
    let mut lines: Vec<BundledModel> = checkpoints().into_iter().zip(&WEIGHTS).filter_map(line).collect();
    let base = BASES.map(|name| BundledModel {
        name,
        megabytes: 0.0,
        data: "none: initial weights from a seed".to_owned(),
        test: "untrained".to_owned(),
    });
    lines.extend(base);
    lines
}
