//! The built binary, run as a script would run it, and what its files hold.

#![allow(dead_code, reason = "not every file of tests needs all of it")]
#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]
#![allow(unreachable_pub, reason = "shared by several files of tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

pub fn bondscope(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bondscope"))
        .args(args)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
pub fn succeeds(args: &[&str]) -> String {
    let output = bondscope(args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// The command must end with 2 and one sentence that contains every one of `words`.
#[track_caller]
pub fn refuses(args: &[&str], words: &[&str]) {
    let output = bondscope(args);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {message}");
    let last = message.lines().last().unwrap_or_default();
    assert!(last.starts_with("bondscope: ") || message.starts_with("error: "), "{message}");
    for word in words {
        assert!(message.contains(word), "`{word}` is missing: {message}");
    }
}

pub fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

pub fn json(path: &str) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

pub fn safetensors_floats(path: &Path, name: &str) -> Vec<f32> {
    let bytes = fs::read(path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let data = file.tensor(name).unwrap().data().to_vec();
    data.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect()
}

pub fn safetensors_shape(path: &Path, name: &str) -> Vec<usize> {
    let bytes = fs::read(path).unwrap();
    safetensors::SafeTensors::deserialize(&bytes).unwrap().tensor(name).unwrap().shape().to_vec()
}

/// Chains of carbon with something to learn.
pub fn molecules(count: usize) -> String {
    let line = |n: usize| {
        let split = ["train", "train", "val", "train", "test"][n % 5];
        format!("{}O,{},{split}\n", "C".repeat(n % 20 + 1), (n % 20) as f32 / 10.0)
    };
    (0..count).map(line).fold("smiles,target,split\n".to_owned(), |text, line| text + &line)
}

/// A file of such molecules.
pub fn data(folder: &tempfile::TempDir) -> String {
    let file = path(folder, "molecules.csv");
    fs::write(&file, molecules(40)).unwrap();
    file
}

/// A table without the columns that tell time.
pub fn timeless(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let times: Vec<bool> = header.iter().map(|name| name.contains("second")).collect();
    let rows = std::iter::once(header).chain(reader.records().map(Result::unwrap));
    let kept = |row: csv::StringRecord| {
        row.iter().zip(&times).filter(|(_, time)| !**time).map(|(cell, _)| cell.to_owned()).collect()
    };
    rows.map(kept).collect()
}
