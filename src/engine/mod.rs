//! Background threads: what may take longer than a frame happens here, and comes back as events.
//!
//! Five workers and two drawers. `probe` answers the newest questions about the molecule shown, so a
//! click never waits for a sweep; `gallery` computes thumbnails; `table` puts the molecule table in order;
//! `compute` sweeps and trains; `io` reads and writes files. Tensors are made and used on the worker's own thread and never leave `models`.
//! `drawer` lays out the molecule shown, `thumbnails` those of the gallery.

mod checkpoint;
mod drawer;
mod event;
mod gallery;
pub mod jobs;
mod probe;
mod rows;
pub mod run;
mod worker;

pub use checkpoint::{BASE_SEED, Checkpoint, ModelFile};
pub use drawer::DrawRequest;
pub use event::{Event, Outbox};
pub use gallery::{GalleryQuestion, Summarised, ToSummarise};
pub use jobs::evaluate::{LayerRatios, RunEvaluation};
pub use jobs::sweep::{ModelState, Survey, SurveyKey, SweepOptions};
pub use jobs::train::{BatchReport, TrainOptions, Training, TrainingNews, TrainingReport};
pub use probe::Question;
pub use rows::{Column, Measure, Query, Rows, Score, TableQuestion};
pub use worker::{Job, JobId, Step};

use crate::gpu::{Device, Gpu};
use drawer::{Client, Drawer, Drawn};
use gallery::Summariser;
use probe::Answerer;
use std::convert::Infallible;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use worker::Worker;

/// Which queue a job goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Sweeps and training: one after the other on the compute device.
    Compute,
    /// Files.
    Io,
    /// A short look at a file that a user waits for, before other work on files.
    Look,
}

/// The background threads and the way to talk to them.
pub struct Engine {
    probe: Worker<Question>,
    gallery: Worker<GalleryQuestion>,
    table: Worker<TableQuestion>,
    compute: Worker<Infallible>,
    io: Worker<Infallible>,
    drawer: Drawer,
    thumbnails: Drawer,
    events: mpsc::Receiver<Event>,
    out: Outbox,
    gpu: Gpu,
    last_job: u64,
}

impl Engine {
    /// Starts the threads. `wake` is called after every event, from the thread that sent it.
    ///
    /// # Errors
    /// The system refuses to start a thread.
    pub fn new(gpu: Gpu, wake: Arc<dyn Fn() + Send + Sync>) -> std::io::Result<Self> {
        let (sender, events) = mpsc::channel();
        let out = Outbox::new(sender, wake);
        Ok(Self {
            probe: probe_worker(gpu.probe.clone(), out.clone())?,
            gallery: gallery_worker(gpu.probe.clone(), out.clone())?,
            table: table_worker(out.clone())?,
            compute: idle_worker("compute", out.clone())?,
            io: idle_worker("io", out.clone())?,
            drawer: Drawer::spawn(DRAWER, out.clone())?,
            thumbnails: Drawer::spawn(THUMBNAILS, out.clone())?,
            events,
            out,
            gpu,
            last_job: 0,
        })
    }

    /// The device that sweeps and training run on.
    pub fn compute_device(&self) -> Device {
        self.gpu.compute.clone()
    }

    /// One line about where things are computed, for the status bar.
    pub fn describe_device(&self) -> String {
        self.gpu.description().to_owned()
    }

    /// Puts questions about the molecule shown, one for each state of it; newer ones replace those that
    /// were not taken up yet.
    pub fn ask(&self, questions: Vec<Question>) {
        self.probe.ask(questions);
    }

    /// Has a record read and laid out; a newer request replaces it.
    pub fn draw(&self, request: DrawRequest) {
        self.drawer.ask([request]);
    }

    /// Has the records of a gallery read and laid out, most wanted first; a newer list replaces it.
    pub fn sketch(&self, requests: Vec<DrawRequest>) {
        self.thumbnails.ask(requests);
    }

    /// Has the molecules of a gallery computed, most wanted first; newer questions replace those not taken up.
    pub fn summarise(&self, questions: Vec<GalleryQuestion>) {
        self.gallery.ask(questions);
    }

    /// Has the molecule table put in order; a newer request replaces one that was not taken up.
    pub fn arrange(&self, question: TableQuestion) {
        self.table.ask([question]);
    }

