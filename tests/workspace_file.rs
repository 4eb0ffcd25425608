//! Workspace files without a window: what was saved comes back field by field, and what cannot come back is told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

#[path = "common/windowless.rs"]
mod common;

use bondscope::analysis::Quantity;
use bondscope::domain::{
    Ablation, AtomId, BondId, BondKind, Choice, ColumnChoice, Detail, DirectedEdge, MoleculeId, Rule, Scale, Split,
};
use bondscope::engine::ModelState;
use bondscope::models::{Hints, Initial};
use bondscope::scene::{ColorMap, Pick};
use bondscope::workspace::{
    Coloring, Column, Command, Compose, Difference, FigureKind, FileCommand, Found, Labelled, Saved, Severity, Source,
    State, With, Workspace,
};
use common::{DEADLINE, give, settle, workspace};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const TABLE: &str = "\
smiles,target,split
CCO,1.5,train
c1ccccc1O,0.2,test
CC(=O)Nc1ccccc1,-0.7,test
c1ccnc1,1,test
CC(C)Cc1ccc(cc1)C(C)C(=O)O,3.1,test
";

const RULE: Rule = Rule { choice: Choice::Kind(BondKind::Double), how: Ablation::Zero };

const WEIGHTS: &[u8] = include_bytes!("../assets/models/gt-ebt-zinc.safetensors");

fn file(command: FileCommand) -> Command {
    Command::File(command)
}

fn label_of(molecule: u32, part: Option<Pick>, text: &str) -> Command {
    Command::Label(Labelled { molecule: MoleculeId(molecule), part }, text.to_owned())
}

/// A folder with molecules and weights, and a workspace that shows them.
fn open() -> (Workspace, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("molecules.csv"), TABLE).unwrap();
    std::fs::write(folder.path().join("mine.safetensors"), WEIGHTS).unwrap();
    let mut workspace = workspace();
    let choice = ColumnChoice::of_targets(&["target".to_owned()]);
    give(&mut workspace, Command::Open(Source::Columns { path: folder.path().join("molecules.csv"), choice }));
    (workspace, folder)
}

/// Gives one of everything that is saved.
fn work(workspace: &mut Workspace, folder: &Path) {
    for command in [
        Command::SetBase("san-full-learned-base".to_owned()),
        Command::SetBase("gt-ogb-base".to_owned()),
        Command::OpenModel(folder.join("mine.safetensors"), Box::new(Hints { heads: Some(8), ..Hints::default() })),
        Command::Compare(With::AsTrained),
        Command::Compare(With::Base),
        Command::ShowDifference(Some(Difference { of: 0, minus: 2 })),
        Command::SetInitial(Initial::Xavier),
        Command::SetDetail(Detail::Projections),
        Command::SelectMolecule(MoleculeId(3)),
        Command::NameRule("all double".to_owned(), RULE),
        Command::SetRule(Some(Rule { choice: Choice::Random { count: 2, seed: 7 }, how: Ablation::LayerMean })),
        Command::Ablate(vec![DirectedEdge::new(1, 0), DirectedEdge::new(3, 4)], Ablation::Zero),
        Command::NameList("mine".to_owned()),
        label_of(3, Some(Pick::Bond(BondId(2))), "carries the MA"),
        Command::SelectMolecule(MoleculeId(2)),
        Command::Ablate(vec![DirectedEdge::new(0, 1)], Ablation::Remove),
        Command::Select(Some(Pick::Atom(AtomId(4)))),
        label_of(2, None, "an amide \"with\" quotes"),
        label_of(2, Some(Pick::Atom(AtomId(1))), "carbonyl"),
        Command::SetExplicitBias(Scale::new(0.35)),
        Command::Search("c".to_owned()),
        Command::Sort(Column::Target),
        Command::Sort(Column::Target),
        Command::ShowSplit(Some(Split::Test)),
        Command::ShowTarget("target".to_owned()),
        Command::SetQuantity(Quantity::Activation),
        Command::SetLayer(7),
        Command::SetHead(Some(3)),
        Command::SetColorMap(ColorMap::Viridis),
        Command::LockRange(true),
        Command::SetColoring(Coloring::Difference),
        Command::SetHistogram(ModelState::Base),
        Command::Compose(Compose::Add(FigureKind::Molecule)),
        Command::Compose(Compose::Add(FigureKind::EdgeRatios)),
        Command::SetLayout(Some("{\"panels\":[1,2.5],\"version\":1}".into())),
        Command::ShowAtomNumbers(true),
        Command::ShowArcs(false),
        Command::SetArcThreshold(Some(0.1)),
    ] {
        give(workspace, command);
    }
}

