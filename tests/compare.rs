//! States side by side: what each of them says, what edits reach, and what the difference of two is.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a failed step is a failed test; repeats are equal to the bit"
)]

#[path = "common/windowless.rs"]
mod common;

use bondscope::domain::{Ablation, BondId, DirectedEdge, Scale, Trace};
use bondscope::engine::{ModelState, SweepOptions};
use bondscope::figure::Format;
use bondscope::scene::{Background, Pick};
use bondscope::workspace::{Command, Difference, FigureKind, Severity, With, Workspace};
use common::*;
use std::sync::Arc;

const TABLE: &str = "smiles,target\nCC(=O)Nc1ccccc1,-0.7\nCCO,1.5\n[SiH3]C,1\n";

fn compare(workspace: &mut Workspace, name: &str, edited: bool) {
    let place = model(workspace, name);
    give(workspace, Command::Compare(With::Model { place, edited }));
}

/// What a model says of the first molecule when it is asked alone, with some edits.
fn alone(name: &str, edits: &[Command]) -> Arc<Trace> {
    let (mut workspace, _keep) = open(TABLE);
    let place = model(&workspace, name);
    give(&mut workspace, Command::SetModel(place));
    edits.iter().for_each(|edit| give(&mut workspace, edit.clone()));
    Arc::clone(&workspace.state.comparison.as_ref().unwrap().edited)
}

fn shown(workspace: &Workspace, side: usize) -> Arc<Trace> {
    assert!(!workspace.state.is_stale_at(side));
    Arc::clone(&workspace.state.side(side).unwrap().comparison.unwrap().edited)
}

#[test]
fn each_side_says_what_its_model_says_alone_and_edits_reach_edited_sides_only() {
    let (mut workspace, _keep) = open(TABLE);
    compare(&mut workspace, "gt-ebt-zinc", true);
    compare(&mut workspace, "san-base", false);
    let cut = Command::Toggle(Pick::Bond(BondId(1)));
    let fade = Command::SetExplicitBias(Scale::new(0.25));
    give(&mut workspace, cut.clone());
    give(&mut workspace, fade.clone());
    let edits = [cut, fade];
    assert_eq!(*shown(&workspace, 0), *alone("gt-zinc", &edits));
    assert_eq!(*shown(&workspace, 1), *alone("gt-ebt-zinc", &edits));
    assert_eq!(*shown(&workspace, 2), *alone("san-base", &[]));
    let names = [0, 1, 2].map(|side| workspace.state.name_at(side));
    assert_eq!(names, ["gt-zinc, edited", "gt-ebt-zinc, edited", "san-base, untrained"]);
    let ebt = With::Model { place: model(&workspace, "gt-ebt-zinc"), edited: false };
    give(&mut workspace, Command::SetLane(1, ebt));
    assert_eq!(*shown(&workspace, 1), *alone("gt-ebt-zinc", &[]));
    give(&mut workspace, Command::Undo);
    give(&mut workspace, Command::Undo);
    assert_eq!(*shown(&workspace, 0), *alone("gt-zinc", &[]));
}

#[test]
fn sides_survive_another_model_and_another_molecule_and_swap() {
    let (mut workspace, _keep) = open(TABLE);
    compare(&mut workspace, "gt-base", true);
    compare(&mut workspace, "gt-base", true);
    assert_eq!(workspace.state.side_count(), 2, "the same state is not shown twice");
    let other = model(&workspace, "san-base");
    give(&mut workspace, Command::SetModel(other));
    assert_eq!(workspace.state.name_at(1), "gt-base, untrained");
    assert_eq!(*shown(&workspace, 1), *alone("gt-base", &[]));
    give(&mut workspace, Command::Step(1));
    let molecule = workspace.state.selected.unwrap();
    for side in 0..2 {
        assert_eq!(workspace.state.side(side).unwrap().comparison.unwrap().probe.molecule, molecule);
    }
    let before = [shown(&workspace, 0), shown(&workspace, 1)];
    give(&mut workspace, Command::SwapLane(1));
    assert_eq!([0, 1].map(|side| workspace.state.name_at(side)), ["gt-base, untrained", "san-base, untrained"]);
    assert!(Arc::ptr_eq(&shown(&workspace, 0), &before[1]) && Arc::ptr_eq(&shown(&workspace, 1), &before[0]));
    give(&mut workspace, Command::RemoveLane(0));
    assert_eq!(workspace.state.side_count(), 2, "the main state stays");
    give(&mut workspace, Command::RemoveLane(1));
    assert_eq!(workspace.state.side_count(), 1);
}

