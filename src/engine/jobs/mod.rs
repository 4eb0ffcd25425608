//! Work that takes longer than a frame, cut into steps.

pub mod analyze;
pub mod load;
pub mod preview;
pub mod sweep;
pub mod train;

use super::event::Outbox;
use super::worker::{Job, Step};
use crate::domain::{Dataset, ModelId};
use crate::engine::BASE_SEED;
use crate::figure::Provenance;
use crate::models::Initial;

/// A job of a single step, for work that is short but must not hold up a frame.
pub struct Task<F>(Option<F>);

impl<F: FnOnce(&Outbox) -> Result<(), String> + Send + 'static> Task<F> {
    /// Wraps a function as a job.
    pub fn boxed(work: F) -> Box<dyn Job> {
        Box::new(Self(Some(work)))
    }
}

impl<F: FnOnce(&Outbox) -> Result<(), String> + Send> Job for Task<F> {
    fn step(&mut self, out: &Outbox) -> Result<Step, String> {
        self.0.take().map_or(Ok(()), |work| work(out)).map(|()| Step::Done)
    }
}

/// Where the numbers of a sweep come from, for the metadata of its figures: those of [`provenance`] and the base
/// state that was measured beside the model.
pub fn measured(dataset: &Dataset, model: &ModelId, initial: Initial) -> Provenance {
    let drawn = match initial {
        Initial::Framework => "framework",
        Initial::Xavier => "xavier",
    };
    let base = [("base_initial".to_owned(), drawn.to_owned()), ("base_seed".to_owned(), BASE_SEED.to_string())];
    provenance(dataset, model).into_iter().chain(base).collect()
}

/// Where the numbers of a figure come from, for its metadata.
pub fn provenance(dataset: &Dataset, model: &ModelId) -> Provenance {
    vec![
        ("program".to_owned(), concat!("Bondscope ", env!("CARGO_PKG_VERSION")).to_owned()),
        ("dataset".to_owned(), dataset.name.clone()),
        ("dataset_hash".to_owned(), format!("{:016x}", dataset.fingerprint())),
        ("model".to_owned(), model.name.to_string()),
        ("weights_hash".to_owned(), format!("{:016x}", model.revision)),
    ]
}
