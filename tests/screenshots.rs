//! Pictures of the whole window in the states that people meet, at the sizes, themes and scales that people
//! have: nothing may stick out of the window, cover a neighbour, or be left blank.
//!
//! `BONDSCOPE_SCREENSHOTS=FOLDER cargo test --release --test screenshots` keeps the pictures to be looked at;
//! those of the README are made so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is a failed test")]

mod common;

use bondscope::domain::{BondId, MoleculeId, Split};
use bondscope::engine::SweepOptions;
use bondscope::scene::Pick;
use bondscope::ui::App;
use bondscope::workspace::{Command, Draft, Field, RunCommand, Severity, Source};
use common::*;
use eframe::egui::{Key, LayerId, Modifiers, Rect, Role, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use image::RgbaImage;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Window sizes in pixels.
const SIZES: [(u16, u16); 3] = [(1280, 800), (1920, 1080), (2560, 1440)];

/// Pixels per point.
const SCALES: [f32; 2] = [1.0, 1.5];

/// The roles of what can be acted on.
const ACTIVE: [Role; 7] =
    [Role::Button, Role::CheckBox, Role::ComboBox, Role::Slider, Role::TextInput, Role::Tab, Role::Canvas];

/// Titles of panels, whose bar scrolls where it is too narrow for all.
const TABS: [&str; 10] = [
    "Library",
    "Molecule",
    "Gallery",
    "Inspector",
    "Edits",
    "Training",
    "Edge ratios",
    "Batch maxima",
    "Histogram",
    "Log",
];

/// One way to look at the window.
#[derive(Clone, Copy, Debug)]
struct Look {
    size: (u16, u16),
    scale: f32,
    theme: Theme,
}

impl Look {
    fn all() -> impl Iterator<Item = Self> {
        SIZES.into_iter().flat_map(|size| {
            SCALES.into_iter().flat_map(move |scale| {
                [Theme::Light, Theme::Dark].into_iter().map(move |theme| Self { size, scale, theme })
            })
        })
    }

    /// Width and height of the window in points.
    fn points(self) -> Vec2 {
        Vec2::new(f32::from(self.size.0), f32::from(self.size.1)) / self.scale
    }

    fn name(self, what: &str) -> String {
        let Self { size: (width, height), scale, theme } = self;
        let theme = if theme == Theme::Light { "light" } else { "dark" };
        format!("{what}-{width}x{height}-{:.0}-{theme}.png", scale * 100.0)
    }
}

/// Takes the window through every look, checking and keeping each picture. What the window shows must not
/// change by itself meanwhile.
#[track_caller]
fn photograph(harness: &mut Harness<'_, App>, what: &str) {
    for look in Look::all() {
        harness.ctx.set_theme(look.theme);
        // The size is in points, which the first frame with the new scale settles.
        harness.set_pixels_per_point(look.scale);
        harness.step();
        harness.set_size(look.points());
        // One frame for the size, one for what follows from it, one for what follows from that.
        for _ in 0..3 {
            harness.step();
        }
        let image = harness.render().expect("a picture");
        assert_eq!((image.width(), image.height()), (look.size.0.into(), look.size.1.into()));
        let name = look.name(what);
        if let Some(folder) = std::env::var_os("BONDSCOPE_SCREENSHOTS") {
            std::fs::create_dir_all(&folder).unwrap();
            image.save(Path::new(&folder).join(&name)).unwrap();
        }
        check(harness, &image, &name, look);
    }
    harness.set_pixels_per_point(1.0);
    harness.step();
    harness.set_size(Vec2::new(1280.0, 800.0));
    harness.step();
}

fn check(harness: &Harness<'_, App>, image: &RgbaImage, name: &str, look: Look) {
    let colors: BTreeSet<[u8; 4]> = image.pixels().map(|pixel| pixel.0).collect();
    assert!(colors.len() > 100, "{name}: blank, {} colours", colors.len());
    let background = image.get_pixel(2, 2).0;
    let bright = background.iter().take(3).all(|&part| part > 127);
    assert_eq!(bright, look.theme == Theme::Light, "{name}: the theme is {background:?}");
    let widgets = widgets(harness);
    assert!(widgets.len() > 20, "{name}: only {} widgets are known", widgets.len());
    for Widget { label, whole, seen } in &widgets {
        // Lists scroll up and down and tabs sideways; what else is cut off sideways is lost.
        if TABS.contains(&label.as_str()) {
            continue;
        }
        let cut = whole.width() - seen.width();
        assert!(cut < 2.0, "{name}: {label:?} at {whole} is cut off by {cut} points");
    }
    for (index, Widget { label, seen, .. }) in widgets.iter().enumerate() {
        for Widget { label: other, seen: beside, .. } in &widgets[..index] {
            let common = seen.intersect(*beside);
            let nested = seen.contains_rect(*beside) || beside.contains_rect(*seen);
            let covered = common.width() > 2.0 && common.height() > 2.0 && !nested;
            assert!(!covered, "{name}: {label:?} at {seen} covers {other:?} at {beside}");
        }
    }
}

/// Something on the window's ground that can be acted on.
struct Widget {
    label: String,
    /// Where it would be if nothing cut it off, points.
    whole: Rect,
    /// What is left of it.
    seen: Rect,
}

fn widgets(harness: &Harness<'_, App>) -> Vec<Widget> {
    let named = harness.root().children_recursive().filter_map(|node| {
        let name = node.accesskit_node().label()?;
        ACTIVE.contains(&node.accesskit_node().role()).then(|| (name, node.rect()))
    });
    let named: Vec<(String, Rect)> = named.collect();
    harness.ctx.viewport(|viewport| {
        let ground = viewport.prev_pass.widgets.get_layer(LayerId::background());
        let active = ground.filter(|widget| widget.enabled && widget.sense.interactive());
        let seen = active.filter(|widget| widget.interact_rect.is_positive());
        let told = seen.filter_map(|widget| {
            let same =
                |rect: &Rect| (rect.min - widget.rect.min).length() + (rect.max - widget.rect.max).length() < 0.5;
            let (label, _) = named.iter().find(|(_, rect)| same(rect))?;
            Some(Widget { label: label.clone(), whole: widget.rect, seen: widget.interact_rect })
        });
        told.collect()
    })
}

#[test]
fn the_first_picture() {
    let Some((mut harness, _turn)) = open(None) else { return };
    harness.state_mut().apply(Command::Select(Some(Pick::Bond(BondId(6)))));
    harness.state_mut().apply(Command::Sweep(SweepOptions {
        split: Some(Split::Test),
        limit: Some(200),
        ..Default::default()
    }));
    run_until(&mut harness, "everything is measured", |app| settled(app) && state(app).survey().is_some());
    photograph(&mut harness, "first");
}

#[test]
fn nothing_open() {
    let Some((mut harness, _turn)) = empty(None) else { return };
    photograph(&mut harness, "nothing");
}

#[test]
fn long_names_and_large_molecules() {
    let Some((mut harness, _turn)) = empty(None) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{}.csv", "a_file_name_that_goes_on_and_on_".repeat(4)));
    let chain = "CC(C)(C)OC(=O)NCCCCCC(=O)N".repeat(8);
    let name = "2-[4-(4-chlorobenzhydryl)piperazin-1-yl]ethoxyacetic acid dihydrochloride monohydrate ".repeat(2);
    let column = "mean_of_all_measurements_of_the_partition_coefficient_in_octanol_and_water";
    let rows = format!("name,smiles,{column}\n{name},{chain}C,-123456.789\nwater,O,1e-12\n");
    std::fs::write(&path, rows).unwrap();
    harness.state_mut().apply(Command::Open(Source::File(path)));
    run_until(&mut harness, "the file is open", |app| settled(app) && state(app).comparison.is_some());
    photograph(&mut harness, "long");
}

#[test]
fn an_error_is_told_and_can_be_closed() {
    let Some((mut harness, _turn)) = open(None) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no_structures.csv");
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    harness.state_mut().apply(Command::Open(Source::File(path)));
    harness.state_mut().apply(Command::SetBase("nonsense".to_owned()));
    run_until(&mut harness, "two errors are there", |app| {
        settled(app) && state(app).notices.iter().filter(|notice| notice.severity == Severity::Error).count() == 2
    });
    photograph(&mut harness, "error");
}

#[test]
fn work_in_progress() {
    let Some((mut harness, _turn)) = open(None) else { return };
    let all = SweepOptions::default();
    harness.state_mut().apply(Command::Sweep(all));
    harness.state_mut().apply(Command::SelectMolecule(MoleculeId(11_003)));
    run_until(&mut harness, "the sweep goes on", |app| {
        app.picture().is_some() && state(app).jobs.iter().any(|job| job.done > 0 && job.done < job.total)
    });
    let id = state(harness.state()).jobs[0].id;
    harness.state_mut().apply(Command::Stop(id));
    assert!(state(harness.state()).jobs.iter().all(|job| job.stopping));
    photograph(&mut harness, "work");
    run_until(&mut harness, "it has stopped", |app| app.workspace().is_idle());
}

#[test]
fn a_new_run_with_an_error() {
    let Some((mut harness, _turn)) = open(None) else { return };
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::T);
    run_until(&mut harness, "the form is there", settled);
    for (field, text) in [("Dropout", "1.5"), ("Heads", "7"), ("Learning rate", "fast")] {
        if harness.query_by_role_and_label(Role::TextInput, field).is_none() {
            click(&mut harness, Role::Button, "More…");
            harness.step();
        }
        harness.get_by_role_and_label(Role::TextInput, field).set_text_value_accesskit(text);
        harness.step();
        harness.step();
    }
    photograph(&mut harness, "new-run");
}

