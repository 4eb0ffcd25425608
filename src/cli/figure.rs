//! `figure`: one figure, many of a kind under names from a template, or one redrawn from its specification.

use super::args::{DeviceChoice, Figure, Kind, Subject};
use super::compare::{self, Compared};
use super::run::Session;
use super::{Failure, interrupted};
use crate::analysis::chart::Scale;
use crate::engine::SweepOptions;
use crate::figure::{self, FigureSpec, Format, Preset};
use crate::io;
use crate::workspace::{Command, Composition, FIGURE_ENDING, FigureKind, SWEPT_UNASKED};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is written into one file.
enum Form {
    Picture(Format),
    Specification,
}

impl Form {
    fn of(path: &Path, scale: f32) -> Result<Self, Failure> {
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
            return Ok(Self::Specification);
        }
        let format = Format::from_path(path).map_err(|error| format!("{error} (or .{FIGURE_ENDING})"))?;
        Ok(Self::Picture(format.with_scale(scale)))
    }
}

pub(super) fn run(task: &Figure, device: DeviceChoice) -> Result<(), Failure> {
    // Known to be writable in these forms before anything is computed.
    for path in &task.out {
        Form::of(path, task.scale)?;
    }
    match (&task.spec, &task.file) {
        (Some(spec), _) => redraw(task, spec, device),
        (None, Some(file)) => draw_all(task, file, device),
        (None, None) => Err(Failure::Unusable("a file of molecules, or --spec, says what to draw".to_owned())),
    }
}

/// Redraws a figure with nothing but its specification.
fn redraw(task: &Figure, spec: &Path, device: DeviceChoice) -> Result<(), Failure> {
    let mut composition = Composition::read(spec)?;
    composition.page = page(task, composition.page);
    let mut session = Session::for_one_molecule(device)?;
    let progress = &mut session.progress;
    let drawn = session.workspace.compose(&composition, |state| {
        progress.show(state);
        !interrupted()
    });
    session.progress.finish();
    if interrupted() {
        return Err(Failure::Interrupted);
    }
    let (figure, remarks) = drawn?;
    for remark in remarks {
        eprintln!("{remark}");
    }
    let missing = figure.panels().find_map(|panel| match &panel.content {
        figure::Content::Missing(reason) => Some(reason.clone()),
        _ => None,
    });
    if let Some(reason) = missing {
        return Err(Failure::Unusable(reason));
    }
    write(&figure, &composition, &task.out, task.scale)
}

/// One picture of a batch.
struct Item {
    model: Option<String>,
    molecule: u32,
    layer: usize,
    out: Vec<PathBuf>,
}

fn draw_all(task: &Figure, file: &Path, device: DeviceChoice) -> Result<(), Failure> {
    let mut session = Session::for_one_molecule(device)?;
    session.open(file, &task.columns)?;
    let items = items(task, &session)?;
    let kind = match task.kind {
        Kind::Molecule => FigureKind::Molecule,
        Kind::EdgeRatios => FigureKind::EdgeRatios,
        Kind::Curves => FigureKind::Curves,
        Kind::Histogram => FigureKind::Histogram,
    };
    if task.linear {
        let axes = [FigureKind::EdgeRatios, FigureKind::Histogram];
        axes.into_iter().try_for_each(|kind| session.run(Command::SetScale(kind, Scale::Linear)))?;
    }
    let compared = Compared::find(&mut session, &task.compared, (task.kind, &task.hints))?;
    for item in items {
        draw(&mut session, task, (file, kind, &compared), &item)?;
    }
    Ok(())
}

fn draw(
    session: &mut Session,
    task: &Figure,
    (file, kind, compared): (&Path, FigureKind, &Compared),
    item: &Item,
) -> Result<(), Failure> {
    session.show_molecule(&Subject {
        file: file.to_owned(),
        model: item.model.clone(),
        molecule: Some(item.molecule),
        edits: task.edits.clone(),
        hints: task.hints.clone(),
        columns: task.columns.clone(),
    })?;
    compared.show(session)?;
    if !kind.is_measured() {
        session.check_traceable()?;
    }
    compare::check(session, kind)?;
    let layers = session.workspace.state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.layers);
    if item.layer >= layers {
        let text = format!("there is no layer {}: the model has {layers}, counted from 0", item.layer);
        return Err(Failure::Unusable(text));
    }
    session.run(Command::SetLayer(item.layer))?;
    let options = SweepOptions { allow_large: task.edits.allow_large, ..session.options(&task.chosen)? };
    // The base range behind one molecule's curves is worth seconds, not minutes.
    let few = || session.count(options) <= SWEPT_UNASKED;
    if kind.is_measured() || kind == FigureKind::EdgeRatios && few() {
        session.run(Command::ShowSplit(options.split))?;
        session.run(Command::SetInitial(options.initial))?;
        session.run(Command::Sweep(options))?;
        if kind.is_measured() {
            compare::measure(session, options)?;
        }
    }
    let mut figure = session.workspace.figure(kind)?;
    figure.spec = page(task, figure.spec);
    let about = crate::workspace::Subject::of(&session.workspace.state).ok_or("nothing is shown".to_owned())?;
    let composition = Composition { page: figure.spec.clone(), ..Composition::single(kind, about) };
    figure.provenance.push((figure::SPECIFICATION.to_owned(), composition.to_text()));
    write(&figure, &composition, &item.out, task.scale)
}

