//! The files under `deploy/` are well-formed, and say what the server knows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use crate::started::{MICROMEGAS, run};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

fn documents(name: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn of_kind<'y>(documents: &'y [Yaml], kind: &str) -> &'y Yaml {
    let found = documents.iter().find(|document| document["kind"].as_str() == Some(kind));
    found.unwrap_or_else(|| panic!("there is no {kind}"))
}

/// The settings of an environment file: lines that are no comments.
fn settings(text: &str) -> BTreeSet<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{line:?}"));
            assert!(name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{line:?}");
            assert!(!value.is_empty() && !value.contains(['"', '\'', ' ']), "{line:?}");
            name.to_owned()
        })
        .collect()
}

fn names(map: &Yaml) -> BTreeSet<String> {
    let map = map.as_hash().unwrap();
    assert!(map.values().all(|value| value.as_str().is_some()), "only text is allowed: {map:?}");
    map.keys().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_setting_is_one_that_the_server_knows() {
    let help = run(MICROMEGAS, &["serve", "--help"]).output();
    let manifests = documents("kubernetes/micromegas.yaml");
    let mut in_manifests = names(&of_kind(&manifests, "ConfigMap")["data"]);
    let secret = documents("kubernetes/secret.yaml");
    in_manifests.extend(names(&of_kind(&secret, "Secret")["stringData"]));
    let in_file = settings(&read("environment"));
    assert_eq!(in_file, in_manifests);
    let ours = in_file.iter().filter(|name| name.starts_with("MICROMEGAS_"));
    let mut count = 0;
    for name in ours {
        assert!(help.contains(&format!("[env: {name}")), "{name} is not in the help");
        count += 1;
    }
    assert!(count >= 6, "{in_file:?}");
}

#[test]
fn manifests_are_whole_and_fit_together() {
    let manifests = documents("kubernetes/micromegas.yaml");
    for document in manifests.iter().chain(&documents("kubernetes/secret.yaml")) {
        assert!(document["apiVersion"].as_str().is_some(), "{document:?}");
        assert_eq!(document["metadata"]["name"].as_str(), Some("micromegas"), "{document:?}");
        if document["kind"].as_str() != Some("Namespace") {
            assert_eq!(document["metadata"]["namespace"].as_str(), Some("micromegas"));
        }
    }
    let deployment = &of_kind(&manifests, "Deployment")["spec"];
    let pod = &deployment["template"];
    let labels = &pod["metadata"]["labels"];
    assert_eq!(&deployment["selector"]["matchLabels"], labels);
    let service = &of_kind(&manifests, "Service")["spec"];
    assert_eq!(&service["selector"], labels);
    assert!(pod["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap() > 25);

    let container = &pod["spec"]["containers"][0];
    let ports = container["ports"].as_vec().unwrap();
    let port = |name: &str| {
        let found = ports.iter().find(|port| port["name"].as_str() == Some(name));
        found.unwrap_or_else(|| panic!("no port {name}"))["containerPort"].as_i64().unwrap()
    };
    for (probe, path) in
        [("startupProbe", "/health"), ("livenessProbe", "/health"), ("readinessProbe", "/ready")]
    {
        let get = &container[probe]["httpGet"];
        assert_eq!(get["path"].as_str(), Some(path), "{probe}");
        assert_eq!(port(get["port"].as_str().unwrap()), 9000, "{probe}");
    }
    for exposed in service["ports"].as_vec().unwrap() {
        let target = exposed["targetPort"].as_str().unwrap();
        assert_eq!(exposed["port"].as_i64(), Some(port(target)), "{target}");
    }
}

/// The unit's lines are sections and settings, and `systemd-analyze` finds nothing wrong where it
/// is installed.
#[test]
fn the_unit_is_one_that_systemd_takes() {
    let unit = read("micromegas.service");
    let mut sections = BTreeSet::new();
    for line in unit.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(section) = line.strip_prefix('[') {
            sections.insert(section.strip_suffix(']').unwrap());
        } else if !line.starts_with('#') {
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{line:?}"));
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{line:?}");
            assert!(!value.is_empty() && !sections.is_empty(), "{line:?}");
        }
    }
    assert_eq!(sections, BTreeSet::from(["Install", "Service", "Unit"]));
    assert!(unit.contains("ExecStart=/usr/local/bin/micromegas serve\n"));

    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("micromegas.service");
    // The program has to be there for the check.
    std::fs::write(&copy, unit.replace("/usr/local/bin/micromegas", MICROMEGAS)).unwrap();
    let mut check = Command::new("systemd-analyze");
    match check.args(["verify", "--man=no"]).arg(&copy).output() {
        Ok(checked) => {
            let told = String::from_utf8_lossy(&checked.stderr);
            assert!(!told.contains("micromegas.service"), "{told}");
        }
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}"),
    }
}
