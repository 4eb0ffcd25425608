//! The table itself, menu by menu.

mod edit;
mod file;
mod go;
mod train;
mod view;
mod window;

use super::Action;

/// The table, in menu order.
pub fn actions() -> impl Iterator<Item = &'static Action> {
    [file::ROWS, edit::ROWS, go::ROWS, view::ROWS, train::ROWS, window::ROWS].into_iter().flatten()
}
