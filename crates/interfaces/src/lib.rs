#![doc = include_str!("../README.md")]

#[cfg(feature = "certificate-transfer")]
pub mod certificate_transfer;
#[cfg(feature = "cos-agent")]
pub mod cos_agent;
#[cfg(feature = "database")]
pub mod database;
#[cfg(feature = "haproxy-route")]
pub mod haproxy_route;
#[cfg(feature = "ingress")]
pub mod ingress;
#[cfg(feature = "tls-certificates")]
pub mod tls_certificates;

/// If the other side's data cannot be read, this unit's hooks do not fail: the error is logged, and returned by the
/// methods that the charm calls. The same is true if a secret was not granted or lacks a key.
#[cfg(any(
    feature = "certificate-transfer",
    feature = "database",
    feature = "haproxy-route",
    feature = "ingress",
    feature = "tls-certificates"
))]
fn skip_invalid_data(error: ops::Error) -> Result<(), ops::Error> {
    use ops::Error;
    match &error {
        Error::RelationData { .. }
        | Error::SecretContent { .. }
        | Error::SecretDenied { .. }
        | Error::SecretNotFound { .. } => {}
        _ => return Err(error),
    }
    tracing::warn!("{error}");
    Ok(())
}

#[cfg(any(feature = "cos-agent", feature = "tls-certificates"))]
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
