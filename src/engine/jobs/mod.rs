//! Work that takes longer than a frame, cut into steps.

pub mod analyze;
pub mod evaluate;
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
use std::time::Duration;

/// How long something takes, in units that fit: `12 s`, `3 min 20 s`, `25 min`, `2 h 5 min`.
pub fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().ceil();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative, and saturating")]
    let seconds = seconds as u64;
    let minutes = seconds.div_ceil(60);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..600 => match seconds % 60 {
            0 => format!("{minutes} min"),
            rest => format!("{} min {rest} s", seconds / 60),
        },
        600..3600 => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

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

#[cfg(test)]
mod tests {
    use super::in_words;
    use std::time::Duration;

    #[test]
    fn durations_have_fitting_units() {
        let words = |seconds: f64| in_words(Duration::from_secs_f64(seconds));
        let texts = [0.0, 0.2, 59.0, 60.0, 200.0, 601.0, 3599.0, 3600.0, 7500.0].map(words);
        let expected = ["0 s", "1 s", "59 s", "1 min", "3 min 20 s", "11 min", "60 min", "1 h 0 min", "2 h 5 min"];
        assert_eq!(texts, expected);
    }
}