/// What a workspace file must bring back, taken from the state itself and not from what is saved of it.
fn essence(state: &State) -> impl PartialEq + std::fmt::Debug + use<> {
    let models: Vec<_> = state.checkpoints.iter().map(|model| (model.id.clone(), model.file.clone())).collect();
    let dataset = state
        .dataset()
        .map(|dataset| (dataset.path.clone(), dataset.hash, dataset.choice.clone(), dataset.fingerprint()));
    let lanes: Vec<_> = state.lanes.iter().map(|lane| (lane.model.clone(), lane.edited)).collect();
    let table = &state.table;
    (
        (models, state.model, lanes, state.difference, state.initial, state.detail, dataset),
        (table.split, table.search.clone(), table.target.clone(), table.column, table.descending, table.order.clone()),
        (
            state.selected,
            state.pick,
            state.view.clone(),
            state.allow_large.filter(|large| Some(*large) == state.selected),
        ),
        (state.edits.clone(), state.labels.clone(), state.figure.clone(), state.layout.clone()),
        state.comparison.as_ref().map(|comparison| comparison.edited.prediction.clone()),
    )
}

fn problems(workspace: &Workspace) -> Vec<&str> {
    let notices = workspace.state.notices.iter().filter(|notice| notice.severity != Severity::Info);
    notices.map(|notice| notice.text.as_str()).collect()
}

#[test]
fn everything_comes_back_in_a_fresh_workspace() {
    let (mut first, folder) = open();
    work(&mut first, folder.path());
    let path = folder.path().join("mine.bondscope");
    give(&mut first, file(FileCommand::Save(path.clone())));
    assert_eq!((first.state.file.path.as_ref(), first.state.file.unsaved), (Some(&path), false));
    assert_eq!(first.state.recent[0], path);
    let written = std::fs::read_to_string(&path).unwrap();
    for words in ["\"bondscope_workspace\": 1", "\"path\": \"molecules.csv\"", "\"1>0\": \"zero\"", "carries the MA"] {
        assert!(written.contains(words), "{words} in {written}");
    }
    let mut second = workspace();
    give(&mut second, file(FileCommand::Open(path.clone())));
    assert_eq!(problems(&second), [""; 0]);
    assert_eq!(essence(&second.state), essence(&first.state));
    assert_eq!((second.state.file.path.as_ref(), second.state.file.unsaved), (Some(&path), false));
    assert!(!second.state.history.can_undo());
    // Opened over other work, and saved again, it is the same file.
    let mut third = workspace();
    give(&mut third, Command::Open(Source::Bundled));
    give(&mut third, Command::SetBase("graphit-ogb-base".to_owned()));
    give(&mut third, Command::Ablate(vec![DirectedEdge::new(0, 1)], Ablation::Remove));
    give(&mut third, file(FileCommand::Open(path.clone())));
    assert_eq!(essence(&third.state), essence(&first.state));
    give(&mut third, file(FileCommand::Save(path.clone())));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
}

#[test]
fn a_workspace_moves_together_with_its_files() {
    let (mut first, folder) = open();
    work(&mut first, folder.path());
    give(&mut first, file(FileCommand::Save(folder.path().join("mine.bondscope"))));
    let expected = Saved::of(&first.state);
    let moved = folder.path().join("elsewhere");
    std::fs::create_dir(&moved).unwrap();
    for name in ["mine.bondscope", "molecules.csv", "mine.safetensors"] {
        std::fs::rename(folder.path().join(name), moved.join(name)).unwrap();
    }
    let mut second = workspace();
    give(&mut second, file(FileCommand::Open(moved.join("mine.bondscope"))));
    assert!(second.state.file.relocation.is_none(), "found beside the workspace");
    assert_eq!(problems(&second), [""; 0]);
    let saved = Saved::of(&second.state);
    assert_eq!((saved.labels, saved.edits, saved.view), (expected.labels, expected.edits, expected.view));
    assert!(!second.state.file.unsaved);
}

