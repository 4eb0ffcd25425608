//! Putting a rule together, and seeing at once what it would choose in the molecule shown.

use super::ablation;
use super::parts::{self, weak};
use crate::analysis;
use crate::domain::{Ablation, AtomId, BondKind, Choice, Comparison, Molecule, Rule};
use crate::engine::BASE_SEED;
use crate::scene::Pick;
use crate::workspace::State;
use eframe::egui::{self, ComboBox, DragValue, RichText, Ui};
use std::sync::Arc;

/// Bonds named in the preview.
const NAMED: usize = 8;

/// The kinds of choices, in menu order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Strongest,
    Kind,
    Random,
    Atom,
}

impl Way {
    const ALL: [Self; 4] = [Self::Strongest, Self::Kind, Self::Random, Self::Atom];

    fn text(self) -> &'static str {
        match self {
            Self::Strongest => "bonds of highest ratio",
            Self::Kind => "all bonds of a type",
            Self::Random => "random bonds",
            Self::Atom => "all edges of an atom",
        }
    }
}

/// The rule in the making; what one way of choosing does not need is kept for the others.
pub(super) struct Builder {
    way: Way,
    count: usize,
    layer: Option<usize>,
    head: Option<usize>,
    kind: BondKind,
    seed: u64,
    atom: AtomId,
    how: Ablation,
    preview: Option<(usize, Rule, String)>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            way: Way::Strongest,
            count: 3,
            layer: None,
            head: None,
            kind: BondKind::Double,
            seed: BASE_SEED,
            atom: AtomId(0),
            how: Ablation::Remove,
            preview: None,
        }
    }
}

impl Builder {
    fn rule(&self) -> Rule {
        let Self { way, count, layer, head, kind, seed, atom, how, .. } = *self;
        let choice = match way {
            Way::Strongest => Choice::Strongest { count, layer, head },
            Way::Kind => Choice::Kind(kind),
            Way::Random => Choice::Random { count, seed },
            Way::Atom => Choice::Atom(atom),
        };
        Rule { choice, how }
    }

    /// What the rule chooses in the molecule shown, in words; worked out again if either changed.
    fn preview(&mut self, molecule: &Molecule, comparison: &Arc<Comparison>) -> &str {
        let (rule, answer) = (self.rule(), Arc::as_ptr(comparison).addr());
        if self.preview.as_ref().is_none_or(|(of, known, _)| (*of, *known) != (answer, rule)) {
            self.preview = Some((answer, rule, chosen(&rule, molecule, comparison)));
        }
        self.preview.as_ref().map_or("", |(_, _, text)| text)
    }
}

/// `Here: C3=O7, C1–C2`
fn chosen(rule: &Rule, molecule: &Molecule, comparison: &Comparison) -> String {
    let edges = analysis::resolve(rule, molecule, &comparison.baseline);
    let one_way = edges.keys().filter(|edge| edge.source < edge.target);
    let names: Vec<String> = one_way
        .map(|edge| match molecule.bond_between(edge.source, edge.target) {
            Some(bond) => parts::bond_name(molecule, bond),
            None => parts::edge_name(molecule, *edge).replace('→', "↔"),
        })
        .collect();
    match names.len() {
        0 => "Here: nothing.".to_owned(),
        count if count > NAMED => {
            format!("Here: {} and {} more.", names.get(..NAMED).unwrap_or_default().join(", "), count - NAMED)
        }
        _ => format!("Here: {}.", names.join(", ")),
    }
}

