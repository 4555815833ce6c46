//! Payloads in Azure Blob Storage, as its own emulator has it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use micromegas_lakehouse::{
    Error, Lake, LakeOptions, ObjectStoreOptions, Tenant, open_object_store,
};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

use crate::fixture::{block, blocks, payload};
use crate::s3::{check, lakehouse, seeded, send};

const AZURITE: &str = "azurite@3.35.0";
/// The public key of every emulator.
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A running emulator, which ends with this value or the test process.
struct Azurite {
    child: Child,
    address: String,
}

impl Azurite {
    /// Installs it where builds keep their files, unless it is there, and starts it; `None` where
    /// there is no node.
    fn start() -> Option<Self> {
        let found = Command::new("npm").arg("--version").stdout(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            return None;
        }
        let packages = install();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/azurite.js");
        let mut child = Command::new("node")
            .arg(script)
            .arg(packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        assert!(address.starts_with("http://"), "the emulator does not start");
        Some(Self { child, address })
    }

    fn open(&self, key: &str) -> Arc<dyn ObjectStore> {
        let options = ObjectStoreOptions {
            retry_timeout: Duration::from_secs(5),
            ..ObjectStoreOptions::default()
        };
        let options = options
            .with_setting("azure_storage_account_name", "devstoreaccount1")
            .with_setting("azure_storage_account_key", key)
            .with_setting("azure_storage_endpoint", &self.address)
            .with_setting("allow_http", "true");
        open_object_store("az://lake/some/folder", &options).unwrap()
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        // The script ends with its input.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn install() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("azurite");
    let packages = folder.join("node_modules");
    if !packages.join("azurite/package.json").exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let install = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--prefix"])
            .args([folder.as_os_str(), AZURITE.as_ref()])
            .stdout(Stdio::null())
            .status();
        assert!(install.unwrap().success(), "npm cannot install {AZURITE}");
    }
    packages
}

#[tokio::test(flavor = "multi_thread")]
async fn azure_keeps_payloads_as_other_stores_do() {
    let Some(azurite) = Azurite::start() else {
        eprintln!("NOT TESTED: Azure, for want of npm, which brings its emulator");
        return;
    };
    let objects = azurite.open(KEY);
    let lakehouse = lakehouse(Arc::clone(&objects));
    lakehouse.check_ready().await.unwrap();
    let lake = seeded(&lakehouse).await;
    send(&lake, 100..150).await;
    check(&lakehouse, 100..150).await;

    // An object of one block is written once, whoever writes it.
    let single = LakeOptions { segment_window: Duration::ZERO, ..LakeOptions::default() };
    let single = Lake::new(lakehouse.clone(), single);
    send(&single, 150..152).await;
    let mut other = block(151, 2, 1);
    other.payload = payload(999_999).to_raw();
    single.insert_block(&Tenant::default(), other).await.unwrap();
    check(&lakehouse, 100..152).await;

    let orphan = "segments/eu/2020-01-01/00/1577836800000000-orphan".into();
    objects.put(&orphan, PutPayload::from("bytes")).await.unwrap();
    assert_eq!(lake.sweep().await.unwrap().objects, 1);
    let gone = objects.head(&orphan).await;
    assert!(matches!(gone, Err(object_store::Error::NotFound { .. })), "{gone:?}");

    let wrong = crate::s3::lakehouse(azurite.open(&KEY.replace("Eby8", "AAAA")));
    let block = blocks(&lakehouse).await.remove(0);
    let error = wrong.fetch_payload(&block).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    assert!(wrong.check_ready().await.is_err());
}
