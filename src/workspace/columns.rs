//! Looking at the columns of a file before, or while, it is open.
//!
//! What is open stays until the file was read anew with other columns, so a wrong choice costs nothing
//! but a sentence.

use super::Workspace;
use super::state::Purpose;
use crate::domain::ColumnChoice;
use crate::engine::JobId;
use crate::engine::jobs::preview::LookAtColumns;
use crate::io::Preview;
use std::path::PathBuf;
use std::sync::Arc;

/// A look at the columns of a file.
#[derive(Clone, Debug)]
pub struct ColumnsView {
    /// The file.
    pub path: PathBuf,
    /// What it was looked at with.
    pub choice: ColumnChoice,
    /// Its columns, once they were looked at.
    pub preview: Option<Arc<Preview>>,
    /// Why the file could not be read with the columns that were chosen last.
    pub complaint: Option<String>,
}

impl Workspace {
    pub(super) fn look_at_columns(&mut self, path: PathBuf, choice: ColumnChoice) {
        self.close_columns();
        let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into());
        let id = self.engine.reserve();
        self.looking = Some(id);
        self.state.columns =
            Some(ColumnsView { path: path.clone(), choice: choice.clone(), preview: None, complaint: None });
        let job = Box::new(LookAtColumns::new(id, path, choice));
        self.start(id, Purpose::Look, format!("Looking at the columns of {name}"), job);
    }

    pub(super) fn close_columns(&mut self) {
        if let Some(id) = self.looking.take() {
            self.stop(id);
        }
        self.state.columns = None;
    }

    pub(super) fn previewed(&mut self, job: JobId, preview: Arc<Preview>) {
        if self.looking == Some(job)
            && let Some(view) = &mut self.state.columns
        {
            view.preview = Some(preview);
        }
    }

    /// Takes in that a job gave up, if it concerns the columns that are looked at; returns whether it did.
    pub(super) fn complain_about_columns(&mut self, job: JobId, message: &str) -> bool {
        if self.looking == Some(job) {
            (self.looking, self.state.columns) = (None, None);
            return false;
        }
        let applied = self.applied.take_if(|(id, _)| *id == job);
        match (&mut self.state.columns, applied) {
            (Some(view), Some((_, path))) if view.path == path => {
                log::warn!("{message}");
                view.complaint = Some(message.to_owned());
                true
            }
            _ => false,
        }
    }
}
