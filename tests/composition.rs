//! Figures that are put together, drawn beside the work and redrawn elsewhere, without a window.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed step is a failed test")]

#[path = "common/windowless.rs"]
mod common;

use bondscope::analysis::chart::Scale;
use bondscope::domain::{Ablation, AtomId, BondId, DirectedEdge, MoleculeId};
use bondscope::engine::ModelState;
use bondscope::figure::{Content, Draft, Figure, FigureSpec, Format, draw};
use bondscope::scene::{Background, Pick};
use bondscope::workspace::{Command, Compose, Composition, Difference, FigureKind, Labelled, With, Workspace};
use common::*;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TABLE: &str = "\
smiles,target,split
CCO,1.5,train
c1ccccc1O,0.2,test
CC(=O)Nc1ccccc1,-0.7,test
CC(C)Cc1ccc(cc1)C(C)C(=O)O,3.1,test
";

/// The drawing of the figure as it is now.
#[track_caller]
fn drawn(workspace: &mut Workspace) -> Arc<Draft> {
    let began = Instant::now();
    loop {
        let (draft, ready) = workspace.draft(1.0);
        if let Some(draft) = draft.filter(|_| ready) {
            return draft;
        }
        assert!(began.elapsed() < DEADLINE, "the figure is not drawn");
        // Waits for the next word of a worker.
        std::thread::sleep(Duration::from_millis(5));
        workspace.pump();
    }
}

/// A figure of two molecules, a bar for both, and curves of one of them, put together by commands.
fn composed(workspace: &mut Workspace) -> Composition {
    let page = FigureSpec { width: 178.0, title: "Two molecules".into(), ..FigureSpec::default() };
    let figure = Composition { page, one_range: true, ..Composition::default() };
    give(workspace, Command::Compose(Compose::Set(Box::new(figure))));
    give(workspace, Command::Compose(Compose::Add(FigureKind::Molecule)));
    give(workspace, Command::Step(1));
    give(workspace, Command::SetLayer(3));
    give(workspace, Command::Ablate(vec![DirectedEdge::new(0, 1)], Ablation::Remove));
    for kind in [FigureKind::Molecule, FigureKind::ColorBar, FigureKind::EdgeRatios] {
        give(workspace, Command::Compose(Compose::Add(kind)));
    }
    Composition::clone(&workspace.state.figure)
}

#[test]
fn a_figure_is_put_together_drawn_beside_the_work_and_redrawn_from_any_of_its_files() {
    let (mut workspace, folder) = open(TABLE);
    let composition = composed(&mut workspace);
    assert_eq!(composition.rows.iter().map(|row| row.cells.len()).collect::<Vec<_>>(), [2, 1, 1]);
    let shown = workspace.state.selected;
    let draft = drawn(&mut workspace);
    assert!(draft.remarks.is_empty(), "{:?}", draft.remarks);
    assert_eq!(workspace.state.selected, shown, "drawing a figure changes nothing that is shown");
    let missing = |figure: &Figure| figure.panels().any(|panel| matches!(panel.content, Content::Missing(_)));
    assert!(!missing(&draft.figure));
    for text in ["Two molecules", "Molecule 1", "1 directed edge removed", "layer 3"] {
        assert!(draft.svg.contains(text), "{text}");
    }
    // One range explains both molecules.
    let ranges: Vec<_> = draft
        .figure
        .panels()
        .filter_map(|panel| match &panel.content {
            Content::Molecule(molecule) => molecule.bar.as_ref().map(|bar| (bar.scale.low, bar.scale.high)),
            Content::ColorBar(bar) => Some((bar.scale.low, bar.scale.high)),
            _ => None,
        })
        .collect();
    assert_eq!(ranges.len(), 3);
    assert!(ranges.windows(2).all(|pair| pair[0] == pair[1]), "{ranges:?}");
    // The file is what was seen.
    let path = |name: &str| folder.path().join(name);
    for name in ["f.svg", "f.png", "f.pdf", "f.csv", "f.figure.json"] {
        give(&mut workspace, Command::Compose(Compose::Write(path(name))));
    }
    assert!(errors(&workspace).is_empty(), "{:?}", errors(&workspace));
    assert_eq!(std::fs::read_to_string(path("f.svg")).unwrap(), draft.svg);
    for name in ["f-a.csv", "f-b.csv", "f-c.csv"] {
        assert!(path(name).exists(), "{name}");
    }
    // Another program draws the same from nothing but a file.
    for name in ["f.svg", "f.png", "f.figure.json"] {
        let read = Composition::read(&path(name)).unwrap();
        assert_eq!(read, composition, "{name}");
        let (figure, remarks) = self::workspace().compose(&read, |_| true).unwrap();
        assert!(remarks.is_empty(), "{remarks:?}");
        assert_eq!(draw(&figure).unwrap(), draft.svg, "{name}");
    }
}

