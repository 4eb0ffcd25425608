//! The whole app without a window: what the window and the command line both rest on.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_cmp,
    reason = "a failed step is a failed test; repeats are equal to the bit"
)]

#[path = "common/windowless.rs"]
mod common;

use bondscope::analysis::{Quantity, View, edge_values};
use bondscope::domain::{
    Ablation, BondId, BondKind, Choice, ColumnChoice, DirectedEdge, MoleculeId, Rule, Scale, Split,
};
use bondscope::engine::{ModelState, SweepOptions};
use bondscope::figure::Format;
use bondscope::models::Initial;
use bondscope::scene::{Background, Pick};
use bondscope::workspace::{Coloring, Column, Command, FigureKind, Source, Workspace};
use common::*;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TABLE: &str = "\
smiles,target,split
CCO,1.5,train
c1ccccc1O,0.2,test
CC(=O)Nc1ccccc1,-0.7,test
[Na+].[Cl-],0,test
CC(C)Cc1ccc(cc1)C(C)C(=O)O,3.1,test
";

fn prediction(workspace: &Workspace) -> (f32, f32) {
    let comparison = workspace.state.comparison.as_ref().unwrap();
    (comparison.baseline.prediction[0], comparison.edited.prediction[0])
}

#[test]
fn the_bundled_molecules_open_on_the_first_test_molecule_with_a_picture() {
    let mut workspace = workspace();
    give(&mut workspace, Command::Open(Source::Bundled));
    let state = &workspace.state;
    assert_eq!(state.dataset().unwrap().records.len(), 12_000);
    assert!(state.dataset().unwrap().validated);
    assert_eq!((state.table.split, state.table.order.len()), (Some(Split::Test), 1000));
    assert_eq!(state.selected, Some(MoleculeId(11_000)));
    let picture = workspace.picture(Background::Light, None).unwrap();
    assert!(picture.bar.is_some() && !picture.scene.strokes.is_empty());
    assert!(picture.readings().iter().all(|reading| reading.ratio.unwrap() >= 1.0));
    let again = workspace.picture(Background::Light, None).unwrap();
    assert!(Arc::ptr_eq(&picture, &again), "an unchanged picture is not painted again");
}

#[test]
fn edits_change_prediction_and_picture_and_come_back() {
    let (mut workspace, _keep) = open(TABLE);
    let edge = DirectedEdge::new(0, 1);
    let before = prediction(&workspace);
    assert_eq!(before.0, before.1);
    give(&mut workspace, Command::Ablate(vec![edge], Ablation::Remove));
    let cut = prediction(&workspace);
    assert_eq!(cut.0, before.0);
    assert!((cut.1 - cut.0).abs() > 1e-6);
    assert_eq!(workspace.state.comparison.as_ref().unwrap().edited.edges.find(edge), None);
    let picture = workspace.picture(Background::Dark, None).unwrap();
    let reading = picture.readings().iter().find(|reading| reading.edge == edge).unwrap();
    assert!(reading.ablated == Some(Ablation::Remove) && reading.value.is_none());
    assert!(picture.scene.strokes.iter().any(|stroke| stroke.dashed && stroke.edge == Some(edge)));
    give(&mut workspace, Command::SetColoring(Coloring::Difference));
    let picture = workspace.picture(Background::Dark, None).unwrap();
    assert!(picture.bar.as_ref().unwrap().scale.map.is_diverging());
    give(&mut workspace, Command::Undo);
    assert_eq!(prediction(&workspace), before);
    give(&mut workspace, Command::Redo);
    assert_eq!(prediction(&workspace), cut);
    give(&mut workspace, Command::Toggle(Pick::Bond(BondId(0))));
    assert_eq!(workspace.state.edits.intervention(workspace.state.selected.unwrap()).removed().len(), 2);
    give(&mut workspace, Command::ClearAblation);
    assert_eq!(prediction(&workspace), before);
}

