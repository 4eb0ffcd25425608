//! Thousands of commands in random order against the app without a window: nothing may panic, get stuck,
//! or grow without end.
//!
//! Ten seconds by default; `BONDSCOPE_SOAK_SECONDS=600 cargo test --release --test soak -- --nocapture` for
//! longer, `BONDSCOPE_SOAK_SEED` for another order. The seed decides the commands; how many of them meet
//! running work depends on the machine, which is wanted.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a test that reports"
)]

#[path = "common/windowless.rs"]
mod common;

use bondscope::analysis::Quantity;
use bondscope::domain::{
    Ablation, AtomId, BondId, BondKind, Choice, Detail, DirectedEdge, MoleculeId, Rule, Scale, Split,
};
use bondscope::engine::{ModelState, SweepOptions, TrainOptions};
use bondscope::figure::Format;
use bondscope::models::{Initial, ModelSpec, Plan};
use bondscope::scene::{Background, ColorMap, Pick};
use bondscope::workspace::{
    Coloring, Column, Command, Difference, FigureKind, Look, MOST_LANES, QUANTITIES, Source, With, Workspace,
};
use common::{settle, workspace};
use glam::Vec2;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Commands between two looks at the memory.
const BETWEEN: u64 = 200;

/// SplitMix64: the same commands on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

/// Files to open: sound, partly sound, and not at all.
fn files(folder: &Path) -> Vec<PathBuf> {
    let texts = [
        (
            "few.csv",
            "smiles,target,split\nCCO,1.5,train\nc1ccccc1O,0.2,test\nCC(=O)Nc1ccccc1,-0.7,valid\nCCN,1,train\n",
        ),
        ("two.csv", "name;SMILES;a;b\nx;CCO;1;0\ny;not a molecule;2;1\nz;C1CC1C(=O)[O-];;1\n"),
        ("plain.smi", "CC(C)Cc1ccc(cc1)C(C)C(=O)O ibuprofen\nC salt\n[Na+].[Cl-] salt\n"),
        ("broken.csv", "a,b\n\"1,2\n"),
    ];
    let written = texts.map(|(name, text)| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    });
    written.into_iter().chain([folder.join("missing.csv"), folder.to_owned()]).collect()
}

fn sweep(dice: &mut Dice) -> SweepOptions {
    SweepOptions {
        split: dice.of(&[None, Some(Split::Test), Some(Split::Train)]),
        limit: Some(1 + dice.below(30)),
        initial: dice.of(&[Initial::Framework, Initial::Xavier]),
        allow_large: false,
    }
}

fn view(dice: &mut Dice) -> Command {
    match dice.below(12) {
        0 | 1 => Command::SetLayer(dice.below(14)),
        2 => Command::SetHead(dice.of(&[None, Some(0), Some(7), Some(90)])),
        3 => Command::SetQuantity(dice.of(&QUANTITIES)),
        4 => Command::SetColoring(dice.of(&[Coloring::Value, Coloring::Difference])),
        5 => Command::SetColorMap(dice.of(&[ColorMap::default(), ColorMap::PurpleOrange])),
        6 => Command::LockRange(dice.once_in(2)),
        7 => Command::SetHistogram(dice.of(&[ModelState::Trained, ModelState::Base])),
        8 => Command::ShowAtomNumbers(dice.once_in(2)),
        9 => Command::ShowArcs(dice.once_in(2)),
        10 => Command::FitRangeToGallery,
        _ => Command::SetArcThreshold(dice.of(&[None, Some(10.0), Some(f32::NAN)])),
    }
}

fn edges(dice: &mut Dice) -> Vec<DirectedEdge> {
    (0..1 + dice.below(3)).map(|_| DirectedEdge::new(dice.below(12) as u32, dice.below(12) as u32)).collect()
}

fn rule(dice: &mut Dice) -> Rule {
    let count = dice.below(6);
    let choice = match dice.below(4) {
        0 => Choice::Strongest { count, layer: dice.of(&[None, Some(3), Some(99)]), head: dice.of(&[None, Some(2)]) },
        1 => Choice::Kind(dice.of(&BondKind::ALL)),
        2 => Choice::Random { count, seed: dice.next() },
        _ => Choice::Atom(AtomId(dice.below(30) as u32)),
    };
    Rule { choice, how: dice.of(&Ablation::ALL) }
}

fn by_rule(dice: &mut Dice) -> Command {
    let name = dice.of(&["a", "b", "c"]).to_owned();
    match dice.below(8) {
        0 => Command::ApplyRule(rule(dice)),
        1 => Command::SetRule(Some(rule(dice))),
        2 => Command::SetRule(None),
        3 => Command::FollowRule,
        4 => Command::NameList(name),
        5 => Command::NameRule(name, rule(dice)),
        6 => Command::ApplyNamed(name),
        _ => Command::ForgetNamed(name),
    }
}

