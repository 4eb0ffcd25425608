//! Choosing models, and putting questions to them.

use super::{Severity, Workspace, lanes};
use crate::domain::Comparison;
use crate::engine::{Checkpoint, Event, ModelFile, Question};
use crate::io;
use crate::models::{Adopted, Hints, adopt};
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
            self.arrange();
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
            let (checkpoint, remarks) = read_checkpoint(&path, &hints)?;
            // One notice for all: a file of the authors leaves four or five things open.
            if !remarks.is_empty() {
                let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                let text = format!("{file}: {}", remarks.join(" "));
                let assumed = checkpoint.file.as_ref().is_some_and(|file| !file.open.is_empty());
                out.send(if assumed { Event::Assumed(checkpoint.id.clone(), text) } else { Event::Remark(text) });
            }
            out.send(Event::ModelOpened(Arc::new(checkpoint)));
            Ok(())
        });
    }

    /// Lists a model and chooses it; one that is listed already is only chosen.
    pub(super) fn add_model(&mut self, checkpoint: Arc<Checkpoint>) {
        let place = self.list_model(checkpoint);
        self.set_model(place);
    }

    /// The place of a model in the list, at whose end it is put if it is not there yet. A file that is taken for
    /// another network now than before takes its own place.
    pub(super) fn list_model(&mut self, checkpoint: Arc<Checkpoint>) -> usize {
        let corrects = |known: &Arc<Checkpoint>| match (&known.file, &checkpoint.file) {
            (Some(old), Some(new)) => old.path == new.path && old.hints != new.hints,
            _ => false,
        };
        if let Some(known) = self.state.checkpoints.iter_mut().find(|known| corrects(known)) {
            let old = std::mem::replace(known, Arc::clone(&checkpoint));
            self.state.replace_in_lanes(&old.id, &checkpoint.id);
        }
        let known = self.state.checkpoints.iter().position(|known| known.id == checkpoint.id);
        known.unwrap_or_else(|| {
            self.state.checkpoints.push(checkpoint);
            self.state.checkpoints.len() - 1
        })
    }

    pub(super) fn last_layer(&self) -> usize {
        self.state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.layers.saturating_sub(1))
    }

    pub(super) fn last_head(&self) -> usize {
        self.state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.heads.saturating_sub(1))
    }

    /// Asks what is not answered yet, if that differs from what was asked last.
    pub(super) fn ask(&mut self) {
        let mut open: Vec<Question> = Vec::new();
        for side in 0..self.state.side_count() {
            let (Some(probe), Some(shown)) = (self.state.probe(side), &self.state.shown) else { continue };
            let molecule = Arc::clone(&shown.molecule);
            let Some(checkpoint) = self.state.side(side).map(|side| Arc::clone(side.checkpoint)) else { continue };
            let Some(slot) = self.slot(side) else { continue };
            let answered = slot.comparison.as_ref().is_some_and(|known| lanes::answers(&known.probe, &probe));
            let refused = slot.refused.as_ref() == Some(&probe);
            if !answered && !refused && open.iter().all(|question| question.probe != probe) {
                open.push(Question { probe, checkpoint, molecule });
            }
        }
        if !open.iter().map(|question| &question.probe).eq(&self.asked) {
            self.asked = open.iter().map(|question| question.probe.clone()).collect();
            self.engine.ask(open);
        }
    }

    /// Hands an answer to every state that asked for it, or, if it comes too late, to those that it shows
    /// as they were a moment ago.
    pub(super) fn traced(&mut self, comparison: Comparison) {
        let probe = &comparison.probe;
        self.asked.retain(|asked| asked != probe);
        let current = self.state.shown.as_ref().is_some_and(|shown| shown.id == probe.molecule)
            && self.state.opened.as_ref().is_some_and(|opened| opened.revision == probe.dataset);
        if !current {
            return;
        }
        let sides = 0..self.state.side_count();
        let wants = |&side: &usize| self.state.probe(side).is_some_and(|wanted| lanes::answers(probe, &wanted));
        let mut takers: Vec<usize> = sides.clone().filter(wants).collect();
        if takers.is_empty() {
            let of = |&side: &usize| {
                self.state.side(side).is_some_and(|side| side.edited && side.checkpoint.id == probe.model)
            };
            takers = sides.filter(of).collect();
        }
        let answer = Arc::new(comparison);
        for side in takers {
            if let Some(slot) = self.slot(side) {
                let known = slot.comparison.as_ref().is_some_and(|known| known.probe == answer.probe);
                if !known {
                    *slot.comparison = Some(Arc::clone(&answer));
                }
                (*slot.untraceable, *slot.refused) = (None, None);
            }
        }
    }
}

/// Reads a weight file as a model to choose, with remarks on what had to be assumed; errors are one sentence
/// with the path last.
pub(super) fn read_checkpoint(path: &Path, hints: &Hints) -> Result<(Checkpoint, Vec<String>), String> {
    let weights = io::read_weights(path).map_err(|error| error.to_string())?;
    let knows = weights.metadata.contains_key("spec") && *hints != Hints::default();
    let Adopted { weights, assumed, open } =
        adopt(weights, hints).map_err(|error| format!("{error}: {}", path.display()))?;
    let stem = path.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy());
    // Checkpoints of all runs are called alike.
    let run =
        path.parent().filter(|folder| folder.ends_with("checkpoints")).and_then(|folder| folder.parent()?.file_name());
    let name = run.map_or_else(|| stem.to_string(), |run| format!("{} {stem}", run.to_string_lossy()));
    let checkpoint =
        Checkpoint::from_weights(&name, weights).map_err(|error| format!("{error}: {}", path.display()))?;
    let mut remarks = assumed.clone();
    if !open.is_empty() && !assumed.is_empty() {
        remarks.push("File, Model assumptions… says otherwise, or --model-heads and its like.".to_owned());
    }
    if knows {
        remarks.push("It says itself what network it is, so nothing that was given about it is used.".to_owned());
    }
    let hash = io::hash_file(path).map_err(|error| format!("{error}: {}", path.display()))?;
    let file = ModelFile { path: path.to_owned(), hash, hints: hints.clone(), open, assumed };
    Ok((checkpoint.from_file(file), remarks))
}
