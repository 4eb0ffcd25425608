//! A file that says how to train: a preset and what differs from it, or the `run.toml` of another run.

use super::file::{check_version, sentence};
use crate::models::{Arch, Ebt, Features, Plan, Preset};
use std::path::Path;

/// Tables of a run that say nothing about how to repeat it.
const OF_A_RUN: [&str; 3] = ["started", "data", "program"];

/// What a file says about a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The preset to begin with.
    pub preset: Option<Preset>,
    /// Whether there are explicit bias terms.
    pub ebt: Option<Ebt>,
    /// Whatever else of a plan is said.
    rest: toml::Table,
    /// The file, as the end of a sentence.
    place: String,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// One sentence: it cannot be read, or is no TOML.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("the configuration could not be read ({error}): {}", path.display()))?;
        let place = format!(": {}", path.display());
        let config = Self::parse(&text).map_err(|reason| format!("the configuration is unusable, {reason}{place}"))?;
        Ok(Self { place, ..config })
    }

    /// Takes a configuration out of a TOML text.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::of(toml::from_str(text).map_err(|error| sentence(&error))?)
    }

    /// Takes a configuration out of a table.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn of(mut table: toml::Table) -> Result<Self, String> {
        if table.contains_key("version") {
            check_version(&mut table)?;
        }
        OF_A_RUN.iter().for_each(|part| {
            table.remove(*part);
        });
        let preset = take(&mut table, "preset")?;
        let ebt = take(&mut table, "ebt")?;
        let config = Self { preset, ebt, rest: table, place: String::new() };
        let ebt = config.ebt.or(config.said("ebt")?);
        Ok(Self { ebt, ..config })
    }

    /// The architecture, if it is said.
    ///
    /// # Errors
    /// It is none that is known.
    pub fn arch(&self) -> Result<Option<Arch>, String> {
        self.said("arch")
    }

    /// The features, if they are said.
    ///
    /// # Errors
    /// They are none that are known.
    pub fn features(&self) -> Result<Option<Features>, String> {
        self.said("features")
    }

    /// A field of the network.
    fn said<T: serde::de::DeserializeOwned>(&self, field: &str) -> Result<Option<T>, String> {
        let value = self.rest.get("network").and_then(|network| network.get(field)).cloned();
        let wrong = |error| self.unusable(&format!("`{field}`: {}", sentence(&error)));
        value.map(|value| value.try_into().map_err(wrong)).transpose()
    }

    fn unusable(&self, reason: &str) -> String {
        format!("the configuration is unusable, {reason}{}", self.place)
    }

    /// The plan with everything changed that the file says.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn laid_over(&self, plan: &Plan) -> Result<Plan, String> {
        let mut table = toml::Table::try_from(plan).map_err(|error| error.to_string())?;
        for (name, value) in &self.rest {
            match (table.get_mut(name).and_then(toml::Value::as_table_mut), value) {
                (Some(inner), toml::Value::Table(said)) => inner.extend(said.clone()),
                (Some(_), _) => return Err(self.unusable(&format!("`{name}` must be a table"))),
                (None, value) => {
                    table.insert(name.clone(), value.clone());
                }
            }
        }
        table.try_into().map_err(|error| self.unusable(&sentence(&error)))
    }
}

fn take<T: serde::de::DeserializeOwned>(table: &mut toml::Table, field: &str) -> Result<Option<T>, String> {
    let value = table.remove(field);
    value.map(|value| value.try_into().map_err(|error| format!("`{field}`: {}", sentence(&error)))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan::of(Preset::ZincGt.network(Ebt::Off), 41)
    }

    #[test]
    fn a_file_changes_what_it_names_and_nothing_else() {
        let text = "preset = \"zinc-san\"\nebt = \"paper\"\nseed = 5\n[recipe]\nbatch = 9\n[network]\nlayers = 3";
        let config = Config::parse(text).unwrap();
        assert_eq!((config.preset, config.ebt), (Some(Preset::ZincSan), Some(Ebt::Paper)));
        let changed = config.laid_over(&plan()).unwrap();
        let mut expected = Plan { seed: 5, ..plan() };
        (expected.recipe.batch, expected.network.layers) = (9, 3);
        assert_eq!(changed, expected);
        assert_eq!(Config::default().laid_over(&plan()).unwrap(), plan());
        let named = Config::parse("[network]\narch = \"san\"\nebt = \"code\"\nfeatures = \"ogb\"").unwrap();
        assert_eq!((named.arch(), named.features()), (Ok(Some(Arch::San)), Ok(Some(Features::Ogb))));
        assert_eq!(named.ebt, Some(Ebt::Code));
    }

    #[test]
    fn what_no_plan_has_is_refused() {
        let refused =
            |text: &str| Config::parse(text).and_then(|config| config.laid_over(&plan())).map(|_| ()).unwrap_err();
        assert!(refused("[recipe]\nepoch = 3").contains("epoch"));
        assert!(refused("recipe = 3").contains("`recipe` must be a table"));
        assert!(refused("sede = 3").contains("sede"));
        assert!(refused("preset = \"zinc\"").contains("zinc-gt"));
        assert!(refused("version = 2").contains("version 2"));
        assert!(Config::parse("[network]\narch = \"bert\"").unwrap().arch().unwrap_err().contains("graphit"));
    }
}