fn edit(dice: &mut Dice) -> Command {
    match dice.below(12) {
        0 => Command::SetExplicitBias(Scale::new(dice.below(101) as f32 / 100.0)),
        1 => Command::Ablate(edges(dice), dice.of(&Ablation::ALL)),
        2 => Command::Restore(edges(dice)),
        3 | 4 => Command::Toggle(Pick::Bond(BondId(dice.below(20) as u32))),
        5 => Command::ClearAblation,
        6 | 7 => Command::Undo,
        8 => Command::Redo,
        9 => Command::SetLayout(Some(dice.of(&["one", "another"]).into())),
        _ => by_rule(dice),
    }
}

fn walk(dice: &mut Dice) -> Command {
    match dice.below(8) {
        0 => Command::SelectMolecule(MoleculeId(dice.below(12_500) as u32)),
        1..=3 => Command::Step(dice.below(60) as i64 - 30),
        4 => Command::Sort(dice.of(&[
            Column::Index,
            Column::Smiles,
            Column::Atoms,
            Column::Target,
            Column::Prediction,
            Column::Error,
            Column::Ratio,
        ])),
        5 => Command::Search(dice.of(&["", "N", "c1ccccc1", "zz", "110"]).to_owned()),
        6 => Command::ShowSplit(dice.of(&[None, Some(Split::Test), Some(Split::Train)])),
        _ => Command::Select(dice.of(&[
            None,
            Some(Pick::Atom(AtomId(2))),
            Some(Pick::Bond(BondId(1))),
            Some(Pick::Bond(BondId(900))),
        ])),
    }
}

/// States side by side.
fn lanes(dice: &mut Dice, workspace: &Workspace) -> Command {
    let place = dice.below(workspace.state.checkpoints.len() + 1);
    let with = dice.of(&[
        With::AsTrained,
        With::Base,
        With::Twin,
        With::Model { place, edited: true },
        With::Model { place, edited: false },
    ]);
    match dice.below(8) {
        0 | 1 => Command::Compare(with),
        2 => Command::SetLane(dice.below(4), with),
        3 => Command::RemoveLane(dice.below(4)),
        4 => Command::SwapLane(dice.below(4)),
        5 => Command::RestoreLanes(workspace.state.saved_lanes()),
        _ => Command::ShowDifference(Some(Difference { of: dice.below(3), minus: dice.below(3) })),
    }
}

/// Opening, measuring, training, writing: rare, since each may take a while.
fn work(dice: &mut Dice, workspace: &Workspace, folder: &Path) -> Command {
    let models = workspace.state.checkpoints.len();
    match dice.below(12) {
        0 => Command::Open(Source::Bundled),
        1 | 2 => Command::Open(Source::File(dice.of(&files(folder)))),
        3 | 4 => Command::SetModel(dice.below(models + 2)),
        5 => Command::SetBase(dice.of(&["san-ebt-full-base", "graphit-zinc-rw8-base", "nonsense"]).to_owned()),
        6 => Command::OpenModel(dice.of(&files(folder)), Box::default()),
        7 => Command::Sweep(sweep(dice)),
        8 => {
            let kinds = [
                FigureKind::Molecule,
                FigureKind::EdgeRatios,
                FigureKind::Curves,
                FigureKind::Histogram,
                FigureKind::Activations,
            ];
            let (format, name) =
                dice.of(&[(Format::Svg, "f.svg"), (Format::Csv, "f.csv"), (Format::Png { scale: 1.0 }, "f.png")]);
            Command::Export { kind: dice.of(&kinds), format, path: folder.join(name) }
        }
        9 => Command::SaveTrace(folder.join(dice.of(&["t.npz", "t.json", "t.safetensors", "t.unknown"]))),
        10 => Command::Analyze { options: sweep(dice), folder: folder.join("analysis") },
        _ => {
            let mut plan = Plan::of(ModelSpec::named("graphit-base").unwrap().unwrap().0, 1);
            plan.recipe.epochs = 1;
            Command::Train(Box::new(TrainOptions { plan, resume: false, out: folder.join("run") }))
        }
    }
}

fn command(dice: &mut Dice, workspace: &Workspace, folder: &Path) -> Command {
    match dice.below(40) {
        0 => work(dice, workspace, folder),
        1..=3 => match workspace.state.jobs.first() {
            Some(job) if dice.once_in(2) => Command::Stop(job.id),
            _ => Command::Dismiss(
                workspace.state.notices.iter().rev().take(dice.below(3)).map(|notice| notice.id).collect(),
            ),
        },
        4 => Command::SetDetail(dice.of(&[Detail::Standard, Detail::Projections])),
        5 => Command::SetInitial(dice.of(&[Initial::Framework, Initial::Xavier])),
        6 => Command::AllowLarge,
        7..=14 => walk(dice),
        15..=18 => lanes(dice, workspace),
        19..=28 => edit(dice),
        _ => view(dice),
    }
}

