mod choice;
mod targets;

use super::*;
use crate::domain::{Columns, Split};
use crate::io::{Validator, load_fully};
use proptest::prelude::*;
use std::io::Write as _;

fn read(bytes: &[u8]) -> Result<Dataset, OpenError> {
    let mut loader = Loader::from_bytes("test", bytes.to_vec())?;
    for _ in 0..10_000 {
        if loader.step()?.finished {
            return Ok(loader.into_dataset());
        }
    }
    panic!("the loader does not come to an end");
}

fn opened(text: &str) -> Dataset {
    read(text.as_bytes()).unwrap()
}

fn refused(bytes: &[u8]) -> String {
    let message = read(bytes).unwrap_err().to_string();
    assert!(message.ends_with(": test"), "the path comes last: {message}");
    message
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn columns(dataset: &Dataset) -> [Option<&str>; 4] {
    let Columns { smiles, targets, split, id, .. } = &dataset.columns;
    assert!(targets.len() < 2, "{targets:?}");
    [Some(smiles.as_str()), targets.first().map(String::as_str), split.as_deref(), id.as_deref()]
}

#[test]
fn csv_with_header() {
    let dataset = opened("smiles,split,target\nCCO,train,1.5\n\nc1ccccc1,valid,\nC[C@H](F)Cl,test,nan\n");
    assert_eq!((dataset.format.as_str(), dataset.lines), ("csv", 3));
    assert_eq!(columns(&dataset), [Some("smiles"), Some("target"), Some("split"), None]);
    let rows: Vec<_> = dataset.records.iter().map(|r| (r.line, &*r.smiles, r.target(), r.split, r.atoms)).collect();
    assert_eq!(rows[0], (2, "CCO", Some(1.5), Some(Split::Train), 3));
    assert_eq!(rows[1], (4, "c1ccccc1", None, Some(Split::Val), 6));
    assert_eq!(rows[2], (5, "C[C@H](F)Cl", None, Some(Split::Test), 4));
    assert_eq!(dataset.warnings.len(), 1, "{:?}", dataset.warnings);
    assert_eq!(dataset.warnings[0].line, 5);
}

#[test]
fn columns_are_found_by_content() {
    let esol = "Compound ID,ESOL predicted log solubility in mols per litre,Minimum Degree,measured log solubility in mols per litre,smiles\n\
                Amigdalin,-0.974,1,-0.77,OCC3OC(OCC2OC(OC(C#N)c1ccccc1)C(O)C(O)C2O)C(O)C(O)C3O \n\
                Fenfuram,-2.885,1,-3.3,Cc1occc1C(=O)Nc2ccccc2\n";
    let dataset = opened(esol);
    let measured = Some("measured log solubility in mols per litre");
    assert_eq!(columns(&dataset), [Some("smiles"), measured, None, Some("Compound ID")]);
    assert_eq!(dataset.records[0].target(), Some(-0.77));
    assert!(dataset.records[0].smiles.ends_with('O'));

    let numbered = ",mol,p_np\n0,CCO,1\n1,CCN,0\n2,CCC,1\n";
    assert_eq!(columns(&opened(numbered)), [Some("mol"), Some("p_np"), None, None]);

    let bare = "CCO,0.5,train\nCCN,1.5,test\nCCC,-2,train\n";
    let dataset = opened(bare);
    assert_eq!(columns(&dataset), [Some("column 1"), Some("column 2"), Some("column 3"), None]);
    assert_eq!(dataset.records[0].line, 1);

    let reversed = "name;value;structure\nethanol;1;CCO\nmethylamine;2;CN\n";
    let dataset = opened(reversed);
    assert_eq!(columns(&dataset), [Some("structure"), Some("value"), None, Some("name")]);
    assert_eq!(dataset.records[1].id.as_deref(), Some("methylamine"));
}

#[test]
fn smi_files_have_a_structure_and_a_name() {
    let dataset = opened("CCO ethanol\nCC(=O)O acetic acid\nC\n");
    assert_eq!(dataset.format, "smi");
    assert_eq!(dataset.records[1].id.as_deref(), Some("acetic acid"));
    assert_eq!(dataset.records[2].id, None);
    let numbered = opened("CCO 7001\nCCN 8\nCCC 9\n");
    assert_eq!((numbered.records[0].id.as_deref(), numbered.records[0].target()), (Some("7001"), None));
    let tabs = opened("CCO\tethanol\nCC(=O)O\tacetic acid\n");
    assert_eq!((tabs.format.as_str(), tabs.records[1].id.as_deref()), ("tsv", Some("acetic acid")));
    let single = opened("CCO\r\nc1ccccc1\r\nxyz\r\n");
    assert_eq!((single.format.as_str(), single.records.len(), single.skipped[0].line), ("smi", 2, 3));
}

#[test]
fn rows_that_do_not_parse_are_listed() {
    let dataset = opened("smiles,y\nCCO,1\nC(C,2\n,3\nC1CC,4\nCCN,abc\n");
    let skipped: Vec<_> = dataset.skipped.iter().map(|note| note.line).collect();
    assert_eq!((skipped, dataset.records.len(), dataset.lines), (vec![3, 4, 5], 2, 5));
    assert_eq!(dataset.warnings[0].line, 6);
}

#[test]
fn validation_moves_the_impossible_to_the_skipped() {
    let loaded = opened("smiles\nCCO\nC(C)(C)(C)(C)C\nc1cccc1\nCCN\nN->[Fe]\n");
    assert_eq!((loaded.records.len(), loaded.validated), (5, false));
    let mut validator = Validator::new(&loaded);
    assert_eq!(validator.step(), (5, 5));
    let dataset = validator.finish().unwrap();
    assert!(dataset.validated);
    let smiles: Vec<_> = dataset.records.iter().map(|record| &*record.smiles).collect();
    assert_eq!(smiles, ["CCO", "CCN", "N->[Fe]"]);
    assert_eq!(dataset.skipped.iter().map(|note| note.line).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(dataset.warnings.iter().map(|note| note.line).collect::<Vec<_>>(), [6]);
}

#[test]
fn gzip_is_recognised_and_may_be_cut_off() {
    let text: String = (0..50_000).map(|row| format!("{}O,{row}.5\n", "C".repeat(1 + row % 40))).collect();
    let packed = gzip(("smiles,y\n".to_owned() + &text).as_bytes());
    let whole = read(&packed).unwrap();
    assert_eq!((whole.format.as_str(), whole.records.len(), whole.warnings.len()), ("csv+gzip", 50_000, 0));
    let cut = read(&packed[..packed.len() / 2]).unwrap();
    assert!((1_000..50_000).contains(&cut.records.len()), "{}", cut.records.len());
    for (cut, whole) in cut.records.iter().zip(&whole.records) {
        assert_eq!((cut.line, &cut.smiles, &cut.targets), (whole.line, &whole.smiles, &whole.targets));
    }
    assert!(cut.warnings[0].reason.contains("gzip"), "{:?}", cut.warnings);
    assert!(refused(&packed[..12]).contains("damaged"));
}

#[test]
fn a_chunk_boundary_changes_nothing() {
    let line = |row: usize| format!("\"{}\",\"name\r\n{row}\",{row}.25\r\n", "CO".repeat(1 + row % 20));
    let text: String = (0..40_000).map(line).collect();
    assert!(text.len() > 2 * CHUNK);
    let dataset = opened(&("smiles,name,target\r\n".to_owned() + &text));
    assert_eq!((dataset.records.len(), dataset.skipped.len()), (40_000, 0));
    for (row, record) in dataset.records.iter().enumerate() {
        assert_eq!(record.line as usize, 2 + 2 * row);
        assert_eq!(record.id.as_deref(), Some(format!("name\r\n{row}").as_str()));
    }
}

#[test]
fn what_is_no_table_is_refused_with_a_sentence() {
    assert!(refused(b"").contains("empty"));
    assert!(refused(b"\n  \n").contains("empty"));
    assert!(refused(b"smiles,y\n").contains("header"));
    assert!(refused(&[0, 1, 2, 3, 255, 254].repeat(50)).contains("binary"));
    assert!(refused(b"CCO\0\nCCN\n").contains("binary"));
    assert!(refused(b"PK\x03\x04rest").contains("zip"));
    assert!(refused(b"city,people\nParis,2\nLyon,1\n").contains("No column with SMILES"));
    assert!(refused(b"smiles\nC(\nN)\n").contains("None of the 2 lines"));
    assert!(
        refused(
            "smiles,name\nCCO,\u{e9}thanol\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().as_slice()
        )
        .contains("UTF-16")
    );
    assert!(refused(b"smiles,name\nCCO,a\nCC,\xe9thane\n").contains("Latin-1"));
    assert!(refused(b"smiles,name\nCCO,a\nCC,\xe9thane\n").contains("line 3"));
    assert!(refused(&b"C".repeat(MAX_LINE + 2)).contains("longer than"));
    assert!(refused(b"x\n  1  0  0  0  0  0            999 V2000\nM  END\n$$$$\n").contains("SDF"));
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Loader::open(folder.path()), Err(OpenError::Folder { .. })));
    assert!(matches!(Loader::open(&folder.path().join("no.csv")), Err(OpenError::Missing { .. })));
}

