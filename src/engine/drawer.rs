//! Reads records and lays their molecules out on a thread that can be given up on.
//!
//! The layout call takes no deadline and has been seen to run for many seconds on a large cage, so
//! the thread is replaced when it overstays; the abandoned one ends by itself after its call.

use super::event::{Event, Outbox};
use crate::domain::{Molecule, MoleculeId};
use crate::scene::{self, Layout};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// After this long without a layout the thread is replaced.
const PATIENCE: Duration = Duration::from_secs(3);

/// Layouts kept, about 300 bytes each; beyond this the cache starts afresh.
const KEPT: usize = 4096;

/// A record to be read and laid out.
#[derive(Clone, Debug)]
pub struct DrawRequest {
    /// Which opened file.
    pub dataset: u64,
    /// The record.
    pub id: MoleculeId,
    /// Its structure.
    pub smiles: Box<str>,
}

/// How far a request got.
pub(super) enum Drawn {
    /// The molecule was read; its layout follows.
    Read(Arc<Molecule>),
    /// The molecule was laid out.
    LaidOut(Arc<Molecule>, Arc<Layout>),
    /// It cannot be read, in one sentence.
    Unreadable(String),
}

/// Who asks: what the thread is called and what becomes of its results.
#[derive(Clone, Copy)]
pub(super) struct Client {
    pub(super) name: &'static str,
    pub(super) event: fn(&DrawRequest, Drawn) -> Option<Event>,
}

#[derive(Default)]
struct Desk {
    requests: VecDeque<DrawRequest>,
    /// What is being worked on, since when, and its graph once it was read.
    busy: Option<(DrawRequest, Option<Arc<Molecule>>, Instant)>,
    closed: bool,
}

type Shared = Arc<(Mutex<Desk>, Condvar)>;

/// The newest list of requests wins, as with every question; it is answered one by one.
pub(super) struct Drawer {
    client: Client,
    shared: Shared,
    thread: JoinHandle<()>,
    out: Outbox,
}

impl Drawer {
    pub(super) fn spawn(client: Client, out: Outbox) -> std::io::Result<Self> {
        let (shared, thread) = spawn(client, out.clone())?;
        Ok(Self { client, shared, thread, out })
    }

    pub(super) fn ask(&self, requests: impl IntoIterator<Item = DrawRequest>) {
        lock(&self.shared).requests = requests.into_iter().collect();
        self.shared.1.notify_one();
    }

    /// Replaces a thread that overstayed or died; its molecule is laid out the quick way instead.
    pub(super) fn check(&mut self) -> std::io::Result<()> {
        let mut desk = lock(&self.shared);
        let overstayed = desk.busy.as_ref().is_some_and(|(_, _, since)| since.elapsed() > PATIENCE);
        if !overstayed && !self.thread.is_finished() {
            return Ok(());
        }
        desk.closed = true;
        let (busy, waiting) = (desk.busy.take(), std::mem::take(&mut desk.requests));
        drop(desk);
        (self.shared, self.thread) = spawn(self.client, self.out.clone())?;
        if let Some((request, molecule, _)) = busy {
            log::warn!("gave up on the layout of molecule {}", request.id.0);
            self.client.tell(
                &self.out,
                &request,
                match molecule {
                    Some(molecule) => {
                        let layout = Arc::new(scene::fallback(&molecule));
                        Drawn::LaidOut(molecule, layout)
                    }
                    None => Drawn::Unreadable("Bondscope failed to read this molecule.".to_owned()),
                },
            );
        }
        self.ask(waiting);
        Ok(())
    }
}

impl Client {
    fn tell(self, out: &Outbox, request: &DrawRequest, drawn: Drawn) {
        if let Some(event) = (self.event)(request, drawn) {
            out.send(event);
        }
    }
}

impl Drop for Drawer {
    fn drop(&mut self) {
        lock(&self.shared).closed = true;
        self.shared.1.notify_one();
    }
}

/// Every statement leaves the desk valid, so a poisoned lock is safe.
fn lock(shared: &Shared) -> MutexGuard<'_, Desk> {
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spawn(client: Client, out: Outbox) -> std::io::Result<(Shared, JoinHandle<()>)> {
    let shared = Shared::default();
    let theirs = Arc::clone(&shared);
    let thread = std::thread::Builder::new().name(client.name.to_owned()).spawn(move || run(client, &theirs, &out))?;
    Ok((shared, thread))
}

fn run(client: Client, shared: &Shared, out: &Outbox) {
    let mut cache: HashMap<(u64, MoleculeId), Arc<Layout>> = HashMap::new();
    while let Some(request) = next(shared) {
        let molecule = match crate::io::smiles::read(&request.smiles) {
            Ok(reading) => Arc::new(reading.molecule),
            Err(error) => {
                lock(shared).busy = None;
                client.tell(out, &request, Drawn::Unreadable(error.to_string()));
                continue;
            }
        };
        client.tell(out, &request, Drawn::Read(Arc::clone(&molecule)));
        let key = (request.dataset, request.id);
        let layout = cache.get(&key).cloned().unwrap_or_else(|| {
            lock(shared).busy = Some((request.clone(), Some(Arc::clone(&molecule)), Instant::now()));
            Arc::new(scene::layout(&molecule))
        });
        let mut desk = lock(shared);
        desk.busy = None;
        if desk.closed {
            return;
        }
        drop(desk);
        if cache.len() >= KEPT {
            cache.clear();
        }
        cache.insert(key, Arc::clone(&layout));
        client.tell(out, &request, Drawn::LaidOut(molecule, layout));
    }
}

fn next(shared: &Shared) -> Option<DrawRequest> {
    let mut desk = lock(shared);
    loop {
        if desk.closed {
            return None;
        }
        if let Some(request) = desk.requests.pop_front() {
            desk.busy = Some((request.clone(), None, Instant::now()));
            return Some(request);
        }
        desk = shared.1.wait(desk).unwrap_or_else(PoisonError::into_inner);
    }
}
