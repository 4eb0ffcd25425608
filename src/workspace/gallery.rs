//! The gallery: what is known of the molecules whose thumbnails are on screen, and their painted pictures.
//!
//! Structures, layouts and numbers come from two workers, only for what is wanted now, and are kept as
//! long as there is room: scrolling back costs nothing, and another layer, head or quantity is a matter
//! of painting.

use super::memo::{Held, ScaleKey};
use super::readings::Readings;
use super::state::State;
use super::view::{Coloring, View};
use super::{Workspace, picture};
use crate::analysis::{self, EdgeSummary, Quantity};
use crate::domain::{DirectedEdge, Intervention, ModelId, Molecule, MoleculeId, Record};
use crate::engine::{DrawRequest, GalleryQuestion, Summarised, ToSummarise};
use crate::scene::{self, Background, ColorBar, ColorMap, ColorScale, EdgePaint, Fit, Layout, Scene};
use glam::Vec2;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// Structures kept, some 4 kB each, besides those wanted.
const STRUCTURES_KEPT: usize = 4096;

/// Memory for numbers of molecules that are not wanted at the moment, bytes: those of about 1,300
/// molecules of 25 atoms under a model of ten layers and eight heads.
const NUMBERS_KEPT: usize = 64 << 20;

/// Molecules per question: enough to fill the cores, few enough that newer questions wait for less than 0.1 s.
const AT_ONCE: usize = 16;

/// A molecule read and laid out.
#[derive(Clone, Debug)]
struct Sketch {
    molecule: Arc<Molecule>,
    layout: Arc<Layout>,
}

/// What the chosen model says of a molecule.
#[derive(Clone, Debug)]
struct Numbers {
    intervention: Intervention,
    summary: Result<Arc<EdgeSummary>, Arc<str>>,
    largest_ratio: Option<f64>,
}

/// What is known of one molecule.
#[derive(Clone, Debug)]
struct Entry {
    sketch: Result<Sketch, Arc<str>>,
    numbers: Option<Numbers>,
    /// When it was last wanted.
    used: u64,
}

impl Entry {
    fn summary(&self) -> Option<&Arc<EdgeSummary>> {
        self.numbers.as_ref()?.summary.as_ref().ok()
    }

    fn bytes(&self) -> usize {
        self.summary().map_or(0, |summary| summary.bytes())
    }
}

/// What is known of the molecules of the gallery.
#[derive(Clone, Debug, Default)]
pub struct Gallery {
    /// In display order.
    wanted: Arc<[MoleculeId]>,
    /// Those of them that can be seen; the others are near.
    visible: Range<usize>,
    dataset: u64,
    model: Option<ModelId>,
    entries: BTreeMap<MoleculeId, Entry>,
    /// Asked for and not yet answered.
    sketching: BTreeSet<MoleculeId>,
    summarising: BTreeMap<MoleculeId, Intervention>,
    /// Answers about numbers taken in so far.
    answers: u64,
    /// Counts frames, for what was used last.
    clock: u64,
    /// Counts changes of what is known.
    changed: u64,
}

impl Gallery {
    /// The molecules that can be seen, in display order.
    pub fn visible(&self) -> &[MoleculeId] {
        self.wanted.get(self.visible.clone()).unwrap_or_default()
    }

    /// Whether any molecule that can be seen has numbers.
    pub fn has_numbers(&self) -> bool {
        self.seen().next().is_some()
    }

    /// The smallest range that holds every value that can be seen, widened to round numbers; `None`
    /// while there are none.
    pub(super) fn range(&self, view: analysis::View) -> Option<(f32, f32)> {
        let values = self.seen().flat_map(|summary| summary.values(view)).map(|(_, value)| picture::narrow(value));
        let values: Vec<f32> = values.filter(|value| value.is_finite()).collect();
        let log = view.quantity != Quantity::Attention;
        let scale = ColorScale::fit_range(ColorMap::default(), log, values.iter().copied());
        (!values.is_empty()).then_some((scale.low, scale.high))
    }

    fn seen(&self) -> impl Iterator<Item = &Arc<EdgeSummary>> {
        self.visible().iter().filter_map(|id| self.entries.get(id)?.summary())
    }

