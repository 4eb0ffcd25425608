use super::*;

#[test]
fn placeholder() {
    assert_eq!(scan("CCO"), Ok(3));
}
