//! One kind of background thread: it answers the newest questions first, then takes one step of the
//! job at the front of its queue.
//!
//! From this shape follow latest-wins (asking overwrites), progress (every step reports), cancelling
//! (looked at between steps) and a prompt end (at most one step).

use super::event::{Event, Outbox};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Names a job from the moment it is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// What one step of a job came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
    Working {
        /// Units done so far.
        done: u64,
        /// Units in all; 0 if not known.
        total: u64,
    },
    /// The job is finished.
    Done,
}

/// Work that can be interrupted between steps.
pub trait Job: Send {
    /// Does a bounded piece of the work (tens of milliseconds) and reports results to `out`.
    ///
    /// # Errors
    /// One sentence for people; the job is then dropped.
    fn step(&mut self, out: &Outbox) -> Result<Step, String>;

    /// Called instead of the next step when the job was cancelled or gave up, to hand over what it has.
    fn stop(&mut self, _out: &Outbox) {}

    /// Called instead of the next step when the program ends: the last chance to keep what would be lost.
    fn abandon(&mut self) {}
}

struct Queued {
    id: JobId,
    job: Box<dyn Job>,
    urgent: bool,
}

struct Inbox<Q> {
    latest: VecDeque<Q>,
    /// Short jobs that a user waits for; they go before `jobs`.
    urgent: VecDeque<Queued>,
    jobs: VecDeque<Queued>,
    cancelled: BTreeSet<JobId>,
    closed: bool,
}