    /// Queues a job.
    pub fn start(&mut self, place: Place, job: Box<dyn Job>) -> JobId {
        let id = self.reserve();
        self.start_as(id, place, job);
        id
    }

    /// An id for a job that has to know its own, to be given to [`Engine::start_as`].
    pub fn reserve(&mut self) -> JobId {
        self.last_job += 1;
        JobId(self.last_job)
    }

    /// Queues a job under a reserved id.
    pub fn start_as(&mut self, id: JobId, place: Place, job: Box<dyn Job>) {
        match place {
            Place::Compute => self.compute.queue(id, job),
            Place::Io => self.io.queue(id, job),
            Place::Look => self.io.queue_urgent(id, job),
        }
    }

    /// Stops a job before its next step.
    pub fn cancel(&self, id: JobId) {
        // An id belongs to one queue only; the other ignores it.
        self.compute.cancel(id);
        self.io.cancel(id);
    }

    /// The devices in use.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// A way for further threads to say something.
    pub fn outbox(&self) -> Outbox {
        self.out.clone()
    }

    /// The next event, without waiting.
    pub fn try_next(&self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// The next event, waiting at most `timeout`.
    pub fn next_within(&self, timeout: Duration) -> Option<Event> {
        self.events.recv_timeout(timeout).ok()
    }

    /// Replaces threads that died or overstayed; returns the names of those that died.
    ///
    /// # Errors
    /// The system refuses to start a thread.
    pub fn revive(&mut self) -> std::io::Result<Vec<&'static str>> {
        self.drawer.check()?;
        self.thumbnails.check()?;
        let mut died = Vec::new();
        if self.probe.is_dead() {
            self.probe = probe_worker(self.gpu.probe.clone(), self.out.clone())?;
            died.push("probe");
        }
        if self.gallery.is_dead() {
            self.gallery = gallery_worker(self.gpu.probe.clone(), self.out.clone())?;
            died.push("gallery");
        }
        if self.table.is_dead() {
            self.table = table_worker(self.out.clone())?;
            died.push("table");
        }
        for (name, worker) in [("compute", &mut self.compute), ("io", &mut self.io)] {
            if worker.is_dead() {
                *worker = idle_worker(name, self.out.clone())?;
                died.push(name);
            }
        }
        Ok(died)
    }
}

/// Lays out the molecule shown.
const DRAWER: Client = Client {
    name: "drawer",
    event: |&DrawRequest { dataset, id, .. }, drawn| {
        Some(match drawn {
            Drawn::Read(molecule) => Event::Read { dataset, id, molecule },
            Drawn::LaidOut(_, layout) => Event::Drawn { dataset, id, layout },
            Drawn::Unreadable(message) => Event::Unreadable { dataset, id, message },
        })
    },
};

/// Lays out the molecules of the gallery, whose graphs are of no use before.
const THUMBNAILS: Client = Client {
    name: "thumbnails",
    event: |&DrawRequest { dataset, id, .. }, drawn| match drawn {
        Drawn::Read(_) => None,
        Drawn::LaidOut(molecule, layout) => Some(Event::Sketched { dataset, id, drawn: Ok((molecule, layout)) }),
        Drawn::Unreadable(message) => Some(Event::Sketched { dataset, id, drawn: Err(message) }),
    },
};

fn probe_worker(device: Device, out: Outbox) -> std::io::Result<Worker<Question>> {
    let mut answerer = Answerer::new(device);
    Worker::spawn("probe", out, move |question, out| answerer.answer(question, out))
}

fn gallery_worker(device: Device, out: Outbox) -> std::io::Result<Worker<GalleryQuestion>> {
    let mut summariser = Summariser::new(device);
    Worker::spawn("gallery", out, move |question, out| summariser.answer(question, out))
}

fn table_worker(out: Outbox) -> std::io::Result<Worker<TableQuestion>> {
    Worker::spawn("table", out, |question, out| rows::answer(&question, out))
}

/// A worker that only does jobs: there is no question it could be asked.
fn idle_worker(name: &str, out: Outbox) -> std::io::Result<Worker<Infallible>> {
    Worker::spawn(name, out, |question, _| match question {})
}