#[test]
fn switching_model_layer_or_molecule_keeps_everything_else() {
    let (mut workspace, _keep) = open(TABLE);
    let first = workspace.state.selected.unwrap();
    for command in [
        Command::SetLayer(7),
        Command::SetHead(Some(3)),
        Command::SetQuantity(Quantity::Activation),
        Command::Select(Some(Pick::Bond(BondId(1)))),
        Command::Ablate(vec![DirectedEdge::new(0, 1)], Ablation::Remove),
        Command::SetExplicitBias(Scale::new(0.25)),
    ] {
        give(&mut workspace, command);
    }
    let trained = model(&workspace, "gt-ebt-zinc");
    give(&mut workspace, Command::SetModel(trained));
    let state = &workspace.state;
    assert_eq!((state.view.reading.layer, state.view.reading.head), (7, Some(3)));
    assert_eq!(state.pick, Some(Pick::Bond(BondId(1))));
    assert_eq!(state.edits.explicit_bias(), Scale::new(0.25));
    assert_eq!(state.comparison.as_ref().unwrap().probe.intervention, state.edits.intervention(first));
    give(&mut workspace, Command::Step(1));
    assert_ne!(workspace.state.selected, Some(first));
    assert!(workspace.state.comparison.as_ref().unwrap().probe.intervention.ablated.is_empty());
    assert_eq!(workspace.state.comparison.as_ref().unwrap().probe.intervention.explicit_bias, Scale::new(0.25));
    give(&mut workspace, Command::Step(-1));
    assert_eq!(workspace.state.comparison.as_ref().unwrap().probe.intervention.ablated.len(), 1);
}

#[test]
fn the_bias_scale_matters_only_to_models_that_have_a_bias() {
    let (mut workspace, _keep) = open(TABLE);
    give(&mut workspace, Command::SetExplicitBias(Scale::ZERO));
    let (before, after) = prediction(&workspace);
    assert_eq!(before, after);
    let trained = model(&workspace, "gt-ebt-zinc");
    give(&mut workspace, Command::SetModel(trained));
    let (before, after) = prediction(&workspace);
    assert!((before - after).abs() > 1e-6);
}

#[test]
fn a_sweep_fills_the_table_and_the_charts_and_agrees_with_single_traces() {
    let (mut workspace, _keep) = open(TABLE);
    assert!(workspace.chart(FigureKind::Curves, ModelState::Trained).is_err());
    give(&mut workspace, Command::Sweep(SweepOptions { split: Some(Split::Test), ..SweepOptions::default() }));
    let survey = Arc::clone(workspace.state.survey().unwrap());
    assert!(survey.is_complete());
    assert_eq!((survey.ids.len(), survey.unscored.len()), (3, 1), "the salt has no bond");
    for kind in [FigureKind::Curves, FigureKind::EdgeRatios] {
        assert!(!workspace.chart(kind, ModelState::Trained).unwrap().series.is_empty());
    }
    for state in [ModelState::Trained, ModelState::Base] {
        assert!(workspace.chart(FigureKind::Histogram, state).unwrap().notes[0].starts_with("KS"));
    }
    for (id, predicted, largest) in survey.scores(Some(0)) {
        give(&mut workspace, Command::SelectMolecule(id));
        let trace = Arc::clone(&workspace.state.comparison.as_ref().unwrap().baseline);
        assert!((trace.prediction[0] - predicted).abs() <= 1e-5 * predicted.abs().max(1.0));
        let ratios = (0..trace.layers.len()).flat_map(|layer| {
            let view = bondscope::analysis::View { layer, ..Default::default() };
            bondscope::analysis::edge_values(&trace, view)
        });
        let single = ratios.fold(0.0, f64::max);
        assert!((single / f64::from(largest) - 1.0).abs() < 1e-3, "{single} {largest}");
    }
    give(&mut workspace, Command::Sort(Column::Error));
    let table = &workspace.state.table;
    let dataset = workspace.state.dataset().unwrap();
    let sorted: Vec<_> = table.order.iter().map(|&id| table.value(dataset, id, Column::Error)).collect();
    assert!(sorted[0].unwrap() <= sorted[1].unwrap() && sorted.last().unwrap().is_none());
}

