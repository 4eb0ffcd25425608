//! Blocks of a kernel on several threads, the calling one among them.
//!
//! A training step calls a hundred kernels of a millisecond each. A caller that hands all blocks over and sleeps until
//! they are done loses a tenth of the step to waking up; here it starts at once, and helpers join in as they wake. A
//! single block never leaves its thread, so a small graph does not queue behind somebody else's batch.
//! Work that is itself one of many tasks is not divided further.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};

thread_local! {
    /// Whether this thread is at work on one of many tasks.
    static AT_WORK: Cell<bool> = const { Cell::new(false) };
}

/// The results of `work` on every task, in the order of the tasks.
pub(in super::super) fn each<T: Send, R: Send>(tasks: impl Iterator<Item = T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let tasks: Vec<T> = tasks.collect();
    let count = tasks.len();
    let helpers = rayon::current_num_threads().min(count).saturating_sub(1);
    if helpers == 0 || AT_WORK.get() {
        return tasks.into_iter().map(work).collect();
    }
    let waiting = Mutex::new(tasks.into_iter().enumerate());
    let done = Mutex::new(Vec::with_capacity(count));
    let next = || lock(&waiting).next();
    let help = || {
        let before = AT_WORK.replace(true);
        while let Some((place, task)) = next() {
            let result = work(task);
            lock(&done).push((place, result));
        }
        AT_WORK.set(before);
    };
    rayon::in_place_scope(|scope| {
        (0..helpers).for_each(|_| scope.spawn(|_| help()));
        help();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::each;
    use std::collections::BTreeSet;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn results_come_in_the_order_of_the_tasks() {
        let squares = each(0..100_u64, |number| {
            thread::sleep(Duration::from_micros(number % 7 * 50));
            number * number
        });
        assert_eq!(squares, (0..100).map(|number| number * number).collect::<Vec<u64>>());
        assert!(each(std::iter::empty::<u8>(), |task| task).is_empty());
    }

    #[test]
    fn the_caller_works_too_and_single_or_nested_tasks_stay_on_their_thread() {
        let caller = thread::current().id();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        assert_eq!(each(0..1, |_| thread::current().id()), [caller]);
        let work = |_| {
            thread::sleep(Duration::from_millis(5));
            thread::current().id()
        };
        let threads: BTreeSet<String> = each(0..20, work).into_iter().map(|id| format!("{id:?}")).collect();
        assert!(threads.contains(&format!("{caller:?}")));
        assert!(threads.len() <= rayon::current_num_threads(), "{threads:?}");
        let nested = each(0..20, |_| (thread::current().id(), each(0..3, work)));
        assert!(nested.iter().all(|(own, inner)| inner.iter().all(|thread| thread == own)));
        let inside: BTreeSet<String> =
            pool.install(|| each(0..20, work)).into_iter().map(|id| format!("{id:?}")).collect();
        assert!(inside.len() <= 3 && !inside.contains(&format!("{caller:?}")), "{inside:?}");
    }
}
