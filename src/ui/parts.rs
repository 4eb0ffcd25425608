//! Small pieces that several panels are made of: buttons from the table of actions, numbers, names of
//! atoms and bonds.

use super::actions::{self, ActionId, Effect};
use super::icons::{self, Icon};
use crate::domain::{AtomId, BondId, BondOrder, Comparison, DirectedEdge, Molecule, Scale, symbol};
use crate::models::{Ebt, SpecError};
use crate::scene::Pick;
use crate::workspace::{Coloring, EdgeReading, Picture, State};
use eframe::egui::{self, Button, RichText, Ui};

/// A menu entry for an action; returns what it asks for.
pub(super) fn menu_item(ui: &mut Ui, id: ActionId, state: &State) -> Vec<Effect> {
    let checked = actions::find(id).and_then(|action| action.checked).is_some_and(|checked| checked(state));
    menu_choice(ui, id, checked, state)
}

/// The same for an action that is on or off by something other than the state.
pub(super) fn menu_choice(ui: &mut Ui, id: ActionId, checked: bool, state: &State) -> Vec<Effect> {
    let Some(action) = actions::find(id) else { return Vec::new() };
    let mut button = Button::selectable(checked, action.text);
    if let Some(shortcut) = action.shortcuts.first() {
        button = button.shortcut_text(keys(ui.ctx(), shortcut));
    }
    let response = ui.add_enabled((action.enabled)(state), button).on_hover_text(action.tip);
    if response.on_disabled_hover_text(missing(action)).clicked() {
        ui.close();
        return (action.run)(state);
    }
    Vec::new()
}

/// A plain button for an action, under words of the caller's choice.
pub(super) fn action_button(ui: &mut Ui, id: ActionId, text: &str, state: &State) -> Vec<Effect> {
    let Some(action) = actions::find(id) else { return Vec::new() };
    let response = ui.add_enabled((action.enabled)(state), Button::new(text)).on_hover_text(tip(ui, action));
    if response.on_disabled_hover_text(missing(action)).clicked() { (action.run)(state) } else { Vec::new() }
}

/// A button that stays pressed while its action is on.
pub(super) fn action_switch(ui: &mut Ui, id: ActionId, text: &str, state: &State) -> Vec<Effect> {
    let Some(action) = actions::find(id) else { return Vec::new() };
    let checked = action.checked.is_some_and(|checked| checked(state));
    let button = choice(ui, checked, text).frame_when_inactive(true);
    let response = ui.add_enabled((action.enabled)(state), button).on_hover_text(tip(ui, action));
    if response.on_disabled_hover_text(missing(action)).clicked() { (action.run)(state) } else { Vec::new() }
}

/// The sign that exports what a panel shows.
pub(super) fn export_button(ui: &mut Ui, id: ActionId, panel: &str, state: &State) -> Vec<Effect> {
    icon_button(ui, id, (Icon::Export, &format!("Export {panel}")), state)
}

/// The sign that adds what a panel shows to the figure.
pub(super) fn add_button(ui: &mut Ui, id: ActionId, panel: &str, state: &State) -> Vec<Effect> {
    icon_button(ui, id, (Icon::Add, &format!("Add {panel} to figure")), state)
}

fn icon_button(ui: &mut Ui, id: ActionId, (icon, name): (Icon, &str), state: &State) -> Vec<Effect> {
    let Some(action) = actions::find(id) else { return Vec::new() };
    let enabled = (action.enabled)(state);
    let response = ui.add_enabled_ui(enabled, |ui| icons::button(ui, icon, name)).inner;
    if response.clicked() { (action.run)(state) } else { Vec::new() }
}

/// The tip of an action that cannot be done now: what it is good for, and what it needs for that.
fn missing(action: &actions::Action) -> String {
    format!("{} ({})", action.tip, action.needs())
}

fn tip(ui: &Ui, action: &actions::Action) -> String {
    match action.shortcuts.first() {
        Some(shortcut) => format!("{} ({})", action.tip, keys(ui.ctx(), shortcut)),
        None => action.tip.to_owned(),
    }
}

/// `Ctrl+K`, with the signs that are printed on the keys.
pub(super) fn keys(ctx: &egui::Context, shortcut: &egui::KeyboardShortcut) -> String {
    let name = shortcut.logical_key.name();
    let sign = match shortcut.logical_key {
        egui::Key::OpenBracket => "[",
        egui::Key::CloseBracket => "]",
        egui::Key::Period => ".",
        egui::Key::Comma => ",",
        egui::Key::Slash => "/",
        egui::Key::Plus => "+",
        egui::Key::Equals => "=",
        egui::Key::Minus => "−",
        egui::Key::ArrowUp => "↑",
        egui::Key::ArrowDown => "↓",
        egui::Key::PageUp => "Page Up",
        egui::Key::PageDown => "Page Down",
        egui::Key::Delete => "Del",
        _ => name,
    };
    let text = ctx.format_shortcut(shortcut);
    text.strip_suffix(name).map_or_else(|| text.clone(), |modifiers| format!("{modifiers}{sign}"))
}