/// Shows the fields; returns the rule, if there is an answer it can be applied to.
pub(super) fn show(ui: &mut Ui, state: &State, molecule: &Molecule, own: &mut Builder) -> Option<Rule> {
    egui::Grid::new("rule").num_columns(2).spacing([10.0, 5.0]).show(ui, |ui| {
        ui.label("Choose");
        choice(ui, "Which edges", &mut own.way, &Way::ALL.map(|way| (way, way.text().to_owned())));
        ui.end_row();
        match own.way {
            Way::Strongest => strongest(ui, state, own),
            Way::Kind => {
                ui.label("Type");
                choice(ui, "Type of bonds", &mut own.kind, &BondKind::ALL.map(|kind| (kind, kind.name().to_owned())));
                ui.end_row();
            }
            Way::Random => {
                count(ui, &mut own.count);
                ui.label("Seed");
                parts::named(ui.add(DragValue::new(&mut own.seed)), "Seed of the draw");
                ui.end_row();
            }
            Way::Atom => atom(ui, state, molecule, &mut own.atom),
        }
        ui.label("Do");
        ui.horizontal(|ui| {
            for how in Ablation::ALL {
                let verb = ablation::verb(how);
                let choice = ui.selectable_value(&mut own.how, how, verb).on_hover_text(ablation::tip(how));
                parts::named(choice, &format!("Rule: {verb}"));
            }
        });
        ui.end_row();
    });
    let answer = state.comparison.as_ref().filter(|_| !state.is_stale());
    let shown = state.shown.as_ref().map(|shown| shown.id);
    match answer.filter(|comparison| Some(comparison.probe.molecule) == shown) {
        Some(comparison) => {
            ui.label(RichText::new(own.preview(molecule, comparison)).small().weak());
            Some(own.rule())
        }
        None => {
            ui.label(weak("Rules need the model's answer about this molecule.").small());
            None
        }
    }
}

fn strongest(ui: &mut Ui, state: &State, own: &mut Builder) {
    count(ui, &mut own.count);
    let (layers, heads) = state.checkpoint().map_or((0, 0), |model| (model.spec.layers, model.spec.heads));
    let places = |all: &str, count: usize| -> Vec<(Option<usize>, String)> {
        let places = (0..count).map(|place| (Some(place), place.to_string()));
        std::iter::once((None, all.to_owned())).chain(places).collect()
    };
    // A layer or head that another model had would choose nothing.
    own.layer = own.layer.filter(|layer| *layer < layers);
    own.head = own.head.filter(|head| *head < heads);
    ui.label("Layer");
    choice(ui, "Layer that decides", &mut own.layer, &places("any", layers));
    ui.end_row();
    ui.label("Head");
    choice(ui, "Head that decides", &mut own.head, &places("all", heads));
    ui.end_row();
}

fn count(ui: &mut Ui, count: &mut usize) {
    ui.label("How many");
    parts::named(ui.add(DragValue::new(count).range(1..=999).speed(0.05)), "Number of bonds");
    ui.end_row();
}

fn atom(ui: &mut Ui, state: &State, molecule: &Molecule, atom: &mut AtomId) {
    ui.label("Atom");
    ui.horizontal(|ui| {
        let last = u32::try_from(molecule.atom_count()).unwrap_or(u32::MAX).saturating_sub(1);
        parts::named(ui.add(DragValue::new(&mut atom.0).range(0..=last).speed(0.1)), "Number of the atom");
        ui.label(weak(parts::atom_name(molecule, *atom)));
        if let Some(Pick::Atom(picked)) = state.pick
            && picked != *atom
            && ui.small_button(format!("take {}", parts::atom_name(molecule, picked))).clicked()
        {
            *atom = picked;
        }
    });
    ui.end_row();
}

/// A list to choose from, whose name screen readers read.
fn choice<T: PartialEq + Copy>(ui: &mut Ui, name: &str, chosen: &mut T, all: &[(T, String)]) {
    let text = all.iter().find(|(value, _)| value == chosen).map_or("", |(_, text)| text);
    let combo = ComboBox::from_id_salt(name).selected_text(text).width(150.0);
    let response = combo.show_ui(ui, |ui| {
        for (value, text) in all {
            ui.selectable_value(chosen, *value, text);
        }
    });
    parts::named(response.response, name);
}
