//! What the window remembers from one start to the next. The key carries a version, and whatever is
//! read is checked: a file that is old, damaged or edited by hand must never cost the user a panel.

use super::gallery;
use super::layout::{self, Pane, Tree};
use super::theme::TEXT_ZOOM;
use crate::workspace::{self, Command, FigureKind, ModelRef, State, View};
use eframe::egui::{self, ThemePreference};
use std::path::PathBuf;

/// Name of the remembered settings; the number grows whenever their form changes.
const KEY: &str = "bondscope-window-2";

/// Most recent files that are believed.
const RECENT: usize = 10;

/// Light, dark, or what the desktop says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Appearance {
    /// Dark on white.
    Light,
    /// Bright on dark.
    Dark,
    /// As the desktop has it.
    #[default]
    System,
}

impl From<Appearance> for ThemePreference {
    fn from(appearance: Appearance) -> Self {
        match appearance {
            Appearance::Light => Self::Light,
            Appearance::Dark => Self::Dark,
            Appearance::System => Self::System,
        }
    }
}

/// Everything that is remembered.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    /// The theme.
    pub(super) appearance: Appearance,
    /// Magnification of the whole window.
    pub(super) text_zoom: f32,
    /// Where the panels are.
    pub(super) tree: Tree,
    /// The panel that fills the window for now.
    pub(super) maximized: Option<Pane>,
    /// Layer, quantity, colours.
    pub(super) view: View,
    /// The chosen model.
    pub(super) model: Option<ModelRef>,
    /// Files opened before, newest first.
    pub(super) recent: Vec<PathBuf>,
    /// A training run that was left before its end.
    pub(super) unfinished: Option<PathBuf>,
    /// The folder exported to last.
    pub(super) export_folder: Option<PathBuf>,
    /// Whether the tour was finished or skipped.
    pub(super) toured: bool,
    /// Whether the bond list is sorted by value instead of by number.
    pub(super) bonds_by_value: bool,
    /// How large the thumbnails of the gallery are.
    pub(super) thumbnails: gallery::Size,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            appearance: Appearance::default(),
            text_zoom: 1.0,
            tree: layout::first(false),
            maximized: None,
            view: View::default(),
            model: None,
            recent: Vec::new(),
            unfinished: None,
            export_folder: None,
            toured: false,
            bonds_by_value: true,
            thumbnails: gallery::Size::default(),
        }
    }
}

impl Settings {
    /// What was remembered, as far as it is sound.
    pub(super) fn load(storage: &dyn eframe::Storage) -> Self {
        eframe::get_value::<Self>(storage, KEY).map(Self::mended).unwrap_or_default()
    }

    /// Writes everything down, with what the workspace knows.
    pub(super) fn save(&mut self, storage: &mut dyn eframe::Storage, state: &State) {
        self.view = View { locked: None, ..state.view.clone() };
        self.model = state.checkpoint().map(|checkpoint| workspace::reference(checkpoint));
        self.recent.clone_from(&state.recent);
        eframe::set_value(storage, KEY, self);
    }

    fn mended(mut self) -> Self {
        layout::complete(&mut self.tree);
        let standard = Self::default();
        let text_zoom = if self.text_zoom.is_finite() { self.text_zoom } else { standard.text_zoom };
        Self {
            text_zoom: text_zoom.clamp(*TEXT_ZOOM.start(), *TEXT_ZOOM.end()),
            tree: if layout::is_sound(&self.tree) { self.tree } else { standard.tree },
            recent: self.recent.into_iter().filter(|path| path.is_absolute()).take(RECENT).collect(),
            ..self
        }
    }

    /// The command that chooses the remembered model; a weight file that is gone since is not missed.
    pub(super) fn model_command(&self, state: &State) -> Option<Command> {
        let name = match self.model.as_ref()? {
            ModelRef::File(weights) => {
                let path = weights.file.path.clone();
                return path.is_file().then(|| Command::OpenModel(path, Box::new(weights.hints.clone())));
            }
            ModelRef::Bundled(bundled) => &bundled.name,
            ModelRef::Untrained(name) => name,
        };
        let listed = state.checkpoints.iter().position(|known| *known.id.name == *name);
        listed.map(Command::SetModel).or_else(|| {
            let known = matches!(crate::models::ModelSpec::named(name), Some(Ok(_)));
            known.then(|| Command::SetBase(name.clone()))
        })
    }

