//! The command line: arguments become the same commands that the window gives, and the workspace
//! runs until it is idle. Progress goes to standard error, results to standard output or `--out`.

mod args;
mod compare;
mod edits;
mod evaluate;
mod figure;
mod inspect;
mod network;
mod progress;
mod run;
mod runs;
mod sweep;
mod train;

use args::{Args, Work};
use clap::Parser as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code for input of which nothing is usable, or an argument that cannot be used.
const UNUSABLE: u8 = 2;

/// Exit code after Ctrl+C.
const INTERRUPTED: u8 = 130;

static INTERRUPT: AtomicBool = AtomicBool::new(false);

/// How a command ended when not well.
#[derive(Debug)]
enum Failure {
    /// One sentence for standard error.
    Unusable(String),
    /// Ctrl+C.
    Interrupted,
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self::Unusable(sentence)
    }
}

/// Parses the process arguments and does what they say.
pub fn main() -> ExitCode {
    let args = Args::parse();
    // Errors are shown where they are read: as notices in the window, as the last sentence here.
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("off")).init();
    let result = match args.task {
        None => open_window(&args),
        Some(task) => {
            watch_interrupts();
            match task {
                Work::Inspect(task) => inspect::run(&task),
                Work::Trace(task) => run::trace(&task, args.device),
                Work::Analyze(task) => run::analyze(&task, args.device),
                Work::Figure(task) => figure::run(&task, args.device),
                Work::Train(task) => train::run(&task, args.device),
                Work::Sweep(task) => sweep::run(&task, args.device),
                Work::Evaluate(task) => evaluate::run(&task, args.device),
                Work::Models => run::models(),
            }
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Unusable(sentence)) => {
            eprintln!("bondscope: {sentence}");
            ExitCode::from(UNUSABLE)
        }
        Err(Failure::Interrupted) => {
            eprintln!("bondscope: interrupted; what was finished is kept");
            ExitCode::from(INTERRUPTED)
        }
    }
}

fn open_window(args: &Args) -> Result<(), Failure> {
    let columns = args.columns.choice()?;
    crate::ui::run(crate::ui::Start {
        file: args.file.clone(),
        columns,
        device: args.device.into(),
        persist: !args.no_persist,
    })
    .map_err(Failure::Unusable)
}

/// The first Ctrl+C asks the work to stop after its step, the second ends the process.
fn watch_interrupts() {
    let handler = || {
        if INTERRUPT.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(INTERRUPTED));
        }
        eprintln!("\nstopping after this step (again to stop at once)");
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        log::warn!("Ctrl+C will stop at once, without keeping results: {error}");
    }
}

fn interrupted() -> bool {
    INTERRUPT.load(Ordering::SeqCst)
}