#[test]
fn all_sides_have_one_scale_and_the_difference_is_edge_by_edge_about_zero() {
    let (mut workspace, _keep) = open(TABLE);
    give(&mut workspace, Command::Compare(With::AsTrained));
    compare(&mut workspace, "gt-ebt-zinc", true);
    let gone = DirectedEdge::new(0, 1);
    give(&mut workspace, Command::Ablate(vec![gone], Ablation::Remove));
    give(&mut workspace, Command::ShowDifference(Some(Difference { of: 1, minus: 0 })));
    let pictures = [0, 1, 2].map(|side| workspace.lane_picture(side, Background::Light, None).unwrap());
    let scales = pictures.each_ref().map(|picture| picture.bar.as_ref().unwrap().scale);
    assert!(scales[0] == scales[1] && scales[1] == scales[2]);
    for value in pictures.iter().flat_map(|picture| picture.readings()).filter_map(|reading| reading.value) {
        assert!(value <= f64::from(scales[0].high) * 1.001);
    }
    let difference = workspace.difference_picture(Background::Light, None).unwrap();
    let scale = difference.bar.as_ref().unwrap().scale;
    assert!(scale.map.is_diverging() && scale.low == -scale.high);
    assert_eq!(difference.bar.as_ref().unwrap().note, "dashed: removed\ngrey: 1 edge only in B");
    let value = |side: usize, edge: DirectedEdge| {
        let reading = pictures[side].readings().iter().find(|reading| reading.edge == edge);
        reading.and_then(|reading| reading.value)
    };
    for reading in difference.readings() {
        let [here, there] = [value(0, reading.edge), value(1, reading.edge)];
        assert_eq!(reading.value, here.zip(there).map(|(here, there)| there - here));
        assert_eq!(reading.value.is_none(), reading.edge == gone);
    }
    let again = workspace.difference_picture(Background::Light, None).unwrap();
    assert!(Arc::ptr_eq(&difference, &again), "what did not change is not painted again");
    let again = workspace.lane_picture(1, Background::Light, None).unwrap();
    assert!(Arc::ptr_eq(&pictures[1], &again));
    let picked = workspace.lane_picture(1, Background::Light, Some(Pick::Bond(BondId(2)))).unwrap();
    assert!(picked.scene.halos.len() > again.scene.halos.len(), "what is pointed at stands out on every side");
    // Taking a side away takes its difference away, and the other's goes on under its new number.
    give(&mut workspace, Command::ShowDifference(Some(Difference { of: 2, minus: 0 })));
    give(&mut workspace, Command::RemoveLane(1));
    assert_eq!(workspace.state.difference, Some(Difference { of: 1, minus: 0 }));
    give(&mut workspace, Command::RemoveLane(1));
    assert_eq!(workspace.state.difference, None);
}

#[test]
fn a_full_graph_beside_a_sparse_one_says_what_only_it_has() {
    let (mut workspace, _keep) = open(TABLE);
    let sparse = model(&workspace, "san-base");
    give(&mut workspace, Command::SetModel(sparse));
    compare(&mut workspace, "san-full-base", true);
    give(&mut workspace, Command::ShowDifference(Some(Difference { of: 1, minus: 0 })));
    let molecule = &workspace.state.shown.as_ref().unwrap().molecule;
    let absent = molecule.atom_count() * (molecule.atom_count() - 1) - 2 * molecule.bond_count();
    let difference = workspace.difference_picture(Background::Light, None).unwrap();
    assert_eq!(difference.bar.as_ref().unwrap().note, format!("grey: {absent} edges only in B"));
    assert!(difference.absent.is_none(), "nothing is drawn where one of both has no number");
}

#[test]
fn one_side_without_an_answer_leaves_the_others_theirs() {
    let (mut workspace, _keep) = open(TABLE);
    let canonical = "gt-canonical-base";
    give(&mut workspace, Command::SetBase(canonical.to_owned()));
    compare(&mut workspace, "gt-zinc", true);
    give(&mut workspace, Command::Step(2));
    assert!(workspace.state.side(0).unwrap().comparison.is_some());
    let zinc = workspace.state.side(1).unwrap();
    assert!(zinc.comparison.is_none() && zinc.untraceable.unwrap().message.contains("Si"));
    let picture = workspace.lane_picture(1, Background::Light, None).unwrap();
    assert!(picture.bar.is_none() && !picture.scene.strokes.is_empty(), "drawn without numbers");
    give(&mut workspace, Command::Step(-1));
    assert!(workspace.state.sides().all(|side| side.comparison.is_some() && side.untraceable.is_none()));
}