    /// Forgets what is about another file or another model.
    fn follow(&mut self, dataset: u64, model: Option<&ModelId>) {
        if self.dataset != dataset {
            let (clock, changed, answers) = (self.clock, self.changed + 1, self.answers);
            *self = Self { dataset, clock, changed, answers, ..Self::default() };
        }
        if self.model.as_ref() != model {
            self.model = model.cloned();
            self.summarising.clear();
            self.entries.values_mut().for_each(|entry| entry.numbers = None);
            self.changed += 1;
        }
    }

    /// Everything wanted, what can be seen first.
    fn by_need(&self) -> impl Iterator<Item = MoleculeId> {
        let at = |range: Range<usize>| self.wanted.get(range).unwrap_or_default();
        let near =
            at(self.visible.end.min(self.wanted.len())..self.wanted.len()).iter().chain(at(0..self.visible.start));
        self.visible().iter().chain(near).copied()
    }

    /// Makes room by dropping what has not been wanted for longest.
    fn tidy(&mut self) {
        let wanted: BTreeSet<MoleculeId> = self.wanted.iter().copied().collect();
        let unwanted =
            |(id, entry): (&MoleculeId, &Entry)| (!wanted.contains(id)).then(|| (entry.used, *id, entry.bytes()));
        let mut old: Vec<(u64, MoleculeId, usize)> = self.entries.iter().filter_map(unwanted).collect();
        let mut bytes: usize = old.iter().map(|(_, _, bytes)| bytes).sum();
        if old.len() <= STRUCTURES_KEPT && bytes <= NUMBERS_KEPT {
            return;
        }
        old.sort_unstable();
        // A quarter more than needed, so that this is not done for every molecule.
        let mut left = old.len();
        for (_, id, freed) in old {
            if left <= STRUCTURES_KEPT / 4 * 3 && bytes <= NUMBERS_KEPT / 4 * 3 {
                break;
            }
            self.entries.remove(&id);
            (left, bytes) = (left - 1, bytes - freed);
        }
    }
}

/// How thumbnails are to look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// What they are drawn on.
    pub background: Background,
    /// Room for each, points.
    pub cell: Vec2,
}

/// One picture of the gallery.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    /// Of which molecule.
    pub id: MoleculeId,
    /// What to draw and how it fits its cell; `None` until it was laid out.
    pub drawing: Option<(Arc<Scene>, Fit)>,
    /// Why there is no drawing, or why it has no colours.
    pub problem: Option<Arc<str>>,
    /// Largest MA ratio over all edges and layers.
    pub largest_ratio: Option<f64>,
}

/// All thumbnails that are wanted, and what their colours mean.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// In the order in which they are wanted.
    pub thumbnails: Vec<Thumbnail>,
    /// The colour bar.
    pub bar: ColorBar,
}

/// What all thumbnails of a sheet have in common.
#[derive(Clone, Copy, PartialEq)]
struct Manner {
    scale: ColorScale,
    reading: analysis::View,
    look: Look,
}

/// A painted thumbnail and what it was made of.
struct Painted {
    layout: Held<Layout>,
    summary: Held<EdgeSummary>,
    scene: Arc<Scene>,
    fit: Fit,
}

/// The thumbnails of the last sheet.
#[derive(Default)]
pub(super) struct Memo {
    manner: Option<Manner>,
    painted: BTreeMap<MoleculeId, Painted>,
    /// With the list and the count of changes that it was made of.
    sheet: Option<(Arc<[MoleculeId]>, u64, Arc<Sheet>)>,
    /// The scale of the molecule shown; the last one while it has no numbers.
    scale: Option<(ScaleKey, ColorScale)>,
}

impl Workspace {
    /// Says which thumbnails are on screen (`visible` of `ids`) or near it, in display order. What is
    /// missing is asked for.
    pub fn want_thumbnails(&mut self, ids: &[MoleculeId], visible: Range<usize>) {
        let gallery = &mut self.state.gallery;
        gallery.clock += 1;
        gallery.visible = visible;
        if *gallery.wanted != *ids {
            gallery.wanted = ids.into();
        }
        for id in ids {
            if let Some(entry) = gallery.entries.get_mut(id) {
                entry.used = gallery.clock;
            }
        }
        self.ask_for_thumbnails();
    }