#[test]
fn a_run_with_its_curves() {
    let Some((mut harness, _turn)) = open(None) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zinc.csv");
    let dataset = Arc::clone(state(harness.state()).dataset().unwrap());
    let rows = dataset.records.iter().take(60).enumerate().map(|(place, record)| {
        let split = if place % 5 == 0 { "val" } else { "train" };
        format!("{},{},{split}\n", record.smiles, record.targets[0])
    });
    std::fs::write(&file, "smiles,target,split\n".to_owned() + &rows.collect::<String>()).unwrap();
    harness.state_mut().apply(Command::Open(Source::File(file)));
    run_until(&mut harness, "the file is open", |app| {
        settled(app) && state(app).dataset().unwrap().records.len() == 60
    });
    let mut draft = Draft::fitting(state(harness.state()));
    let numbers = [
        (Field::Layers, "3"),
        (Field::Width, "8"),
        (Field::Heads, "2"),
        (Field::Batch, "16"),
        (Field::Epochs, "6"),
        (Field::KeepEvery, "1"),
    ];
    for (field, text) in numbers {
        draft.type_in(field, text);
    }
    draft.set_folder(&folder.path().join("zinc-gt-seed41").display().to_string());
    harness.state_mut().apply(Command::Train(Box::new(draft.options())));
    run_until(&mut harness, "a few epochs are over", |app| {
        state(app).run_training().is_some_and(|training| training.epochs.len() >= 4)
    });
    harness.state_mut().apply(Command::Run(RunCommand::Pause));
    run_until(&mut harness, "the run holds still", |app| settled(app) && state(app).run_job().is_none());
    let run = folder.path().join("zinc-gt-seed41");
    harness.state_mut().apply(Command::Run(RunCommand::CompareWith(run)));
    harness.state_mut().apply(Command::Run(RunCommand::Replay(Some(2))));
    run_until(&mut harness, "an epoch is replayed beside a second run", |app| {
        state(app).run_beside().is_some() && answered(app, "zinc-gt-seed41 epoch-0002")
    });
    let told = state(harness.state()).notices.iter().map(|notice| notice.id).collect();
    harness.state_mut().apply(Command::Dismiss(told));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::J);
    run_until(&mut harness, "its curves are shown", settled);
    photograph(&mut harness, "training");
}
