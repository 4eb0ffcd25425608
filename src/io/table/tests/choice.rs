//! What a user says about the columns, and the look at them before.

use super::*;
use crate::domain::{ColumnChoice, Delimiter, Part, TargetChoice, Task};

const TEXT: &str = "ref,a,b,when,IC50 [nM],logS (mol/L),active\n\
                    r1,CCO,CCN,train,10.5,-2.5,1\n\
                    r2,CC,CO,test,,-1.25,0\n\
                    r3,c1ccccc1O,CN,val,7,0.5,\n";

fn read_with(text: &str, choice: &ColumnChoice) -> Result<Dataset, OpenError> {
    let loader = Loader::from_bytes("test", text.as_bytes().to_vec())?.with_columns(choice.clone());
    load_fully(loader, |_| true)
}

fn looked_at(text: &str, choice: ColumnChoice) -> Preview {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, text).unwrap();
    let mut previewer = Previewer::open(&path, choice).unwrap();
    while !previewer.step().unwrap().finished {}
    previewer.preview().unwrap().clone()
}

#[test]
fn every_column_can_be_chosen() {
    let choice = ColumnChoice {
        smiles: Some("b".into()),
        id: Part::Named("a".into()),
        split: Part::Nobody,
        targets: Some(vec![
            TargetChoice { column: "active".into(), unit: None },
            TargetChoice { column: "IC50 [nM]".into(), unit: Some("µM".into()) },
        ]),
        task: Some(Task::Regression),
        ..ColumnChoice::default()
    };
    let dataset = read_with(TEXT, &choice).unwrap();
    assert_eq!(dataset.choice, choice);
    let columns = &dataset.columns;
    assert_eq!((columns.smiles.as_str(), columns.id.as_deref(), &columns.split), ("b", Some("a"), &None));
    assert_eq!(columns.targets, ["IC50 [nM]", "active"], "in the order of the file");
    assert_eq!((columns.unit(0), columns.unit(1), columns.title(0)), (Some("µM"), None, "IC50"));
    assert_eq!((columns.task, columns.doubts.len()), (Task::Regression, 0));
    assert_eq!(dataset.records[1].smiles.as_ref(), "CO");
    assert_eq!((dataset.records[1].target(), dataset.records[1].targets[1]), (None, 0.0));
    assert!(dataset.records.iter().all(|record| record.split.is_none()));
}

#[test]
fn units_come_from_headers() {
    let targets = ["IC50 [nM]", "logS (mol/L)", "active"].map(TargetChoice::named);
    let choice = ColumnChoice { targets: Some(targets.into()), ..ColumnChoice::default() };
    let columns = read_with(TEXT, &choice).unwrap().columns;
    assert_eq!(columns.units, [Some("nM".to_owned()), Some("log(mol/L)".to_owned()), None]);
    let esol = opened("smiles,measured log solubility in mols per litre\nCCO,1\nCCN,-2.5\n").columns;
    assert_eq!((esol.unit(0), esol.title(0)), (Some("log(mol/L)"), "measured log solubility"));
}

#[test]
fn a_wrong_choice_is_one_sentence() {
    let refused = |choice: ColumnChoice| {
        let message = read_with(TEXT, &choice).unwrap_err().to_string();
        assert!(message.ends_with(": test") && message.matches(". ").count() == 0, "{message}");
        message
    };
    let smiles = |name: &str| ColumnChoice { smiles: Some(name.into()), ..ColumnChoice::default() };
    assert!(refused(smiles("logS (mol/L)")).contains("holds no SMILES: one of its cells is \"-2.5\""));
    assert!(refused(smiles("z")).contains("the file has \"ref\", \"a\""));
    let split = ColumnChoice { split: Part::Named("ref".into()), ..ColumnChoice::default() };
    assert!(refused(split).contains("(train, val, test): one of its cells is \"r1\""));
    assert!(refused(ColumnChoice::of_targets(&["when".into()])).contains("holds no numbers"));
    let labels = ColumnChoice { task: Some(Task::Labels), ..ColumnChoice::of_targets(&["IC50 [nM]".into()]) };
    assert!(refused(labels).contains("labels (0 and 1): one of its cells is \"10.5\""));
    let id = ColumnChoice { id: Part::Named("nobody".into()), ..ColumnChoice::default() };
    assert!(refused(id).contains("to take names from"));
}

#[test]
fn a_late_value_that_is_no_label_is_missing_with_a_warning() {
    let text = "smiles,y\n".to_owned() + &"CCO,1\n".repeat(300) + "CCN,0.5\n";
    let choice = ColumnChoice { task: Some(Task::Labels), ..ColumnChoice::default() };
    let dataset = read_with(&text, &choice).unwrap();
    assert_eq!((dataset.columns.task, dataset.records[300].target()), (Task::Labels, None));
    assert_eq!(dataset.warnings[0].line, 302);
    assert_eq!(read_with(&text, &ColumnChoice::default()).unwrap().columns.task, Task::Regression);
}

#[test]
fn header_and_delimiter_can_be_said() {
    let text = "CCO;x,y\nCCN;z,w\n";
    let semicolon = ColumnChoice { delimiter: Some(Delimiter::Semicolon), ..ColumnChoice::default() };
    assert_eq!(read_with(text, &semicolon).unwrap().records[0].id.as_deref(), Some("x,y"));
    let header = ColumnChoice { header: Some(true), ..semicolon };
    let dataset = read_with(text, &header).unwrap();
    assert_eq!((dataset.lines, dataset.columns.smiles.as_str()), (1, "CCO"));
    let none = ColumnChoice { delimiter: Some(Delimiter::None), ..ColumnChoice::default() };
    assert_eq!(read_with("CCO\nCC\n", &none).unwrap().records.len(), 2);
}

