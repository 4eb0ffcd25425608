//! Which columns become targets, and what is read from them.

use super::*;
use crate::domain::{Record, Task};

/// Names of the targets, and the task.
fn found(dataset: &Dataset) -> (Vec<&str>, Task) {
    (dataset.columns.targets.iter().map(String::as_str).collect(), dataset.columns.task)
}

/// Targets per record, `None` where one is missing.
fn values(dataset: &Dataset) -> Vec<Vec<Option<f32>>> {
    let value = |&value: &f32| (!value.is_nan()).then_some(value);
    dataset.records.iter().map(|record| record.targets.iter().map(value).collect()).collect()
}

fn with_targets(text: &str, names: &[&str]) -> Result<Dataset, OpenError> {
    let loader = Loader::from_bytes("test", text.as_bytes().to_vec())?;
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    load_fully(loader.with_columns(ColumnChoice::of_targets(&names)), |_| true)
}

/// A table of many rows that begin like the first ones, which are all that is looked at before reading.
fn long(header: &str, row: &str, last: &str) -> String {
    format!("{header}\n{}{last}\n", format!("{row}\n").repeat(20_000))
}

#[test]
fn all_columns_of_labels_are_targets() {
    let assays =
        "NR-AR,SR-ARE,SR-p53,mol_id,smiles,split\n0,,1,TOX1,CCO,train\n,1,0,TOX2,CCN,val\n1.0,0,,TOX3,CCC,test\n";
    let dataset = opened(assays);
    assert_eq!(found(&dataset), (vec!["NR-AR", "SR-ARE", "SR-p53"], Task::Labels));
    assert_eq!((dataset.outputs(), dataset.columns.id.as_deref()), (3, Some("mol_id")));
    let (one, none) = (Some(1.0), Some(0.0));
    assert_eq!(values(&dataset), [vec![none, None, one], vec![None, one, none], vec![one, none, None]]);
    assert_eq!(dataset.records.iter().map(Record::target).collect::<Vec<_>>(), [none, None, one]);
    assert!(dataset.warnings.is_empty());

    let bare = opened("CCO,0,1\nCCN,,0\nCCC,1,1\n");
    assert_eq!(found(&bare), (vec!["column 2", "column 3"], Task::Labels));
}

#[test]
fn one_column_is_a_target_by_name_or_place() {
    let cases = [
        ("smiles,p_np\nCCO,1\nCCN,0\nCCC,1\n", "p_np", Task::Labels),
        ("smiles,freesolv\nCCO,-11.01\nCCN,-4.87\n", "freesolv", Task::Regression),
        ("smiles,split,target\nCCO,train,-0.29\nCCN,val,1.22\n", "target", Task::Regression),
        (
            "mol_id,smiles,label,split,n_masks,atom_masks\nZ1,CCO,0,train,1,000\nZ2,CCN,1,test,1,001\n",
            "label",
            Task::Labels,
        ),
        ("smiles,is_acid,aromatic,y\nCCO,0,1,2.5\nCCN,1,0,0\n", "y", Task::Regression),
        ("smiles,is_acid,mass\nCCO,0,46.1\nCCN,1,45.1\n", "is_acid", Task::Labels),
    ];
    for (text, target, task) in cases {
        assert_eq!(found(&opened(text)), (vec![target], task));
    }
    assert_eq!(found(&opened("smiles,name\nCCO,a\nCCN,b\n")), (vec![], Task::Regression));
    let bundled = read(include_bytes!("../../../../assets/data/zinc12k.csv.gz")).unwrap();
    assert_eq!(found(&bundled), (vec!["penalised_logP"], Task::Regression));
    assert!(bundled.records.iter().all(|record| record.target().is_some()));
}

#[test]
fn the_last_row_may_change_what_is_a_target() {
    // Two columns of labels and, in the last row, a number that is none in one of them.
    let dataset = opened(&long("smiles,a,b,c", "CCO,0,1,0", "CCN,1,0,2"));
    assert_eq!(found(&dataset), (vec!["a", "b"], Task::Labels));
    assert_eq!(values(&dataset)[20_000], [Some(1.0), Some(0.0)]);
    let dataset = opened(&long("smiles,a,b", "CCO,0,1", "CCN,1,0.5"));
    assert_eq!((found(&dataset), values(&dataset)[20_000].len()), ((vec!["a"], Task::Labels), 1));
    let dataset = opened(&long("smiles,a,b", "CCO,0,1", "CCN,7,0"));
    assert_eq!(found(&dataset), (vec!["a"], Task::Regression));
    // A column that holds its first label in the last row, and one that never does.
    let dataset = opened(&long("smiles,a,b,c,d,e", "CCO,0,,,NA,", "CCN,1,1,,1,remark"));
    assert_eq!(found(&dataset), (vec!["a", "b", "d"], Task::Labels));
    assert_eq!(
        (values(&dataset)[0].as_slice(), values(&dataset)[20_000].as_slice()),
        (&[Some(0.0), None, None][..], &[Some(1.0); 3][..])
    );
    assert!(dataset.warnings.is_empty(), "{:?}", dataset.warnings.first());
}

