//! Queries, keys and values of the chosen atoms and edge projections of the chosen bond, channel by
//! channel: what an activation is the product of. Recorded only on request.

use super::actions::ActionId;
use super::parts::{self, number, weak};
use super::theme;
use crate::domain::{Detail, Matrix, Molecule, Projections, Trace};
use crate::scene::Pick;
use crate::workspace::State;
use eframe::egui::{self, Align2, FontId, Rect, RichText, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2};

use super::actions::Effect;

/// Height of a row, points.
const ROW: f32 = 26.0;

/// Room for the name left of the bars, and for the scale right of them, points.
const MARGINS: (f32, f32) = (64.0, 46.0);

/// One projection of one atom or edge.
struct Row<'a> {
    /// `Q`, `K`, `V` or `P`.
    letter: char,
    /// Whose.
    of: String,
    /// One value per feature.
    values: &'a [f32],
}

/// Shows the switch and, while it is on, the rows of what is chosen in the layer shown.
pub(super) fn show(ui: &mut Ui, state: &State, molecule: &Molecule, pick: Pick, effects: &mut Vec<Effect>) {
    let layer = state.view.reading.layer;
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        effects.extend(parts::action_switch(ui, ActionId::Projections, "Projections Q, K, V, P", state));
        if state.detail == Detail::Projections {
            ui.label(weak(format!("layer {layer}")).small());
        }
    });
    if state.detail == Detail::Standard {
        return;
    }
    let trace = state.comparison.as_ref().map(|comparison| &comparison.edited);
    let kept = trace.and_then(|trace| Some((trace, trace.layers.get(layer)?.projections.as_deref()?)));
    let Some((trace, kept)) = kept else {
        ui.label(weak("computing…"));
        return;
    };
    let rows = rows(trace, kept, molecule, pick);
    ui.spacing_mut().item_spacing.y = 2.0;
    for row in &rows {
        // Rows of one letter share a scale, so that atoms can be compared.
        let alike = rows.iter().filter(|other| other.letter == row.letter).flat_map(|other| other.values);
        let scale = alike.fold(0.0_f32, |scale, value| scale.max(value.abs()));
        bars(ui, row, (layer, trace.heads.max(1)), scale);
    }
    ui.label(weak("Bars up are positive, down negative; gaps part the heads.").small());
}

/// The rows of an atom, or of both atoms and both directions of a bond.
fn rows<'a>(trace: &Trace, kept: &'a Projections, molecule: &Molecule, pick: Pick) -> Vec<Row<'a>> {
    let (atoms, edges) = match pick {
        Pick::Atom(atom) => (vec![atom], Vec::new()),
        Pick::Bond(_) | Pick::Pair(..) => match pick.edges(molecule) {
            Some(edges) => (vec![edges[0].source, edges[0].target], edges.to_vec()),
            None => (Vec::new(), Vec::new()),
        },
    };
    let of_nodes: [(char, &Matrix); 3] = [('Q', &kept.q), ('K', &kept.k), ('V', &kept.v)];
    let nodes = of_nodes.into_iter().flat_map(|(letter, matrix)| {
        atoms.iter().map(move |&atom| Row {
            letter,
            of: parts::atom_name(molecule, atom),
            values: matrix.row(atom.index()),
        })
    });
    // An edge that is taken out has no row.
    let edges = edges.iter().filter_map(|&edge| {
        let row = trace.edges.find(edge)?;
        Some(Row { letter: 'P', of: parts::edge_name(molecule, edge), values: kept.p.row(row) })
    });
    nodes.chain(edges).filter(|row| !row.values.is_empty()).collect()
}

