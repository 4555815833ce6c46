//! The list of keys, for reading.

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use micromegas_lakehouse::ApiKeyRecord;

/// Writes one line a key under headings.
pub(crate) fn write_list(
    out: &mut impl Write,
    keys: &[ApiKeyRecord],
    now: DateTime<Utc>,
) -> io::Result<()> {
    let headings = ["BEGINS WITH", "NAME", "TENANT", "RIGHTS", "MADE", "STATE", "ID"];
    let mut rows = vec![headings.map(str::to_owned)];
    rows.extend(keys.iter().map(|key| {
        [
            key.prefix.clone(),
            key.name.clone(),
            key.tenant.to_string(),
            key.rights.to_string(),
            day(key.created_time),
            state(key, now),
            key.id.to_string(),
        ]
    }));
    let mut widths = [0; 7];
    for row in &rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = text.chars().count().max(*width);
        }
    }
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(text, width)| format!("{text:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn state(key: &ApiKeyRecord, now: DateTime<Utc>) -> String {
    match (&key.revoked, key.expires) {
        (Some(revoked), _) => format!("revoked {}", day(revoked.time)),
        (None, Some(expires)) if expires <= now => format!("expired {}", day(expires)),
        (None, Some(expires)) => format!("until {}", day(expires)),
        (None, None) => "valid".to_owned(),
    }
}

fn day(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use micromegas_lakehouse::{KeyHash, Revocation, Rights, Tenant};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_list_says_what_became_of_each_key_and_shows_no_hash() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let key = |name: &str, expires, revoked| ApiKeyRecord {
            id: Uuid::from_u128(1),
            name: name.to_owned(),
            prefix: "mmk_abcdefgh".to_owned(),
            hash: KeyHash::from_bytes([0xab; 32]),
            tenant: Tenant::default(),
            rights: Rights::INGEST,
            expires,
            created_by: "ada".to_owned(),
            created_time: now,
            revoked,
        };
        let day = TimeDelta::days(1);
        let revoked = Some(Revocation { time: now, by: "bob".to_owned() });
        let keys = [
            key("größer", None, None),
            key("b", Some(now + day), None),
            key("c", Some(now - day), None),
            key("d", Some(now - day), revoked),
        ];
        let mut out = Vec::new();
        write_list(&mut out, &keys, now).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5);
        let place = lines[0].find("TENANT").unwrap();
        assert_eq!(lines[1].chars().skip(place).take(7).collect::<String>(), "default");
        for (line, state) in lines[1..].iter().zip([
            "valid",
            "until 2023-11-15",
            "expired 2023-11-13",
            "revoked 2023-11-14",
        ]) {
            assert!(line.contains(state), "{text}");
        }
        assert!(!text.contains("abab"), "{text}");
    }
}
