//! Which column of a table is what: as it was found, and as a user may say.
//!
//! What a user says is saved in workspace files, so a choice names columns as the file does and says
//! nothing about what should be found by content.

use super::unit;

/// What the values of the target columns are, and so what a model of them is trained for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Measured numbers; also where there is no target.
    #[default]
    Regression,
    /// Answers to yes-or-no questions: every value is 0 or 1.
    Labels,
}

impl Task {
    /// The lower-case word used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Labels => "labels",
        }
    }
}

/// What stands between the fields of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delimiter {
    /// A tab.
    Tab,
    /// A comma.
    Comma,
    /// A semicolon.
    Semicolon,
    /// Any number of blanks.
    Blanks,
    /// The first blank: a structure, then a name that may hold blanks.
    FirstBlank,
    /// Nothing: each row is one field.
    None,
}

impl Delimiter {
    /// All of them, in menu order.
    pub const ALL: [Self; 6] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Blanks, Self::FirstBlank, Self::None];

    /// The word in menus and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tab => "tab",
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Blanks => "blanks",
            Self::FirstBlank => "first-blank",
            Self::None => "none",
        }
    }
}

/// Which columns were taken for what, by header name, or by number counted from 1 (`column 2`) without
/// a header.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Columns {
    /// Where the structures stand.
    pub smiles: String,
    /// The targets, in the order of the file.
    pub targets: Vec<String>,
    /// The unit of each target; `None` where nothing names it.
    pub units: Vec<Option<String>>,
    /// What the values of the targets are.
    pub task: Task,
    /// The train/val/test column.
    pub split: Option<String>,
    /// The name column.
    pub id: Option<String>,
    /// What was guessed although something else is as likely, one sentence each.
    pub doubts: Vec<String>,
}

impl Columns {
    /// The unit of a target, if it is known.
    pub fn unit(&self, target: usize) -> Option<&str> {
        self.units.get(target)?.as_deref()
    }

    /// What to call a target where its unit stands beside it: its column without the unit.
    pub fn title(&self, target: usize) -> &str {
        self.targets.get(target).map_or("", |name| unit::split(name).0)
    }
}

/// Which column plays a part that one column plays, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The one that is found by content.
    #[default]
    Found,
    /// None.
    Nobody,
    /// The one of this name.
    Named(String),
}

impl Part {
    /// The column that was named.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::Found | Self::Nobody => None,
        }
    }
}

/// A column that is a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TargetChoice {
    /// Its name.
    pub column: String,
    /// Its unit, empty if it has none; that of the header where this is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl TargetChoice {
    /// A column with the unit that its header names.
    pub fn named(column: impl Into<String>) -> Self {
        Self { column: column.into(), unit: None }
    }
}

/// How a table is to be read; what is not said is found by content.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnChoice {
    /// What stands between fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
    /// Whether the first row names the columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// The column of the structures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smiles: Option<String>,
    /// The column of names.
    pub id: Part,
    /// The train/val/test column.
    pub split: Part,
    /// The targets; an empty list for none. They are read in the order of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<TargetChoice>>,
    /// What the values of the targets are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
}

impl ColumnChoice {
    /// Everything found by content but the targets.
    pub fn of_targets(names: &[String]) -> Self {
        let targets = (!names.is_empty()).then(|| names.iter().map(TargetChoice::named).collect());
        Self { targets, ..Self::default() }
    }

    /// The unit that is said of a column: `Some("")` for none.
    pub fn unit(&self, column: &str) -> Option<&str> {
        let chosen = self.targets.iter().flatten().find(|target| target.column == column)?;
        chosen.unit.as_deref()
    }

    /// Every column that is named.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let targets = self.targets.iter().flatten().map(|target| target.column.as_str());
        self.smiles.as_deref().into_iter().chain(self.id.name()).chain(self.split.name()).chain(targets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_short_in_a_file_and_comes_back() {
        let choice = ColumnChoice {
            smiles: Some("structure".into()),
            split: Part::Nobody,
            targets: Some(vec![
                TargetChoice::named("IC50 [nM]"),
                TargetChoice { column: "Tm".into(), unit: Some("°C".into()) },
            ]),
            ..ColumnChoice::default()
        };
        let text = serde_json::to_string(&choice).unwrap();
        assert_eq!(
            text,
            r#"{"smiles":"structure","id":"found","split":"nobody","targets":[{"column":"IC50 [nM]"},{"column":"Tm","unit":"°C"}]}"#
        );
        assert_eq!(serde_json::from_str::<ColumnChoice>(&text).unwrap(), choice);
        assert_eq!(serde_json::from_str::<ColumnChoice>("{}").unwrap(), ColumnChoice::default());
        assert!(serde_json::from_str::<ColumnChoice>(r#"{"smile":"x"}"#).is_err());
        assert_eq!(choice.names().collect::<Vec<_>>(), ["structure", "IC50 [nM]", "Tm"]);
        assert_eq!((choice.unit("Tm"), choice.unit("IC50 [nM]")), (Some("°C"), None));
    }
}