fn bars(ui: &mut Ui, row: &Row<'_>, (layer, heads): (usize, usize), scale: f32) {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::hover());
    let channels = (row.values.len() / heads).max(1);
    let norms: Vec<String> = row.values.chunks(channels).map(|head| number(norm(head))).collect();
    let name = format!("{} of {}, layer {layer}, norm per head: {}", row.letter, row.of, norms.join(", "));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let (painter, small) = (ui.painter(), FontId::proportional(11.0));
    let (text, faint) = (ui.visuals().text_color(), ui.visuals().weak_text_color());
    let title = format!("{} {}", row.letter, row.of);
    painter.text(rect.left_center(), Align2::LEFT_CENTER, title, small.clone(), text);
    painter.text(rect.right_center(), Align2::RIGHT_CENTER, format!("±{}", number(scale.into())), small, faint);
    let frame = Rect::from_min_max(
        pos2(rect.left() + MARGINS.0, rect.top() + 1.0),
        pos2(rect.right() - MARGINS.1, rect.bottom() - 1.0),
    );
    painter.hline(
        frame.x_range(),
        frame.center().y,
        Stroke::new(1.0, ui.visuals().widgets.noninteractive.bg_stroke.color),
    );
    #[allow(clippy::cast_precision_loss, reason = "numbers of features and heads")]
    let (slots, gaps) = (row.values.len() as f32, heads as f32);
    let gap = (0.15 * frame.width() / gaps).min(4.0);
    let width = (frame.width() - gap * (gaps - 1.0)) / slots;
    let left = |feature: usize| {
        #[allow(clippy::cast_precision_loss, reason = "numbers of features and heads")]
        let (before, heads) = (feature as f32, (feature / channels) as f32);
        frame.left() + width * before + gap * heads
    };
    let fill = theme::accent(ui);
    for (feature, &value) in row.values.iter().enumerate() {
        let height = if scale > 0.0 { value / scale * frame.height() / 2.0 } else { 0.0 };
        let ends = (frame.center().y - height, frame.center().y);
        let bar = Rect::from_x_y_ranges(
            left(feature)..=left(feature) + (width - 0.5).max(0.5),
            ends.0.min(ends.1)..=ends.0.max(ends.1),
        );
        painter.rect_filled(bar, 0.0, fill);
    }
    let under = |pointer: egui::Pos2| (0..row.values.len()).rev().find(|&feature| left(feature) <= pointer.x);
    let pointer = response.hover_pos().filter(|pointer| frame.contains(*pointer));
    if let Some((feature, value)) =
        pointer.and_then(under).and_then(|feature| Some((feature, *row.values.get(feature)?)))
    {
        let head = feature / channels;
        response.on_hover_ui_at_pointer(|ui| {
            ui.label(RichText::new(format!("{} of {}: {}", row.letter, row.of, number(value.into()))));
            let norm = norms.get(head).map_or("", String::as_str);
            ui.label(weak(format!("head {head}, channel {}; norm of the head {norm}", feature % channels)));
        });
    }
}

fn norm(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, Bond, BondId, EdgeList};

    #[test]
    fn a_bond_has_both_atoms_and_each_direction_that_takes_part() {
        let molecule = Molecule::new(vec![Atom::default(); 2], vec![(0, 1, Bond::default())]).unwrap();
        let matrix =
            |rows: usize, from: f32| Matrix { rows, cols: 1, values: (0..rows).map(|row| from + row as f32).collect() };
        let kept = Projections { q: matrix(2, 0.0), k: matrix(2, 10.0), v: matrix(2, 20.0), p: matrix(1, 30.0) };
        let removed = [crate::domain::DirectedEdge::new(0, 1)].into();
        let edges = EdgeList::without(&molecule, &removed);
        let trace = Trace { prediction: Vec::new(), layers: Vec::new(), edges, heads: 1 };
        let values = |pick| -> Vec<(char, f32)> {
            rows(&trace, &kept, &molecule, pick).iter().map(|row| (row.letter, row.values[0])).collect()
        };
        let bond = [('Q', 0.0), ('Q', 1.0), ('K', 10.0), ('K', 11.0), ('V', 20.0), ('V', 21.0), ('P', 30.0)];
        assert_eq!(values(Pick::Bond(BondId(0))), bond);
        assert_eq!(values(Pick::Atom(crate::domain::AtomId(1))), [('Q', 1.0), ('K', 11.0), ('V', 21.0)]);
    }
}