/// A named thread with an inbox.
pub(super) struct Worker<Q> {
    shared: Arc<(Mutex<Inbox<Q>>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl<Q: Send + 'static> Worker<Q> {
    /// Starts the thread. `answer` is called with each question on the worker's own thread.
    pub(super) fn spawn(
        name: &str,
        out: Outbox,
        answer: impl FnMut(Q, &Outbox) + Send + 'static,
    ) -> std::io::Result<Self> {
        let inbox = Inbox {
            latest: VecDeque::new(),
            urgent: VecDeque::new(),
            jobs: VecDeque::new(),
            cancelled: BTreeSet::new(),
            closed: false,
        };
        let shared = Arc::new((Mutex::new(inbox), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || run(&theirs, &out, answer))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Puts questions, to be answered in this order, replacing all that were not taken up yet.
    pub(super) fn ask(&self, questions: impl IntoIterator<Item = Q>) {
        lock(&self.shared.0).latest = questions.into_iter().collect();
        self.shared.1.notify_one();
    }

    /// Queues a job behind those that wait.
    pub(super) fn queue(&self, id: JobId, job: Box<dyn Job>) {
        lock(&self.shared.0).jobs.push_back(Queued { id, job, urgent: false });
        self.shared.1.notify_one();
    }

    /// Queues a short job before all that are not urgent, even one that is under way.
    pub(super) fn queue_urgent(&self, id: JobId, job: Box<dyn Job>) {
        lock(&self.shared.0).urgent.push_back(Queued { id, job, urgent: true });
        self.shared.1.notify_one();
    }

    /// Stops a job before its next step; unknown ids are ignored.
    pub(super) fn cancel(&self, id: JobId) {
        lock(&self.shared.0).cancelled.insert(id);
        self.shared.1.notify_one();
    }

    /// Whether the thread ended although nobody asked it to.
    pub(super) fn is_dead(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl<Q> Drop for Worker<Q> {
    fn drop(&mut self) {
        lock(&self.shared.0).closed = true;
        self.shared.1.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("a background thread had panicked before it was asked to end");
        }
    }
}

/// The inbox holds plain queues that are valid after every statement, so a poisoned lock is safe.
fn lock<Q>(inbox: &Mutex<Inbox<Q>>) -> MutexGuard<'_, Inbox<Q>> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Turn<Q> {
    Answer(Q),
    Step(Queued, bool),
    End,
}

fn run<Q>(shared: &(Mutex<Inbox<Q>>, Condvar), out: &Outbox, mut answer: impl FnMut(Q, &Outbox)) {
    loop {
        match next(shared) {
            Turn::End => {
                let mut inbox = lock(&shared.0);
                let Inbox { urgent, jobs, .. } = &mut *inbox;
                urgent.iter_mut().chain(jobs).for_each(|queued| queued.job.abandon());
                return;
            }
            Turn::Answer(question) => answer(question, out),
            Turn::Step(mut queued, true) => {
                queued.job.stop(out);
                out.send(Event::Stopped(queued.id));
            }
            Turn::Step(mut queued, false) => match queued.job.step(out) {
                Ok(Step::Working { done, total }) => {
                    out.send(Event::Progress { job: queued.id, done, total });
                    let mut inbox = lock(&shared.0);
                    if queued.urgent { inbox.urgent.push_front(queued) } else { inbox.jobs.push_front(queued) }
                }
                Ok(Step::Done) => out.send(Event::Finished(queued.id)),
                Err(message) => {
                    queued.job.stop(out);
                    out.send(Event::Failed { job: queued.id, message });
                }
            },
        }
    }
}

fn next<Q>(shared: &(Mutex<Inbox<Q>>, Condvar)) -> Turn<Q> {
    let mut inbox = lock(&shared.0);
    loop {
        if inbox.closed {
            return Turn::End;
        }
        if let Some(question) = inbox.latest.pop_front() {
            return Turn::Answer(question);
        }
        let queued = inbox.urgent.pop_front().or_else(|| inbox.jobs.pop_front());
        if let Some(queued) = queued {
            let cancelled = inbox.cancelled.remove(&queued.id);
            return Turn::Step(queued, cancelled);
        }
        inbox = shared.1.wait(inbox).unwrap_or_else(PoisonError::into_inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    struct Count {
        left: u64,
        stopped: mpsc::Sender<u64>,
    }

    impl Job for Count {
        fn step(&mut self, _out: &Outbox) -> Result<Step, String> {
            std::thread::sleep(Duration::from_millis(1));
            self.left -= 1;
            Ok(if self.left == 0 { Step::Done } else { Step::Working { done: 10 - self.left, total: 10 } })
        }

        fn stop(&mut self, _out: &Outbox) {
            self.stopped.send(self.left).unwrap();
        }

        fn abandon(&mut self) {
            self.stopped.send(self.left).unwrap();
        }
    }

    fn worker() -> (Worker<u32>, mpsc::Receiver<Event>, mpsc::Receiver<u32>) {
        let (events, received) = mpsc::channel();
        let (answers, answered) = mpsc::channel();
        let out = Outbox::new(events, Arc::new(|| {}));
        let answer = move |question, _: &Outbox| answers.send(question).unwrap();
        (Worker::spawn("test", out, answer).unwrap(), received, answered)
    }

    #[test]
    fn a_job_reports_progress_and_its_end_and_questions_come_first() {
        let (worker, events, answers) = worker();
        let (stopped, _keep) = mpsc::channel();
        worker.queue(JobId(1), Box::new(Count { left: 10, stopped }));
        worker.ask([7]);
        assert_eq!(answers.recv_timeout(Duration::from_secs(5)).unwrap(), 7);
        let events: Vec<Event> = std::iter::from_fn(|| events.recv_timeout(Duration::from_millis(500)).ok()).collect();
        assert_eq!(events.len(), 10);
        assert!(matches!(events[0], Event::Progress { job: JobId(1), done: 1, total: 10 }));
        assert!(matches!(events[9], Event::Finished(JobId(1))));
    }

    #[test]
    fn a_cancelled_job_hands_over_what_it_has() {
        let (worker, events, _answers) = worker();
        let (stopped, left) = mpsc::channel();
        worker.queue(JobId(1), Box::new(Count { left: 1_000_000, stopped }));
        assert!(matches!(events.recv_timeout(Duration::from_secs(5)).unwrap(), Event::Progress { .. }));
        worker.cancel(JobId(1));
        assert!(left.recv_timeout(Duration::from_secs(5)).unwrap() < 1_000_000);
        let last = std::iter::from_fn(|| events.recv_timeout(Duration::from_millis(200)).ok()).last();
        assert!(matches!(last, Some(Event::Stopped(JobId(1)))));
    }

    #[test]
    fn a_job_is_told_when_the_program_ends() {
        let (worker, events, _answers) = worker();
        let (stopped, left) = mpsc::channel();
        worker.queue(JobId(1), Box::new(Count { left: 1_000_000, stopped }));
        assert!(matches!(events.recv_timeout(Duration::from_secs(5)).unwrap(), Event::Progress { .. }));
        drop(worker);
        assert!(left.try_recv().unwrap() < 1_000_000);
    }

    #[test]
    fn the_newest_questions_win() {
        let (events, _received) = mpsc::channel();
        let (answers, answered) = mpsc::channel();
        let (entered, entrance) = mpsc::channel();
        let (gate, wait) = mpsc::channel::<()>();
        let worker = Worker::spawn("test", Outbox::new(events, Arc::new(|| {})), move |question: u32, _| {
            entered.send(()).unwrap();
            wait.recv().unwrap();
            answers.send(question).unwrap();
        })
        .unwrap();
        worker.ask([1, 10]);
        entrance.recv().unwrap();
        worker.ask([2]);
        worker.ask([3, 4]);
        for _ in 0..3 {
            gate.send(()).unwrap();
        }
        assert_eq!([(); 3].map(|()| answered.recv().unwrap()), [1, 3, 4]);
    }
}