#[test]
fn columns_of_one_name_are_told_apart() {
    let text = "smiles,value,value\nCCO,1.5,x\nCCN,2.5,3.5\nCCC,1,9\n";
    let dataset = read_with(text, &ColumnChoice::of_targets(&["value (column 3)".into()])).unwrap();
    assert_eq!(dataset.records[1].target(), Some(3.5));
    assert_eq!(opened(text).columns.targets, ["value"]);
}

#[test]
fn guesses_are_told_and_choices_are_not() {
    let doubts = |text: &str| opened(text).columns.doubts;
    assert!(doubts(TEXT)[0].contains("one of 2 columns that hold structures"), "{:?}", doubts(TEXT));
    let places = "smiles,mass,volume\nCCO,46.1,58.4\nCCN,45.1,9.25\n";
    assert_eq!(doubts(places), ["Targets are taken from \"mass\", the first of 2 columns of numbers."]);
    assert_eq!(read_with(places, &ColumnChoice::of_targets(&["mass".into()])).unwrap().columns.doubts, [""; 0]);
    assert!(doubts("smiles,y\nCCO,1\nCCN,2\n").is_empty());
    assert!(doubts("molekuel,naam\nCCO,xx\nCCN,yy\n")[0].contains("first line"));
}

#[test]
fn a_look_says_what_columns_hold() {
    let preview = looked_at(TEXT, ColumnChoice::default());
    assert!(preview.complete && preview.header && preview.delimiter == Delimiter::Comma && preview.lines == 3);
    let roles: Vec<Role> = preview.columns.iter().map(|column| column.role).collect();
    assert_eq!((roles[1], roles[3]), (Role::Smiles, Role::Split));
    let ic50 = &preview.columns[4];
    assert_eq!((ic50.name.as_str(), ic50.unit.as_deref()), ("IC50 [nM]", Some("nM")));
    assert_eq!(ic50.cells, Cells { filled: 2, numbers: 2, binary: 0 });
    assert_eq!(ic50.first, ["10.5", "", "7"]);
    // A table without structures is shown all the same.
    let cities = looked_at("city,people\nParis,2\nLyon,1\n", ColumnChoice::default());
    assert!(cities.columns.iter().all(|column| column.role == Role::Ignored) && cities.columns.len() == 2);
    let bare = looked_at(TEXT, ColumnChoice { header: Some(false), ..ColumnChoice::default() });
    assert_eq!((bare.lines, bare.columns[0].name.as_str()), (4, "column 1"));
}

#[test]
fn a_long_file_is_counted_to_its_end() {
    let text = "smiles,y\n".to_owned() + &"CCO,1.5\nCCN,\n".repeat(100_000);
    assert!(text.len() > 2 * CHUNK);
    let preview = looked_at(&text, ColumnChoice::default());
    assert_eq!((preview.lines, preview.columns[1].cells.numbers), (200_000, 100_000));
}

proptest! {
    #[test]
    fn any_choice_is_answered(
        text in "[CNO()1,; \t\n.\"x]{0,200}",
        names in proptest::collection::vec("(column [1-4]|[CNOx1]{0,3})", 0..3),
        header in proptest::option::of(any::<bool>()),
        delimiter in proptest::option::of(prop::sample::select(&Delimiter::ALL[..])),
        labels: bool,
    ) {
        let choice = ColumnChoice {
            delimiter,
            header,
            smiles: names.first().cloned(),
            id: names.get(1).cloned().map_or(Part::Found, Part::Named),
            task: labels.then_some(Task::Labels),
            ..ColumnChoice::of_targets(names.get(2..).unwrap_or(&[]))
        };
        if let Ok(dataset) = read_with(&text, &choice) {
            prop_assert!(choice.smiles.is_none_or(|name| name == dataset.columns.smiles));
            prop_assert!(dataset.records.iter().all(|record| record.targets.len() == dataset.columns.targets.len()));
            prop_assert_eq!(dataset.columns.units.len(), dataset.columns.targets.len());
        }
    }

    #[test]
    fn the_look_and_the_reading_agree(
        rows in proptest::collection::vec(("(CCO|c1ccccc1|N|)", "(|1|0|2[.]5|NA|x)", "(train|test|val)"), 1..50),
    ) {
        let text: String = rows.iter().map(|(smiles, y, split)| format!("{smiles},{y},{split}\n")).collect();
        let text = "smiles,y [nM],part\n".to_owned() + &text;
        let preview = looked_at(&text, ColumnChoice::default());
        prop_assert_eq!(preview.lines, rows.len());
        if let Ok(dataset) = read_with(&text, &ColumnChoice::of_targets(&["y [nM]".into()])) {
            let numbers = rows.iter().filter(|(smiles, y, _)| !smiles.is_empty() && y.parse::<f32>().is_ok_and(f32::is_finite));
            prop_assert_eq!(dataset.records.iter().filter(|record| record.target().is_some()).count(), numbers.count());
            prop_assert_eq!(&preview.columns[0].name, &dataset.columns.smiles);
        }
    }
}
