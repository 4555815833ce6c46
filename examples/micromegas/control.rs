//! `micromegas control`: turn live processes up or down, for a while.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Error, Result, bail};
use clap::{Parser, Subcommand};
use micromegas_lakehouse::Tenant;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::age::Age;

/// How long the server may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// Turn live processes up or down, for a while
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,

    /// Where the server takes telemetry
    #[arg(
        long,
        global = true,
        env = "MICROMEGAS_TELEMETRY_URL",
        default_value = "http://127.0.0.1:9000"
    )]
    url: String,

    /// A key with the right `control`
    #[arg(
        long,
        global = true,
        env = "MICROMEGAS_CONTROL_API_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    api_key: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  micromegas control set --exe game --property stage=canary --level debug --for 5m
  micromegas control set --process 2c1c0f3e-… --target-level net::http=trace --reason \"slow logins\"
  micromegas control list
  micromegas control end 7e0d…
  micromegas control audit

Rules end by themselves, and are printed as lines of JSON. Processes hear of them when they send the
next time, within 30 seconds.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Set a rule, and print it
    Set(Box<Rule>),
    /// Print the rules in force
    List,
    /// End a rule before its time
    End {
        /// The id of the rule
        rule: Uuid,
    },
    /// Print the latest actions
    Audit,
}

/// Which processes, what for them, and for how long.
#[derive(Debug, clap::Args)]
struct Rule {
    /// The process with this id
    #[arg(long, value_name = "ID")]
    process: Option<Uuid>,

    /// Processes of this executable: its path or the last part of it
    #[arg(long, value_name = "NAME")]
    exe: Option<String>,

    /// Processes with this property; of several all
    #[arg(long, value_name = "NAME=VALUE")]
    property: Vec<Pair>,

    /// The least severe level: off, fatal, error, warn, info, debug, trace
    #[arg(long)]
    level: Option<String>,

    /// The same for a target and those inside it
    #[arg(long, value_name = "TARGET=LEVEL")]
    target_level: Vec<Pair>,

    /// The finest metrics and spans: off, low, medium, high
    #[arg(long)]
    verbosity: Option<String>,

    /// The same for a target and those inside it
    #[arg(long, value_name = "TARGET=VERBOSITY")]
    target_verbosity: Vec<Pair>,

    /// Which blocks of spans are sent: all, none, or as the host decides: host
    #[arg(long)]
    sampling: Option<String>,

    /// For how long
    #[arg(long = "for", default_value = "5m", value_name = "AGE")]
    time: Age,

    /// Why, for the audit log
    #[arg(long, default_value = "")]
    reason: String,

    /// Whose processes, if the key is of several tenants
    #[arg(long)]
    tenant: Option<Tenant>,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq)]
struct Pair(String, String);

impl FromStr for Pair {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // Names of targets have no equals sign, and values may.
        let (name, value) = text.split_once('=').context("write it as NAME=VALUE")?;
        if name.is_empty() {
            bail!("the name is missing before {text}");
        }
        Ok(Self(name.to_owned(), value.to_owned()))
    }
}

impl Rule {
    /// As the server takes it.
    fn document(&self) -> Value {
        let pairs = |pairs: &[Pair]| {
            let pairs = pairs.iter().map(|Pair(name, value)| (name.clone(), value.clone()));
            json!(pairs.collect::<BTreeMap<_, _>>())
        };
        let mut settings = Map::new();
        settings.insert("ttl_seconds".to_owned(), json!(self.time.duration().as_secs()));
        let texts =
            [("level", &self.level), ("verbosity", &self.verbosity), ("sampling", &self.sampling)];
        for (name, text) in texts {
            if let Some(text) = text {
                settings.insert(name.to_owned(), json!(text));
            }
        }
        settings.insert("target_levels".to_owned(), pairs(&self.target_level));
        settings.insert("target_verbosities".to_owned(), pairs(&self.target_verbosity));
        let mut processes = Map::new();
        if let Some(process) = self.process {
            processes.insert("process_id".to_owned(), json!(process));
        }
        if let Some(exe) = &self.exe {
            processes.insert("exe".to_owned(), json!(exe));
        }
        processes.insert("properties".to_owned(), pairs(&self.property));
        let mut rule = Map::new();
        rule.insert("processes".to_owned(), Value::Object(processes));
        rule.insert("settings".to_owned(), Value::Object(settings));
        rule.insert("reason".to_owned(), json!(self.reason));
        if let Some(tenant) = &self.tenant {
            rule.insert("tenant".to_owned(), json!(tenant.as_str()));
        }
        Value::Object(rule)
    }
}

