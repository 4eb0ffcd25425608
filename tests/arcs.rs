//! Edges between atoms that no bond joins, in the window: their arcs, the list of the strongest, and everything
//! that can be done to one as to a bond.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is a failed test")]

mod common;

use bondscope::scene::{Curve, Pick, Scene};
use bondscope::ui::App;
use bondscope::workspace::Command;
use common::*;
use eframe::egui::{Key, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use glam::Vec2;

#[test]
fn full_graphs_have_arcs_with_a_threshold_and_a_list_that_leads_to_them() {
    let Some((mut harness, _turn)) = open(None) else { return };
    assert!(harness.query_by_label("arcs for absent bonds").is_none(), "not on sparse graphs");
    choose(&mut harness, "graphit-full-base");
    let arcs = |app: &App| app.picture().unwrap().scene.arcs.len();
    let all = harness.state().picture().unwrap().absent.as_ref().unwrap().pairs().len();
    assert_eq!(arcs(harness.state()), 20, "two halves of the ten strongest of {all}");
    let note = harness.state().picture().unwrap().bar.as_ref().unwrap().note.clone();
    assert!(note.starts_with("thin arcs: ") && note.contains(&format!("of {all} absent")), "{note}");
    harness.check_accessibility();

    let least = harness.state().picture().unwrap().absent.as_ref().unwrap().pairs()[all / 2].strength;
    harness.state_mut().apply(Command::SetArcThreshold(Some(least)));
    run_until(&mut harness, "half of them are drawn", |app| arcs(app) > all - 2);
    click(&mut harness, Role::Button, "strongest 10");
    run_until(&mut harness, "the strongest are drawn", |app| arcs(app) == 20);
    harness.key_press(Key::B);
    run_until(&mut harness, "no arc is drawn", |app| arcs(app) == 0);
    click(&mut harness, Role::Button, "arcs for absent bonds");
    run_until(&mut harness, "arcs are back", |app| arcs(app) == 20);

    let listed = harness.get_all_by_role(Role::Button).find(|node| {
        let label = node.accesskit_node().label();
        label.is_some_and(|label| label.contains('→') && !label.contains(','))
    });
    listed.expect("a listed edge").click_accesskit();
    run_until(&mut harness, "a pair is chosen", |app| matches!(state(app).pick, Some(Pick::Pair(..))));
    harness.check_accessibility();
}

/// The arc, and the place on it, that is farthest from everything else.
fn clearest(scene: &Scene, wanted: impl Fn(&Curve) -> bool) -> (Curve, Vec2) {
    let free = |half: &Curve, point: Vec2| {
        let bonds = scene.strokes.iter().flat_map(|stroke| [stroke.from, stroke.to, (stroke.from + stroke.to) / 2.0]);
        let others = scene.arcs.iter().filter(|other| Pick::pair(other.edge) != Pick::pair(half.edge));
        let others = others.flat_map(Curve::pieces).map(|(from, to)| (from + to) / 2.0);
        bonds.chain(others).map(|other| other.distance(point)).fold(f32::INFINITY, f32::min)
    };
    let halves = scene.arcs.iter().filter(|half| wanted(half));
    let places = halves.flat_map(|half| [0.5, 0.65, 0.8, 0.95].map(|part| (*half, half.point(part))));
    places.max_by(|a, b| free(&a.0, a.1).total_cmp(&free(&b.0, b.1))).unwrap()
}

#[test]
fn an_arc_is_hovered_chosen_taken_out_and_put_back() {
    let Some((mut harness, _turn)) = open(None) else { return };
    choose(&mut harness, "graphit-full-base");
    let (arc, spot) = clearest(&harness.state().picture().unwrap().scene, |_| true);
    let pick = Pick::pair(arc.edge);
    let at = harness.state().to_screen(spot).unwrap();
    harness.hover_at(at);
    harness.step();
    harness.step();
    assert!(harness.query_all_by_label("absent bond").next().is_some(), "the tooltip says what it is");
    click_at(&mut harness, at);
    run_until(&mut harness, "it is chosen", |app| state(app).pick == Some(pick));
    harness.step();
    let molecule = state(harness.state()).shown.as_ref().unwrap().molecule.clone();
    assert!(molecule.bond_between(arc.edge.source, arc.edge.target).is_none());
    assert!(harness.query_all_by_label_contains("Attention logit and weight").next().is_some(), "the inspector has it");
    harness.check_accessibility();
    let out = |app: &App| state(app).ablated().len();
    harness.key_press(Key::Delete);
    run_until(&mut harness, "both directions are out", |app| out(app) == 2 && settled(app));
    let dashed = |app: &App| app.picture().unwrap().scene.arcs.iter().filter(|half| half.dashed).count();
    assert_eq!(dashed(harness.state()), 2, "it is still drawn");
    // What is taken out can be pointed at all the same.
    harness.state_mut().apply(Command::Select(None));
    run_until(&mut harness, "nothing is chosen", |app| app.picture().is_some() && state(app).pick.is_none());
    assert_eq!(dashed(harness.state()), 2);
    let (_, spot) = clearest(&harness.state().picture().unwrap().scene, |half| half.dashed);
    let at = harness.state().to_screen(spot).unwrap();
    click_at(&mut harness, at);
    run_until(&mut harness, "it is chosen again", |app| state(app).pick == Some(pick));
    harness.key_press(Key::Delete);
    run_until(&mut harness, "it is back", |app| out(app) == 0 && settled(app));
    // By keyboard the arcs follow the bonds.
    harness.state_mut().apply(Command::Select(None));
    run_until(&mut harness, "nothing is chosen", |app| state(app).pick.is_none());
    harness.key_press(Key::Comma);
    run_until(&mut harness, "the last one is an arc", |app| matches!(state(app).pick, Some(Pick::Pair(..))));
}
