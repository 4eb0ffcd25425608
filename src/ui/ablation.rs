//! The words and menus by which edges are taken out and put back, wherever an edge is shown.

use super::actions::Effect;
use super::parts;
use crate::domain::{Ablation, Ablations, DirectedEdge, Molecule};
use crate::workspace::Command;
use eframe::egui::{Button, RichText, Ui};

/// What a kind does, as something to choose.
pub(super) fn verb(how: Ablation) -> &'static str {
    match how {
        Ablation::Remove => "Remove",
        Ablation::Zero => "Set to zero",
        Ablation::LayerMean => "Set to mean",
    }
}

/// What a kind does, in one sentence.
pub(super) fn tip(how: Ablation) -> &'static str {
    match how {
        Ablation::Remove => "Take it out of message passing; attention is normalised without it",
        Ablation::Zero => "Keep it, but with an activation of 0 in every layer: attention logit 0, weight exp(0)",
        Ablation::LayerMean => {
            "Keep it, but with the mean activation, feature by feature, of the edges of its layer that keep theirs"
        }
    }
}

/// How edges are ablated, if all are alike.
pub(super) fn common(ablated: &Ablations, edges: &[DirectedEdge]) -> Option<Ablation> {
    let how = *ablated.get(edges.first()?)?;
    edges.iter().all(|edge| ablated.get(edge) == Some(&how)).then_some(how)
}

/// Entries for every kind and for putting back, for some edges at once.
pub(super) fn entries(ui: &mut Ui, ablated: &Ablations, edges: &[DirectedEdge], effects: &mut Vec<Effect>) {
    let mut entry = |ui: &mut Ui, button: Button<'_>, enabled: bool, tip: &str, command: Command| {
        if ui.add_enabled(enabled, button).on_hover_text(tip).clicked() {
            effects.push(command.into());
            ui.close();
        }
    };
    let now = common(ablated, edges);
    for how in Ablation::ALL {
        let button = Button::selectable(now == Some(how), verb(how));
        entry(ui, button, now != Some(how), tip(how), Command::Ablate(edges.to_vec(), how));
    }
    let out = edges.iter().any(|edge| ablated.contains_key(edge));
    entry(ui, Button::new("Put back"), out, "As the model computes it", Command::Restore(edges.to_vec()));
}

/// The entries for a bond: both directions at once, and either alone.
pub(super) fn bond_entries(
    ui: &mut Ui,
    molecule: &Molecule,
    ablated: &Ablations,
    both: [DirectedEdge; 2],
    effects: &mut Vec<Effect>,
) {
    entries(ui, ablated, &both, effects);
    for edge in both {
        let name = format!("{} only", parts::edge_name(molecule, edge));
        ui.menu_button(name, |ui| entries(ui, ablated, &[edge], effects));
    }
}

/// A small button that says how an edge is ablated and opens the entries for it.
pub(super) fn chooser(
    ui: &mut Ui,
    ablated: &Ablations,
    (edges, name): (&[DirectedEdge], &str),
    effects: &mut Vec<Effect>,
) {
    let text = common(ablated, edges).map_or("as computed", Ablation::participle);
    let menu = ui.menu_button(RichText::new(format!("{text} ▼")).small(), |ui| entries(ui, ablated, edges, effects));
    parts::named(menu.response, &format!("{name}: {text}")).on_hover_text(format!("Ablate {name}, or put it back"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bond_is_of_a_kind_if_both_directions_are() {
        let [there, back] = [DirectedEdge::new(0, 1), DirectedEdge::new(1, 0)];
        let mut ablated: Ablations = [(there, Ablation::Zero), (back, Ablation::Zero)].into();
        assert_eq!(common(&ablated, &[there, back]), Some(Ablation::Zero));
        ablated.insert(back, Ablation::Remove);
        assert_eq!(common(&ablated, &[there, back]), None);
        assert_eq!(common(&ablated, &[back]), Some(Ablation::Remove));
        assert_eq!(common(&Ablations::new(), &[there, back]), None);
    }
}
