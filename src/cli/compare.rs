//! Further states beside the main one in a figure, as in the window: which models, and the map of what the
//! first of them has more.

use super::network::ModelHints;
use super::run::Session;
use super::{Failure, args};
use crate::domain::ModelId;
use crate::engine::SweepOptions;
use crate::workspace::{Command, Difference, FigureKind, MOST_LANES, With, side_letter};
use clap::Args as ClapArgs;

/// What stands beside the model of a figure.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(super) struct CompareArgs {
    /// Draw one or two further states side by side with the first, on one colour scale: models as for --model,
    /// `base` for the untrained state of the same model, `as-trained` for the same model without the edits. Charts
    /// overlay them
    #[arg(long, value_delimiter = ',', value_name = "MODEL[,MODEL]")]
    pub(super) compare: Vec<String>,
    /// Also draw what the first further state (B) has more than the model itself (A), edge by edge
    #[arg(long)]
    pub(super) difference: bool,
}

/// A state that was asked for, found.
#[derive(Clone, Debug)]
enum Beside {
    AsTrained,
    Base,
    Model(ModelId),
}

/// What was asked for, found and checked before anything is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Compared {
    beside: Vec<Beside>,
    difference: bool,
}

impl Compared {
    /// Finds the models, which are listed then; the chosen one stays.
    pub(super) fn find(
        session: &mut Session,
        asked: &CompareArgs,
        (kind, hints): (args::Kind, &ModelHints),
    ) -> Result<Self, Failure> {
        let CompareArgs { compare, difference } = asked;
        if compare.len() > MOST_LANES {
            let text =
                format!("--compare names {} models, and at most {MOST_LANES} stand beside the first", compare.len());
            return Err(Failure::Unusable(text));
        }
        if *difference && kind != args::Kind::Molecule {
            return Err(Failure::Unusable("--difference is a map of molecules: leave --kind out".to_owned()));
        }
        let chosen = session.workspace.state.model;
        let mut beside = Vec::new();
        for name in compare {
            beside.push(match name.as_str() {
                "as-trained" => Beside::AsTrained,
                "base" => Beside::Base,
                name => {
                    session.choose(Some(name), hints)?;
                    let model = session.workspace.state.checkpoint().map(|checkpoint| checkpoint.id.clone());
                    Beside::Model(model.ok_or_else(|| "there is no model to compare with".to_owned())?)
                }
            });
        }
        session.run(Command::SetModel(chosen))?;
        Ok(Self { beside, difference: *difference })
    }

    /// Puts the states beside the molecule shown, and waits for their answers.
    pub(super) fn show(&self, session: &mut Session) -> Result<(), Failure> {
        if !self.beside.is_empty() {
            session.run(Command::RestoreLanes(Vec::new()))?;
        }
        for (place, beside) in self.beside.iter().enumerate() {
            let state = &session.workspace.state;
            let listed = |model: &ModelId| state.checkpoints.iter().position(|known| known.id == *model);
            let with = match beside {
                Beside::AsTrained => Some(With::AsTrained),
                Beside::Base => Some(With::Base),
                Beside::Model(model) => listed(model).map(|place| With::Model { place, edited: true }),
            };
            let same = matches!((beside, state.checkpoint()), (Beside::Model(model), Some(main)) if main.id == *model)
                || matches!(beside, Beside::AsTrained) && !state.is_edited_at(0);
            let with = with.filter(|_| !same);
            with.into_iter().try_for_each(|with| session.run(Command::Compare(with)))?;
            if session.workspace.state.lanes.len() != place + 1 {
                let letter = side_letter(place + 1);
                let text = format!("--compare puts a state beside itself: {letter} would be the same as one before it");
                return Err(Failure::Unusable(text));
            }
        }
        if self.difference {
            if session.workspace.state.lanes.is_empty() {
                return Err(Failure::Unusable("--difference needs a second state: name one with --compare".to_owned()));
            }
            session.run(Command::ShowDifference(Some(Difference { of: 1, minus: 0 })))?;
        }
        Ok(())
    }
}

/// Refuses a molecule that one of the states side by side cannot score.
pub(super) fn check(session: &Session, kind: FigureKind) -> Result<(), Failure> {
    let state = &session.workspace.state;
    let refused = (1..state.side_count()).filter(|_| !kind.is_measured()).find_map(|side| {
        let reason = state.side(side)?.untraceable?;
        Some(format!("{}: {}", state.name_at(side), reason.message))
    });
    refused.map_or(Ok(()), |reason| Err(Failure::Unusable(reason)))
}

/// Measures the molecules under the models of all further states.
pub(super) fn measure(session: &mut Session, options: SweepOptions) -> Result<(), Failure> {
    for side in 1..session.workspace.state.side_count() {
        // The same model without its edits is measured already: edits do not count there.
        if session.workspace.state.survey_at(side).is_none_or(|survey| survey.key.options != options) {
            session.run(Command::SweepSide(side, options))?;
        }
    }
    Ok(())
}