#[test]
fn what_is_shown_while_reading_is_settled_too() {
    let text = long("smiles,a,b", "CCO,0,1", "CCN,1,2");
    let mut loader = Loader::from_bytes("test", text.into_bytes()).unwrap();
    assert!(!loader.step().unwrap().finished);
    let first = loader.dataset();
    assert_eq!(found(&first), (vec!["a", "b"], Task::Labels));
    assert_eq!(values(&first)[0], [Some(0.0), Some(1.0)]);
    while !loader.step().unwrap().finished {}
    for dataset in [loader.dataset(), loader.into_dataset()] {
        assert_eq!(found(&dataset), (vec!["a"], Task::Labels));
        assert!(values(&dataset).iter().all(|row| row.len() == 1));
    }
}

#[test]
fn words_in_a_target_are_missing_values_with_a_warning() {
    let good = "CCO,0,1,train\n".repeat(20);
    let dataset = opened(&format!("smiles,a,b,split\nCCN,nan,0,tain\nCCC,1,inconclusive,val\n{good}"));
    assert_eq!(found(&dataset), (vec!["a", "b"], Task::Labels));
    assert_eq!(values(&dataset)[..2], [[None, Some(0.0)], [Some(1.0), None]]);
    let warnings: Vec<_> = dataset.warnings.iter().map(|note| (note.line, note.reason.as_str())).collect();
    assert_eq!(
        warnings,
        [
            (2, "\"tain\" is not train, val or test"),
            (2, "the target \"nan\" is not a finite number"),
            (3, "the target \"inconclusive\" is not a finite number"),
        ]
    );
    // What stands in a column that is no target concerns nobody.
    let dataset = opened(&long("smiles,a,b", "CCO,0,1", "CCN,1,odd\nCCN,1,2"));
    assert_eq!((found(&dataset), dataset.warnings.as_slice()), ((vec!["a"], Task::Labels), &[][..]));
}

#[test]
fn targets_can_be_named() {
    let text = "id,mass,polar,smiles,logp\n7,46.1,1,CCO,0\n8,45.1,0,CCN,1\n9,44.1,0,CCC,1\n";
    let names = |names: &[&str]| {
        let dataset = with_targets(text, names).unwrap();
        let columns = dataset.columns.clone();
        assert!(dataset.records.iter().all(|record| record.targets.len() == columns.targets.len()));
        (columns.targets.join(" "), columns.task, columns.id)
    };
    assert_eq!(names(&["logp", "mass", "logp"]), ("mass logp".to_owned(), Task::Regression, Some("id".to_owned())));
    assert_eq!(names(&["polar"]), ("polar".to_owned(), Task::Labels, Some("id".to_owned())));
    assert_eq!(names(&["id"]), ("id".to_owned(), Task::Regression, None));
    let bare = with_targets("CCO,1.5,2.5\nCCN,0,1\n", &["column 3"]).unwrap();
    assert_eq!((found(&bare).0, values(&bare)), (vec!["column 3"], vec![vec![Some(2.5)], vec![Some(1.0)]]));

    let refused = |text: &str, name: &str| with_targets(text, &[name]).unwrap_err().to_string();
    assert_eq!(
        refused(text, "logP"),
        "There is no column \"logP\" to take targets from; beside the SMILES, the file has \"id\", \"mass\", \"polar\", \"logp\": test"
    );
    assert!(refused(text, "smiles").contains("no column \"smiles\""));
    assert!(refused("smiles\nCCO\n", "y").contains("the file has no columns"));
    let wide: String = (0..30).map(|column| format!(",c{column}")).collect();
    assert!(refused(&format!("smiles{wide}\nCCO{}\n", ",1".repeat(30)), "y").contains("\"c19\" and 10 more"));
}

proptest! {
    #[test]
    fn targets_follow_from_the_cells_alone(
        rows in proptest::collection::vec(proptest::array::uniform3(prop::sample::select(vec!["", "0", "1", "NA"])), 1..400),
        odd in proptest::option::of((any::<prop::sample::Index>(), 0_usize..3)),
    ) {
        let mut rows: Vec<[&str; 3]> = rows;
        // One number among labels, anywhere.
        if let Some((at, column)) = odd {
            let at = at.index(rows.len());
            rows[at][column] = "3.5";
        }
        let text: String = rows.iter().map(|row| format!("CCO,x,{}\n", row.join(","))).collect();
        let dataset = opened(&("smiles,remark,a,b,c\n".to_owned() + &text));
        let cells = |column: usize| rows.iter().map(move |row| row[column]);
        let labels: Vec<usize> = (0..3)
            .filter(|&column| cells(column).all(|cell| cell != "3.5") && cells(column).any(|cell| ["0", "1"].contains(&cell)))
            .collect();
        let (names, task) = found(&dataset);
        if labels.len() > 1 {
            let expected: Vec<&str> = labels.iter().map(|&column| ["a", "b", "c"][column]).collect();
            prop_assert_eq!((names, task), (expected, Task::Labels));
            for (row, read) in rows.iter().zip(values(&dataset)) {
                let expected: Vec<Option<f32>> = labels.iter().map(|&column| row[column].parse().ok()).collect();
                prop_assert_eq!(read, expected);
            }
        } else {
            prop_assert!(names.len() < 2);
            prop_assert!(task == Task::Regression || labels.len() == 1);
        }
    }
}