#[test]
fn files_that_moved_or_changed_are_asked_about_and_nothing_changes_before() {
    let (mut first, folder) = open();
    work(&mut first, folder.path());
    let path = folder.path().join("mine.bondscope");
    give(&mut first, file(FileCommand::Save(path.clone())));
    let away = folder.path().join("away");
    std::fs::create_dir(&away).unwrap();
    for name in ["molecules.csv", "mine.safetensors"] {
        std::fs::rename(folder.path().join(name), away.join(name)).unwrap();
    }
    let mut second = workspace();
    give(&mut second, Command::Open(Source::Bundled));
    let before = essence(&second.state);
    give(&mut second, file(FileCommand::Open(path.clone())));
    let found = |workspace: &Workspace| -> Vec<Found> {
        let relocation = workspace.state.file.relocation.as_ref().unwrap();
        relocation.references.iter().map(|reference| reference.found).collect()
    };
    assert_eq!(found(&second), [Found::Missing; 2]);
    assert_eq!(essence(&second.state), before);
    // Where one file is, the other is looked for as well.
    give(&mut second, file(FileCommand::Locate(1, away.join("mine.safetensors"))));
    assert_eq!(found(&second), [Found::Same; 2]);
    give(&mut second, file(FileCommand::Proceed));
    assert_eq!(problems(&second), [""; 0]);
    assert_eq!(Saved::of(&second.state).edits, Saved::of(&first.state).edits);
    assert!(second.state.file.unsaved, "the file does not know the new places yet");

    // Another content is told, and allowed: molecules are found again by line and structure.
    let changed = folder.path().join("other.csv");
    std::fs::write(&changed, TABLE.replace("CCO,1.5,train\n", "CCO,1.5,train\nCCN,2,train\n")).unwrap();
    give(&mut second, file(FileCommand::Open(path.clone())));
    give(&mut second, file(FileCommand::Locate(0, changed)));
    assert_eq!(found(&second), [Found::Changed, Found::Missing]);
    give(&mut second, file(FileCommand::Locate(1, away.join("mine.safetensors"))));
    give(&mut second, file(FileCommand::Proceed));
    assert_eq!(second.state.selected, Some(MoleculeId(3)), "one row further down");
    assert_eq!(second.state.labels.iter().count(), 3);
    let ablated = |workspace: &Workspace, id| workspace.state.edits.intervention(MoleculeId(id)).ablated;
    assert!(ablated(&first, 3).len() > 2, "those of the rule as well");
    assert_eq!(ablated(&second, 4), ablated(&first, 3));
    assert!(second.state.file.unsaved);

    // Without the molecules there is the rest, under no name, so that the file keeps what it has.
    let mut third = workspace();
    give(&mut third, file(FileCommand::Open(path.clone())));
    give(&mut third, file(FileCommand::Proceed));
    let state = &third.state;
    assert!(state.opened.is_none() && state.selected.is_none() && state.file.path.is_none() && !state.file.opening);
    assert_eq!(state.edits.explicit_bias(), Scale::new(0.35));
    assert_eq!(problems(&third).len(), 2, "{:?}", problems(&third));

    // Cancelling leaves everything as it was.
    let mut fourth = workspace();
    give(&mut fourth, Command::Open(Source::Bundled));
    give(&mut fourth, file(FileCommand::Open(path)));
    give(&mut fourth, file(FileCommand::Cancel));
    assert!(fourth.state.file.relocation.is_none() && !fourth.state.file.opening);
    assert_eq!(essence(&fourth.state), before);
}

#[test]
fn opening_something_else_ends_the_opening_of_a_workspace() {
    let (mut first, folder) = open();
    work(&mut first, folder.path());
    let path = folder.path().join("mine.bondscope");
    give(&mut first, file(FileCommand::Save(path.clone())));
    let mut second = workspace();
    second.apply(file(FileCommand::Open(path.clone())));
    second.run_until_idle(|state| state.opened.is_none());
    second.apply(Command::Open(Source::Bundled));
    settle(&mut second);
    let state = &second.state;
    assert_eq!(state.dataset().unwrap().records.len(), 12_000);
    assert!(!state.file.opening && state.file.path.is_none() && state.labels.is_empty());
    assert!(state.selected.is_some() && state.edits.lists().next().is_none());
    // Other molecules are not saved over the workspace that was open.
    give(&mut first, Command::Open(Source::Bundled));
    assert_eq!(first.state.file.path, None);
}