    /// Puts the questions that the wanted thumbnails leave open.
    pub(super) fn ask_for_thumbnails(&mut self) {
        let Some(opened) = &self.state.opened else { return };
        let (dataset, revision) = (Arc::clone(&opened.dataset), opened.revision);
        let checkpoint = self.state.checkpoint().cloned();
        self.state.gallery.follow(revision, checkpoint.as_ref().map(|checkpoint| &checkpoint.id));
        let State { gallery, .. } = &self.state;
        let unread = gallery.by_need().filter(|id| !gallery.entries.contains_key(id));
        let unread: Vec<(MoleculeId, &Record)> = unread.filter_map(|id| Some((id, dataset.record(id)?))).collect();
        if unread.iter().any(|(id, _)| !gallery.sketching.contains(id)) {
            let request = |&(id, record): &(MoleculeId, &Record)| DrawRequest {
                dataset: revision,
                id,
                smiles: record.smiles.clone(),
            };
            self.engine.sketch(unread.iter().map(request).collect());
            self.state.gallery.sketching = unread.iter().map(|(id, _)| *id).collect();
        }
        let Some(checkpoint) = checkpoint else { return };
        let open: Vec<ToSummarise> = self.state.gallery.by_need().filter_map(|id| self.to_summarise(id)).collect();
        let gallery = &mut self.state.gallery;
        if open.iter().any(|wanted| gallery.summarising.get(&wanted.id) != Some(&wanted.intervention)) {
            gallery.summarising = open.iter().map(|wanted| (wanted.id, wanted.intervention.clone())).collect();
            let seen = gallery.answers;
            let few = open.chunks(AT_ONCE).map(|few| GalleryQuestion {
                dataset: revision,
                checkpoint: Arc::clone(&checkpoint),
                seen,
                molecules: few.to_vec(),
            });
            self.engine.summarise(few.collect());
        }
    }

    /// A molecule that was read and is not known under the present model and edits.
    fn to_summarise(&self, id: MoleculeId) -> Option<ToSummarise> {
        let entry = self.state.gallery.entries.get(&id)?;
        let molecule = &entry.sketch.as_ref().ok()?.molecule;
        let intervention = self.state.intervention_at(0, id);
        let known = entry.numbers.as_ref().is_some_and(|numbers| numbers.intervention == intervention);
        (!known).then(|| ToSummarise { id, molecule: Arc::clone(molecule), intervention })
    }

    /// Whether every thumbnail that is wanted has its drawing and its colours.
    pub(super) fn has_thumbnails(&self) -> bool {
        self.state.gallery.sketching.is_empty() && self.state.gallery.summarising.is_empty()
    }

    pub(super) fn sketched(
        &mut self,
        dataset: u64,
        id: MoleculeId,
        drawn: Result<(Arc<Molecule>, Arc<Layout>), String>,
    ) {
        let gallery = &mut self.state.gallery;
        if gallery.dataset != dataset {
            return;
        }
        gallery.sketching.remove(&id);
        gallery.changed += 1;
        let sketch = drawn.map(|(molecule, layout)| Sketch { molecule, layout }).map_err(Arc::from);
        gallery.entries.insert(id, Entry { sketch, numbers: None, used: gallery.clock });
        gallery.tidy();
    }

    pub(super) fn summarised(&mut self, dataset: u64, model: &ModelId, answers: Vec<Summarised>) {
        let gallery = &mut self.state.gallery;
        gallery.answers += 1;
        if gallery.dataset != dataset || gallery.model.as_ref() != Some(model) {
            return;
        }
        gallery.changed += 1;
        for Summarised { id, intervention, summary } in answers {
            if gallery.summarising.get(&id) == Some(&intervention) {
                gallery.summarising.remove(&id);
            }
            if let Some(entry) = gallery.entries.get_mut(&id) {
                let largest_ratio = summary.as_ref().ok().and_then(|summary| summary.largest_ratio());
                entry.numbers = Some(Numbers { intervention, summary: summary.map_err(Arc::from), largest_ratio });
            }
        }
        gallery.tidy();
    }

    /// What was asked of a worker that died has no answer; it is not asked again.
    pub(super) fn give_up_on_thumbnails(&mut self) {
        let gallery = &mut self.state.gallery;
        gallery.changed += 1;
        for (id, intervention) in std::mem::take(&mut gallery.summarising) {
            if let Some(entry) = gallery.entries.get_mut(&id) {
                let summary = Err("a fault in Bondscope stopped the computation".into());
                entry.numbers = Some(Numbers { intervention, summary, largest_ratio: None });
            }
        }
    }