/// What a window would draw.
fn look(workspace: &mut Workspace) {
    let picture = workspace.picture(Background::Light, workspace.picked());
    if let Some(picture) = picture {
        assert!(
            picture.scene.bounds.is_none_or(|(min, max)| min.is_finite() && max.is_finite()),
            "a picture without an end"
        );
    }
    for side in 1..=MOST_LANES {
        drop(workspace.lane_picture(side, Background::Dark, None));
    }
    drop(workspace.difference_picture(Background::Dark, None));
    // The thumbnails around the molecule chosen.
    let table = &workspace.state.table;
    let from = workspace.state.selected.and_then(|id| table.row_of(id)).map_or(0, |row| row / 20 * 20);
    let ids = table.order.get(from..table.order.len().min(from + 40)).unwrap_or_default().to_vec();
    workspace.want_thumbnails(&ids, 0..ids.len().min(20));
    let cell = Vec2::new(92.0, 62.0);
    let sheet = workspace.thumbnails(Look { background: Background::Light, cell });
    assert_eq!(sheet.thumbnails.len(), ids.len(), "a molecule without a thumbnail");
    for kind in [FigureKind::EdgeRatios, FigureKind::Curves, FigureKind::Histogram] {
        for state in [ModelState::Trained, ModelState::Base] {
            drop(workspace.chart(kind, state));
        }
    }
}

fn check(workspace: &Workspace) {
    let state = &workspace.state;
    if let Some(dataset) = state.dataset() {
        assert!(state.selected.is_none_or(|id| dataset.record(id).is_some()), "the molecule chosen does not exist");
        assert!(state.table.order.iter().all(|&id| dataset.record(id).is_some()), "a row without a molecule");
    }
    let checkpoint = state.checkpoint().unwrap();
    assert!(state.view.reading.layer < checkpoint.spec.layers, "a layer that the model lacks");
    assert!(state.view.reading.head.is_none_or(|head| head < checkpoint.spec.heads), "a head that the model lacks");
    for side in state.difference.iter().flat_map(|difference| [difference.of, difference.minus]) {
        assert!(state.side(side).is_some(), "the difference of a state that is not there");
    }
    assert!(state.sides().count() == state.side_count(), "a lane without a model");
    assert!(state.view.reading.quantity == Quantity::Ratio || QUANTITIES.contains(&state.view.reading.quantity));
    for notice in &state.notices {
        assert!(!notice.text.contains("fault in Bondscope"), "a thread died: {}", notice.text);
    }
}

/// Resident memory of this process, MB; `None` where the system does not tell.
fn resident() -> Option<f64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split_whitespace().nth(1)?.parse::<f64>().ok()? * 4096.0 / 1e6)
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn random_commands_neither_break_nor_grow_the_workspace() {
    let time = Duration::from_secs(number("BONDSCOPE_SOAK_SECONDS", 10));
    let seed = number("BONDSCOPE_SOAK_SEED", 1);
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(seed);
    let mut workspace = workspace().with_unasked_sweeps();
    workspace.apply(Command::Open(Source::Bundled));
    let (began, mut given, mut memory) = (Instant::now(), 0_u64, Vec::new());
    while began.elapsed() < time {
        let next = command(&mut dice, &workspace, folder.path());
        workspace.apply(next);
        workspace.pump();
        look(&mut workspace);
        check(&workspace);
        given += 1;
        if dice.once_in(30) {
            // Now and then everything is let come to rest, as it is while a user reads.
            let since = Instant::now();
            workspace.run_until_idle(|_| since.elapsed() < Duration::from_millis(300));
        }
        if given % BETWEEN == 0 {
            memory.extend(resident());
        }
    }
    workspace.state.jobs.iter().map(|job| job.id).collect::<Vec<_>>().into_iter().for_each(|id| {
        workspace.apply(Command::Stop(id));
    });
    settle(&mut workspace);
    let thirds: Vec<f64> = memory.chunks(memory.len().div_ceil(3).max(1)).map(median).collect();
    println!(
        "seed {seed}: {given} commands in {:.0} s, MB resident by thirds: {thirds:.0?}",
        began.elapsed().as_secs_f64()
    );
    if let [_, middle, last] = thirds[..] {
        assert!(last < 1.15 * middle + 50.0, "memory grows: {memory:.0?}");
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
