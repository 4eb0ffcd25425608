//! Tables of trained runs, and of repeats of them with other seeds.

use crate::analysis::Interval;
use crate::engine::run::Measured;
use crate::models::Plan;

/// One run.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) plan: Plan,
    pub(super) loss: String,
    pub(super) last: Measured,
    pub(super) best: Measured,
}

/// What is told of the weights of one epoch.
type Value = fn(&Measured) -> Option<f64>;

/// The losses of runs and of their repeats, both ways.
const VALUES: [(&str, Value); 2] = [("loss", |measured| measured.test_loss), ("roc_auc", |measured| measured.test_auc)];

/// Runs that differ in nothing but their seed.
struct Group<'a> {
    rows: Vec<&'a Row>,
}

impl Group<'_> {
    /// Mean and interval of a value over the seeds, if all runs have it.
    fn interval(&self, of: fn(&Row) -> &Measured, value: Value) -> Option<Interval> {
        let values: Option<Vec<f64>> = self.rows.iter().map(|row| value(of(row))).collect();
        Interval::of(&values?)
    }
}

fn last(row: &Row) -> &Measured {
    &row.last
}

fn best(row: &Row) -> &Measured {
    &row.best
}

/// The runs put together by plan, in the order of their first.
fn groups(rows: &[Row]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in rows {
        let known = groups.iter_mut().find(|group| {
            group.rows.first().is_some_and(|first| first.loss == row.loss && first.plan.repeats(&row.plan))
        });
        match known {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { rows: vec![row] }),
        }
    }
    groups
}

/// A table of every run, and one of the repeats where there are any.
pub(super) fn text(rows: &[Row]) -> String {
    let labels = rows.iter().any(|row| row.last.test_auc.is_some());
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
    let mut header = ["run", "network", "seed", "last epoch", "test loss"].map(str::to_owned).to_vec();
    header.extend(labels.then(|| "ROC-AUC".to_owned()));
    header.extend(["best epoch", "test loss"].map(str::to_owned));
    header.extend(labels.then(|| "ROC-AUC".to_owned()));
    let mut lines = vec![header];
    for row in rows {
        let mut line = vec![row.name.clone(), row.plan.network.kind(), row.plan.seed.to_string()];
        for measured in [&row.last, &row.best] {
            line.extend([measured.epoch.to_string(), format!("{} {}", row.loss, number(measured.test_loss))]);
            line.extend(labels.then(|| number(measured.test_auc)));
        }
        lines.push(line);
    }
    let mut text = aligned(&lines);
    let repeated: Vec<Group<'_>> = groups(rows).into_iter().filter(|group| group.rows.len() > 1).collect();
    if repeated.is_empty() {
        return text;
    }
    text += "\nmean and 95 % interval over seeds (Student t)\n";
    let mut header = ["network", "seeds", "last epoch"].map(str::to_owned).to_vec();
    header.extend(labels.then(|| "ROC-AUC".to_owned()));
    header.push("best epoch".to_owned());
    header.extend(labels.then(|| "ROC-AUC".to_owned()));
    let mut lines = vec![header];
    for group in repeated {
        let Some(first) = group.rows.first() else { continue };
        let mut line = vec![first.plan.network.kind(), group.rows.len().to_string()];
        for of in [last, best] {
            for (place, (_, value)) in VALUES.into_iter().enumerate().take(1 + usize::from(labels)) {
                let told = group.interval(of, value).map_or_else(|| "-".to_owned(), |interval| interval.to_string());
                line.push(if place == 0 { format!("{} {told}", first.loss) } else { told });
            }
        }
        lines.push(line);
    }
    text + &aligned(&lines)
}

