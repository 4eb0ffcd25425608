//! Choosing a model, what it is, and the control of its explicit bias terms.

use super::actions::{ActionId as Id, Effect};
use super::parts::{self, menu_item, weak};
use super::terms::{self, Term};
use crate::domain::Scale;
use crate::engine::Checkpoint;
use crate::models::{Arch, Connectivity, Ebt, Encoding, ModelSpec, Readout, Task};
use crate::workspace::{Command, State};
use eframe::egui::{self, Checkbox, ComboBox, Grid, Label, RichText, Slider, Ui};
use std::sync::Arc;

/// Width of the chosen model's title, points; where there is little room, down to the lesser.
const MENU: f32 = 270.0;
const NARROW_MENU: f32 = 140.0;

/// Room that the line of the model wants with a title of full width, points.
const LINE: f32 = 900.0;

/// What the slider of the explicit bias says. It must not be mistaken for a model trained without.
const EBT_LABEL: &str = "Scale of this checkpoint's trained explicit bias (counterfactual)";

/// The same where there is little room.
const EBT_SHORT: &str = "scale of trained bias";

/// The same for GraphiT and SAN, whose program differs from their paper.
const EBT_PAPER_LABEL: &str = "EBT as in the paper: scale of this checkpoint's explicit bias (counterfactual)";

/// What the switch of the authors' variant says.
const EBT_CODE_ON: &str = "EBT as coded: attention is a neighbour mean";
const EBT_CODE_OFF: &str = "EBT as coded: off, attention as in the paper";
const EBT_CODE_SHORT: &str = "EBT as coded";

const EBT_TIP: &str = "1 adds the explicit bias terms k', e', v' as they are, 0 leaves them out; the biases of the projections stay. A counterfactual on one set of weights, not the model trained without.";

const EBT_PAPER_TIP: &str = "As equations 2 and 3 of the paper say: attention weights come from the edge score with the bias added. 1 adds k', e', v' as they are, 0 leaves them out.";

const EBT_CODE_TIP: &str = "As the authors' program computes GraphiT and SAN: the weight of an edge comes from the bias score of the receiving atom alone, so all its neighbours count alike. Keys, bonds and e' have no influence on the prediction and were never trained. Off: weights from the edge score, without bias. Nothing lies between, so this is a switch.";

/// The short and the long form of what GraphiT and SAN have in common.
const TWINS: &str = "sparse GraphiT = sparse SAN: one function";
const TWINS_TIP: &str = "On bonds only and without encodings, GraphiT and SAN compute the same function: with the same weights their outputs agree exactly. Differences between them then come from width, learning rate, batch size and chance. They differ on full graphs (random-walk kernel against gamma) and with SAN's learned encoding.";

/// Room at the end of the menu, points.
const CUT: f32 = 26.0;

/// Shows the menu of models and what the chosen one is.
pub(super) fn choice(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let label = ui.label("Model");
    let title = state.checkpoint().map_or("none", |checkpoint| &checkpoint.title);
    // A long title is cut, not the rest of the bar pushed away.
    let width = (MENU + ui.available_width() - LINE).clamp(NARROW_MENU, MENU);
    let room = egui::vec2(width, ui.spacing().interact_size.y);
    let row = egui::Layout::left_to_right(egui::Align::Center);
    let combo = ui.allocate_ui_with_layout(room, row, |ui| {
        let combo = ComboBox::from_id_salt("model").selected_text(title).width(width).height(640.0).truncate();
        combo.show_ui(ui, |ui| menu(ui, state, effects))
    });
    combo.inner.response.labelled_by(label.id).on_hover_text(title);
    if let Some(checkpoint) = state.checkpoint() {
        let text = RichText::new(sizes(&checkpoint.spec)).small();
        ui.menu_button(text, |ui| card(ui, state, checkpoint, effects)).response.on_hover_text("What this model is");
    }
}

