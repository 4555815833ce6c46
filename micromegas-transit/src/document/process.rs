//! The document that describes a process.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::fields;
use crate::Result;
use crate::cbor::{Reader, Writer};

const DOCUMENT: &str = "process";

/// What is known about a process; sent once, before its streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Identity of the process.
    pub process_id: Uuid,
    /// Path or name of the executable.
    pub exe: String,
    /// Login name of the user.
    pub username: String,
    /// Display name of the user.
    pub realname: String,
    /// Host name.
    pub computer: String,
    /// Name and version of the operating system.
    pub distro: String,
    /// Name of the processor.
    pub cpu_brand: String,
    /// Ticks per second of the process's clock; 0 when it is unknown.
    pub tsc_frequency: i64,
    /// Wall-clock time of the start.
    pub start_time: DateTime<Utc>,
    /// Tick count at the same instant.
    pub start_ticks: i64,
    /// The process that started this one, when it is instrumented too.
    pub parent_process_id: Option<Uuid>,
    /// Further facts, by name.
    pub properties: BTreeMap<String, String>,
}

impl ProcessInfo {
    /// Encodes the document.
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.map(12);
        fields::write_id(&mut writer, "process_id", &self.process_id);
        fields::write_text(&mut writer, "exe", &self.exe);
        fields::write_text(&mut writer, "username", &self.username);
        fields::write_text(&mut writer, "realname", &self.realname);
        fields::write_text(&mut writer, "computer", &self.computer);
        fields::write_text(&mut writer, "distro", &self.distro);
        fields::write_text(&mut writer, "cpu_brand", &self.cpu_brand);
        fields::write_signed(&mut writer, "tsc_frequency", self.tsc_frequency);
        fields::write_time(&mut writer, "start_time", &self.start_time);
        fields::write_signed(&mut writer, "start_ticks", self.start_ticks);
        match &self.parent_process_id {
            Some(parent) => fields::write_id(&mut writer, "parent_process_id", parent),
            None => {
                writer.text("parent_process_id");
                writer.null();
            }
        }
        fields::write_properties(&mut writer, &self.properties);
        writer.into_bytes()
    }

    /// Reads a document; an absent, null or empty parent means none.
    ///
    /// # Errors
    /// [`Error`](crate::Error) with the key or offset when the document is malformed or incomplete.
    pub fn from_cbor(bytes: Bytes) -> Result<Self> {
        let mut reader = Reader::new(DOCUMENT, &bytes);
        let (mut process_id, mut tsc_frequency, mut start_time, mut start_ticks) =
            (None, None, None, None);
        let (mut exe, mut username, mut realname) = (None, None, None);
        let (mut computer, mut distro, mut cpu_brand) = (None, None, None);
        let (mut parent_process_id, mut properties) = (None, None);
        reader.map(|reader, key| {
            match key {
                "process_id" => {
                    process_id = Some(fields::read_id(reader, DOCUMENT, "process_id")?);
                }
                "exe" => exe = Some(reader.string()?),
                "username" => username = Some(reader.string()?),
                "realname" => realname = Some(reader.string()?),
                "computer" => computer = Some(reader.string()?),
                "distro" => distro = Some(reader.string()?),
                "cpu_brand" => cpu_brand = Some(reader.string()?),
                "tsc_frequency" => tsc_frequency = Some(reader.integer()?),
                "start_time" => {
                    start_time = Some(fields::read_time(reader, DOCUMENT, "start_time")?);
                }
                "start_ticks" => start_ticks = Some(reader.integer()?),
                "parent_process_id" => {
                    parent_process_id =
                        fields::read_optional_id(reader, DOCUMENT, "parent_process_id")?;
                }
                "properties" => properties = Some(fields::read_properties(reader)?),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        reader.finish()?;
        Ok(Self {
            process_id: fields::required(DOCUMENT, "process_id", process_id)?,
            exe: fields::required(DOCUMENT, "exe", exe)?,
            username: fields::required(DOCUMENT, "username", username)?,
            realname: fields::required(DOCUMENT, "realname", realname)?,
            computer: fields::required(DOCUMENT, "computer", computer)?,
            distro: fields::required(DOCUMENT, "distro", distro)?,
            cpu_brand: fields::required(DOCUMENT, "cpu_brand", cpu_brand)?,
            tsc_frequency: fields::required(DOCUMENT, "tsc_frequency", tsc_frequency)?,
            start_time: fields::required(DOCUMENT, "start_time", start_time)?,
            start_ticks: fields::required(DOCUMENT, "start_ticks", start_ticks)?,
            parent_process_id,
            properties: fields::required(DOCUMENT, "properties", properties)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    fn process() -> ProcessInfo {
        ProcessInfo {
            process_id: Uuid::from_u128(0xABCD),
            exe: "/bin/demo".into(),
            username: "ada".into(),
            realname: "Ada".into(),
            computer: "host".into(),
            distro: "Debian".into(),
            cpu_brand: "cpu".into(),
            tsc_frequency: 2_500_000_000,
            start_time: DateTime::from_timestamp(1_700_000_000, 123_456_789).unwrap(),
            start_ticks: -5,
            parent_process_id: Some(Uuid::from_u128(7)),
            properties: BTreeMap::from([("version".into(), "1".into())]),
        }
    }

    #[test]
    fn a_process_round_trips_and_a_cut_is_an_error() {
        for parent in [None, Some(Uuid::from_u128(7))] {
            let process = ProcessInfo { parent_process_id: parent, ..process() };
            let bytes = process.to_cbor();
            assert_eq!(ProcessInfo::from_cbor(bytes.clone().into()), Ok(process));
            for cut in 0..bytes.len() {
                assert!(ProcessInfo::from_cbor(bytes[..cut].to_vec().into()).is_err());
            }
        }
    }

    /// Keys in another order, indefinite map, unknown keys, millisecond time, empty parent.
    fn unreal(parent: &str, time: &str) -> Bytes {
        let mut writer = Writer::new();
        writer.encoded(&[0xbf]);
        writer.text("unknown");
        writer.encoded(&[0x9f, 0x01, 0xbf, 0xff, 0xff]);
        writer.text("properties");
        writer.encoded(&[0xbf, 0xff]);
        fields::write_text(&mut writer, "parent_process_id", parent);
        for key in ["exe", "username", "realname", "computer", "distro", "cpu_brand"] {
            fields::write_text(&mut writer, key, "x");
        }
        fields::write_text(&mut writer, "start_time", time);
        fields::write_text(&mut writer, "process_id", "0000ABCD-0000-0000-0000-00000000ABCD");
        fields::write_signed(&mut writer, "start_ticks", 9);
        fields::write_signed(&mut writer, "tsc_frequency", 0);
        writer.encoded(&[0xff]);
        writer.into_bytes().into()
    }

    #[test]
    fn other_clients_documents_are_read() {
        let read = ProcessInfo::from_cbor(unreal("", "2024-05-06T07:08:09.123Z")).unwrap();
        assert_eq!(read.parent_process_id, None);
        assert_eq!(read.process_id.to_string(), "0000abcd-0000-0000-0000-00000000abcd");
        let same = [
            "2024-05-06T07:08:09.123000000+00:00",
            "2024-05-06T09:08:09.123+02:00",
            "2024-05-06T07:08:09.123000Z",
        ];
        for time in same {
            assert_eq!(ProcessInfo::from_cbor(unreal("", time)), Ok(read.clone()));
        }
    }

    #[test]
    fn bad_values_name_their_key() {
        let error = ProcessInfo::from_cbor(unreal("nobody", "2024-05-06T07:08:09Z")).unwrap_err();
        assert!(matches!(error, Error::InvalidValue { key: "parent_process_id", .. }));
        let error = ProcessInfo::from_cbor(unreal("", "yesterday")).unwrap_err();
        assert!(matches!(error, Error::InvalidValue { key: "start_time", .. }));
    }
}