/// Gives a widget without words of its own the name that screen readers read.
pub(super) fn named(response: egui::Response, name: &str) -> egui::Response {
    response.ctx.accesskit_node_builder(response.id, |node| node.set_label(name));
    response
}

/// One of several choices; the one that is on has a frame too, since a fill alone is told by colour only.
pub(super) fn choice<'a>(ui: &Ui, on: bool, text: impl Into<RichText>) -> Button<'a> {
    let button = Button::selectable(on, text.into());
    if on { button.stroke(ui.visuals().selection.stroke) } else { button }
}

/// The mark at the left end of a chosen row.
pub(super) fn mark_row(ui: &Ui, row: egui::Rect) {
    let mark = egui::Rect::from_min_size(row.min + egui::vec2(0.0, 3.0), egui::vec2(3.0, row.height() - 6.0));
    ui.painter().rect_filled(mark, 1.5, ui.visuals().selection.stroke.color);
}

/// Width of a button with that text, points.
pub(super) fn button_width(ui: &Ui, text: impl Into<String>) -> f32 {
    let font = egui::TextStyle::Button.resolve(ui.style());
    let text = ui.painter().layout_no_wrap(text.into(), font, egui::Color32::PLACEHOLDER);
    text.size().x + 2.0 * ui.spacing().button_padding.x
}

/// A row that is filled from the right, so that its last widget may take what is left.
pub(super) fn from_right<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    ui.horizontal(|ui| ui.with_layout(layout, add).inner).inner
}

/// The choices of one line of a grid, of which one is on.
pub(super) fn choice_row<T: Copy + PartialEq>(ui: &mut Ui, name: &str, value: &mut T, choices: &[(T, &str)]) {
    ui.label(weak(name));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        for &(choice, text) in choices {
            ui.radio_value(value, choice, text);
        }
    });
    ui.end_row();
}

/// Everything that keeps a network from being one, a line each.
pub(super) fn conflicts(ui: &mut Ui, conflicts: &[SpecError]) {
    for conflict in conflicts {
        ui.add(egui::Label::new(RichText::new(format!("⚠ {conflict}")).color(ui.visuals().warn_fg_color)).wrap());
    }
}

/// Text of lesser weight.
pub(super) fn weak(text: impl Into<String>) -> RichText {
    RichText::new(text).weak()
}

/// `C3`: symbol and number.
pub(super) fn atom_name(molecule: &Molecule, atom: AtomId) -> String {
    format!("{}{}", molecule.atom(atom).map_or("?", |atom| symbol(atom.element)), atom.0)
}

/// `C3=O7`: both atoms with the sign of the bond between them.
pub(super) fn bond_name(molecule: &Molecule, bond: BondId) -> String {
    let Some((a, b, bond)) = molecule.bond(bond) else { return String::new() };
    let sign = match bond.order {
        BondOrder::Single => '–',
        BondOrder::Double => '=',
        BondOrder::Triple => '≡',
        BondOrder::Quadruple => '$',
    };
    format!("{}{sign}{}", atom_name(molecule, a), atom_name(molecule, b))
}

/// `C3→O7`: the direction in which a message flows.
pub(super) fn edge_name(molecule: &Molecule, edge: DirectedEdge) -> String {
    format!("{}→{}", atom_name(molecule, edge.source), atom_name(molecule, edge.target))
}

/// What anything that can be chosen is called: `C3`, `C3=O7`, `C3↔O7`.
pub(super) fn pick_name(molecule: &Molecule, pick: Pick) -> String {
    match pick {
        Pick::Atom(atom) => atom_name(molecule, atom),
        Pick::Bond(bond) => bond_name(molecule, bond),
        Pick::Pair(a, b) => format!("{}↔{}", atom_name(molecule, a), atom_name(molecule, b)),
    }
}

/// What kind of thing that is: `atom`, `double bond, aromatic`, `absent bond`.
pub(super) fn pick_kind(molecule: &Molecule, pick: Pick) -> String {
    match pick {
        Pick::Atom(_) => "atom".to_owned(),
        Pick::Bond(bond) => {
            let kind = molecule.bond(bond).map(|(_, _, bond)| (bond.order.name(), bond.aromatic));
            kind.map_or_else(String::new, |(order, aromatic)| {
                format!("{order} bond{}", if aromatic { ", aromatic" } else { "" })
            })
        }
        Pick::Pair(..) => "absent bond".to_owned(),
    }
}