/// All models by architecture, and the ways to more of them.
fn menu(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    ui.set_min_width(430.0);
    ui.spacing_mut().item_spacing.y = 1.0;
    ui.spacing_mut().interact_size.y = 21.0;
    for arch in Arch::ALL {
        let models = state.checkpoints.iter().enumerate().filter(|(_, checkpoint)| checkpoint.spec.arch == arch);
        heading(ui, state, arch);
        for (place, checkpoint) in models {
            let response = ui.selectable_label(place == state.model, &checkpoint.title);
            if response.on_hover_text(sizes(&checkpoint.spec)).clicked() {
                effects.push(Command::SetModel(place).into());
            }
        }
        ui.add_space(4.0);
    }
    ui.separator();
    distinguish(ui, state, effects);
    ui.separator();
    for id in [Id::OpenModel, Id::ModelAssumptions, Id::Untrained] {
        effects.extend(menu_item(ui, id, state));
    }
    // A menu is measured before its separators have a height; this much would be cut off its end.
    ui.add_space(CUT);
}

/// `10 layers · 8 heads · width 64`
fn sizes(spec: &ModelSpec) -> String {
    let (layers, heads) = (parts::counted(spec.layers, "layer"), parts::counted(spec.heads, "head"));
    format!("{layers} · {heads} · width {}", spec.dim)
}

/// The name of an architecture with a word on what sets it apart.
fn heading(ui: &mut Ui, state: &State, arch: Arch) {
    let nature = match arch {
        Arch::Gt => "updates nodes and edges",
        Arch::Graphit => "updates nodes; kernel on full graphs",
        Arch::San => "updates nodes; gamma on full graphs",
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(arch.title()).strong());
        ui.label(weak(nature).small());
        if arch != Arch::Gt && has_twins(state) {
            ui.label(weak(format!("({TWINS})")).small()).on_hover_text(TWINS_TIP);
        }
    });
}

/// Whether two models are listed that compute one function.
fn has_twins(state: &State) -> bool {
    let of = |arch: Arch| state.checkpoints.iter().filter(move |checkpoint| checkpoint.spec.arch == arch);
    of(Arch::Graphit).any(|graphit| of(Arch::San).any(|san| graphit.spec.is_twin_of(&san.spec)))
}

/// The modes in which GraphiT and SAN are two models.
fn distinguish(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    ui.label(weak("Where GraphiT and SAN differ").small()).on_hover_text(TWINS_TIP);
    for id in [Id::GraphitFull, Id::SanFull, Id::SanLearned] {
        effects.extend(menu_item(ui, id, state));
    }
}

/// Everything that fixes a model, in words.
fn card(ui: &mut Ui, state: &State, checkpoint: &Arc<Checkpoint>, effects: &mut Vec<Effect>) {
    let spec = &checkpoint.spec;
    ui.set_max_width(430.0);
    ui.label(RichText::new(checkpoint.id.name.as_ref()).heading());
    Grid::new("model").num_columns(2).spacing([16.0, 4.0]).show(ui, |ui| {
        for (name, value) in facts(checkpoint) {
            ui.label(weak(name));
            ui.label(value);
            ui.end_row();
        }
    });
    if let Some(file) = checkpoint.file.as_ref().filter(|file| !file.open.is_empty()) {
        ui.separator();
        let text = if file.assumed.is_empty() {
            "Its file left things open, which were said.".to_owned()
        } else {
            file.assumed.join(" ")
        };
        ui.add(Label::new(weak(text)).wrap().halign(egui::Align::LEFT));
        effects.extend(menu_item(ui, Id::ModelAssumptions, state));
    }
    let twin = |other: &&Arc<Checkpoint>| spec.is_twin_of(&other.spec);
    if let Some(twin) = state.checkpoints.iter().find(twin) {
        ui.separator();
        let text =
            format!("The same function as {} (sparse, no encodings) but for size and weights.", twin.spec.arch.title());
        ui.add(Label::new(text).wrap().halign(egui::Align::LEFT)).on_hover_text(TWINS_TIP);
        distinguish(ui, state, effects);
    }
}

