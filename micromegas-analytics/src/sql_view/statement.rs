//! `CREATE MATERIALIZED VIEW` and `DROP MATERIALIZED VIEW`.

use std::sync::Arc;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    CreateTableOptions, CreateView, ObjectName, ObjectType, Statement as SqlStatement,
};
use micromegas_lakehouse::{
    Error as LakehouseError, NewSqlView, PartitionCommit, PartitionFilter, Principal, Rights,
    Tenant,
};

use super::definition::SqlView;
use crate::engine::Engine;
use crate::error::Error;

/// How often partitions are retired again when others change them meanwhile.
const ATTEMPT_COUNT_MAX: usize = 10;

/// A statement about views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ViewStatement {
    Create { name: String, sql: String, replaces: bool, may_exist: bool },
    Drop { names: Vec<String>, may_lack: bool },
}

impl ViewStatement {
    /// The statement, if it is one about views.
    ///
    /// # Errors
    ///
    /// If it is one, and has what is not known here.
    pub(crate) fn of(statement: &Statement) -> Result<Option<Self>, Error> {
        let Statement::Statement(statement) = statement else { return Ok(None) };
        match &**statement {
            SqlStatement::CreateView(view) if view.materialized => Self::create(view).map(Some),
            SqlStatement::Drop {
                object_type: ObjectType::MaterializedView,
                if_exists,
                names,
                ..
            } => {
                let names = names.iter().map(name_of).collect::<Result<_, _>>()?;
                Ok(Some(Self::Drop { names, may_lack: *if_exists }))
            }
            _ => Ok(None),
        }
    }

    fn create(view: &CreateView) -> Result<Self, Error> {
        let has_more = !view.columns.is_empty()
            || view.options != CreateTableOptions::None
            || !view.cluster_by.is_empty()
            || view.to.is_some()
            || view.or_alter
            || view.temporary;
        if has_more {
            return Err(Error::invalid(
                "a materialized view has a name and a query alone: CREATE MATERIALIZED VIEW name \
                 AS SELECT …; name its columns in the query",
            ));
        }
        if view.or_replace && view.if_not_exists {
            return Err(Error::invalid("use OR REPLACE or IF NOT EXISTS, not both"));
        }
        Ok(Self::Create {
            name: name_of(&view.name)?,
            sql: view.query.to_string(),
            replaces: view.or_replace,
            may_exist: view.if_not_exists,
        })
    }

    /// Does it for the home tenant of a principal, and tells what was done.
    ///
    /// # Errors
    ///
    /// If the principal is no administrator, the view cannot be kept up part by part or exists
    /// already, or does not exist, or the lakehouse is not available.
    pub(crate) async fn run(
        &self,
        engine: &Arc<Engine>,
        principal: &Principal,
    ) -> Result<Vec<String>, Error> {
        if !principal.can(Rights::ADMIN) {
            return Err(Error::Forbidden {
                message: "materialized views are made and dropped with the right `admin`"
                    .to_owned(),
            });
        }
        let (tenant, by) = (principal.home(), principal.subject());
        match self {
            Self::Create { name, sql, replaces, may_exist } => {
                create(engine, tenant, name, sql, by, (*replaces, *may_exist)).await
            }
            Self::Drop { names, may_lack } => {
                let mut told = Vec::new();
                for name in names {
                    told.push(drop_view(engine, tenant, name, by, *may_lack).await?);
                }
                Ok(told)
            }
        }
    }
}

async fn create(
    engine: &Arc<Engine>,
    tenant: &Tenant,
    name: &str,
    sql: &str,
    by: &str,
    (replaces, may_exist): (bool, bool),
) -> Result<Vec<String>, Error> {
    let views = engine.sql_views();
    let (sql, created_by) = (sql.to_owned(), by.to_owned());
    let new = NewSqlView { tenant: tenant.clone(), name: name.to_owned(), sql, created_by };
    new.validate()?;
    if views.is_taken(name) {
        return Err(Error::invalid(format!(
            "{name} is a table or function that is always there: choose another name"
        )));
    }
    let compiled = views.compile(tenant, SqlView::new(name, &new.sql))?;
    let mut told = Vec::new();
    match engine.lakehouse().store().define_view(new, replaces).await {
        Ok(record) if record.version == 1 => told.push(format!("view {name} is made")),
        Ok(record) => told.push(format!("view {name} is made, version {}", record.version)),
        Err(LakehouseError::AlreadyExists { .. }) if may_exist => {
            return Ok(vec![format!("there is a view {name} already, it stays as it is")]);
        }
        Err(LakehouseError::AlreadyExists { .. }) => {
            return Err(Error::invalid(format!(
                "there is a view {name} already: drop it, or use CREATE OR REPLACE"
            )));
        }
        Err(error) => return Err(error.into()),
    }
    told.push(
        "it answers from its source until daemons have written it down; lakehouse_lag() tells how \
         far they are"
            .to_owned(),
    );
    if !compiled.has_process {
        told.push(
            "its rows do not name their process: when a process is forgotten, the view is made \
             anew from what remains of its source"
                .to_owned(),
        );
    }
    Ok(told)
}

async fn drop_view(
    engine: &Arc<Engine>,
    tenant: &Tenant,
    name: &str,
    by: &str,
    may_lack: bool,
) -> Result<String, Error> {
    match engine.lakehouse().store().drop_view(tenant, name, by).await {
        Ok(()) => {}
        Err(LakehouseError::NotFound { .. }) if may_lack => {
            return Ok(format!("there is no view {name}"));
        }
        Err(LakehouseError::NotFound { .. }) => {
            return Err(Error::invalid(format!(
                "there is no view {name} that can be dropped: list_view_sets() tells which there \
                 are"
            )));
        }
        Err(error) => return Err(error.into()),
    }
    retire_all(engine, tenant, name).await?;
    Ok(format!("view {name} is dropped"))
}

/// Ends all partitions of a name. Should a daemon commit one more, it is one of a definition that
/// nobody reads.
async fn retire_all(engine: &Engine, tenant: &Tenant, name: &str) -> Result<(), Error> {
    let store = engine.lakehouse().store();
    for _ in 0..ATTEMPT_COUNT_MAX {
        let version = store.snapshot().await?.ledger_version;
        let (tenants, filter) = (std::slice::from_ref(tenant), PartitionFilter::view(name));
        let live = store.list_partitions(tenants, version, &filter).await?;
        if live.is_empty() {
            return Ok(());
        }
        let commit = PartitionCommit {
            tenant: tenant.clone(),
            view: name.to_owned(),
            lease: None,
            add: Vec::new(),
            retire: live.iter().map(|partition| partition.id).collect(),
        };
        match store.commit_partitions(commit).await {
            Ok(_) | Err(LakehouseError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// A name in lower case, as SQL reads it unless it is quoted.
fn name_of(name: &ObjectName) -> Result<String, Error> {
    let refused =
        || Error::invalid(format!("{name} is no name of a view: it has one part, without catalog"));
    let [part] = name.0.as_slice() else { return Err(refused()) };
    let identifier = part.as_ident().ok_or_else(refused)?;
    Ok(match identifier.quote_style {
        None => identifier.value.to_lowercase(),
        Some(_) => identifier.value.clone(),
    })
}