#[test]
fn a_figure_of_changed_data_or_weights_says_so_and_one_of_missing_data_why() {
    let (mut workspace, folder) = open(TABLE);
    let mut composition = composed(&mut workspace);
    assert!(self::workspace().compose(&composition, |_| false).is_err(), "whoever asks may stop it");
    let path = folder.path().join("molecules.csv");
    std::fs::write(&path, TABLE.replace("3.1,test", "3.2,test")).unwrap();
    let (_, remarks) = self::workspace().compose(&composition, |_| true).unwrap();
    assert!(remarks.iter().any(|remark| remark.starts_with("The molecules are not those")), "{remarks:?}");
    for place in 0..4 {
        composition.recipe_mut(place).unwrap().about.weights_hash = "0".repeat(16);
    }
    let (_, remarks) = self::workspace().compose(&composition, |_| true).unwrap();
    assert!(remarks.iter().any(|remark| remark.starts_with("The weights are not those")), "{remarks:?}");
    std::fs::remove_file(&path).unwrap();
    let (figure, _) = self::workspace().compose(&composition, |_| true).unwrap();
    assert!(
        figure
            .panels()
            .all(|panel| matches!(&panel.content, Content::Missing(reason) if reason.contains("molecules.csv")))
    );
}

#[test]
fn what_is_chosen_is_marked_named_and_carried_by_the_file() {
    let (mut workspace, folder) = open(TABLE);
    let (plain, path) = (folder.path().join("plain.svg"), folder.path().join("marked.svg"));
    let export =
        |path: &Path| Command::Export { kind: FigureKind::Molecule, format: Format::Svg, path: path.to_owned() };
    give(&mut workspace, export(&plain));
    assert!(!std::fs::read_to_string(&plain).unwrap().contains("marked</text>"));
    let outline = Background::Light.outlined().to_string();
    let (a, b, _) = workspace.state.shown.as_ref().unwrap().molecule.bond(BondId(1)).unwrap();
    let bond = format!("bond {}–{} marked", a.0, b.0);
    for (pick, words) in [(Pick::Bond(BondId(1)), bond.as_str()), (Pick::Atom(AtomId(2)), "atom 2 marked")] {
        give(&mut workspace, Command::Select(Some(pick)));
        give(&mut workspace, export(&path));
        let svg = std::fs::read_to_string(&path).unwrap();
        assert!(svg.contains(words) && svg.contains(&outline), "{words}: {svg}");
        let read = Composition::read(&path).unwrap();
        let (figure, remarks) = self::workspace().compose(&read, |_| true).unwrap();
        assert!(remarks.is_empty(), "{remarks:?}");
        let picture = |svg: &str| svg.split_once("</metadata>").unwrap().1.to_owned();
        assert_eq!(picture(&draw(&figure).unwrap()), picture(&svg), "{words}");
    }
    // Every state of a comparison marks it.
    give(&mut workspace, Command::Compare(With::Base));
    give(&mut workspace, export(&path));
    assert_eq!(std::fs::read_to_string(&path).unwrap().matches(&outline).count(), 2);
}

#[test]
fn a_comparison_is_redrawn_with_all_its_states_and_their_difference() {
    let (mut workspace, folder) = open(TABLE);
    give(&mut workspace, Command::Compare(With::Base));
    give(&mut workspace, Command::ShowDifference(Some(Difference { of: 0, minus: 1 })));
    let path = folder.path().join("compared.svg");
    give(&mut workspace, Command::Export { kind: FigureKind::Molecule, format: Format::Svg, path: path.clone() });
    let read = Composition::read(&path).unwrap();
    assert_eq!(read.rows.iter().map(|row| row.cells.len()).collect::<Vec<_>>(), [3, 2]);
    let (figure, remarks) = self::workspace().compose(&read, |_| true).unwrap();
    assert!(remarks.is_empty(), "{remarks:?}");
    let picture = |svg: &str| svg.split_once("</metadata>").unwrap().1.to_owned();
    assert_eq!(picture(&draw(&figure).unwrap()), picture(&std::fs::read_to_string(&path).unwrap()));
    // Put together with other panels it is the same rows.
    give(&mut workspace, Command::Compose(Compose::Add(FigureKind::Molecule)));
    assert_eq!(workspace.state.figure.rows, read.rows);
}

