//! The molecules that benches run on: the first of the bundled ZINC-12k.

use bondscope::domain::Dataset;
use bondscope::io::{Loader, smiles};
use bondscope::models::{FULL_GRAPH_LIMIT, GraphInput, ModelSpec, Sample};

/// The bundled molecules.
fn dataset() -> Dataset {
    let bytes = include_bytes!("../../assets/data/zinc12k.csv.gz");
    let mut loader = Loader::from_bytes("ZINC-12k", bytes).unwrap();
    while !loader.step().unwrap().finished {}
    loader.dataset()
}

/// The first molecules, as a model reads them.
pub(crate) fn graphs(spec: &ModelSpec, count: usize) -> Vec<GraphInput> {
    let records = dataset().records.into_iter().take(count);
    records
        .map(|record| spec.input(&smiles::read(&record.smiles).unwrap().molecule, FULL_GRAPH_LIMIT).unwrap())
        .collect()
}

/// The same with a value to be learned for each; which one does not matter for the time.
pub(crate) fn samples(spec: &ModelSpec, count: usize) -> Vec<Sample> {
    let sample = |graph| Sample { graph, targets: vec![0.3; spec.outputs] };
    graphs(spec, count).into_iter().map(sample).collect()
}

/// Directed edges of all graphs together.
pub(crate) fn edges(graphs: &[GraphInput]) -> u64 {
    graphs.iter().map(|graph| graph.edges.len() as u64).sum()
}
