//! The numbers behind a figure as CSV. A cell that a spreadsheet would run as a formula is
//! disarmed with an apostrophe; numbers are left alone, whatever their sign.

use super::FigureError;
use crate::analysis::chart::Table;
use std::borrow::Cow;

/// A table as CSV with a header line, comma-separated, lines ended by a line feed.
pub(super) fn csv(table: &Table) -> Result<Vec<u8>, FigureError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(&table.columns).chain(&table.rows) {
        writer.write_record(row.iter().map(|cell| disarmed(cell).into_owned()))?;
    }
    writer.into_inner().map_err(|error| FigureError::Csv(error.into_error().into()))
}

fn disarmed(cell: &str) -> Cow<'_, str> {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    if formula { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(columns: &[&str], rows: &[&[&str]]) -> Table {
        let owned = |cells: &[&str]| cells.iter().map(|&cell| cell.to_owned()).collect();
        Table { columns: owned(columns), rows: rows.iter().map(|row| owned(row)).collect() }
    }

    #[test]
    fn formulas_are_disarmed_and_numbers_are_not() {
        let rows: &[&[&str]] =
            &[&["=1+1", "-3.5e-2"], &["@SUM(A1)", "+7"], &["-x", "−1"], &["C=O, \"quoted\"", "-inf"]];
        let text = String::from_utf8(csv(&table(&["name", "value"], rows)).expect("written")).expect("UTF-8");
        assert_eq!(text, "name,value\n'=1+1,-3.5e-2\n'@SUM(A1),+7\n'-x,−1\n\"C=O, \"\"quoted\"\"\",-inf\n");
    }

    #[test]
    fn a_row_of_another_length_is_refused() {
        assert!(matches!(csv(&table(&["a", "b"], &[&["1"]])), Err(FigureError::Csv(_))));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(cells in proptest::collection::vec("[^=+@\t\r-]{0,12}", 6)) {
            let table = Table { columns: vec!["a".into(), "b".into()], rows: cells.chunks(2).map(<[_]>::to_vec).collect() };
            let bytes = csv(&table).expect("written");
            let mut reader = csv::Reader::from_reader(bytes.as_slice());
            let back: Vec<Vec<String>> =
                reader.records().map(|row| row.expect("sound").iter().map(str::to_owned).collect()).collect();
            prop_assert_eq!(back, table.rows);
        }
    }
}