#[test]
fn blank_lines_before_the_table_count() {
    let dataset = opened(&("\n".repeat(FIRST_CHUNK + 5) + "smiles,y\nCCO,1\n"));
    assert_eq!(dataset.records[0].line as usize, FIRST_CHUNK + 7);
}

#[test]
fn a_byte_order_mark_is_no_text() {
    let dataset = read("\u{feff}smiles,y\nCCO,1\n".as_bytes()).unwrap();
    assert_eq!(dataset.columns.smiles, "smiles");
}

#[test]
fn a_gzip_without_end_is_stopped() {
    let packed = gzip(&b"CCO\n".repeat(1 << 20));
    assert!(packed.len() < 1 << 15);
    let stopped = |most_text: u64, most_lines: usize| {
        let mut loader = Loader::from_bytes("test", packed.clone()).unwrap();
        (loader.lines.most_text, loader.lines.most_lines) = (most_text, most_lines);
        loop {
            match loader.step() {
                Ok(step) => assert!(!step.finished && loader.lines.buffer.len() <= CHUNK + 4),
                Err(error) => break error,
            }
        }
    };
    assert!(matches!(stopped(1 << 20, usize::MAX), OpenError::TooLarge { .. }));
    assert!(matches!(stopped(u64::MAX, 50_000), OpenError::TooManyLines { .. }));
    let blank = flate2::read::GzEncoder::new(std::io::repeat(b'\n'), flate2::Compression::fast());
    let mut loader = Loader::new("test", Lines::new("test".into(), Box::new(blank), 0).unwrap());
    loader.lines.most_text = 1 << 20;
    let error = loop {
        if let Err(error) = loader.step() {
            break error;
        }
        assert!(loader.lines.buffer.is_empty());
    };
    assert!(matches!(error, OpenError::TooLarge { .. }));
}

#[test]
fn progress_can_stop_a_load() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, "smiles\nCCO\nCCN\n").unwrap();
    let mut last = 0.0;
    let load = |progress: &mut dyn FnMut(f32) -> bool| load_fully(Loader::open(&path).unwrap(), progress);
    let dataset = load(&mut |share| {
        assert!(share >= last);
        last = share;
        true
    });
    assert!(dataset.unwrap().validated && last >= 1.0);
    assert!(matches!(load(&mut |_| false), Err(OpenError::Stopped { .. })));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        drop(read(&bytes));
    }

    #[test]
    fn any_text_is_answered(text in "[CNO()1-3=#\\[\\]@+\\-\",;\t\r\n éx.]{0,300}") {
        if let Ok(dataset) = read(text.as_bytes()) {
            prop_assert_eq!(dataset.lines, dataset.records.len() + dataset.skipped.len());
        }
    }

    #[test]
    fn mutated_files_are_answered(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), packed: bool
    ) {
        let text = b"smiles,split,target\nCCO,train,1\n\"c1ccccc1\",val,2\nCC(=O)[O-].[Na+],test,3\n";
        let mut bytes = if packed { gzip(text) } else { text.to_vec() };
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        drop(read(&bytes));
    }
}
