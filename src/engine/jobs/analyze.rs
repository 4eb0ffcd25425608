//! A sweep that ends in a folder of tables and figures.
//!
//! Edge ratios are written while they are measured, so memory does not grow with their number. All
//! files appear under their names only when complete.

use super::measured;
use super::sweep::{Measured, ModelState, Slice, Survey, SweepJob};
use crate::analysis::chart::{Chart, Role};
use crate::analysis::{Fit, HistogramTitle, batch_curves, histogram, sweep_edge_curves};
use crate::domain::{BondId, BondOrder, Dataset};
use crate::engine::Checkpoint;
use crate::engine::event::{Event, Outbox};
use crate::engine::worker::{Job, Step};
use crate::figure::{self, Figure, Format, Panel};
use crate::io;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// The job.
pub struct Analyze {
    sweep: SweepJob,
    folder: PathBuf,
    edges: Option<EdgeTable>,
}

/// `edge_ratio.csv` while it grows.
struct EdgeTable {
    file: BufWriter<tempfile::NamedTempFile>,
    path: PathBuf,
}

impl EdgeTable {
    fn create(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut file = BufWriter::new(io::temporary_file(folder)?);
        writeln!(file, "molecule,source,target,bond,layer,state,ratio")?;
        Ok(Self { file, path: folder.join("edge_ratio.csv") })
    }