#[test]
fn companions_are_found_and_lanes_are_restored_by_name() {
    let (mut workspace, _keep) = open(TABLE);
    give(&mut workspace, Command::Compare(With::Twin));
    give(&mut workspace, Command::Compare(With::Base));
    assert_eq!([1, 2].map(|side| workspace.state.name_at(side)), ["gt-ebt-zinc, as trained", "gt-base, untrained"]);
    let saved = workspace.state.saved_lanes();
    let text = serde_json::to_string(&saved).unwrap();
    give(&mut workspace, Command::RemoveLane(1));
    give(&mut workspace, Command::RestoreLanes(serde_json::from_str(&text).unwrap()));
    assert_eq!(workspace.state.saved_lanes(), saved);
    let mut unknown = saved.clone();
    unknown[0].model = "an epoch that is gone".to_owned();
    give(&mut workspace, Command::RestoreLanes(unknown));
    assert_eq!(workspace.state.saved_lanes(), saved[1..]);
    let told = workspace
        .state
        .notices
        .iter()
        .any(|notice| notice.severity == Severity::Warning && notice.text.contains("an epoch that is gone"));
    assert!(told);
}

#[test]
fn a_comparison_is_one_figure_with_one_bar_and_one_table_with_a_column_for_each_state() {
    let (mut workspace, folder) = open(TABLE);
    give(&mut workspace, Command::Compare(With::Twin));
    give(&mut workspace, Command::ShowDifference(Some(Difference { of: 1, minus: 0 })));
    let figure = workspace.figure(FigureKind::Molecule).unwrap();
    let titles: Vec<&str> = figure.rows[0].cells.iter().map(|cell| cell.panel.title.as_str()).collect();
    assert_eq!(titles, ["A gt-zinc, as trained", "B gt-ebt-zinc, as trained", "B − A"]);
    assert_eq!(figure.rows[1].cells.len(), 2, "one bar for both states, one for their difference");
    for format in [Format::Svg, Format::Csv] {
        let path = folder.path().join(format!("both.{}", format.extension()));
        give(&mut workspace, Command::Export { kind: FigureKind::Molecule, format, path });
    }
    let errors = workspace.state.notices.iter().filter(|notice| notice.severity == Severity::Error).count();
    assert_eq!(errors, 0);
    let svg = std::fs::read_to_string(folder.path().join("both.svg")).unwrap();
    assert!(svg.contains("A gt-zinc, as trained") && svg.matches("class=\"color-bar\"").count() == 2);
    let table = std::fs::read_to_string(folder.path().join("both.csv")).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert!(table.starts_with("source,target,source_element,target_element,bond,\"A gt-zinc, as trained\""));
    for cells in &rows[1..] {
        let value = |at: usize| cells[at].parse::<f64>().unwrap();
        assert!((value(6) - value(5) - value(7)).abs() < 1e-9 * value(6).abs().max(1.0));
    }
    assert_eq!(rows.len() - 1, shown(&workspace, 0).edges.len());
    let curves = workspace.chart(FigureKind::EdgeRatios, ModelState::Trained).unwrap();
    let columns = |name: &str| curves.table.columns.iter().filter(|column| column.starts_with(name)).count();
    assert_eq!([columns("A gt-zinc, as trained layer"), columns("B gt-ebt-zinc, as trained layer")], [10, 10]);
}

#[test]
fn the_models_side_by_side_are_measured_and_share_the_plots() {
    let (mut workspace, _keep) = open(TABLE);
    compare(&mut workspace, "gt-base", true);
    assert!(workspace.chart(FigureKind::Curves, ModelState::Trained).is_err());
    let options = SweepOptions::default();
    give(&mut workspace, Command::Sweep(options));
    let chart = workspace.chart(FigureKind::Histogram, ModelState::Trained).unwrap();
    assert!(chart.notes.contains(&"not measured yet: B".to_owned()), "{:?}", chart.notes);
    give(&mut workspace, Command::SweepSide(1, options));
    for kind in [FigureKind::Curves, FigureKind::Histogram] {
        let chart = workspace.chart(kind, ModelState::Trained).unwrap();
        let has = |name: &str| chart.table.columns.iter().any(|column| column.starts_with(name));
        assert!(has("A gt-zinc, trained") && has("B gt-base, untrained"), "{:?}", chart.table.columns);
    }
    // Unasked, what is missing is measured in turn.
    let (workspace, _keep) = open(TABLE);
    let mut workspace = workspace.with_unasked_sweeps();
    give(&mut workspace, Command::Compare(With::Twin));
    assert!((0..2).all(|side| workspace.state.survey_at(side).is_some_and(|survey| survey.is_complete())));
}