/// Does what was asked for.
pub(crate) async fn run(args: Args) -> Result<()> {
    // The client waits for the server on its thread.
    tokio::task::spawn_blocking(move || ask(&args)).await?
}

fn ask(args: &Args) -> Result<()> {
    let server = Server::new(args);
    let lines = match &args.command {
        Command::Set(rule) => {
            let body = serde_json::to_vec(&rule.document())?;
            vec![server.send("POST", "rules", &body)?.context("the server tells no rule")?]
        }
        Command::List => server.list("rules")?,
        Command::Audit => server.list("audit")?,
        Command::End { rule } => {
            server.send("DELETE", &format!("rules/{rule}"), &[])?;
            Vec::new()
        }
    };
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// A server with its rules.
struct Server {
    agent: ureq::Agent,
    folder: String,
    authorization: Option<String>,
}

impl Server {
    fn new(args: &Args) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .build();
        Self {
            agent: config.new_agent(),
            folder: format!("{}/ingestion/control", args.url.trim_end_matches('/')),
            authorization: args.api_key.as_ref().map(|key| format!("Bearer {key}")),
        }
    }

    /// The document with which a request is answered, if there is one.
    fn send(&self, method: &str, path: &str, body: &[u8]) -> Result<Option<Value>> {
        let url = format!("{}/{path}", self.folder);
        let mut request = ureq::http::Request::builder().method(method).uri(&url);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let answer = self.agent.run(request.body(body)?);
        let mut answer = answer.with_context(|| format!("{url} cannot be reached"))?;
        let status = answer.status();
        let mut text = String::new();
        answer.body_mut().as_reader().take(ANSWER_BYTES_MAX).read_to_string(&mut text)?;
        let document: Option<Value> = serde_json::from_str(&text).ok();
        if !status.is_success() {
            let reason = document.as_ref().and_then(|document| document["error"].as_str());
            bail!("the server says {status}: {}", reason.unwrap_or(text.trim()));
        }
        Ok(document)
    }

    fn list(&self, what: &str) -> Result<Vec<Value>> {
        let document = self.send("GET", what, &[])?.unwrap_or_default();
        let lists = document.as_object().into_iter().flat_map(Map::values);
        Ok(lists.filter_map(Value::as_array).flatten().cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_the_document_that_the_server_takes() {
        let id = Uuid::from_u128(1).to_string();
        let words = [
            "control",
            "set",
            "--process",
            &id,
            "--exe",
            "game",
            "--property",
            "stage=a=b",
            "--level",
            "debug",
            "--target-level",
            "net::http=trace",
            "--for",
            "90s",
            "--reason",
            "slow",
            "--tenant",
            "team-a",
        ];
        let Command::Set(rule) = Args::parse_from(words).command else { panic!("no rule") };
        let expected = json!({
            "processes": { "process_id": id, "exe": "game", "properties": { "stage": "a=b" } },
            "settings": {
                "ttl_seconds": 90, "level": "debug", "target_levels": { "net::http": "trace" },
                "target_verbosities": {},
            },
            "reason": "slow",
            "tenant": "team-a",
        });
        assert_eq!(rule.document(), expected);
        serde_json::from_value::<micromegas_ingestion::control::NewControlRule>(expected).unwrap();
    }
}
