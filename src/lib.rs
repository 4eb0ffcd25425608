//! Bondscope shows where massive activations sit inside a graph transformer, bond by bond.
//!
//! # How it is built
//!
//! One package in layers; `tests/architecture.rs` checks that each imports only what this table says.
//!
//! | Layer | What it is | May import |
//! | --- | --- | --- |
//! | [`domain`] | Molecules, datasets, interventions, traces: plain values, always valid | |
//! | [`io`] | Reads datasets and weights, writes results | `domain` |
//! | [`models`] | The graph transformers: forward pass, training; the only owner of tensors | `domain`, burn |
//! | [`analysis`] | Numbers from traces: ratios, statistics, comparisons, charts as values | `domain` |
//! | [`scene`] | What to draw: layout, colours, primitives, camera, picking | `domain` |
//! | [`render`] | How to draw it on screen | `domain`, `scene`, wgpu |
//! | [`figure`] | Figures as values and their SVG, PNG, PDF and CSV writers | `domain`, `analysis`, `scene` |
//! | [`gpu`] | The one device that computing and drawing share | burn |
//! | [`engine`] | Background threads: questions, jobs, events | all above but `render` |
//! | [`workspace`] | The app without a window: state, commands | all above but `render` |
//! | [`ui`] | The window: reads state, returns commands | everything, egui |
//! | [`cli`] | Arguments to commands | `workspace` and below, `ui` |
//!
//! Two rules carry the design: tensors never leave `models`, and egui types never leave `ui`.
//!
//! # How things flow
//!
//! A **dataset** is opened by a **job** on a worker thread. Choosing a molecule puts a **probe** (model,
//! molecule, intervention) to the `probe` worker, which answers with two **traces**: as trained, and
//! as edited. A trace and a layout become a **scene**, which the screen and every figure draw. All of
//! this is started by **commands** and comes back as **events**; nothing else changes state.

pub mod analysis;
pub mod build_info;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod figure;
pub mod gpu;
pub mod io;
pub mod models;
pub mod render;
pub mod scene;
pub mod ui;
pub mod workspace;