#[test]
fn an_empty_figure_begins_with_the_molecule_and_every_change_can_be_taken_back() {
    let (mut workspace, _folder) = open(TABLE);
    let kinds = |workspace: &Workspace| workspace.state.figure.recipes().map(|recipe| recipe.kind).collect::<Vec<_>>();
    give(&mut workspace, Command::Compose(Compose::Begin));
    assert_eq!(kinds(&workspace), [FigureKind::Molecule]);
    assert!(workspace.state.figure.recipes().all(|recipe| recipe.bar), "with its colour bar");
    give(&mut workspace, Command::Compose(Compose::Begin));
    assert_eq!(kinds(&workspace), [FigureKind::Molecule], "only an empty one begins");
    give(&mut workspace, Command::Compose(Compose::Add(FigureKind::EdgeRatios)));
    for width in [100.0, 120.0, 150.0] {
        let mut figure = Composition::clone(&workspace.state.figure);
        figure.page.width = width;
        give(&mut workspace, Command::Compose(Compose::Set(Box::new(figure))));
    }
    give(&mut workspace, Command::Undo);
    assert!((workspace.state.figure.page.width - 85.0).abs() < 1e-9, "dragging is one step");
    give(&mut workspace, Command::Undo);
    give(&mut workspace, Command::Undo);
    assert!(kinds(&workspace).is_empty());
    (0..3).for_each(|_| give(&mut workspace, Command::Redo));
    assert_eq!(kinds(&workspace), [FigureKind::Molecule, FigureKind::EdgeRatios]);
    assert!((workspace.state.figure.page.width - 150.0).abs() < 1e-9);
}

#[test]
fn ratios_have_whole_decades_or_plain_numbers_and_the_same_axis_in_every_panel() {
    let (mut workspace, folder) = open(TABLE);
    let add = Command::Compose(Compose::Add(FigureKind::EdgeRatios));
    give(&mut workspace, Command::Compose(Compose::Set(Box::default())));
    for scale in [Scale::Log10, Scale::Linear] {
        give(&mut workspace, Command::SetScale(FigureKind::EdgeRatios, scale));
        for place in 0..2 {
            give(&mut workspace, Command::SelectMolecule(MoleculeId(2 * place)));
            give(&mut workspace, add.clone());
        }
    }
    let draft = drawn(&mut workspace);
    let axes: Vec<_> = draft
        .figure
        .panels()
        .map(|panel| match &panel.content {
            Content::Chart(chart) => chart.y.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    let scales = [Scale::Log10, Scale::Log10, Scale::Linear, Scale::Linear];
    assert_eq!(axes.iter().map(|axis| axis.scale).collect::<Vec<_>>(), scales);
    assert!(axes[0] == axes[1] && axes[2] == axes[3], "{axes:?}");
    // The whole decades of both molecules, no more.
    let own = |place: u32, workspace: &mut Workspace| {
        give(workspace, Command::SelectMolecule(MoleculeId(2 * place)));
        give(workspace, Command::SetScale(FigureKind::EdgeRatios, Scale::Log10));
        workspace.chart(FigureKind::EdgeRatios, ModelState::Trained).unwrap().y.range
    };
    let (one, other) = (own(0, &mut workspace), own(1, &mut workspace));
    // The figure has measured the base range besides.
    assert!(axes[0].range.0 <= one.0.min(other.0) && axes[0].range.1 >= one.1.max(other.1));
    assert!(axes[0].range.1 < 6.0 && axes[2].range.0.abs() < 1e-9, "{axes:?}");
    let path = folder.path().join("axes.svg");
    give(&mut workspace, Command::Compose(Compose::Write(path.clone())));
    let (figure, _) = self::workspace().compose(&Composition::read(&path).unwrap(), |_| true).unwrap();
    assert_eq!(draw(&figure).unwrap(), draft.svg);
}

#[test]
fn labels_of_atoms_and_bonds_stand_in_drawings_as_long_as_they_are_wanted() {
    let (mut workspace, folder) = open(TABLE);
    let molecule = workspace.state.selected.unwrap();
    let here = |part| Labelled { molecule, part };
    let parts = [None, Some(Pick::Atom(AtomId(0))), Some(Pick::Bond(BondId(2)))];
    for (part, text) in parts.into_iter().zip(["odd one", "far end", "carries the MA"]) {
        give(&mut workspace, Command::Label(here(part), text.to_owned()));
    }
    let path = folder.path().join("labelled.svg");
    let export = Command::Export { kind: FigureKind::Molecule, format: Format::Svg, path: path.clone() };
    give(&mut workspace, export.clone());
    let svg = std::fs::read_to_string(&path).unwrap();
    assert!(svg.contains(">far end</text>") && svg.contains(">carries the MA</text>"));
    let read = Composition::read(&path).unwrap();
    let (figure, _) = self::workspace().compose(&read, |_| true).unwrap();
    let picture = |svg: &str| svg.split_once("</metadata>").unwrap().1.to_owned();
    assert_eq!(picture(&draw(&figure).unwrap()), picture(&svg));
    give(&mut workspace, Command::ShowLabels(false));
    give(&mut workspace, export);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("far end"), "not even in its metadata");
}