#[test]
fn the_base_range_is_that_of_the_chosen_initial_state() {
    let (mut workspace, _keep) = open("smiles,split\nCCO,test\nc1ccccc1O,test\nCC(=O)NC,test\n");
    let high = |workspace: &Workspace| workspace.state.survey().unwrap().base_bands()[0].1.high;
    give(&mut workspace, Command::Sweep(SweepOptions { split: Some(Split::Test), ..SweepOptions::default() }));
    let framework = high(&workspace);
    give(&mut workspace, Command::SetInitial(Initial::Xavier));
    assert!(workspace.state.survey().is_none(), "a survey of another base state is another survey");
    let xavier = SweepOptions { split: Some(Split::Test), initial: Initial::Xavier, ..SweepOptions::default() };
    give(&mut workspace, Command::Sweep(xavier));
    assert!((high(&workspace) - framework).abs() > 1.0);
    give(&mut workspace, Command::SetInitial(Initial::Framework));
    assert!((high(&workspace) - framework).abs() < 1e-9);
}

#[test]
fn a_molecule_that_is_chosen_again_says_again_why_it_has_no_numbers() {
    let (mut workspace, _keep) = open("smiles\nC[Si](C)(C)C\nCCO\n");
    for _ in 0..3 {
        workspace.apply(Command::SelectMolecule(MoleculeId(0)));
        // What is on the screen counts as settled until the molecule has been read again.
        std::thread::sleep(Duration::from_millis(100));
        settle(&mut workspace);
        assert!(workspace.state.untraceable.as_ref().unwrap().message.contains("Si"));
    }
}

#[test]
fn allowing_one_large_graph_allows_no_other() {
    let chain = "C".repeat(201);
    let (mut workspace, _keep) = open(&format!("smiles\n{chain}\n{chain}O\nCCO\n"));
    give(&mut workspace, Command::SetBase("san-full-base".to_owned()));
    give(&mut workspace, Command::SelectMolecule(MoleculeId(0)));
    assert!(workspace.state.untraceable.as_ref().unwrap().large);
    give(&mut workspace, Command::AllowLarge);
    assert_eq!(workspace.state.comparison.as_ref().unwrap().baseline.edges.len(), 201 * 200);
    give(&mut workspace, Command::SelectMolecule(MoleculeId(1)));
    assert!(workspace.state.untraceable.as_ref().unwrap().large, "the next one asks again");
    give(&mut workspace, Command::SelectMolecule(MoleculeId(2)));
    assert!(workspace.state.untraceable.is_none());
}

#[test]
fn a_stopped_sweep_keeps_what_it_has() {
    let mut workspace = workspace();
    give(&mut workspace, Command::Open(Source::Bundled));
    workspace.apply(Command::Sweep(SweepOptions::default()));
    let began = Instant::now();
    workspace.run_until_idle(|state| {
        state.jobs.first().is_some_and(|job| job.done < 64) && began.elapsed() < Duration::from_secs(60)
    });
    workspace.stop_all();
    settle(&mut workspace);
    workspace.apply(Command::ShowSplit(None));
    let survey = workspace.state.survey().unwrap();
    assert!(survey.ids.len() >= 64 && !survey.is_complete());
}

#[test]
fn bad_files_leave_what_was_open() {
    let (mut workspace, folder) = open(TABLE);
    let shown = prediction(&workspace);
    give(&mut workspace, Command::Open(Source::File(folder.path().join("nothing.csv"))));
    give(&mut workspace, Command::OpenModel(folder.path().join("molecules.csv"), Box::default()));
    assert_eq!(errors(&workspace).len(), 2);
    assert_eq!(workspace.state.dataset().unwrap().records.len(), 5);
    assert_eq!(prediction(&workspace), shown);
}

