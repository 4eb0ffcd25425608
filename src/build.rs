//! Notes at compile time what this program is built from, for `--version` and the About page.
//!
//! It runs again when sources change, which compiles the crate anyway, and when a commit is made. Without
//! git (an unpacked archive) the commit is left out.

use std::path::Path;
use std::process::Command;

fn main() {
    for path in ["src", "assets", "shaders", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={path}");
    }
    // The log of HEAD grows with every commit, checkout and rebase; a work tree of its own has one of its own.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|log| Path::new(log).exists()) {
        println!("cargo:rerun-if-changed={log}");
    }
    let lock = std::fs::read_to_string("Cargo.lock").unwrap_or_default();
    let manifest = std::fs::read_to_string("Cargo.toml").unwrap_or_default();
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let rustc = Command::new(variable("RUSTC")).arg("--version").output();
    let rustc =
        rustc.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let commit = ours().then(commit).flatten().unwrap_or_default();
    let facts = [
        ("COMMIT", commit),
        ("DATE", ours().then(|| git(&["show", "-s", "--format=%cs", "HEAD"])).flatten().unwrap_or_default()),
        ("RUSTC", rustc),
        ("TARGET", variable("TARGET")),
        ("PROFILE", variable("PROFILE")),
        ("BURN", version(&lock, "burn")),
        ("BURN_FEATURES", features(&manifest, "burn")),
        ("WGPU", version(&lock, "wgpu")),
        ("EGUI", version(&lock, "egui")),
    ];
    for (name, value) in facts {
        println!("cargo:rustc-env=BONDSCOPE_{name}={value}");
    }
}

/// Whether the repository that git finds is this program's and not one that its sources were unpacked into.
fn ours() -> bool {
    let top = git(&["rev-parse", "--show-toplevel"]).and_then(|top| std::fs::canonicalize(top).ok());
    let here = std::env::var("CARGO_MANIFEST_DIR").ok().and_then(|here| std::fs::canonicalize(here).ok());
    top.is_some() && top == here
}

/// The commit, with a mark if tracked files differ from it.
fn commit() -> Option<String> {
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { commit } else { format!("{commit}, with local changes") })
}

/// What git answers; `None` without git or a repository.
fn git(args: &[&str]) -> Option<String> {
    // Looking must not write to the index, which another git may hold.
    let output = Command::new("git").env("GIT_OPTIONAL_LOCKS", "0").args(args).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The version of a crate in the lock file.
fn version(lock: &str, name: &str) -> String {
    let after = lock.split(&format!("name = \"{name}\"\n")).nth(1);
    let version = after.and_then(|after| after.strip_prefix("version = \"")?.split('"').next());
    version.unwrap_or("unknown").to_owned()
}

/// The features of a dependency in the manifest.
fn features(manifest: &str, name: &str) -> String {
    let line =
        manifest.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('=')));
    let list = line.and_then(|line| line.split("features = [").nth(1)?.split(']').next());
    list.map_or_else(String::new, |list| list.replace('"', ""))
}