    /// The commands that bring the remembered view back, each checked as any other command is.
    pub(super) fn view_commands(&self) -> Vec<Command> {
        let View { reading, coloring, map, atom_numbers, labels, arcs, ratio_axis, count_axis, .. } = self.view.clone();
        let map = if map.is_diverging() { Default::default() } else { map };
        vec![
            Command::SetQuantity(reading.quantity),
            Command::SetLayer(reading.layer),
            Command::SetHead(reading.head),
            Command::SetColoring(coloring),
            Command::SetColorMap(map),
            Command::ShowAtomNumbers(atom_numbers),
            Command::ShowLabels(labels),
            Command::ShowArcs(arcs.shown),
            Command::SetScale(FigureKind::EdgeRatios, ratio_axis),
            Command::SetScale(FigureKind::Histogram, count_axis),
        ]
    }

    /// Applies theme and magnification.
    pub(super) fn apply(&self, ctx: &egui::Context) {
        ctx.set_theme(ThemePreference::from(self.appearance));
        ctx.set_zoom_factor(self.text_zoom);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Hints;
    use crate::workspace::{FileRef, WeightFile};
    use std::collections::BTreeMap;

    #[derive(Default)]
    struct Memory(BTreeMap<String, String>);

    impl eframe::Storage for Memory {
        fn get_string(&self, key: &str) -> Option<String> {
            self.0.get(key).cloned()
        }
        fn set_string(&mut self, key: &str, value: String) {
            self.0.insert(key.to_owned(), value);
        }
        fn remove_string(&mut self, key: &str) {
            self.0.remove(key);
        }
        fn flush(&mut self) {}
    }

    #[test]
    fn settings_come_back() {
        let mut storage = Memory::default();
        let mut settings = Settings { appearance: Appearance::Dark, text_zoom: 1.4, ..Settings::default() };
        let mut state = State::default();
        state.recent = vec![PathBuf::from("/data/a.csv")];
        settings.save(&mut storage, &state);
        let back = Settings::load(&storage);
        assert_eq!((back.appearance, back.recent), (Appearance::Dark, state.recent));
        assert!((back.text_zoom - 1.4).abs() < 1e-6);
        assert!(layout::is_sound(&back.tree));
    }

    #[test]
    fn the_chosen_model_comes_back_whatever_it_is() {
        let mut storage = Memory::default();
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("mine.safetensors");
        let hints = Hints { heads: Some(4), ..Hints::default() };
        let file = FileRef { path: weights.clone(), hash: None };
        let state = State::default();
        for (model, command) in [
            (ModelRef::File(WeightFile { file, hints: hints.clone() }), None),
            (ModelRef::Untrained("san-ogb-base".into()), Some(Command::SetBase("san-ogb-base".into()))),
            (ModelRef::Untrained("no-such-thing".into()), None),
        ] {
            let settings = Settings { model: Some(model.clone()), ..Settings::default() };
            eframe::set_value(&mut storage, KEY, &settings);
            let back = Settings::load(&storage);
            assert_eq!(back.model, Some(model));
            assert_eq!(back.model_command(&state), command);
            if matches!(back.model, Some(ModelRef::File(_))) {
                std::fs::write(&weights, "").unwrap();
                let opened = Command::OpenModel(weights.clone(), Box::new(hints.clone()));
                assert_eq!(back.model_command(&state), Some(opened));
            }
        }
    }

    #[test]
    fn damaged_settings_are_mended_or_forgotten() {
        let mut storage = Memory::default();
        storage.0.insert(KEY.to_owned(), "(text_zoom: 50.0, appearance: Light)".to_owned());
        let mended = Settings::load(&storage);
        assert!(mended.appearance == Appearance::Light && (mended.text_zoom - 2.0).abs() < 1e-6);
        storage.0.insert(KEY.to_owned(), "nonsense".to_owned());
        assert!((Settings::load(&storage).text_zoom - 1.0).abs() < f32::EPSILON);
        let lost = Settings { tree: Tree::empty(egui::Id::unique("lost")), ..Settings::default() };
        assert!(layout::is_sound(&lost.mended().tree));
    }
}