    /// The wanted thumbnails as far as they are there; the same sheet as before if nothing changed.
    pub fn thumbnails(&mut self, look: Look) -> Arc<Sheet> {
        let manner = Manner { scale: self.thumbnail_scale(), reading: self.state.view.reading, look };
        let State { gallery, .. } = &self.state;
        let memo = &mut self.memo.gallery;
        if memo.manner != Some(manner) {
            (memo.manner, memo.sheet) = (Some(manner), None);
            memo.painted.clear();
        }
        if let Some((wanted, changed, sheet)) = &memo.sheet
            && Arc::ptr_eq(wanted, &gallery.wanted)
            && *changed == gallery.changed
        {
            return Arc::clone(sheet);
        }
        let mut before = std::mem::take(&mut memo.painted);
        let thumbnails = gallery.wanted.iter().map(|&id| {
            let Some(entry) = gallery.entries.get(&id) else {
                return Thumbnail { id, drawing: None, problem: None, largest_ratio: None };
            };
            let refused = entry.numbers.as_ref().and_then(|numbers| numbers.summary.as_ref().err());
            let problem = entry.sketch.as_ref().err().or(refused).cloned();
            let drawing = entry.sketch.as_ref().ok().map(|sketch| {
                let painted = before.remove(&id).filter(|painted| painted.is_of(sketch, entry.summary()));
                let painted = painted.unwrap_or_else(|| Painted::new(sketch, entry.numbers.as_ref(), &manner));
                let drawing = (Arc::clone(&painted.scene), painted.fit);
                memo.painted.insert(id, painted);
                drawing
            });
            let largest_ratio = entry.numbers.as_ref().and_then(|numbers| numbers.largest_ratio);
            Thumbnail { id, drawing, problem, largest_ratio }
        });
        let thumbnails = thumbnails.collect();
        let view = View { coloring: Coloring::Value, ..self.state.view.clone() };
        let bar = ColorBar::new(manner.scale, picture::bar_label(&view), picture::marker(&view, &manner.scale));
        let sheet = Arc::new(Sheet { thumbnails, bar });
        memo.sheet = Some((Arc::clone(&gallery.wanted), gallery.changed, Arc::clone(&sheet)));
        sheet
    }

    /// What colours mean: the same as in the picture of the molecule shown. While that has no values, what
    /// they meant last; before that, a range that holds what is seen.
    fn thumbnail_scale(&mut self) -> ColorScale {
        let view = View { coloring: Coloring::Value, ..self.state.view.clone() };
        let sides = 0..self.state.side_count();
        let readings: Vec<Arc<Readings>> = sides.filter_map(|side| self.readings(side)).collect();
        let key = ScaleKey { readings: readings.iter().map(Held::of).collect(), view };
        let (memo, view) = (&mut self.memo.gallery.scale, &key.view);
        if let Some((known, scale)) = memo
            && *known == key
        {
            return *scale;
        }
        let mut edges = readings.iter().flat_map(|readings| &readings.edges);
        if view.locked.is_some() || edges.clone().any(|reading| reading.value.is_some()) {
            let scale = picture::color_scale(view, &mut edges);
            *memo = Some((key, scale));
            return scale;
        }
        match memo {
            Some((last, scale)) if last.view.reading.quantity == view.reading.quantity => {
                ColorScale { map: view.map, ..*scale }
            }
            _ => {
                let locked = self.state.gallery.range(view.reading);
                picture::color_scale(&View { locked, ..view.clone() }, [].iter())
            }
        }
    }
}

impl Painted {
    fn new(sketch: &Sketch, numbers: Option<&Numbers>, manner: &Manner) -> Self {
        let Manner { scale, reading, look: Look { background, cell } } = manner;
        let Sketch { molecule, layout } = sketch;
        let summary = numbers.and_then(|numbers| numbers.summary.as_ref().ok());
        let values = summary.into_iter().flat_map(|summary| summary.values(*reading));
        let values = values.map(|(edge, value): (DirectedEdge, f64)| (edge, picture::narrow(value)));
        // Edges without a value are grey, and so is everything before the first answer.
        let paint = EdgePaint::of_values(values, scale, *background)
            .with_ablated(numbers.iter().flat_map(|numbers| numbers.intervention.ablated.keys().copied()));
        let fit = Fit::of(layout, *cell);
        let scene = scene::thumbnail((molecule, layout), &paint, *background, fit.scale);
        Self { layout: Held::of(layout), summary: Held(summary.cloned()), scene: Arc::new(scene), fit }
    }

    fn is_of(&self, sketch: &Sketch, summary: Option<&Arc<EdgeSummary>>) -> bool {
        self.layout == Held::of(&sketch.layout) && self.summary == Held(summary.cloned())
    }
}
