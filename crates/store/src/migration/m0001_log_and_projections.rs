//! The log, its tree, answered requests, the three projections, and the follower's notes.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in tables(backend) {
            manager.create_table(table).await?;
        }
        for index in indices() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Text that is compared and sorted byte by byte on both engines, whatever the locale of a `PostgreSQL` database is: pages
/// and evaluations must come in the same order everywhere.
fn key(backend: DbBackend, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    if backend == DbBackend::Postgres {
        column.custom("text COLLATE \"C\"")
    } else {
        column.text()
    };
    column.not_null().take()
}

fn number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

fn optional_text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().null().take()
}

fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().take()
}

fn flag(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

fn time(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).timestamp_with_time_zone().not_null().take()
}

fn optional_time(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).timestamp_with_time_zone().null().take()
}

fn table(name: &'static str, keys: &[&'static str], columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create().table(name).take();
    for column in columns {
        table.col(column);
    }
    let mut primary = Index::create();
    for column in keys {
        primary.col(*column);
    }
    table.primary_key(&mut primary).take()
}

fn projection(backend: DbBackend, name: &'static str, own: Vec<ColumnDef>) -> TableCreateStatement {
    let mut columns = vec![
        key(backend, "name"),
        number("revision"),
        key(backend, "origin"),
        number("log_index"),
        number("position"),
        time("known_from"),
        ColumnDef::new("superseded_index").big_integer().null().take(),
        optional_time("superseded_time"),
        optional_text("correction_reason"),
        optional_text("correction_note"),
    ];
    columns.extend(own);
    table(name, &["name", "revision"], columns)
}

fn tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    let key = |name| key(backend, name);
    let of_log = |table: &'static str| {
        ForeignKey::create().name(format!("{table}_log")).from(table, "log").to("log_head", "log").take()
    };
    vec![
        table(
            "log_head",
            &["log"],
            vec![key("log"), number("size"), bytes("root"), text("note"), optional_time("last_time")],
        ),
        table(
            "log_entry",
            &["log", "entry_index"],
            vec![key("log"), number("entry_index"), bytes("leaf_hash"), ColumnDef::new("leaf").blob().null().take()],
        )
        .foreign_key(&mut of_log("log_entry"))
        .take(),
        table(
            "log_node",
            &["log", "level", "node_index"],
            vec![key("log"), number("level"), number("node_index"), bytes("hash")],
        )
        .foreign_key(&mut of_log("log_node"))
        .take(),
        table(
            "request",
            &["log", "principal", "request_id"],
            vec![
                key("log"),
                key("principal"),
                key("request_id"),
                text("method"),
                bytes("digest"),
                number("log_index"),
                bytes("response"),
            ],
        )
        .foreign_key(&mut of_log("request"))
        .take(),
        projection(
            backend,
            "observation",
            vec![
                key("indicator"),
                key("region"),
                key("period"),
                key("scope"),
                key("measure"),
                optional_text("value"),
                optional_text("text_value"),
                text("unit"),
                text("qualifier"),
                text("status"),
                optional_text("numerator"),
                optional_text("denominator"),
                optional_text("canonical_value"),
                flag("period_assumed"),
                flag("scope_assumed"),
                text("reported_label"),
                text("reporting_party"),
                text("source_department"),
                text("evidence"),
                optional_text("citation"),
                text("note"),
            ],
        ),
        projection(
            backend,
            "funding_line",
            vec![
                text("subject_kind"),
                key("subject"),
                key("stage"),
                key("source"),
                text("source_detail"),
                text("amount"),
                text("entered_value"),
                text("entered_unit"),
                ColumnDef::new("budget_year").big_integer().null().take(),
                text("period"),
                flag("period_assumed"),
                optional_text("basis"),
                optional_text("split_of"),
                optional_text("moved_from"),
                text("evidence"),
                optional_text("citation"),
                text("reporting_party"),
                text("source_department"),
                text("note"),
            ],
        ),
        projection(backend, "resource", vec![key("collection"), text("type_name"), bytes("body")]),
        table(
            "follow_state",
            &["log"],
            vec![key("log"), optional_time("last_contact"), optional_text("last_error"), number("announced_size")],
        ),
    ]
}

fn index(table: &'static str, suffix: &str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(format!("{table}_{suffix}")).table(table).take();
    for column in columns {
        index.col(*column);
    }
    index
}

fn indices() -> Vec<IndexCreateStatement> {
    let mut all = Vec::new();
    for table in ["observation", "funding_line", "resource"] {
        // One current revision of a name: a lost update cannot be stored even by a faulty program.
        all.push(index(table, "current", &["name"]).unique().and_where(Expr::col("superseded_index").is_null()).take());
        // An item of a log entry makes one row: the same entry cannot be applied twice.
        all.push(index(table, "place", &["origin", "log_index", "position"]).unique().take());
        all.push(index(table, "origin", &["origin", "name"]));
    }
    all.push(index("observation", "cell", &["indicator", "region", "period"]));
    all.push(index("observation", "region", &["region", "period"]));
    all.push(index("funding_line", "year", &["budget_year", "name"]));
    all.push(index("resource", "collection", &["collection", "name"]));
    all
}
