//! Putting an untrained model together, mode by mode: every architecture, explicit bias, connectivity,
//! encoding and scheme of features there is, and why some do not go together.

use super::parts::{self, weak};
use crate::models::{Arch, Connectivity, Ebt, Encoding, Features, Initial, ModelSpec, SpecError};
use eframe::egui::{self, Button, Grid, Key, RichText, Ui};

/// Every connectivity by its words in a name.
const CONNECTIVITIES: [(&str, &str); 3] =
    [("", "bonds only"), ("full", "full graph"), ("learned", "full, learned gamma")];

/// Every encoding by its word in a name.
const ENCODINGS: [(&str, &str); 5] =
    [("", "none"), ("laplacian", "Laplacian"), ("lpe", "learned"), ("walk", "random walk"), ("degree", "degree")];

/// What is being put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    arch: Arch,
    ebt: Ebt,
    bias: bool,
    /// Place in [`CONNECTIVITIES`].
    connectivity: usize,
    /// Place in [`ENCODINGS`].
    encoding: usize,
    features: Features,
    initial: Initial,
}

/// How the window ended this frame.
pub(super) enum Outcome {
    /// It stays.
    Open,
    /// It was closed.
    Closed,
    /// A model was chosen by its name.
    Chosen(String),
}

impl Choice {
    /// Starts from a model, untrained.
    pub(super) fn like(spec: Option<&ModelSpec>) -> Self {
        let spec = spec.cloned().unwrap_or_else(|| ModelSpec::recipe(Arch::Gt, Features::Zinc, Ebt::Off));
        Self {
            arch: spec.arch,
            ebt: spec.ebt,
            bias: spec.use_bias && spec.ebt == Ebt::Off,
            connectivity: match spec.connectivity {
                Connectivity::Sparse => 0,
                Connectivity::Kernel { .. } | Connectivity::Gamma { .. } => 1,
                Connectivity::LearnedGamma => 2,
            },
            encoding: match spec.encoding {
                Encoding::Off => 0,
                Encoding::Laplacian { .. } => 1,
                Encoding::Learned { .. } => 2,
                Encoding::RandomWalk { .. } => 3,
                Encoding::Degree { .. } => 4,
            },
            features: spec.features,
            initial: Initial::Framework,
        }
    }

    /// The name it goes by, on the command line too.
    fn name(self) -> String {
        let ebt = match self.ebt {
            Ebt::Off => "",
            Ebt::Paper => "ebt",
            Ebt::Code => "ebt-code",
        };
        let features = match self.features {
            Features::Zinc => "",
            Features::ZincConstant => "constant",
            Features::Ogb => "ogb",
            Features::Canonical => "canonical",
        };
        let connectivity = match self.connectivity {
            2 => "full-learned",
            place => CONNECTIVITIES.get(place).map_or("", |(word, _)| word),
        };
        let encoding = ENCODINGS.get(self.encoding).map_or("", |(word, _)| word);
        let bias = if self.bias { "bias" } else { "" };
        let initial = if self.initial == Initial::Xavier { "xavier" } else { "" };
        let words = [self.arch.name(), features, ebt, bias, connectivity, encoding, "base", initial];
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
    }

    /// The network, or everything that keeps it from being one.
    fn spec(self) -> Result<ModelSpec, Vec<SpecError>> {
        let recipe = ModelSpec::recipe(self.arch, self.features, self.ebt);
        let spec = ModelSpec {
            use_bias: recipe.use_bias || self.bias,
            connectivity: match self.connectivity {
                0 => Connectivity::Sparse,
                1 => Connectivity::full(self.arch),
                _ => Connectivity::LearnedGamma,
            },
            encoding: match self.encoding {
                0 => Encoding::Off,
                1 => Encoding::LAPLACIAN,
                2 => Encoding::LEARNED,
                3 => Encoding::RANDOM_WALK,
                _ => Encoding::DEGREE,
            },
            ..recipe
        };
        let conflicts = spec.conflicts();
        if conflicts.is_empty() { Ok(spec) } else { Err(conflicts) }
    }
}

