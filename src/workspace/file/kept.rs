//! Labels of files that were open before. Opening another file shows none of the first one's; going back to it
//! brings them back, as long as the program runs.

use super::saved::Label;
use super::{capture, restore};
use crate::domain::Dataset;
use crate::workspace::{History, Workspace};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Labels by what was in the file; `None` stands for the bundled molecules.
pub(super) type Kept = BTreeMap<Option<u64>, Vec<Label>>;

/// What tells files apart, once they were read to the end.
fn key(dataset: &Dataset) -> Option<Option<u64>> {
    (dataset.validated && dataset.path.is_some() == dataset.hash.is_some()).then_some(dataset.hash)
}

impl Workspace {
    /// Keeps the labels of the file that is open, before they are forgotten with it.
    pub(in crate::workspace) fn keep_labels(&mut self) {
        if let Some(key) = self.state.dataset().and_then(|dataset| key(dataset)) {
            self.files.labels.insert(key, capture::labels(&self.state));
        }
    }

    /// Brings back the labels that the file had when it was open before, beside those written since.
    pub(super) fn bring_labels_back(&mut self) {
        let Some(dataset) = self.state.dataset() else { return };
        let Some(kept) = key(dataset).and_then(|key| self.files.labels.remove(&key)) else { return };
        let (mut labels, _) = restore::labels(kept, dataset);
        if labels.is_empty() {
            return;
        }
        for (about, text) in self.state.labels.iter() {
            labels.set(about, text);
        }
        self.state.labels = Arc::new(labels);
        // A step taken before would take them away again.
        self.state.history = History::default();
    }
}
