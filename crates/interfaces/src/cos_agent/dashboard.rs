//! Grafana dashboards.

use std::io::Write as _;

use base64ct::{Base64, Encoding as _};
use lzma_rust2::{XzOptions, XzWriter};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::InvalidFile;

/// A dashboard in the interface's format: JSON, compressed, in base64.
pub(super) fn dashboard((name, text): &(&'static str, &'static str), charm: &str) -> Result<String, InvalidFile> {
    let mut dashboard: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| InvalidFile::Dashboard { name, error })?;
    // Grafana identifies a dashboard by up to 40 characters. These are the same in every model.
    let uid = crate::hex(&Sha256::digest(format!("{charm}-{name}"))[..20]);
    dashboard.insert("uid".to_owned(), uid.into());
    let tags = dashboard.entry("tags").or_insert_with(|| json!([]));
    if let Value::Array(tags) = tags
        && !tags.iter().any(|tag| tag.as_str().is_some_and(|tag| tag.starts_with("charm: ")))
    {
        tags.push(format!("charm: {charm}").into());
    }
    let compress = || -> std::io::Result<Vec<u8>> {
        let mut writer = XzWriter::new(Vec::new(), XzOptions::default())?;
        writer.write_all(Value::from(dashboard).to_string().as_bytes())?;
        writer.finish()
    };
    let compressed = compress().map_err(|error| InvalidFile::Compression { name, error })?;
    Ok(Base64::encode_string(&compressed))
}
