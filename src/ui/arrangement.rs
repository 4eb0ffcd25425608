//! Where the panels are, as text: what Undo brings back, and what a workspace can be saved with.

use super::Settings;
use super::layout::{self, Pane, Tree};
use std::sync::Arc;

/// Grows whenever the form changes.
const VERSION: u32 = 1;

#[derive(serde::Serialize)]
struct Writing<'a> {
    version: u32,
    tree: &'a Tree,
    maximized: Option<Pane>,
}

#[derive(serde::Deserialize)]
struct Read {
    version: u32,
    tree: Tree,
    maximized: Option<Pane>,
}

/// The present arrangement.
pub(super) fn write(settings: &Settings) -> Option<Arc<str>> {
    let writing = Writing { version: VERSION, tree: &settings.tree, maximized: settings.maximized };
    // By way of a value, whose keys are sorted: equal arrangements are equal texts.
    serde_json::to_value(writing).ok().map(|value| value.to_string().into())
}

/// Puts the panels where the text says, if it is of this version and loses no panel; returns whether it did.
pub(super) fn restore(settings: &mut Settings, text: &str) -> bool {
    let mut read = serde_json::from_str::<Read>(text).ok();
    read.iter_mut().for_each(|read| layout::complete(&mut read.tree));
    match read.filter(|read| read.version == VERSION && layout::is_sound(&read.tree)) {
        Some(Read { tree, maximized, .. }) => {
            (settings.tree, settings.maximized) = (tree, maximized);
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrangement_comes_back_and_a_damaged_one_is_left() {
        let mut settings = Settings { maximized: Some(Pane::Library), ..Settings::default() };
        let text = write(&settings).unwrap();
        assert_eq!(write(&settings), Some(Arc::clone(&text)));
        settings.maximized = None;
        assert!(restore(&mut settings, &text));
        assert_eq!(settings.maximized, Some(Pane::Library));
        assert_eq!(write(&settings), Some(Arc::clone(&text)), "nothing is lost on the way");
        for damaged in
            [text.replace("\"version\":1", "\"version\":9"), text.replace("Library", "Histogram"), "{}".into()]
        {
            assert!(!restore(&mut settings, &damaged));
        }
        assert_eq!(write(&settings), Some(text));
    }
}
