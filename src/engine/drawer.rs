//! Reads a record and lays its molecule out on a thread that can be given up on.
//!
//! The layout call takes no deadline and has been seen to run for many seconds on a large cage, so
//! the thread is replaced when it overstays; the abandoned one ends by itself after its call.

use super::event::{Event, Outbox};
use crate::domain::{Molecule, MoleculeId};
use crate::scene::{self, Layout};
use std::collections::HashMap;
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

#[derive(Default)]
struct Desk {
    request: Option<DrawRequest>,
    /// What is being worked on, since when, and its graph once it was read.
    busy: Option<(DrawRequest, Option<Arc<Molecule>>, Instant)>,
    closed: bool,
}

type Shared = Arc<(Mutex<Desk>, Condvar)>;

/// The newest request wins, as with every question.
pub(super) struct Drawer {
    shared: Shared,
    thread: JoinHandle<()>,
    out: Outbox,
}

impl Drawer {
    pub(super) fn spawn(out: Outbox) -> std::io::Result<Self> {
        let (shared, thread) = spawn(out.clone())?;
        Ok(Self { shared, thread, out })
    }

    pub(super) fn ask(&self, request: DrawRequest) {
        lock(&self.shared).request = Some(request);
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
        let (busy, waiting) = (desk.busy.take(), desk.request.take());
        drop(desk);
        (self.shared, self.thread) = spawn(self.out.clone())?;
        if let Some((DrawRequest { dataset, id, .. }, molecule, _)) = busy {
            log::warn!("gave up on the layout of molecule {}", id.0);
            self.out.send(match molecule {
                Some(molecule) => Event::Drawn { dataset, id, layout: Arc::new(scene::fallback(&molecule)) },
                None => {
                    Event::Unreadable { dataset, id, message: "Bondscope failed to read this molecule.".to_owned() }
                }
            });
        }
        if let Some(request) = waiting {
            self.ask(request);
        }
        Ok(())
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

fn spawn(out: Outbox) -> std::io::Result<(Shared, JoinHandle<()>)> {
    let shared = Shared::default();
    let theirs = Arc::clone(&shared);
    let thread = std::thread::Builder::new().name("drawer".to_owned()).spawn(move || run(&theirs, &out))?;
    Ok((shared, thread))
}

fn run(shared: &Shared, out: &Outbox) {
    let mut cache: HashMap<(u64, MoleculeId), Arc<Layout>> = HashMap::new();
    while let Some(request) = next(shared) {
        let DrawRequest { dataset, id, ref smiles } = request;
        lock(shared).busy = Some((request.clone(), None, Instant::now()));
        let molecule = match crate::io::smiles::read(smiles) {
            Ok(reading) => Arc::new(reading.molecule),
            Err(error) => {
                lock(shared).busy = None;
                out.send(Event::Unreadable { dataset, id, message: error.to_string() });
                continue;
            }
        };
        out.send(Event::Read { dataset, id, molecule: Arc::clone(&molecule) });
        let layout = cache.get(&(dataset, id)).cloned().unwrap_or_else(|| {
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
        cache.insert((dataset, id), Arc::clone(&layout));
        out.send(Event::Drawn { dataset, id, layout });
    }
}

fn next(shared: &Shared) -> Option<DrawRequest> {
    let mut desk = lock(shared);
    loop {
        if desk.closed {
            return None;
        }
        if let Some(request) = desk.request.take() {
            return Some(request);
        }
        desk = shared.1.wait(desk).unwrap_or_else(PoisonError::into_inner);
    }
}