/// Shows the window.
pub(super) fn show(ctx: &egui::Context, choice: &mut Choice) -> Outcome {
    let mut open = true;
    let window = egui::Window::new("Untrained model").collapsible(false).resizable(false).open(&mut open);
    let window = window.anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO).order(egui::Order::Foreground);
    let chosen = window.show(ctx, |ui| {
        ui.set_width(560.0);
        Grid::new("untrained model").num_columns(2).spacing([16.0, 6.0]).show(ui, |ui| rows(ui, choice));
        ui.separator();
        conclusion(ui, *choice)
    });
    if let Some(name) = chosen.and_then(|shown| shown.inner).flatten() {
        return Outcome::Chosen(name);
    }
    let closed = !open || ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape));
    if closed { Outcome::Closed } else { Outcome::Open }
}

fn rows(ui: &mut Ui, choice: &mut Choice) {
    let Choice { arch, ebt, bias, connectivity, encoding, features, initial } = choice;
    parts::choice_row(ui, "Architecture", arch, &Arch::ALL.map(|arch| (arch, arch.title())));
    let kinds = [(Ebt::Off, "none"), (Ebt::Paper, "EBT (as in the paper)"), (Ebt::Code, "EBT as coded")];
    parts::choice_row(ui, "Explicit bias", ebt, &kinds);
    parts::choice_row(ui, "Projection biases", bias, &[(false, "with EBT only"), (true, "always")]);
    let places = |words: &[(&str, &'static str)]| -> Vec<(usize, &'static str)> {
        words.iter().map(|&(_, text)| text).enumerate().collect()
    };
    parts::choice_row(ui, "Attends", connectivity, &places(&CONNECTIVITIES));
    parts::choice_row(ui, "Encoding", encoding, &places(&ENCODINGS));
    let schemes = [
        (Features::Zinc, "ZINC codes"),
        (Features::ZincConstant, "ZINC, bonds alike"),
        (Features::Ogb, "OGB"),
        (Features::Canonical, "canonical"),
    ];
    parts::choice_row(ui, "Reads", features, &schemes);
    parts::choice_row(
        ui,
        "Initial weights",
        initial,
        &[(Initial::Framework, "framework"), (Initial::Xavier, "Xavier")],
    );
}

/// What comes out, or why nothing does; the name once it was chosen.
fn conclusion(ui: &mut Ui, choice: Choice) -> Option<String> {
    let spec = choice.spec();
    match &spec {
        Ok(spec) => {
            ui.label(RichText::new(choice.name()).strong());
            let text = format!("{}: {} layers, {} heads, width {}", spec.kind(), spec.layers, spec.heads, spec.dim);
            ui.add(egui::Label::new(weak(text)).wrap());
        }
        Err(conflicts) => {
            ui.label(RichText::new("Not possible").strong());
            parts::conflicts(ui, conflicts);
        }
    }
    let clicked = ui.add_enabled(spec.is_ok(), Button::new("Choose this model")).clicked();
    clicked.then(|| choice.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_what_was_put_together() {
        let mut sound = 0;
        for arch in Arch::ALL {
            for ebt in [Ebt::Off, Ebt::Paper, Ebt::Code] {
                for (connectivity, encoding) in (0..3).flat_map(|c| (0..5).map(move |e| (c, e))) {
                    for features in Features::ALL {
                        for (bias, initial) in [(false, Initial::Framework), (true, Initial::Xavier)] {
                            let choice = Choice { arch, ebt, bias, connectivity, encoding, features, initial };
                            let expected = choice.spec().ok().map(|spec| (spec, initial));
                            sound += usize::from(expected.is_some());
                            let named = ModelSpec::named(&choice.name()).and_then(Result::ok);
                            assert_eq!(named, expected, "{}", choice.name());
                        }
                    }
                }
            }
        }
        assert!(sound > 100, "{sound}");
    }

    #[test]
    fn a_choice_starts_from_the_model_shown() {
        let (spec, _) = ModelSpec::named("san-ogb-full-learned-walk-base").unwrap().unwrap();
        assert_eq!(Choice::like(Some(&spec)).spec(), Ok(spec));
        assert_eq!(Choice::like(None).name(), "gt-base");
    }

    #[test]
    fn all_conflicts_are_named_at_once() {
        let choice = Choice { ebt: Ebt::Code, connectivity: 2, ..Choice::like(None) };
        let reasons: Vec<String> = choice.spec().unwrap_err().iter().map(ToString::to_string).collect();
        assert!(
            ["explicit bias in full-graph mode", "GT has no full-graph mode", "choose `paper`"]
                .iter()
                .all(|part| reasons.iter().any(|reason| reason.contains(part))),
            "{reasons:?}"
        );
    }
}
