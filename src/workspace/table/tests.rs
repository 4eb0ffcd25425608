//! Large tables are the worker's business: told by who does the work, not by the clock.

use super::*;
use crate::domain::{Dataset, Record};
use crate::engine::{Event, SweepOptions};
use crate::gpu::Gpu;
use crate::workspace::state::Opened;
use crate::workspace::{Command, SWEPT_UNASKED};
use std::time::Duration;

const MANY: u32 = 250_000;

fn dataset(records: u32) -> Dataset {
    let record = |place: u32| Record {
        line: place + 1,
        smiles: ["CC", "CCO", "CN", "c1ccccc1"][place as usize % 4].into(),
        id: Some(format!("m{place}").into()),
        targets: Box::default(),
        // A few test molecules, as in a large file.
        split: Some(if place.is_multiple_of(1000) { Split::Test } else { Split::Train }),
        atoms: place.wrapping_mul(2_654_435_761) % 97,
    };
    Dataset { records: (0..records).map(record).collect(), ..Dataset::default() }
}

fn workspace(records: u32) -> Workspace {
    let mut workspace = Workspace::new(Gpu::cpu_only(), Arc::new(|| {})).unwrap();
    workspace.state.opened = Some(Opened { revision: 1, dataset: Arc::new(dataset(records)) });
    workspace.revision = 1;
    workspace.arrange();
    workspace
}

/// What the rows are to be, by the plain function.
fn expected(workspace: &Workspace) -> Rows {
    let dataset = Arc::clone(workspace.state.dataset().unwrap());
    let (surveys, query) = (workspace.state.surveys.clone(), workspace.state.table.query());
    TableQuestion { ticket: 0, dataset, surveys, query }.answer()
}

#[track_caller]
fn settle(workspace: &mut Workspace) {
    let began = Instant::now();
    assert!(workspace.run_until_idle(|_| began.elapsed() < Duration::from_secs(120)), "not idle in time");
}

#[track_caller]
fn assert_listed(workspace: &Workspace) {
    let table = &workspace.state.table;
    let Rows { order, scores, counts } = expected(workspace);
    assert_eq!((&table.order, table.counts), (&order, counts));
    let bits = |scores: &[Score]| -> Vec<[u32; 2]> {
        scores.iter().map(|score| [score.prediction.to_bits(), score.largest_ratio.to_bits()]).collect()
    };
    assert_eq!(bits(&table.scores), bits(&scores));
    assert!(!workspace.arranging.waits && table.sorting.is_none());
}

#[test]
fn a_large_table_is_put_in_order_by_the_worker() {
    let mut workspace = workspace(MANY);
    assert!(workspace.state.table.order.is_empty(), "the first rows come from the worker too");
    settle(&mut workspace);
    assert_listed(&workspace);
    let commands = [
        Command::Sort(Column::Atoms),
        Command::Sort(Column::Atoms),
        Command::Sort(Column::Smiles),
        Command::Sort(Column::Name),
        Command::Search("m24".to_owned()),
        Command::ShowSplit(Some(Split::Test)),
        Command::Search(String::new()),
        Command::ShowSplit(None),
        Command::SetModel(1),
    ];
    for command in commands {
        let rows = workspace.state.table.order.as_ptr();
        workspace.apply(command.clone());
        let table = &workspace.state.table;
        assert!(workspace.arranging.waits && table.sorting.is_some(), "{command:?} was not handed over");
        assert_eq!(table.order.as_ptr(), rows, "{command:?} touched the rows itself");
        assert!(!workspace.is_idle());
        settle(&mut workspace);
        assert_listed(&workspace);
    }
}

#[test]
fn scores_come_from_the_worker_and_do_not_put_off_rows_that_are_awaited() {
    let mut workspace = workspace(MANY);
    workspace.apply(Command::SetBase("gt-base".to_owned()));
    workspace.apply(Command::Sort(Column::Ratio));
    workspace.apply(Command::Sort(Column::Ratio));
    settle(&mut workspace);
    workspace.apply(Command::Sweep(SweepOptions { limit: Some(4), ..SweepOptions::default() }));
    settle(&mut workspace);
    assert_eq!(workspace.state.table.order.len(), MANY as usize);
    assert!(workspace.state.table.order[..4].iter().all(|id| id.0 < 4), "what was measured comes first");
    assert_listed(&workspace);

    workspace.apply(Command::Search("m1".to_owned()));
    let ticket = workspace.arranging.ticket;
    workspace.score();
    assert_eq!(workspace.arranging.ticket, ticket);
    assert!(workspace.arranging.outdated);
    settle(&mut workspace);
    assert_eq!(workspace.arranging.ticket, ticket + 1, "asked again once the rows were there");
    assert_listed(&workspace);
    let rows = workspace.state.table.order.as_ptr();
    workspace.score();
    assert!(workspace.arranging.waits && workspace.state.table.sorting.is_none(), "no other rows are awaited");
    assert_eq!(workspace.state.table.order.as_ptr(), rows);
}

#[test]
fn late_answers_are_ignored() {
    let mut workspace = workspace(MANY);
    settle(&mut workspace);
    workspace.apply(Command::Search("m7".to_owned()));
    let (late, rows) = (workspace.arranging.ticket, workspace.state.table.order.clone());
    workspace.apply(Command::Search("m77".to_owned()));
    workspace.take(Event::Arranged { ticket: late, rows: Box::default() });
    assert_eq!(workspace.state.table.order, rows);
    settle(&mut workspace);
    assert_listed(&workspace);
    workspace.apply(Command::Search("m777".to_owned()));
    workspace.close_molecules();
    settle(&mut workspace);
    assert!(workspace.state.table.order.is_empty(), "rows of a file that is no longer open");
}

#[test]
fn the_first_row_is_shown_as_soon_as_it_is_known() {
    let mut workspace = workspace(MANY);
    workspace.apply(Command::ShowSplit(Some(Split::Test)));
    workspace.apply(Command::Sort(Column::Index));
    workspace.select_first();
    assert_eq!(workspace.state.selected, None);
    settle(&mut workspace);
    assert_eq!(workspace.state.selected, Some(MoleculeId(249_000)));
    workspace.apply(Command::Sort(Column::Index));
    workspace.select_first();
    workspace.apply(Command::SelectMolecule(MoleculeId(5)));
    settle(&mut workspace);
    assert_eq!(workspace.state.selected, Some(MoleculeId(5)), "a user who chose meanwhile keeps the choice");
}

#[test]
fn a_small_table_is_put_in_order_on_the_spot() {
    let mut workspace = workspace(u32::try_from(SORTED_AT_ONCE).unwrap());
    assert_listed(&workspace);
    for command in [Command::Sort(Column::Atoms), Command::Search("m1".to_owned())] {
        workspace.apply(command);
        assert_listed(&workspace);
    }
}

#[test]
fn small_splits_of_large_files_are_measured_unasked_once_they_are_counted() {
    let mut workspace = workspace(MANY).with_unasked_sweeps();
    workspace.apply(Command::SetBase("gt-base".to_owned()));
    workspace.apply(Command::ShowSplit(Some(Split::Test)));
    assert!(workspace.sweeping.is_none(), "nothing is known of the split yet");
    settle(&mut workspace);
    let measured = workspace.state.survey().map(|survey| survey.ids.len());
    assert!(measured.is_some_and(|measured| measured > 0 && measured <= SWEPT_UNASKED));
    assert_listed(&workspace);
}
