//! What a Bondscope that ended unexpectedly left behind, offered in a bar that waits and covers nothing.

use super::main_button;
use crate::ui::actions::Effect;
use crate::ui::theme;
use crate::workspace::{Command, FileCommand, Recovery, State};
use eframe::egui::{self, Ui};
use std::time::{Duration, SystemTime};

/// Shows the bar if there is anything to offer.
pub(crate) fn show(ui: &mut Ui, state: &State) -> Vec<Effect> {
    let mut effects = Vec::new();
    let Some(offer) = state.file.recovery.first() else { return effects };
    egui::Panel::top("recovery").frame(theme::bar(ui)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(egui::RichText::new("Bondscope did not close properly.").strong());
            ui.label(format!("Restore the last state ({})?", describe(offer)));
            let button = main_button(ui, "Restore");
            if ui.add_enabled(!state.file.opening, button).clicked() {
                effects.push(Command::File(FileCommand::Recover).into());
            }
            let discard = ui.add_enabled(!state.file.opening, egui::Button::new("Discard"));
            if discard.on_hover_text("Throw it away for good").clicked() {
                effects.push(Command::File(FileCommand::Discard).into());
            }
        });
    });
    effects
}

fn describe(offer: &Recovery) -> String {
    let name = offer.name.as_deref().unwrap_or("not saved as a file");
    let age = SystemTime::now().duration_since(offer.at).unwrap_or_default();
    format!("{name}, {}", ago(age))
}

fn ago(age: Duration) -> String {
    let minutes = age.as_secs() / 60;
    let (number, unit) = match minutes {
        0 => return "less than a minute ago".to_owned(),
        1..60 => (minutes, "minute"),
        60..1440 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    format!("{number} {unit}{} ago", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_one_unit() {
        let told = [30, 60, 150, 3_600, 86_400 * 2].map(|seconds| ago(Duration::from_secs(seconds)));
        assert_eq!(told, ["less than a minute ago", "1 minute ago", "2 minutes ago", "1 hour ago", "2 days ago"]);
    }
}