/// `table.csv`: a row per run, and a row per group with its means and half widths of their intervals.
pub(super) fn csv(rows: &[Row]) -> Vec<u8> {
    let mut header = ["run", "network", "seed", "seeds", "loss"].join(",");
    for when in ["last", "best"] {
        header += &format!(",{when}_epoch");
        for (name, _) in VALUES {
            header += &format!(",{when}_test_{name},{when}_test_{name}_interval");
        }
    }
    let cell = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut text = header + "\n";
    for row in rows {
        text += &[quoted(&row.name), quoted(&row.plan.network.kind()), row.plan.seed.to_string()].join(",");
        text += &format!(",1,{}", row.loss);
        for measured in [&row.last, &row.best] {
            text += &format!(",{}", measured.epoch);
            VALUES.iter().for_each(|(_, value)| text += &format!(",{},", cell(value(measured))));
        }
        text.push('\n');
    }
    for group in groups(rows) {
        let Some(first) = group.rows.first() else { continue };
        text += &format!("mean,{},,{},{}", quoted(&first.plan.network.kind()), group.rows.len(), first.loss);
        for of in [last, best] {
            text.push(',');
            for (_, value) in VALUES {
                let interval = group.interval(of, value);
                let half = interval.and_then(|interval| interval.half);
                text += &format!(",{},{}", cell(interval.map(|interval| interval.mean)), cell(half));
            }
        }
        text.push('\n');
    }
    text.into_bytes()
}

/// Lines with their cells one below the other: words to the left, numbers of any kind to the right.
pub(super) fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |line: &'_ [String], column: usize| line.get(column).map_or(0, |cell| cell.chars().count());
    let widths: Vec<usize> =
        (0..columns).map(|column| lines.iter().map(|line| cell(line, column)).max().unwrap_or(0)).collect();
    let is_word = |text: &str| text.starts_with(|c: char| c.is_alphabetic());
    let words: Vec<bool> = (0..columns)
        .map(|column| lines.iter().skip(1).any(|line| line.get(column).is_some_and(|cell| is_word(cell))))
        .collect();
    let padded = |(column, cell): (usize, &String)| {
        let width = widths.get(column).copied().unwrap_or(0);
        if words.get(column).copied().unwrap_or(true) { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
    };
    let lines = lines.iter().map(|line| line.iter().enumerate().map(padded).collect::<Vec<_>>().join("  "));
    lines.map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Ebt, Preset};

    fn row(preset: Preset, seed: u64, loss: f64) -> Row {
        let measured = |epoch, loss| Measured { epoch, validation_loss: 0.5, test_loss: Some(loss), test_auc: None };
        Row {
            name: format!("{}-{seed}", preset.name()),
            plan: Plan::of(preset.network(Ebt::Off), seed),
            loss: "MAE".to_owned(),
            last: measured(9, loss),
            best: measured(7, loss / 2.0),
        }
    }

    fn rows() -> Vec<Row> {
        vec![
            row(Preset::ZincGt, 1, 1.0),
            row(Preset::ZincSan, 1, 0.5),
            row(Preset::ZincGt, 2, 2.0),
            row(Preset::ZincGt, 3, 3.0),
        ]
    }

    #[test]
    fn repeats_are_put_together_with_their_interval() {
        let text = text(&rows());
        assert!(text.contains("zinc-gt-2   GT          2           9  MAE 2.0000           7  MAE 1.0000"), "{text}");
        assert!(text.contains("MAE 2.0000 ± 2.4841") && text.contains("MAE 1.0000 ± 1.2421"), "{text}");
        assert!(!text.contains("ROC-AUC") && text.matches("SAN").count() == 1, "{text}");
        let alone = super::text(&rows()[..2]);
        assert!(!alone.contains("interval"), "{alone}");
    }

    #[test]
    fn the_file_has_runs_and_groups() {
        let csv = csv(&rows());
        let mut reader = csv::Reader::from_reader(&csv[..]);
        let header = reader.headers().unwrap().clone();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let at = |row: usize, name: &str| rows[row][header.iter().position(|cell| cell == name).unwrap()].to_owned();
        assert_eq!(rows.len(), 6);
        assert_eq!(
            (at(0, "run"), at(0, "best_epoch"), at(0, "last_test_loss")),
            ("zinc-gt-1".into(), "7".into(), "1".into())
        );
        assert_eq!((at(4, "run"), at(4, "seeds"), at(4, "last_test_loss")), ("mean".into(), "3".into(), "2".into()));
        assert!(at(4, "last_test_loss_interval").starts_with("2.484"));
        assert_eq!(
            (at(5, "seeds"), at(5, "best_test_loss"), at(5, "best_test_loss_interval")),
            ("1".into(), "0.25".into(), String::new())
        );
    }
}