fn facts(checkpoint: &Checkpoint) -> Vec<(&'static str, String)> {
    let spec = &checkpoint.spec;
    let weights = if checkpoint.is_base() { "untrained, from a seed" } else { "trained" };
    let task = match spec.task {
        Task::GraphRegression => format!("{} of the molecule", plural(spec.outputs, "value")),
        Task::GraphLabels => format!("{} of the molecule", plural(spec.outputs, "label")),
        Task::NodeLabels => format!("{} of each atom", plural(spec.outputs, "label")),
    };
    let readout = match spec.readout {
        Readout::Mean => "mean over atoms",
        Readout::Sum => "sum over atoms",
    };
    let biases = if spec.use_bias { "yes" } else { "no" };
    vec![
        ("Architecture", spec.arch.title().to_owned()),
        ("Size", sizes(spec)),
        ("Weights", weights.to_owned()),
        ("Explicit bias", explicit_bias_kind(spec).to_owned()),
        ("Projection biases", biases.to_owned()),
        ("Attends", connectivity(spec.connectivity)),
        ("Reads", spec.features.title().to_owned()),
        ("Encoding", encoding(spec.encoding)),
        ("Readout", readout.to_owned()),
        ("Predicts", task),
    ]
}

fn plural(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

fn explicit_bias_kind(spec: &ModelSpec) -> &'static str {
    match (spec.ebt, spec.arch) {
        (Ebt::Off, _) => "none",
        (Ebt::Paper, Arch::Gt) => "EBT",
        (Ebt::Paper, _) => "EBT as in the paper",
        (Ebt::Code, _) => "EBT as coded: attention is a neighbour mean",
    }
}

fn connectivity(connectivity: Connectivity) -> String {
    match connectivity {
        Connectivity::Sparse => "along bonds only".to_owned(),
        Connectivity::Kernel { gamma, steps } => {
            format!("all pairs of atoms, random-walk kernel (step {gamma}, {steps} steps)")
        }
        Connectivity::Gamma { gamma } => format!("all pairs of atoms, absent bonds by gamma {gamma}"),
        Connectivity::LearnedGamma => "all pairs of atoms, absent bonds by a learned gamma".to_owned(),
    }
}

fn encoding(encoding: Encoding) -> String {
    match encoding {
        Encoding::Off => "none".to_owned(),
        Encoding::Laplacian { vectors } => format!("{vectors} Laplacian eigenvectors"),
        Encoding::Learned { vectors, layers, .. } => {
            format!("learned from {vectors} eigenvalues and eigenvectors ({layers} layers)")
        }
        Encoding::RandomWalk { steps } => format!("random walks of up to {steps} steps"),
        Encoding::Degree { most } => format!("number of neighbours, up to {most}"),
    }
}

