//! Chooses between the window and the command line.

use std::process::ExitCode;

// Forward passes allocate many short-lived buffers; the system allocator costs several per cent of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bondscope::cli::main()
}
