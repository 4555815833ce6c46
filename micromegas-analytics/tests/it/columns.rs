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

/// The golden list is rewritten instead of compared.
fn is_blessing() -> bool {
    std::env::var_os("MICROMEGAS_BLESS").is_some_and(|value| value == "1")
}

#[test]
fn columns_and_types_are_the_published_ones() {
    let rendered = rendered();
    if is_blessing() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden/columns.txt");
        std::fs::write(path, &rendered).unwrap();
        return;
    }
    assert_eq!(rendered, GOLDEN, "the golden list would be:\n{rendered}");
}

/// What stands before the columns on the page of tables.
const MARK: &str = "<!-- From here on written by `cargo xtask bless`. -->\n";

#[test]
fn the_page_of_tables_has_the_documented_columns() {
    let mut columns = String::new();
    for table in table_docs() {
        writeln!(columns, "\n### {}\n\n| column | type | |\n|---|---|---|", table.name).unwrap();
        for column in table.columns {
            let null = if column.nullable { ", NULL possible" } else { "" };
            let doc = column.doc.replace('|', "\\|");
            writeln!(columns, "| {} | {:?}{null} | {doc} |", column.name, column.kind).unwrap();
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/tables.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (by_hand, written) = page.split_once(MARK).unwrap();
    if is_blessing() {
        std::fs::write(path, format!("{by_hand}{MARK}{columns}")).unwrap();
        return;
    }
    assert_eq!(written, columns, "docs/tables.md differs; cargo xtask bless rewrites it");
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
