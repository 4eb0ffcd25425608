//! From bond to bond and from atom to atom by keyboard: bonds in the order of the list in the inspector, so
//! that the first step leads to the strongest, then the arcs between atoms without a bond; atoms by number.

use super::inspector;
use crate::domain::AtomId;
use crate::scene::Pick;
use crate::workspace::{Command, Picture, State};

/// What is walked along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// The bonds as they are listed, then the arcs.
    Bonds,
    /// The atoms by number.
    Atoms,
}

/// The command that chooses what lies `by` places further on, round the end; from nothing to the first, or
/// to the last where the way leads back.
pub(super) fn step(
    state: &State,
    picture: Option<&Picture>,
    by_value: bool,
    (along, by): (Walk, i64),
) -> Option<Command> {
    let pick = match along {
        Walk::Bonds => {
            let bonds = inspector::listed(picture, by_value, state.view.coloring).into_iter();
            let bonds = bonds.map(|(bond, _)| Pick::Bond(bond));
            let all: Vec<Pick> = bonds.chain(picture.into_iter().flat_map(Picture::arcs)).collect();
            let at = |pick| all.iter().position(|&other| pick == other);
            *all.get(place(all.len(), state.pick.and_then(at), by)?)?
        }
        Walk::Atoms => {
            let atoms = state.shown.as_ref()?.molecule.atom_count();
            let at = match state.pick {
                Some(Pick::Atom(atom)) => Some(atom.index()),
                _ => None,
            };
            Pick::Atom(AtomId(u32::try_from(place(atoms, at, by)?).ok()?))
        }
    };
    Some(Command::Select(Some(pick)))
}

/// The place `by` further on among `count`, round the end.
fn place(count: usize, from: Option<usize>, by: i64) -> Option<usize> {
    let count = i64::try_from(count).ok().filter(|&count| count > 0)?;
    let next = match from.and_then(|from| i64::try_from(from).ok()) {
        Some(from) => from + by,
        None if by > 0 => by - 1,
        None => by,
    };
    usize::try_from(next.rem_euclid(count)).ok()
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_walk_goes_round_and_starts_at_either_end() {
        assert_eq!((place(3, None, 1), place(3, None, -1)), (Some(0), Some(2)));
        assert_eq!((place(3, Some(2), 1), place(3, Some(0), -1), place(3, Some(0), 1)), (Some(0), Some(2), Some(1)));
        assert_eq!(place(0, None, 1), None);
    }
}
