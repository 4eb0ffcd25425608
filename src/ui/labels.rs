//! Notes on molecules, atoms, bonds and pairs: a field for what is chosen, and the list of all there are.

use super::actions::Effect;
use super::parts;
use crate::domain::MoleculeId;
use crate::scene::Pick;
use crate::workspace::{Command, LONGEST_LABEL, Labelled, Shown, State};
use eframe::egui::{self, Button, RichText, TextEdit, Ui};

/// What the panel keeps for itself.
#[derive(Default)]
pub(super) struct Labels {
    about: Option<Labelled>,
    text: String,
    /// The note that the state had when `text` was last brought in line with it.
    known: String,
    focus: bool,
}

impl Labels {
    /// Puts the cursor into the field with the next frame.
    pub(super) fn focus(&mut self) {
        self.focus = true;
    }
}

/// The note on the molecule shown or a part of it.
pub(super) fn note(state: &State, molecule: MoleculeId, part: Option<Pick>) -> Option<&str> {
    state.labels.get(Labelled { molecule, part })
}

/// Shows the field for what is chosen, or for the molecule.
pub(super) fn field(
    ui: &mut Ui,
    state: &State,
    (shown, part): (&Shown, Option<Pick>),
    own: &mut Labels,
) -> Vec<Effect> {
    let mut effects = Vec::new();
    let about = Labelled { molecule: shown.id, part };
    let now = state.labels.get(about).unwrap_or_default();
    if own.about != Some(about) {
        // What was typed and not confirmed still belongs to what was chosen before.
        if let Some(before) = own.about.filter(|_| own.text != own.known) {
            effects.push(Command::Label(before, own.text.clone()).into());
        }
        (own.about, own.text, own.known) = (Some(about), now.to_owned(), now.to_owned());
    } else if own.known != now {
        (own.text, own.known) = (now.to_owned(), now.to_owned());
    }
    let name = match part {
        None => "Label of the molecule".to_owned(),
        Some(part) => format!("Label of {}", parts::pick_name(&shown.molecule, part)),
    };
    let edit = TextEdit::singleline(&mut own.text)
        .hint_text(format!("{name}…"))
        .char_limit(LONGEST_LABEL)
        .desired_width(f32::INFINITY);
    let response = parts::named(ui.add(edit), &name).on_hover_text("A short note, saved with the workspace");
    if std::mem::take(&mut own.focus) {
        response.request_focus();
        response.scroll_to_me(None);
    }
    if response.lost_focus() && own.text != own.known {
        effects.push(Command::Label(about, own.text.clone()).into());
    }
    effects
}

/// Lists all notes; a click goes to what one is about.
pub(super) fn list(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    if state.labels.is_empty() {
        return;
    }
    ui.add_space(4.0);
    let title = format!("Labels ({})", parts::count(state.labels.iter().len()));
    egui::CollapsingHeader::new(RichText::new(title).strong()).id_salt("labels").show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.spacing_mut().button_padding = egui::vec2(6.0, 2.0);
        for (about, text) in state.labels.iter() {
            let here = state.shown.as_ref().filter(|shown| shown.id == about.molecule);
            let part = match (about.part, here) {
                (None, _) => String::new(),
                (Some(part), Some(shown)) => format!(" {}", parts::pick_name(&shown.molecule, part)),
                (Some(Pick::Atom(atom)), None) => format!(" atom {}", atom.0),
                (Some(Pick::Bond(bond)), None) => format!(" bond {}", bond.0),
                (Some(Pick::Pair(a, b)), None) => format!(" atoms {} and {}", a.0, b.0),
            };
            let row = RichText::new(format!("#{}{part}: {text}", about.molecule.0)).size(12.0);
            let chosen = here.is_some() && state.pick == about.part;
            let button = Button::selectable(chosen, row).min_size(egui::vec2(ui.available_width(), 20.0));
            if ui.add(button.truncate()).on_hover_text(text).clicked() {
                if here.is_none() {
                    effects.push(Command::SelectMolecule(about.molecule).into());
                }
                effects.push(Command::Select(about.part).into());
            }
        }
    });
}