#[test]
fn a_damaged_or_foreign_file_changes_nothing() {
    let (mut workspace, folder) = open();
    let before = essence(&workspace.state);
    let path = folder.path().join("bad.bondscope");
    for text in ["", "{\"bondscope_workspace\": 99}", "{\"bondscope_workspace\": 1, \"table\": 3}"] {
        std::fs::write(&path, text).unwrap();
        give(&mut workspace, file(FileCommand::Open(path.clone())));
        assert_eq!(essence(&workspace.state), before);
        assert!(!workspace.state.file.opening);
    }
    assert_eq!(problems(&workspace).len(), 3);
    assert!(problems(&workspace)[1].contains("newer"));
    // Numbers that lead nowhere are no reason to refuse the rest.
    let far = "{\"bondscope_workspace\": 1, \"data\": \"bundled\", \"model\": 900, \"models\": [{\"untrained\": \"no-such-thing\"}], \
        \"view\": {\"layer\": 5000, \"head\": 77}, \"selected\": {\"place\": 4000000, \"line\": 1, \"smiles\": \"?\", \"part\": {\"bond\": 9}}, \
        \"edits\": {\"explicit_bias\": 7.5, \"lists\": [{\"place\": 3, \"line\": 5, \"smiles\": \"x\", \"edges\": {\"0>1\": \"remove\"}}]}}";
    std::fs::write(&path, far).unwrap();
    give(&mut workspace, file(FileCommand::Open(path.clone())));
    let state = &workspace.state;
    assert_eq!((state.view.reading.layer, state.view.reading.head), (9, Some(7)));
    assert_eq!(state.edits.explicit_bias(), Scale::ONE);
    assert!(state.selected.is_some() && state.file.path.is_none());
    assert!(problems(&workspace).last().unwrap().starts_with("1 ablations and labels"));
}

#[test]
fn a_file_that_is_read_again_keeps_what_was_done_with_its_molecules() {
    let (mut workspace, folder) = open();
    work(&mut workspace, folder.path());
    let path = folder.path().join("mine.bondscope");
    give(&mut workspace, file(FileCommand::Save(path.clone())));
    let before = Saved::of(&workspace.state);
    let told = problems(&workspace).len();
    // A row more at the front moves all the others.
    let molecules = folder.path().join("molecules.csv");
    std::fs::write(&molecules, TABLE.replace("CCO,1.5,train\n", "CCN,2,train\nCCO,1.5,train\n")).unwrap();
    let choice = workspace.state.dataset().unwrap().choice.clone();
    let again = Command::Open(Source::Columns { path: molecules.clone(), choice });
    give(&mut workspace, again.clone());
    let after = Saved::of(&workspace.state);
    assert_eq!(problems(&workspace).len(), told, "{:?}", problems(&workspace));
    assert_eq!(workspace.state.labels.get(Labelled { molecule: MoleculeId(3), part: None }).unwrap().len(), 22);
    assert_eq!((after.labels.len(), after.edits.lists.len()), (before.labels.len(), before.edits.lists.len()));
    assert_eq!((&workspace.state.file.path, workspace.state.file.unsaved), (&Some(path), true));
    // What cannot be read again stays as it is.
    std::fs::remove_file(&molecules).unwrap();
    give(&mut workspace, again);
    assert_eq!(Saved::of(&workspace.state), after);
    assert!(!workspace.state.file.opening && problems(&workspace).len() == told + 1);
}

