//! The commands: what they can be told, and what they do.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use chrono::Utc;
use clap::{Parser, Subcommand};
use micromegas_auth::{KeyFile, KeyText};
use micromegas_lakehouse::{
    ApiKeyRecord, KeyFilter, KeyStore, NewApiKey, PostgresOptions, PostgresStore, RecordKey,
    Rights, SqliteStore, Tenant,
};
use uuid::Uuid;

use crate::actor::actor;
use crate::age::Age;
use crate::keys::list::write_list;

/// How many keys are read at a time.
const PAGE_LENGTH: usize = 1000;

/// Make, list and revoke the keys with which programs and people come in
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    place: Place,
}

const EXAMPLES: &str = "\
Examples:
  micromegas keys create \"game servers\"
      A key to send telemetry with. It is printed once, alone on the standard output, and kept
      nowhere: only its hash is.
  micromegas keys create dashboards --rights query --expires 90d
  micromegas keys create tools --tenant team-a --rights ingest,query
  micromegas keys list
  micromegas keys revoke mmk_Q2hhbmdl
      By its id, or by its name or its first letters if they are those of one key.

A server that runs on the same lake knows a new key at once and a revoked one no more after 10 s.
Making and revoking keys is in the lake's audit log.";

/// Where keys are kept.
#[derive(Debug, clap::Args)]
struct Place {
    /// The lake whose keys they are; a server may be running on it
    #[arg(
        long,
        global = true,
        env = "MICROMEGAS_DATA_DIR",
        default_value = "./micromegas-data",
        value_name = "DIR"
    )]
    data_dir: PathBuf,

    /// The PostgreSQL database of a lake, in place of DIR
    #[arg(
        long,
        global = true,
        env = "MICROMEGAS_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    database: Option<String>,

    /// A file of keys, in place of a lake
    #[arg(long, global = true, env = "MICROMEGAS_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key and print it
    Create {
        /// Who or what will use it
        name: String,

        /// The tenant whose data it writes and reads
        #[arg(long, default_value = Tenant::DEFAULT_NAME)]
        tenant: Tenant,

        /// What it may do: ingest, query, control, admin or all, with commas between
        #[arg(long, default_value = "ingest")]
        rights: Rights,

        /// After what time it ends (12h, 90d) [default: never]
        #[arg(long, value_name = "AGE")]
        expires: Option<Age>,
    },
    /// List all keys, those that ended too
    List,
    /// End a key for good
    Revoke {
        /// Its id, its name or its first letters
        key: String,

        /// Its tenant, if keys of several have the name
        #[arg(long)]
        tenant: Option<Tenant>,
    },
}

/// Does what was asked for.
pub(crate) async fn run(args: Args) -> Result<()> {
    let store = open(args.place).await?;
    match args.command {
        Command::Create { name, tenant, rights, expires } => {
            let text = KeyText::generate()?;
            let key = NewApiKey {
                id: Uuid::new_v4(),
                name,
                prefix: text.prefix().to_owned(),
                hash: text.hash(),
                tenant,
                rights,
                expires: expires.map(|age| age.after(Utc::now())).transpose()?,
                created_by: actor(),
            };
            let key = store.insert_key(key).await?;
            eprintln!(
                "{} may now {} for the tenant {}; this is the key:",
                key.name, key.rights, key.tenant
            );
            writeln!(std::io::stdout().lock(), "{}", text.expose())?;
        }
        Command::List => {
            let keys = list(&*store).await?;
            write_list(&mut std::io::stdout().lock(), &keys, Utc::now())?;
        }
        Command::Revoke { key, tenant } => {
            let found = find(&list(&*store).await?, &key, tenant.as_ref())?;
            let revoked = store.revoke_key(&found.tenant, found.id, &actor()).await?;
            let name = revoked.name;
            writeln!(std::io::stdout().lock(), "{name} ({}) is revoked", revoked.prefix)?;
        }
    }
    Ok(())
}

async fn open(place: Place) -> Result<Arc<dyn KeyStore>> {
    Ok(match (place.key_file, place.database) {
        (Some(path), _) => Arc::new(KeyFile::new(path)),
        (None, Some(url)) => {
            Arc::new(PostgresStore::connect(&url, PostgresOptions::default()).await?)
        }
        (None, None) => Arc::new(SqliteStore::open_local(place.data_dir).await?),
    })
}

/// All keys of all tenants.
async fn list(store: &dyn KeyStore) -> Result<Vec<ApiKeyRecord>> {
    let mut keys = Vec::new();
    let mut filter = KeyFilter::default();
    loop {
        let page = store.list_keys(&filter, PAGE_LENGTH).await?;
        let Some(last) = page.last() else { return Ok(keys) };
        filter.after = Some(RecordKey::new(last.tenant.clone(), last.id));
        keys.extend(page);
    }
}

/// The one key that is meant. The id names a key; a name or first letters do where nothing else
/// has them among the keys that are not revoked.
fn find(keys: &[ApiKeyRecord], meant: &str, tenant: Option<&Tenant>) -> Result<ApiKeyRecord> {
    let of_tenant = |key: &&ApiKeyRecord| tenant.is_none_or(|tenant| key.tenant == *tenant);
    let keys = || keys.iter().filter(of_tenant);
    if let Some(key) = keys().find(|key| key.id.to_string() == meant) {
        return Ok(key.clone());
    }
    // Whoever gives the whole key means it, too.
    let is_meant = |key: &&ApiKeyRecord| key.name == meant || meant.starts_with(&key.prefix);
    let live: Vec<_> = keys().filter(|key| key.revoked.is_none()).filter(is_meant).collect();
    match live.as_slice() {
        [one] => Ok(ApiKeyRecord::clone(one)),
        [] => bail!("no such key; `micromegas keys list` shows which there are"),
        _ => bail!("{} keys are called so; name one by its id", live.len()),
    }
}

#[cfg(test)]
mod tests {
    use micromegas_lakehouse::{KeyHash, Revocation};

    use super::*;

    fn key(number: u128, name: &str, prefix: &str, tenant: &str) -> ApiKeyRecord {
        ApiKeyRecord {
            id: Uuid::from_u128(number),
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            hash: KeyHash::from_bytes([number as u8; 32]),
            tenant: tenant.parse().unwrap(),
            rights: Rights::INGEST,
            expires: None,
            created_by: "ada".to_owned(),
            created_time: Utc::now(),
            revoked: None,
        }
    }

    #[test]
    fn a_key_is_named_by_id_name_or_first_letters_if_it_is_the_only_one() {
        let mut keys = vec![
            key(1, "a", "mmk_11111111", "t"),
            key(2, "b", "mmk_22222222", "t"),
            key(3, "b", "mmk_33333333", "u"),
            key(4, "b", "mmk_44444444", "u"),
        ];
        keys[3].revoked = Some(Revocation { time: Utc::now(), by: "ada".to_owned() });
        let found = |meant: &str, tenant: Option<&str>| {
            let tenant = tenant.map(|name| name.parse().unwrap());
            find(&keys, meant, tenant.as_ref()).map(|key| key.id.as_u128()).ok()
        };
        assert_eq!(found("a", None), Some(1));
        assert_eq!(found("mmk_22222222", None), Some(2));
        assert_eq!(found("mmk_22222222and-the-rest", None), Some(2));
        assert_eq!(found("mmk_", None), None);
        assert_eq!(found("b", None), None);
        assert_eq!(found("b", Some("u")), Some(3));
        assert_eq!(found(&Uuid::from_u128(4).to_string(), None), Some(4));
        assert_eq!(found("", None), None);
    }
}
