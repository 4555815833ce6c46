//! The documented columns of every table against a golden list, and against what SQL shows.

use std::fmt::Write as _;

use datafusion::catalog::TableProvider;
use micromegas_analytics::{Options, Tables, table_docs};
use micromegas_lakehouse::{Lakehouse, Principal};

const GOLDEN: &str = include_str!("golden/columns.txt");

fn rendered() -> String {
    let mut text = String::new();
    for table in table_docs() {
        writeln!(text, "[{}]", table.name).unwrap();
        for column in table.columns {
            let null = if column.nullable { ", null" } else { "" };
            writeln!(text, "{}: {}{null}", column.name, column.kind.data_type()).unwrap();
        }
    }
    text
}

#[test]
fn columns_and_types_are_the_published_ones() {
    let rendered = rendered();
    assert_eq!(rendered, GOLDEN, "the golden list would be:\n{rendered}");
}

#[test]
fn every_column_is_documented_in_a_sentence() {
    for table in table_docs() {
        for column in table.columns {
            let is_sentence = column.doc.ends_with('.') && column.doc.len() > 8;
            assert!(is_sentence, "{}.{}: {:?}", table.name, column.name, column.doc);
        }
    }
}

#[test]
fn tables_have_the_documented_schema() {
    let tables = Tables::try_new(Lakehouse::in_memory(), Options::default()).unwrap();
    let docs = table_docs();
    for (name, table) in tables.tables(&Principal::local()) {
        let doc = docs.iter().find(|doc| doc.name == name).unwrap();
        let schema = TableProvider::schema(table.as_ref());
        let documented: Vec<_> =
            doc.columns.iter().map(|c| (c.name, c.kind.data_type(), c.nullable)).collect();
        let actual: Vec<_> = schema
            .fields()
            .iter()
            .map(|f| (f.name().as_str(), f.data_type().clone(), f.is_nullable()))
            .collect();
        assert_eq!(actual, documented, "{name}");
    }
}
