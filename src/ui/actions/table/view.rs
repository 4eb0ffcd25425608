//! What is drawn of a molecule, in which models and how.

use super::super::row::{
    action, base, can_compare_base, can_compare_trained, can_compare_twin, difference, has_absent, just, key, quantity,
    scale, shift, switch, when,
};
use super::super::{Action, ActionId as Id, WindowCommand};
use crate::analysis::Quantity;
use crate::domain::Detail;
use crate::models::Initial;
use crate::workspace::{Coloring, Command, Difference, FigureKind, With};
use eframe::egui::Key;

pub(super) static ROWS: &[Action] = &[
    switch(
        action(
            Id::Ratio,
            "MA ratio",
            "Largest over median activation of each directed edge",
            &[key(Key::Num1)],
            |_| quantity(Quantity::Ratio),
        ),
        |state| state.view.reading.quantity == Quantity::Ratio,
    ),
    switch(
        action(Id::Activation, "|activation|", "Largest activation of each directed edge", &[key(Key::Num2)], |_| {
            quantity(Quantity::Activation)
        }),
        |state| state.view.reading.quantity == Quantity::Activation,
    ),
    switch(
        action(
            Id::Attention,
            "Attention weight",
            "How much of the receiving atom's attention an edge gets",
            &[key(Key::Num3)],
            |_| quantity(Quantity::Attention),
        ),
        |state| state.view.reading.quantity == Quantity::Attention,
    ),
    switch(
        action(
            Id::Difference,
            "Colour the difference",
            "Colour what your edits changed instead of the value",
            &[key(Key::D)],
            difference,
        ),
        |state| state.view.coloring == Coloring::Difference,
    ),
    switch(
        action(
            Id::LockRange,
            "Lock colour range",
            "Keep the colour range while you walk through molecules and layers",
            &[key(Key::L)],
            |state| just(Command::LockRange(state.view.locked.is_none())),
        ),
        |state| state.view.locked.is_some(),
    ),
    when(
        action(
            Id::FitRangeToGallery,
            "Fit colour range to gallery",
            "Keep the colour range that holds every value of the thumbnails on screen",
            &[],
            |_| just(Command::FitRangeToGallery),
        ),
        |state| state.gallery.has_numbers(),
    ),
    switch(
        action(
            Id::AtomNumbers,
            "Atom numbers",
            "Write every atom's number, counted from 0, beside it",
            &[key(Key::N)],
            |state| just(Command::ShowAtomNumbers(!state.view.atom_numbers)),
        ),
        |state| state.view.atom_numbers,
    ),
    switch(
        action(
            Id::DrawnLabels,
            "Labels in the drawing",
            "Write your labels of atoms and bonds beside them, in the window and in figures",
            &[shift(Key::T)],
            |state| just(Command::ShowLabels(!state.view.labels)),
        ),
        |state| state.view.labels,
    ),
    switch(
        action(
            Id::LinearRatios,
            "Linear ratio axis",
            "Draw curves of ratios with the ratios as they are instead of their logarithms",
            &[],
            |state| scale(state, FigureKind::EdgeRatios),
        ),
        |state| state.view.is_linear(FigureKind::EdgeRatios),
    ),
    switch(
        action(
            Id::LinearCounts,
            "Linear count axis",
            "Draw histograms with the counts as they are instead of their logarithms",
            &[],
            |state| scale(state, FigureKind::Histogram),
        ),
        |state| state.view.is_linear(FigureKind::Histogram),
    ),
    when(
        switch(
            action(
                Id::Arcs,
                "Arcs for absent bonds",
                "Join atoms that exchange messages without a bond by thin arcs (full-graph models)",
                &[key(Key::B)],
                |state| just(Command::ShowArcs(!state.view.arcs.shown)),
            ),
            |state| state.view.arcs.shown && has_absent(state),
        ),
        has_absent,
    ),
    when(
        action(
            Id::StrongestArcs,
            "Strongest arcs only",
            "Draw the few strongest arcs instead of a threshold",
            &[],
            |_| just(Command::SetArcThreshold(None)),
        ),
        |state| has_absent(state) && state.view.arcs.least.is_some(),
    ),
    switch(
        action(
            Id::Projections,
            "Projections Q, K, V, P",
            "Record and show queries, keys, values and edge projections of the chosen atom or bond",
            &[key(Key::P)],
            |state| {
                just(Command::SetDetail(match state.detail {
                    Detail::Standard => Detail::Projections,
                    Detail::Projections => Detail::Standard,
                }))
            },
        ),
        |state| state.detail == Detail::Projections,
    ),
    switch(
        action(
            Id::XavierBase,
            "Base range by Xavier",
            "Draw the untrained state behind the base range as the paper says (Xavier) instead of as its authors' program does",
            &[],
            |state| {
                just(Command::SetInitial(match state.initial {
                    Initial::Framework => Initial::Xavier,
                    Initial::Xavier => Initial::Framework,
                }))
            },
        ),
        |state| state.initial == Initial::Xavier,
    ),
    when(
        action(Id::AllowLarge, "Compute anyway", "Compute full graphs of any size, memory permitting", &[], |_| {
            just(Command::AllowLarge)
        }),
        |state| state.untraceable.as_ref().is_some_and(|reason| reason.large),
    ),
    when(
        action(
            Id::CompareTrained,
            "Compare with as trained",
            "Show this model without your edits beside it",
            &[key(Key::C)],
            |_| just(Command::Compare(With::AsTrained)),
        ),
        can_compare_trained,
    ),
    when(
        action(
            Id::CompareTwin,
            "Compare with the EBT twin",
            "Show the model beside it that differs by explicit bias only (or, beside one with EBT, the one without)",
            &[key(Key::E)],
            |_| just(Command::Compare(With::Twin)),
        ),
        can_compare_twin,
    ),
    when(
        action(
            Id::CompareBase,
            "Compare with the base state",
            "Show the untrained state of this model beside it",
            &[key(Key::U)],
            |_| just(Command::Compare(With::Base)),
        ),
        can_compare_base,
    ),
    when(
        action(
            Id::SwapSides,
            "Swap A and B",
            "Make the model beside the chosen one, and the other way round",
            &[key(Key::X)],
            |_| just(Command::SwapLane(1)),
        ),
        |state| !state.lanes.is_empty(),
    ),
    when(
        switch(
            action(
                Id::DifferenceMap,
                "Difference map",
                "Show what B has more than A, edge by edge, on a scale about zero",
                &[key(Key::M)],
                |state| {
                    let shown = state.difference.is_none().then_some(Difference { of: 1, minus: 0 });
                    just(Command::ShowDifference(shown))
                },
            ),
            |state| state.difference.is_some(),
        ),
        |state| !state.lanes.is_empty(),
    ),
    when(
        action(
            Id::CloseSides,
            "Close the comparison",
            "Show the chosen model alone again",
            &[shift(Key::C)],
            |state| (1..state.side_count()).rev().map(|side| Command::RemoveLane(side).into()).collect(),
        ),
        |state| !state.lanes.is_empty(),
    ),
    action(
        Id::GraphitFull,
        "GraphiT, full graph",
        "Untrained GraphiT on every pair of atoms, weighted by its random-walk kernel",
        &[],
        |_| base("graphit-full-base"),
    ),
    action(
        Id::SanFull,
        "SAN, full graph",
        "Untrained SAN on every pair of atoms, absent bonds weighted by a fixed gamma",
        &[],
        |_| base("san-full-base"),
    ),
    action(
        Id::SanLearned,
        "SAN, learned gamma",
        "Untrained SAN on every pair of atoms, absent bonds weighted by a learned gamma",
        &[],
        |_| base("san-full-learned-base"),
    ),
    action(Id::Fit, "Fit molecule", "Show the whole molecule", &[key(Key::F), key(Key::Home)], |_| {
        just(WindowCommand::Fit)
    }),
    action(Id::ZoomIn, "Zoom in", "Draw the molecule larger", &[key(Key::Plus), key(Key::Equals)], |_| {
        just(WindowCommand::Zoom(1.25))
    }),
    action(Id::ZoomOut, "Zoom out", "Draw the molecule smaller", &[key(Key::Minus)], |_| {
        just(WindowCommand::Zoom(0.8))
    }),
];