/// The control of the explicit bias: a switch for the ends and a slider for what lies between, or the
/// switch alone where nothing does.
pub(super) fn explicit_bias(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let (ebt, arch) =
        state.checkpoint().map_or((Ebt::Off, Arch::Gt), |checkpoint| (checkpoint.spec.ebt, checkpoint.spec.arch));
    let scale = state.edits.explicit_bias();
    if ebt == Ebt::Code {
        // What a slider of another model left behind counts as the nearer end.
        let mut on = scale.value() >= 0.5;
        let long = if on { EBT_CODE_ON } else { EBT_CODE_OFF };
        let label = if fits(ui, long) { long } else { EBT_CODE_SHORT };
        if ui.add(Checkbox::new(&mut on, label)).on_hover_text(EBT_CODE_TIP).changed() {
            effects.push(Command::SetExplicitBias(if on { Scale::ONE } else { Scale::ZERO }).into());
        }
        terms::ask(ui, Term::EbtCoded);
        return;
    }
    let has_bias = ebt != Ebt::Off;
    let (text, tip) = match arch {
        _ if !has_bias => without_ebt(state),
        Arch::Gt => (EBT_LABEL, EBT_TIP.to_owned()),
        Arch::Graphit | Arch::San => (EBT_PAPER_LABEL, EBT_PAPER_TIP.to_owned()),
    };
    let shown = if has_bias { scale } else { Scale::ONE };
    let mut on = has_bias && shown != Scale::ZERO;
    let switch = ui.add_enabled(has_bias, Checkbox::new(&mut on, "EBT")).on_disabled_hover_text(&tip);
    if switch.on_hover_text("Explicit bias terms as they are, or off").changed() {
        effects.push(Command::SetExplicitBias(if on { Scale::ONE } else { Scale::ZERO }).into());
    }
    ui.spacing_mut().slider_width = 110.0;
    let mut value = shown.value();
    let slider = Slider::new(&mut value, 0.0..=1.0).step_by(0.01).fixed_decimals(2);
    let slider = ui.add_enabled(has_bias, slider).on_disabled_hover_text(&tip);
    // Where words do not fit, the tip says the rest.
    let short = if has_bias { EBT_SHORT } else { "no EBT" };
    let slider = match [text, short].into_iter().find(|text| fits(ui, text)) {
        Some(text) => {
            let label = ui.add(Label::new(if has_bias { RichText::new(text) } else { parts::weak(text) }));
            slider.labelled_by(label.on_hover_text(&tip).id)
        }
        None => parts::named(slider, short).on_hover_text(&tip),
    };
    if slider.changed() && Scale::new(value) != scale {
        effects.push(Command::SetExplicitBias(Scale::new(value)).into());
    }
    terms::ask(ui, Term::EbtScale);
}

/// Whether words have room in this line, and the sign that explains them too.
fn fits(ui: &Ui, text: &str) -> bool {
    ui.available_size_before_wrap().x > parts::button_width(ui, text) + 24.0
}

/// Why there is no bias to scale, in a few words and in whole sentences, with the way to one.
fn without_ebt(state: &State) -> (&'static str, String) {
    let untrained = state.checkpoint().is_some_and(|checkpoint| checkpoint.is_base());
    let why = if untrained {
        "This model has no explicit bias terms (EBT), so there is nothing to scale."
    } else {
        "This model was trained without explicit bias terms (EBT), so there is nothing to scale."
    };
    let twin = state.twin().and_then(|place| state.checkpoints.get(place));
    match twin {
        Some(twin) => {
            ("no EBT here: E shows its twin", format!("{why} Press E to put its twin {} beside it.", twin.id.name))
        }
        None => ("no EBT in this model", format!("{why} Choose a model with EBT in the list of models.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Features;

    #[test]
    fn a_model_says_everything_that_fixes_it() {
        let checkpoint = Checkpoint::named_base("graphit-full-walk-base").unwrap().unwrap();
        let facts = facts(&checkpoint);
        let fact = |name: &str| facts.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        assert_eq!((fact("Architecture"), fact("Explicit bias")), ("GraphiT".to_owned(), "none".to_owned()));
        assert!(fact("Attends").contains("kernel") && fact("Encoding").contains("16 steps"));
        assert_eq!(fact("Size"), "10 layers · 8 heads · width 64");
        assert_eq!((fact("Predicts"), fact("Readout")), ("1 value of the molecule".into(), "sum over atoms".into()));
        assert_eq!(fact("Reads"), Features::Zinc.title());
    }

    #[test]
    fn the_three_kinds_of_explicit_bias_have_three_names() {
        let kind = |arch, ebt| explicit_bias_kind(&ModelSpec::recipe(arch, Features::Zinc, ebt));
        let names = [kind(Arch::Gt, Ebt::Paper), kind(Arch::San, Ebt::Paper), kind(Arch::San, Ebt::Code)];
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
        assert_eq!(kind(Arch::Graphit, Ebt::Off), "none");
    }
}