#[test]
fn a_molecule_outside_the_vocabulary_is_drawn_and_says_why() {
    let (mut workspace, _keep) = open("smiles,target\n[SiH3]C,1\nCCO,2\n");
    assert!(workspace.state.untraceable.as_ref().unwrap().message.contains("Si"));
    let picture = workspace.picture(Background::Light, None).unwrap();
    assert!(picture.bar.is_none() && !picture.scene.strokes.is_empty());
    give(&mut workspace, Command::Step(1));
    assert!(workspace.state.untraceable.is_none() && workspace.state.comparison.is_some());
}

#[test]
fn every_kind_of_figure_is_written() {
    let (mut workspace, folder) = open(TABLE);
    give(&mut workspace, Command::Sweep(SweepOptions { split: Some(Split::Test), ..SweepOptions::default() }));
    give(&mut workspace, Command::Select(Some(Pick::Bond(BondId(0)))));
    for kind in [
        FigureKind::Molecule,
        FigureKind::EdgeRatios,
        FigureKind::Curves,
        FigureKind::Histogram,
        FigureKind::Activations,
    ] {
        for format in [Format::Svg, Format::Csv] {
            let path = folder.path().join(format!("{kind:?}.{}", format.extension()));
            give(&mut workspace, Command::Export { kind, format, path: path.clone() });
            assert!(std::fs::metadata(&path).unwrap().len() > 100, "{kind:?}");
        }
    }
    let locked = folder.path().join("no/such/folder/x.svg");
    give(&mut workspace, Command::Export { kind: FigureKind::Molecule, format: Format::Svg, path: locked });
    assert_eq!(errors(&workspace).len(), 1);
    assert!(errors(&workspace)[0].contains("folder"));
}

#[test]
fn a_locked_range_holds_for_other_molecules() {
    let (mut workspace, _keep) = open(TABLE);
    let range = |workspace: &mut Workspace| {
        let bar = workspace.picture(Background::Light, None).unwrap().bar.clone().unwrap();
        (bar.scale.low, bar.scale.high)
    };
    give(&mut workspace, Command::LockRange(true));
    let locked = range(&mut workspace);
    give(&mut workspace, Command::SetLayer(9));
    give(&mut workspace, Command::Step(1));
    assert_eq!(range(&mut workspace), locked);
    give(&mut workspace, Command::LockRange(false));
    assert_eq!(workspace.state.view.locked, None);
}