fn command(folder: &Path) -> impl Strategy<Value = Command> + use<> {
    let weights = folder.join("mine.safetensors");
    // Between two of the first three atoms, which every molecule here has.
    let edge = (0_u32..3, 1_u32..3).prop_map(|(source, step)| DirectedEdge::new(source, (source + step) % 3));
    let edges = prop::collection::vec(edge, 1..4);
    let pick = || {
        prop::option::of(prop_oneof![
            (0_u32..8).prop_map(|atom| Pick::Atom(AtomId(atom))),
            (0_u32..8).prop_map(|bond| Pick::Bond(BondId(bond))),
        ])
    };
    let column = prop::sample::select(vec![Column::Index, Column::Smiles, Column::Atoms, Column::Ratio]);
    let text = "[a-z\\\\\"→é\\n ]{0,12}";
    prop_oneof![
        2 => (0_u32..4).prop_map(|id| Command::SelectMolecule(MoleculeId(id))),
        3 => (edges, prop::sample::select(Ablation::ALL.to_vec())).prop_map(|(edges, how)| Command::Ablate(edges, how)),
        1 => prop::option::of(Just(RULE)).prop_map(Command::SetRule),
        1 => Just(Command::FollowRule),
        1 => "[a-c]".prop_map(Command::NameList),
        1 => "[a-c]".prop_map(|name| Command::NameRule(name, RULE)),
        1 => "[a-c]".prop_map(Command::ApplyNamed),
        1 => Just(Command::Compose(Compose::Add(FigureKind::Molecule))),
        1 => Just(Command::Undo),
        1 => Just(Command::Redo),
        2 => (0_u32..4, pick(), text).prop_map(|(molecule, part, text)| label_of(molecule, part, &text)),
        2 => pick().prop_map(Command::Select),
        1 => (0.0_f32..1.0).prop_map(|scale| Command::SetExplicitBias(Scale::new(scale))),
        1 => (0_usize..13).prop_map(Command::SetModel),
        1 => prop::sample::select(vec!["gt-ogb-base", "san-full-walk-base"])
            .prop_map(|name| Command::SetBase(name.to_owned())),
        1 => Just(Command::OpenModel(weights, Box::default())),
        1 => text.prop_map(Command::Search),
        1 => column.prop_map(Command::Sort),
        1 => prop::option::of(Just(Split::Test)).prop_map(Command::ShowSplit),
        1 => (0_usize..12).prop_map(Command::SetLayer),
        1 => prop::option::of(0_usize..9).prop_map(Command::SetHead),
        1 => prop::sample::select(ColorMap::SEQUENTIAL.to_vec()).prop_map(Command::SetColorMap),
        1 => any::<bool>().prop_map(Command::LockRange),
        1 => prop::option::of(any::<f32>()).prop_map(Command::SetArcThreshold),
        1 => any::<bool>().prop_map(|base| Command::Compare(if base { With::Base } else { With::AsTrained })),
        1 => (1_usize..3).prop_map(Command::RemoveLane),
        1 => Just(Command::AllowLarge),
    ]
}

#[test]
fn whatever_was_done_comes_back() {
    let (mut first, folder) = open();
    let path = folder.path().join("any.bondscope");
    let mut second = workspace();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let commands = prop::collection::vec(command(folder.path()), 0..25);
    let first = std::cell::RefCell::new(&mut first);
    let second = std::cell::RefCell::new(&mut second);
    let result = runner.run(&commands, |commands| {
        let (mut first, mut second) = (first.borrow_mut(), second.borrow_mut());
        for command in commands {
            first.apply(command);
        }
        settle(&mut first);
        give(&mut first, file(FileCommand::Save(path.clone())));
        give(&mut second, file(FileCommand::Open(path.clone())));
        prop_assert_eq!(format!("{:?}", essence(&second.state)), format!("{:?}", essence(&first.state)));
        prop_assert_eq!(Saved::of(&second.state), Saved::of(&first.state));
        prop_assert!(!second.state.file.unsaved && !first.state.file.unsaved);
        Ok(())
    });
    result.unwrap();
}

/// Waits until the work has been kept.
#[track_caller]
fn until_kept(workspace: &mut Workspace, folder: &Path) {
    let began = Instant::now();
    let kept = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with("-0.bondscope");
    while !std::fs::read_dir(folder).is_ok_and(|mut entries| entries.any(|entry| kept(&entry.unwrap().file_name()))) {
        assert!(began.elapsed() < DEADLINE, "nothing was kept");
        workspace.pump();
        std::thread::sleep(workspace.keeps_in().unwrap_or_default().min(Duration::from_millis(50)));
    }
}

