//! Crates whose types cross our borders are there in one version each.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::finding::Finding;
use crate::tidy::graph::Graph;
use crate::tidy::rulebook::Rulebook;

/// Checks the resolved graph, development dependencies and all features included.
pub(crate) fn check(graph: &Graph, rulebook: &Rulebook) -> Vec<Finding> {
    let families = &rulebook.families.one_version;
    let mut versions = BTreeMap::<&str, BTreeSet<&str>>::new();
    for package in &graph.packages {
        if families.iter().any(|family| family.matches(&package.name)) {
            versions.entry(&package.name).or_default().insert(&package.version);
        }
    }
    versions.retain(|_, found| found.len() > 1);
    versions
        .into_iter()
        .map(|(name, found)| {
            let list = Vec::from_iter(found).join(" and ");
            let message =
                format!("`{name}` is there in versions {list}; `cargo tree -d` tells why");
            Finding::in_file("families", "Cargo.lock", message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::graph::Package;
    use crate::tidy::rulebook::Families;

    #[test]
    fn two_versions_of_a_family_member_are_found() {
        let found = [("arrow-array", "59.0.0"), ("arrow-array", "58.1.0"), ("arrow", "59.0.0")];
        let others = [("syn", "1.0.0"), ("syn", "2.0.0")];
        let packages = found.into_iter().chain(others).map(|(name, version)| Package {
            name: name.to_owned(),
            version: version.to_owned(),
            license: None,
        });
        let graph = Graph { members: Vec::new(), packages: packages.collect() };
        let rulebook = Rulebook {
            crates: BTreeMap::new(),
            families: Families { one_version: vec!["arrow*".into()] },
            exceptions: Vec::new(),
        };
        let findings = check(&graph, &rulebook);
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].message.contains("`arrow-array` is there in versions 58.1.0 and 59.0.0")
        );
    }
}