    fn add(&mut self, slice: &Slice<'_>) -> std::io::Result<()> {
        if slice.state == ModelState::PlainBase {
            return Ok(());
        }
        let state = slice.state.name();
        for (place, Measured { id, molecule, input }) in slice.molecules.iter().enumerate() {
            let order = |bond: &Option<BondId>| bond.and_then(|bond| molecule.bond(bond)).map(|(.., bond)| bond.order);
            let bonds: Vec<&str> =
                input.edges.bond.iter().map(|bond| order(bond).map_or("none", BondOrder::name)).collect();
            for layer in 0..slice.ratios.layers() {
                let ratios = slice.ratios.of(place, layer);
                for ((edge, bond), ratio) in input.edges.iter().zip(&bonds).zip(ratios) {
                    let (source, target) = (edge.source.0, edge.target.0);
                    writeln!(self.file, "{},{source},{target},{bond},{layer},{state},{ratio}", id.0)?;
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> std::io::Result<PathBuf> {
        let file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(self.path)
    }
}

impl Analyze {
    /// An analysis that puts its files into `folder`, which is made if it does not exist.
    pub fn new(sweep: SweepJob, folder: PathBuf) -> Self {
        Self { sweep, folder, edges: None }
    }

    fn unwritable(&self, error: &std::io::Error) -> String {
        format!("The analysis cannot be written ({error}); choose a folder you may write to: {}", self.folder.display())
    }

    fn write(&mut self, out: &Outbox) -> Result<(), String> {
        if let Some(edges) = self.edges.take() {
            let path = edges.finish().map_err(|error| self.unwritable(&error))?;
            out.send(Event::Written(path));
        }
        let survey = self.sweep.survey();
        if let Some((id, reason)) = survey.unscored.first() {
            let (count, total) = (survey.unscored.len(), survey.total);
            out.send(Event::Remark(format!(
                "{count} of {total} molecules are left out, the first of them number {}: {reason}.",
                id.0
            )));
        }
        for (name, text) in [
            ("batch_max.csv", batch_max(survey)),
            ("gamma.csv", gamma(survey)),
            ("predictions.csv", predictions(survey, self.sweep.dataset(), self.sweep.checkpoint())),
            ("bands.csv", bands(survey)),
            ("saturation.csv", saturation(survey)),
        ] {
            self.put(name, text.as_bytes(), out)?;
        }
        let provenance = measured(self.sweep.dataset(), &survey.key.model, survey.key.options.initial);
        let caption = survey.caption(self.sweep.dataset());
        for (name, chart) in charts(survey) {
            for format in [Format::Svg, Format::Pdf] {
                let figure = Figure::single(Panel::chart(chart.clone(), caption.clone()), provenance.clone());
                let bytes = figure::write(&figure, format).map_err(|error| error.to_string())?;
                self.put(&format!("{name}.{}", format.extension()), &bytes, out)?;
            }
        }
        Ok(())
    }

    fn put(&self, name: &str, bytes: &[u8], out: &Outbox) -> Result<(), String> {
        let path = self.folder.join(name);
        io::write_bytes(&path, bytes).map_err(|error| error.to_string())?;
        out.send(Event::Written(path));
        Ok(())
    }
}

impl Job for Analyze {
    fn step(&mut self, out: &Outbox) -> Result<Step, String> {
        if self.sweep.molecules() == 0 {
            return Err("No molecule is left to analyse; choose another split or a larger limit.".to_owned());
        }
        if self.edges.is_none() {
            self.edges = Some(EdgeTable::create(&self.folder).map_err(|error| self.unwritable(&error))?);
        }
        let (sweep, edges) = (&mut self.sweep, &mut self.edges);
        let mut failed = None;
        let step = sweep.advance(|slice| {
            if let Some(Err(error)) = edges.as_mut().map(|edges| edges.add(&slice)) {
                failed = Some(error);
            }
            Ok(())
        })?;
        if let Some(error) = failed {
            return Err(self.unwritable(&error));
        }
        if step == Step::Done {
            if self.sweep.survey().ids.is_empty() {
                let reason =
                    self.sweep.survey().unscored.first().map_or_else(String::new, |(_, reason)| reason.clone());
                return Err(format!("The model can score none of these molecules, the first because {reason}"));
            }
            self.write(out)?;
        }
        Ok(step)
    }

    fn stop(&mut self, out: &Outbox) {
        if !self.sweep.survey().ids.is_empty()
            && let Err(message) = self.write(out)
        {
            out.send(Event::Complaint(message));
        }
    }
}

/// `molecule, layer, state, ratio`; a molecule without any ratio has an empty cell.
fn batch_max(survey: &Survey) -> String {
    let mut text = "molecule,layer,state,ratio\n".to_owned();
    for (state, sweep) in survey.reported() {
        for (layer, numbers) in sweep.layers().iter().enumerate() {
            for (id, ratio) in survey.ids.iter().zip(&numbers.batch_max) {
                let ratio = ratio.map_or_else(String::new, |ratio| ratio.to_string());
                text += &format!("{},{layer},{},{ratio}\n", id.0, state.name());
            }
        }
    }
    text
}

/// `layer, state, shape, loc, scale, log_likelihood, ks, n`; the log-likelihood is the mean per value.
/// A layer that cannot be fitted has empty cells.
fn gamma(survey: &Survey) -> String {
    let mut text = "layer,state,shape,loc,scale,log_likelihood,ks,n\n".to_owned();
    for (state, sweep) in survey.reported() {
        for (layer, fit) in sweep.fits().into_iter().enumerate() {
            let cells = match fit {
                Ok(Fit { gamma, mean_log_likelihood, ks, n, .. }) => {
                    format!("{},{},{},{mean_log_likelihood},{ks},{n}", gamma.shape, gamma.loc, gamma.scale)
                }
                Err(_) => ",,,,,".to_owned(),
            };
            text += &format!("{layer},{},{cells}\n", state.name());
        }
    }
    text
}

/// `molecule, target, prediction, name, unit`: one row for each molecule and output, with the measured value (empty
/// where there is none), the prediction (the probability of a label; empty where the model cannot score the
/// molecule), what is predicted, and the unit of both (empty where none is known).
fn predictions(survey: &Survey, dataset: &Dataset, checkpoint: &Checkpoint) -> String {
    let compared = checkpoint.columns(&dataset.columns);
    let names: Vec<String> =
        (0..compared.len()).map(|output| quoted(checkpoint.output_name(output, &dataset.columns))).collect();
    let unit = |column: &Option<usize>| column.and_then(|column| dataset.columns.unit(column)).unwrap_or_default();
    let units: Vec<String> = compared.iter().map(|column| quoted(unit(column).to_owned())).collect();
    let scored = survey.ids.iter().zip(&survey.predictions).map(|(&id, outputs)| (id, &outputs[..]));
    let unscored = survey.unscored.iter().map(|&(id, _)| (id, &[][..]));
    let mut rows: Vec<_> = scored.chain(unscored).collect();
    rows.sort_unstable_by_key(|&(id, _)| id);
    let mut text = "molecule,target,prediction,name,unit\n".to_owned();
    for (id, outputs) in rows {
        for (output, ((column, name), unit)) in compared.iter().zip(&names).zip(&units).enumerate() {
            let known = column.and_then(|column| dataset.record(id)?.targets.get(column).copied());
            let known = known.filter(|value| !value.is_nan()).map_or_else(String::new, |value| value.to_string());
            let predicted = outputs.get(output).map_or_else(String::new, ToString::to_string);
            text += &format!("{},{known},{predicted},{name},{unit}\n", id.0);
        }
    }
    text
}

/// A name as a cell of a table.
fn quoted(name: String) -> String {
    if name.contains([',', '"', '\n']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name }
}

/// `state, low, high`: the range of batch maxima over layers and molecules of each state. For models
/// with explicit bias the base without it is there too, since that is the band the paper draws.
fn bands(survey: &Survey) -> String {
    let all = survey.states.iter().filter_map(|(state, sweep)| Some((state.name(), sweep.band()?)));
    let lines = all.map(|(state, band)| format!("{state},{},{}\n", band.low, band.high));
    std::iter::once("state,low,high\n".to_owned()).chain(lines).collect()
}

/// `layer, head, state, edges, clamped, rate`: how many attention logits lie beyond the clamp at ±5, where
/// the weight no longer depends on the activation.
fn saturation(survey: &Survey) -> String {
    let mut text = "layer,head,state,edges,clamped,rate\n".to_owned();
    for (state, sweep) in survey.reported() {
        for (layer, numbers) in sweep.layers().iter().enumerate() {
            for (head, (clamped, rate)) in numbers.clamped.iter().zip(numbers.saturation()).enumerate() {
                text += &format!("{layer},{head},{},{},{clamped},{rate}\n", state.name(), numbers.edges);
            }
        }
    }
    text
}

/// Figures 1, 2 (or 4) and 3 of the paper.
fn charts(survey: &Survey) -> Vec<(String, Chart)> {
    let Some((_, chosen)) = survey.states.first() else { return Vec::new() };
    let named: Vec<_> = survey.base_bands().into_iter().map(|(state, band)| (state.name(), band)).collect();
    let mut charts = vec![
        ("edge_ratios".to_owned(), sweep_edge_curves(chosen, &named, None)),
        ("batch_maxima".to_owned(), batch_curves(chosen, &named, None)),
    ];
    for (state, sweep) in survey.reported() {
        for (layer, numbers) in sweep.layers().iter().enumerate() {
            let Ok(sample) = numbers.log_ratios.sample() else { continue };
            let role = if state == ModelState::Trained { Role::Trained } else { Role::Base };
            let left_out = numbers.log_ratios.nan() + numbers.log_ratios.infinite();
            let title = HistogramTitle { layer, state: state.name(), role, left_out };
            let fit = crate::analysis::fit(&sample);
            charts.push((format!("histogram_{}_layer_{layer}", state.name()), histogram(&sample, Some(&fit), title)));
        }
    }
    charts
}