/// Both directions of a bond or pair as a picture has them, the one with the larger number first.
pub(super) fn directions(
    molecule: &Molecule,
    pick: Pick,
    picture: Option<&Picture>,
    coloring: Coloring,
) -> Option<[DirectedEdge; 2]> {
    let edges = pick.edges(molecule)?;
    Some(picture.map_or(edges, |picture| picture.stronger_first(edges, coloring)))
}

/// What an edge shows, and what was done to it: `41.2`, `41.2 averaged`, `removed`.
pub(super) fn reading(reading: &EdgeReading, coloring: Coloring) -> String {
    match (reading.ablated, reading.value) {
        (None, _) if coloring == Coloring::Difference => {
            reading.difference().map_or_else(|| number_or_dash(None), change)
        }
        (Some(how), None) => how.participle().to_owned(),
        (Some(how), Some(value)) => format!("{} {}", number(value), how.participle()),
        (None, value) => number_or_dash(value),
    }
}

/// What edits there are, in words: `EBT × 0.50`, `2 directed edges removed`.
pub(super) fn edits(comparison: &Comparison, ebt: Ebt) -> Vec<String> {
    let scale = comparison.probe.intervention.explicit_bias;
    let bias = match ebt {
        Ebt::Off => None,
        _ if scale == Scale::ONE => None,
        // Two-valued, as the model takes it.
        Ebt::Code => Some(format!("EBT as coded {}", if scale.value() >= 0.5 { "on" } else { "off" })),
        Ebt::Paper => Some(format!("EBT × {:.2}", scale.value())),
    };
    bias.into_iter().chain(comparison.ablated_words()).collect()
}

/// A measured number with three or four significant digits.
pub(super) fn number(value: f64) -> String {
    let magnitude = value.abs();
    let text = if value.is_nan() {
        "undefined".to_owned()
    } else if value.is_infinite() {
        "infinite".to_owned()
    } else if magnitude == 0.0 {
        "0".to_owned()
    } else if !(1e-3..1e6).contains(&magnitude) {
        format!("{value:.1e}")
    } else if magnitude >= 100.0 {
        format!("{value:.0}")
    } else if magnitude >= 10.0 {
        format!("{value:.1}")
    } else if magnitude >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    };
    text.replace('-', "−")
}

/// A change with its sign.
pub(super) fn change(value: f64) -> String {
    if value > 0.0 { format!("+{}", number(value)) } else { number(value) }
}

/// The same, or a dash where there is none.
pub(super) fn number_or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), number)
}

/// A number with three decimals, as predictions and targets are given.
pub(super) fn decimal(value: f32) -> String {
    format!("{value:.3}").replace('-', "−")
}

/// The same with its sign.
pub(super) fn signed(value: f32) -> String {
    format!("{value:+.3}").replace('-', "−")
}

/// A whole number in groups of three digits.
pub(super) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 bond`, `2 bonds`.
pub(super) fn counted(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// A group of widgets that belong together, set apart from the next by a thin line.
pub(super) fn separator(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(1.0, 18.0), egui::Sense::hover());
    ui.painter().vline(rect.center().x, rect.y_range(), ui.visuals().widgets.noninteractive.bg_stroke);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, Bond};

    #[test]
    fn numbers_are_short_and_have_a_true_minus() {
        let texts = [1736.2, 41.26, 3.456, 0.1234, -0.5, 0.0, 2.5e7, 1e-5].map(number);
        assert_eq!(texts, ["1736", "41.3", "3.46", "0.123", "−0.500", "0", "2.5e7", "1.0e−5"]);
        assert_eq!((number(f64::INFINITY), number(f64::NAN)), ("infinite".into(), "undefined".into()));
        assert_eq!([0, 999, 1000, 250_000, 1_234_567].map(count), ["0", "999", "1,000", "250,000", "1,234,567"]);
        assert_eq!((decimal(-1.23456), signed(0.5)), ("−1.235".to_owned(), "+0.500".to_owned()));
    }

    #[test]
    fn atoms_and_bonds_have_names() {
        let atom = |element| Atom { element, ..Atom::default() };
        let bond = Bond { order: BondOrder::Double, ..Bond::default() };
        let molecule = Molecule::new(vec![atom(6), atom(8)], vec![(0, 1, bond)]).unwrap();
        assert_eq!(bond_name(&molecule, BondId(0)), "C0=O1");
        let bond = Pick::Bond(BondId(0));
        assert_eq!((pick_name(&molecule, bond), pick_kind(&molecule, bond)), ("C0=O1".into(), "double bond".into()));
        assert_eq!(pick_name(&molecule, Pick::Pair(AtomId(0), AtomId(1))), "C0↔O1");
        assert_eq!(edge_name(&molecule, DirectedEdge::new(1, 0)), "O1→C0");
        assert_eq!(bond_name(&molecule, BondId(9)), "");
    }
}