/// Every combination of models, molecules and layers, each with names of its own. What is not named is as it is
/// shown.
fn items(task: &Figure, session: &Session) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    let mut names = BTreeSet::new();
    let or_shown = |model: Option<&String>| model.cloned().unwrap_or_else(|| session.model());
    let models: Vec<Option<&String>> =
        if task.model.is_empty() { vec![None] } else { task.model.iter().map(Some).collect() };
    let molecules: Vec<u32> = match task.molecule.as_slice() {
        [] => vec![session.molecule()],
        places => places.iter().flat_map(|places| places.0.clone()).collect(),
    };
    let shown = [session.workspace.state.view.reading.layer];
    let layers = if task.layer.is_empty() { &shown[..] } else { &task.layer };
    for model in models {
        for &molecule in &molecules {
            for &layer in layers {
                let named = |path: &PathBuf| named(path, &or_shown(model), molecule, layer);
                let out: Vec<PathBuf> = task.out.iter().map(named).collect();
                if let Some(twice) = out.iter().find(|path| !names.insert((*path).clone())) {
                    return Err(Failure::Unusable(format!(
                        "two figures would have one name; let {{model}}, {{molecule}} or {{layer}} in --out tell them \
                         apart: {}",
                        twice.display()
                    )));
                }
                items.push(Item { model: model.cloned(), molecule, layer, out });
            }
        }
    }
    Ok(items)
}

/// The name that a template stands for.
fn named(path: &Path, model: &str, molecule: u32, layer: usize) -> PathBuf {
    let is_file = model.contains(['/', '\\', '.']);
    let stem = Path::new(model).file_stem().filter(|_| is_file).map(|stem| stem.to_string_lossy().into_owned());
    let model = stem.unwrap_or_else(|| model.to_owned());
    let text = path.to_string_lossy();
    if !text.contains('{') {
        return path.to_owned();
    }
    let text = text.replace("{model}", &model).replace("{molecule}", &molecule.to_string());
    PathBuf::from(text.replace("{layer}", &layer.to_string()))
}

/// The page that was asked for, on the grounds of another.
fn page(task: &Figure, page: FigureSpec) -> FigureSpec {
    let mut page = match task.preset {
        Some(preset) => page.with_preset(Preset::from(preset)),
        None => page,
    };
    page.width = task.width.unwrap_or(page.width);
    page.height = task.height.or(page.height);
    page.font_size = task.font_size.unwrap_or(page.font_size);
    if let Some(title) = &task.title {
        page.title.clone_from(title);
    }
    page
}

fn write(figure: &figure::Figure, composition: &Composition, out: &[PathBuf], scale: f32) -> Result<(), Failure> {
    for path in out {
        let files = match Form::of(path, scale)? {
            Form::Specification => vec![(path.clone(), composition.to_text().into_bytes())],
            Form::Picture(format) => figure::files(figure, path, format).map_err(|error| error.to_string())?,
        };
        for (path, bytes) in files {
            io::write_bytes(&path, &bytes).map_err(|error| error.to_string())?;
            eprintln!("Wrote {}", path.display());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_stand_for_what_is_drawn() {
        let name = |template: &str, model: &str| named(Path::new(template), model, 12, 3).display().to_string();
        assert_eq!(name("a/{model}-{molecule}-{layer}.svg", "gt-zinc"), "a/gt-zinc-12-3.svg");
        assert_eq!(name("{model}.pdf", "/weights/my.best.safetensors"), "my.best.pdf");
        assert_eq!(name("plain.png", "gt-zinc"), "plain.png");
    }
}