/// Waits until the session began, which happens on a worker.
#[track_caller]
fn until(workspace: &mut Workspace, condition: impl Fn(&State) -> bool) {
    let began = Instant::now();
    while !condition(&workspace.state) {
        assert!(began.elapsed() < DEADLINE, "waited in vain");
        workspace.pump();
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn label(workspace: &Workspace, molecule: u32) -> Option<&str> {
    workspace.state.labels.get(Labelled { molecule: MoleculeId(molecule), part: None })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names
}

#[test]
fn after_a_crash_the_last_state_is_offered_and_after_a_good_end_it_can_be_reopened() {
    let (_, folder) = open();
    let kept = folder.path().join("kept");
    let named = folder.path().join("named.bondscope");
    let mut first = workspace().with_autosave(kept.clone());
    give(&mut first, Command::Open(Source::File(folder.path().join("molecules.csv"))));
    give(&mut first, file(FileCommand::Save(named.clone())));
    give(&mut first, label_of(1, None, "found it"));
    until_kept(&mut first, &kept);
    assert!(first.state.file.unsaved);
    // Another window, while the first one runs, has a file of its own and nothing to offer.
    let mut second = workspace().with_autosave(kept.clone());
    until(&mut second, |state| state.file.kept);
    assert!(second.state.file.recovery.is_empty());
    second.end_session();
    // The first one crashes: it ends without a word.
    drop(first);
    let mut third = workspace().with_autosave(kept.clone());
    until(&mut third, |state| !state.file.recovery.is_empty());
    assert_eq!(third.state.file.recovery[0].name.as_deref(), Some("named.bondscope"));
    assert!(third.state.opened.is_none(), "nothing is opened without being asked");
    third.apply(file(FileCommand::Recover));
    until(&mut third, |state| state.opened.is_some() && !state.file.opening);
    settle(&mut third);
    assert_eq!(label(&third, 1), Some("found it"));
    assert_eq!((third.state.file.path.as_ref(), third.state.file.unsaved), (Some(&named), true));
    assert!(third.state.file.recovery.is_empty());
    third.end_session();
    drop(third);
    assert_eq!(files(&kept), [kept.join("last.bondscope")], "a good end leaves nothing to recover");
    let mut fourth = workspace().with_autosave(kept.clone());
    until(&mut fourth, |state| state.file.last.is_some());
    assert!(fourth.state.file.recovery.is_empty());
    fourth.apply(file(FileCommand::Reopen));
    until(&mut fourth, |state| state.opened.is_some() && !state.file.opening);
    assert_eq!(label(&fourth, 1), Some("found it"));
    drop(fourth);
    let mut fifth = workspace().with_autosave(kept.clone());
    until(&mut fifth, |state| state.file.recovery.len() == 1);
    fifth.apply(file(FileCommand::Discard));
    assert!(fifth.state.file.recovery.is_empty());
    fifth.end_session();
    settle(&mut fifth);
}

#[test]
fn looking_around_in_the_bundled_molecules_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut workspace = workspace().with_autosave(folder.path().to_owned());
    give(&mut workspace, Command::Open(Source::Bundled));
    give(&mut workspace, Command::Step(3));
    assert_eq!(workspace.keeps_in(), None);
    give(&mut workspace, label_of(7, None, "worth keeping"));
    assert!(workspace.keeps_in().is_some());
    workspace.end_session();
    settle(&mut workspace);
    assert_eq!(files(folder.path()), [folder.path().join("last.bondscope")]);
}

#[test]
fn labels_come_back_with_their_file_as_long_as_the_program_runs() {
    let (mut workspace, folder) = open();
    let (one, other) = (folder.path().join("molecules.csv"), folder.path().join("other.csv"));
    std::fs::write(&other, "smiles\nCCO\nCCN\n").unwrap();
    workspace.apply(label_of(3, None, "of the file"));
    workspace.apply(label_of(0, Some(Pick::Atom(AtomId(1))), "of an atom"));
    give(&mut workspace, Command::Open(Source::Bundled));
    assert!(workspace.state.labels.is_empty());
    workspace.apply(label_of(11, None, "of the bundled ones"));
    give(&mut workspace, Command::Open(Source::File(other)));
    assert!(workspace.state.labels.is_empty());

    // The same bytes under another name are the same molecules.
    let copy = folder.path().join("copy.csv");
    std::fs::copy(&one, &copy).unwrap();
    give(&mut workspace, Command::Open(Source::File(copy)));
    assert_eq!((label(&workspace, 3), workspace.state.labels.iter().count()), (Some("of the file"), 2));
    assert!(!workspace.state.history.can_undo(), "what comes back is no step of the user's");
    workspace.apply(label_of(3, None, ""));
    give(&mut workspace, Command::Open(Source::Bundled));
    assert_eq!((label(&workspace, 11), workspace.state.labels.iter().count()), (Some("of the bundled ones"), 1));
    give(&mut workspace, Command::Open(Source::File(one)));
    assert_eq!((label(&workspace, 3), workspace.state.labels.iter().count()), (None, 1), "a label taken off stays off");
}
