//! Choosing models, and putting questions to them.

use super::{Severity, Workspace};
use crate::domain::{Comparison, Probe};
use crate::engine::{Checkpoint, Event, Question};
use crate::io;
use crate::models::{Adopted, FULL_GRAPH_LIMIT, Hints, adopt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Workspace {
    pub(super) fn set_model(&mut self, place: usize) {
        if place < self.state.checkpoints.len() {
            if self.state.model != place {
                self.state.allow_large = None;
            }
            self.state.model = place;
            self.state.view.reading.layer = self.state.view.reading.layer.min(self.last_layer());
            self.state.view.reading.head = self.state.view.reading.head.map(|head| head.min(self.last_head()));
            self.state.table.scores.clear();
            self.state.table.compared = self.state.compared().first().copied().flatten();
            self.score();
            self.sweep_unasked();
        }
    }

    /// Lists the untrained state of that name and chooses it.
    pub(super) fn set_base(&mut self, name: &str) {
        match Checkpoint::named_base(name) {
            Some(Ok(checkpoint)) => self.add_model(Arc::new(checkpoint)),
            Some(Err(error)) => self.state.notify(Severity::Error, format!("There is no model {name}: {error}.")),
            None => self.state.notify(Severity::Error, format!("No untrained model is called {name}.")),
        }
    }

    pub(super) fn open_model(&mut self, path: PathBuf, hints: Hints) {
        self.write(format!("Opening {}", path.display()), move |out| {
            let (checkpoint, assumed) = read_checkpoint(&path, &hints)?;
            // One notice for all: a file of the authors leaves four or five things open.
            if !assumed.is_empty() {
                let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                out.send(Event::Remark(format!("{file}: {}", assumed.join(" "))));
            }
            out.send(Event::ModelOpened(Arc::new(checkpoint)));
            Ok(())
        });
    }

    /// Lists a model and chooses it; one that is listed already is only chosen.
    pub(super) fn add_model(&mut self, checkpoint: Arc<Checkpoint>) {
        let known = self.state.checkpoints.iter().position(|known| known.id == checkpoint.id);
        let place = known.unwrap_or_else(|| {
            self.state.checkpoints.push(checkpoint);
            self.state.checkpoints.len() - 1
        });
        self.set_model(place);
    }

    pub(super) fn last_layer(&self) -> usize {
        self.state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.layers.saturating_sub(1))
    }

    pub(super) fn last_head(&self) -> usize {
        self.state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.heads.saturating_sub(1))
    }

    /// The question that the state now puts.
    pub(super) fn probe(&self) -> Option<Probe> {
        let shown = self.state.shown.as_ref()?;
        Some(Probe {
            dataset: self.state.opened.as_ref()?.revision,
            model: self.state.checkpoint()?.id.clone(),
            molecule: shown.id,
            intervention: self.state.intervention(shown.id),
            detail: self.state.detail,
            edge_limit: if self.state.allow_large == Some(shown.id) { usize::MAX } else { FULL_GRAPH_LIMIT },
        })
    }

    /// Asks if the question differs from the one asked or answered last.
    pub(super) fn ask(&mut self) {
        let Some(probe) = self.probe() else {
            self.asked = None;
            return;
        };
        let answered = self.state.comparison.as_ref().is_some_and(|comparison| comparison.probe == probe);
        if answered || self.asked.as_ref() == Some(&probe) || self.refused.as_ref() == Some(&probe) {
            return;
        }
        if let (Some(shown), Some(checkpoint)) = (&self.state.shown, self.state.checkpoint()) {
            let molecule = Arc::clone(&shown.molecule);
            let question = Question { probe: probe.clone(), checkpoint: Arc::clone(checkpoint), molecule };
            self.engine.ask(question);
            self.asked = Some(probe);
        }
    }

    pub(super) fn traced(&mut self, comparison: Comparison) {
        if self.asked.as_ref() == Some(&comparison.probe) {
            self.asked = None;
        }
        let current = self.state.shown.as_ref().is_some_and(|shown| shown.id == comparison.probe.molecule)
            && self.state.opened.as_ref().is_some_and(|opened| opened.revision == comparison.probe.dataset);
        if current {
            self.state.untraceable = None;
            self.refused = None;
            self.state.comparison = Some(Arc::new(comparison));
        }
    }
}

/// Reads a weight file as a model to choose, with what had to be assumed; errors are one sentence with
/// the path last.
fn read_checkpoint(path: &Path, hints: &Hints) -> Result<(Checkpoint, Vec<String>), String> {
    let weights = io::read_weights(path).map_err(|error| error.to_string())?;
    let knows = weights.metadata.contains_key("spec") && *hints != Hints::default();
    let Adopted { weights, mut assumed } =
        adopt(weights, hints).map_err(|error| format!("{error}: {}", path.display()))?;
    let name = path.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy());
    let checkpoint =
        Checkpoint::from_weights(&name, weights).map_err(|error| format!("{error}: {}", path.display()))?;
    if !assumed.is_empty() {
        assumed.push("The command line can say otherwise (--model-heads and its like).".to_owned());
    }
    if knows {
        assumed.push("It says itself what network it is, so nothing that was given about it is used.".to_owned());
    }
    Ok((checkpoint, assumed))
}