#[test]
fn checking_renumbers_and_keeps_the_molecule_shown() {
    // Line 3 scans but has no Kekulé form: it goes away after the rows were listed.
    let (workspace, _keep) = open("smiles\nCCO\nc1ccnc1\nCCN\n");
    let dataset = workspace.state.dataset().unwrap();
    assert_eq!(dataset.records.iter().map(|record| record.line).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(dataset.skipped[0].line, 3);
    assert!(dataset.skipped[0].reason.len() > 10);
    assert_eq!(workspace.state.selected, Some(MoleculeId(0)));
    assert!(Path::new(dataset.path.as_ref().unwrap()).exists());
}

#[test]
fn after_renumbering_every_molecule_has_its_own_layout() {
    let text = "smiles,split\nCCC,train\nc1ccnc1,train\nc1ccccc1,test\nCCO,test\n";
    let (mut workspace, _keep) = open(text);
    for id in [1, 2] {
        give(&mut workspace, Command::SelectMolecule(MoleculeId(id)));
        let shown = workspace.state.shown.as_ref().unwrap();
        assert_eq!(shown.layout.as_ref().unwrap().positions.len(), shown.molecule.atom_count(), "molecule {id}");
    }
}

const ASSAY: &str = "\
compound,smiles,other,part,logS (mol/L),IC50 [nM]
one,CCO,CCCO,train,-1.5,10
two,not a molecule,CCCN,test,-2.5,20
three,CC(=O)Nc1ccccc1,c1ccccc1,test,-3.5,
four,c1ccccc1O,CC(C)O,test,-0.5,40
";

fn choice(smiles: &str, targets: &[&str]) -> ColumnChoice {
    let names: Vec<String> = targets.iter().map(|&name| name.to_owned()).collect();
    ColumnChoice { smiles: Some(smiles.to_owned()), ..ColumnChoice::of_targets(&names) }
}

#[test]
fn a_file_read_with_other_columns_keeps_the_line_shown() {
    let (mut workspace, _keep) = open(ASSAY);
    let path = workspace.state.dataset().unwrap().path.clone().unwrap();
    assert_eq!(workspace.state.dataset().unwrap().records.len(), 3);
    give(&mut workspace, Command::SelectMolecule(MoleculeId(2)));
    let line = |workspace: &Workspace| {
        let id = workspace.state.selected.unwrap();
        workspace.state.dataset().unwrap().record(id).unwrap().line
    };
    assert_eq!(line(&workspace), 5);
    let choice = choice("other", &["IC50 [nM]"]);
    let source = Source::Columns { path: path.clone(), choice: choice.clone() };
    give(&mut workspace, Command::Open(source));
    let dataset = Arc::clone(workspace.state.dataset().unwrap());
    assert_eq!((dataset.records.len(), &dataset.choice, dataset.columns.unit(0)), (4, &choice, Some("nM")));
    assert_eq!((line(&workspace), workspace.state.selected), (5, Some(MoleculeId(3))));
    assert_eq!(workspace.state.shown.as_ref().unwrap().molecule.atom_count(), 4, "CC(C)O is drawn");
    assert_eq!(workspace.state.table.split, Some(Split::Test), "what is listed stays");
    assert!(workspace.caption().contains("measured 40.000 nM"), "{}", workspace.caption());
    // The line of a molecule that the other column does not have gives way to the first row.
    give(&mut workspace, Command::SelectMolecule(MoleculeId(1)));
    give(&mut workspace, Command::Open(Source::File(path)));
    assert_eq!(line(&workspace), 4);
}

#[test]
fn a_wrong_column_is_one_sentence_in_the_window_of_columns_and_nothing_is_lost() {
    let (mut workspace, _keep) = open(ASSAY);
    let path = workspace.state.dataset().unwrap().path.clone().unwrap();
    let before = Arc::clone(workspace.state.dataset().unwrap());
    give(&mut workspace, Command::Select(Some(Pick::Bond(BondId(1)))));
    give(&mut workspace, Command::LookAtColumns(path.clone(), Box::default()));
    let preview = workspace.state.columns.as_ref().unwrap().preview.clone().unwrap();
    assert!(preview.complete && preview.columns.len() == 6 && preview.lines == 4);
    let wrong = Source::Columns { path: path.clone(), choice: choice("part", &[]) };
    give(&mut workspace, Command::Open(wrong));
    let complaint = workspace.state.columns.as_ref().unwrap().complaint.clone().unwrap();
    assert!(complaint.contains("\"part\" holds no SMILES"), "{complaint}");
    assert!(Arc::ptr_eq(workspace.state.dataset().unwrap(), &before) && workspace.state.comparison.is_some());
    assert_eq!((workspace.state.pick, errors(&workspace).len()), (Some(Pick::Bond(BondId(1))), 0));
    // The right one closes the window.
    give(&mut workspace, Command::Open(Source::Columns { path, choice: choice("other", &[]) }));
    assert!(workspace.state.columns.is_none() && workspace.state.dataset().unwrap().records.len() == 4);
}

#[test]
fn a_file_without_a_column_of_structures_offers_to_choose_one() {
    let (workspace, _keep) = open("city,people\nParis,2\nLyon,1\n");
    let view = workspace.state.columns.as_ref().unwrap();
    assert_eq!(view.preview.as_ref().unwrap().columns[0].name, "city");
    assert!(errors(&workspace)[0].contains("No column with SMILES"));
}

#[test]
fn one_of_several_targets_is_spoken_of() {
    let (mut workspace, folder) = open(ASSAY);
    let path = folder.path().join("molecules.csv");
    let source = Source::Columns { path, choice: choice("smiles", &["logS (mol/L)", "IC50 [nM]"]) };
    give(&mut workspace, Command::Open(source));
    give(&mut workspace, Command::SelectMolecule(MoleculeId(2)));
    let titles: Vec<String> = workspace.state.properties().into_iter().map(|one| one.title).collect();
    assert_eq!(titles[..2], ["logS", "IC50"]);
    let value = |workspace: &Workspace| {
        let table = &workspace.state.table;
        table.value(workspace.state.dataset().unwrap(), MoleculeId(2), Column::Target)
    };
    assert_eq!(value(&workspace), Some(-0.5));
    give(&mut workspace, Command::ShowTarget("IC50 [nM]".into()));
    assert_eq!(value(&workspace), Some(40.0));
    give(&mut workspace, Command::Sort(Column::Target));
    let rows: Vec<u32> = workspace.state.table.order.iter().map(|id| id.0).collect();
    assert_eq!(rows, [2, 1], "missing values come last");
    // A file that has no such target is spoken of by its own.
    give(&mut workspace, Command::Open(Source::Bundled));
    assert_eq!(workspace.state.table.property.as_ref().unwrap().title, "penalised_logP");
}

fn shown_ablations(workspace: &Workspace) -> Vec<Ablation> {
    workspace.state.ablated().values().copied().collect()
}

#[test]
fn a_rule_in_force_applies_to_every_molecule_until_one_has_a_list_of_its_own() {
    let (mut workspace, _keep) = open(TABLE);
    let rule = |count| Rule { choice: Choice::Strongest { count, layer: None, head: None }, how: Ablation::Zero };
    give(&mut workspace, Command::SetRule(Some(rule(2))));
    let comparison = Arc::clone(workspace.state.comparison.as_ref().unwrap());
    assert_eq!(comparison.ablated.len(), 4, "two bonds, both directions");
    assert_eq!(*workspace.state.ablated(), comparison.ablated);
    assert!((comparison.edited.prediction[0] - comparison.baseline.prediction[0]).abs() > 1e-6);
    // The bond with the highest ratio of all is among them.
    let baseline = &comparison.baseline;
    let highest = |among: &dyn Fn(DirectedEdge) -> bool| {
        let values = |layer| edge_values(baseline, View { layer, ..View::default() });
        let all = (0..baseline.layers.len()).flat_map(|layer| values(layer).into_iter().zip(baseline.edges.iter()));
        all.filter(|(_, edge)| among(*edge)).map(|(value, _)| value).fold(f64::NEG_INFINITY, f64::max)
    };
    assert_eq!(highest(&|edge| comparison.ablated.contains_key(&edge)), highest(&|_| true));

    give(&mut workspace, Command::Step(1));
    assert_eq!(shown_ablations(&workspace), [Ablation::Zero; 4]);
    // What is changed by hand becomes this molecule's own list, and the rule leaves it alone.
    let edge = *workspace.state.ablated().keys().next().unwrap();
    give(&mut workspace, Command::Ablate(vec![edge], Ablation::LayerMean));
    let id = workspace.state.selected.unwrap();
    assert_eq!(workspace.state.edits.list(id).unwrap().len(), 4);
    assert_eq!(workspace.state.ablated()[&edge], Ablation::LayerMean);
    give(&mut workspace, Command::ClearAblation);
    assert!(shown_ablations(&workspace).is_empty());
    assert_eq!(prediction(&workspace).0, prediction(&workspace).1);
    give(&mut workspace, Command::FollowRule);
    assert_eq!(shown_ablations(&workspace), [Ablation::Zero; 4]);
    for expected in [0, 4] {
        give(&mut workspace, Command::Undo);
        assert_eq!(shown_ablations(&workspace).len(), expected);
    }
    give(&mut workspace, Command::SetRule(None));
    assert_eq!(workspace.state.edits.list(id).map(|list| list.len()), Some(4), "a list of one's own stays");
    give(&mut workspace, Command::Step(-1));
    assert!(shown_ablations(&workspace).is_empty());
}

#[test]
fn a_rule_is_applied_once_and_lists_and_rules_have_names() {
    let (mut workspace, _keep) = open(TABLE);
    let first = workspace.state.selected.unwrap();
    let doubles = Rule { choice: Choice::Kind(BondKind::Double), how: Ablation::Remove };
    give(&mut workspace, Command::Ablate(vec![DirectedEdge::new(0, 1)], Ablation::LayerMean));
    give(&mut workspace, Command::ApplyRule(doubles));
    // Phenol has three double bonds.
    assert_eq!(shown_ablations(&workspace).iter().filter(|how| **how == Ablation::Remove).count(), 6);
    let list = workspace.state.ablated().clone();
    give(&mut workspace, Command::NameList("mixed".to_owned()));
    give(&mut workspace, Command::NameRule("doubles".to_owned(), doubles));
    give(&mut workspace, Command::ClearAblation);
    give(&mut workspace, Command::Step(1));
    give(&mut workspace, Command::ApplyNamed("doubles".to_owned()));
    assert_eq!(shown_ablations(&workspace).len(), 8, "four double bonds here");
    give(&mut workspace, Command::ApplyNamed("mixed".to_owned()));
    assert_eq!(workspace.state.selected, Some(first), "a list belongs to its molecule");
    assert_eq!(*workspace.state.ablated(), list);
    give(&mut workspace, Command::ForgetNamed("mixed".to_owned()));
    assert_eq!(workspace.state.edits.named().len(), 1);
    let triples = Rule { choice: Choice::Kind(BondKind::Triple), how: Ablation::Remove };
    give(&mut workspace, Command::ApplyRule(triples));
    assert_eq!(*workspace.state.ablated(), list);
    let told = &workspace.state.notices.last().unwrap().text;
    assert!(told.contains("chooses nothing") && told.contains("triple"), "{told}");
}

#[test]
fn one_history_holds_edits_selections_and_layout() {
    let (mut workspace, _keep) = open(TABLE);
    let first = workspace.state.selected.unwrap();
    let layout = |name: &str| Command::SetLayout(Some(name.into()));
    let bond = Some(Pick::Bond(BondId(1)));
    give(&mut workspace, layout("first"));
    assert!(!workspace.state.history.can_undo(), "where things begin");
    give(&mut workspace, Command::Select(bond));
    give(&mut workspace, Command::Toggle(Pick::Bond(BondId(1))));
    give(&mut workspace, layout("second"));
    give(&mut workspace, Command::Step(1));
    give(&mut workspace, Command::Step(1));
    give(&mut workspace, Command::SetLayer(3));
    let last = workspace.state.selected;

    give(&mut workspace, Command::Undo);
    let state = &workspace.state;
    assert_eq!((state.selected, state.pick), (Some(first), bond), "the walk was one step; the bond is chosen again");
    assert_eq!(state.view.reading.layer, 3, "how things are looked at is no step");
    assert_eq!(shown_ablations(&workspace).len(), 2);
    give(&mut workspace, Command::Undo);
    assert_eq!(workspace.state.layout.as_deref(), Some("first"));
    give(&mut workspace, Command::Undo);
    assert!(shown_ablations(&workspace).is_empty() && workspace.state.pick == bond);
    give(&mut workspace, Command::Undo);
    assert_eq!(workspace.state.pick, None);
    assert!(!workspace.state.history.can_undo());
    for _ in 0..4 {
        give(&mut workspace, Command::Redo);
    }
    let state = &workspace.state;
    assert_eq!((state.selected, state.layout.as_deref()), (last, Some("second")));
    assert!(!state.history.can_redo());
    give(&mut workspace, Command::Open(Source::Bundled));
    assert!(!workspace.state.history.can_undo(), "steps name molecules of a file that is no longer open");
}
