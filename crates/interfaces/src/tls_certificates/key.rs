//! Private keys.

use std::fmt;

use p256::elliptic_curve::Generate as _;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey as _, EncodePublicKey, LineEnding};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use sha2::Sha256;
use x509_cert::builder::Builder;

use super::Error;

/// A private key: P-256, P-384, or RSA of at least 2048 bits. `Debug` does not show it.
#[derive(Clone)]
pub struct PrivateKey {
    key: Key,
    pem: String,
}

#[derive(Clone)]
enum Key {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Rsa(Box<RsaKey>),
}

type RsaKey = rsa::pkcs1v15::SigningKey<Sha256>;

/// Shorter RSA keys are no longer safe. The Python library refuses them too.
const MIN_RSA_BITS: u32 = 2048;

impl PrivateKey {
    /// Generate a P-256 key.
    ///
    /// # Errors
    /// The machine has no random numbers.
    pub fn generate() -> Result<Self, Error> {
        let cannot_create =
            |reason: &dyn fmt::Display| Error::CannotCreate { object: "a private key", reason: reason.to_string() };
        let key = p256::ecdsa::SigningKey::try_generate().map_err(|error| cannot_create(&error))?;
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| cannot_create(&error))?;
        Ok(Self { key: Key::P256(key), pem: pem.trim().to_owned() })
    }

    /// Parse a key in PEM: PKCS #8, or the older SEC 1 or PKCS #1.
    ///
    /// # Errors
    /// It is not a key, or not of a supported kind.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let pem = pem.trim();
        let invalid = Error::invalid("private key of P-256, P-384 or RSA");
        let key = match pem.lines().next() {
            Some("-----BEGIN RSA PRIVATE KEY-----") => {
                rsa::PrivateKey::from_pkcs1_pem(pem).map(Key::rsa).map_err(|error| invalid(&error))?
            }
            Some("-----BEGIN EC PRIVATE KEY-----") => p256::SecretKey::from_sec1_pem(pem)
                .map(|key| Key::P256(key.into()))
                .or_else(|_| p384::SecretKey::from_sec1_pem(pem).map(|key| Key::P384(key.into())))
                .map_err(|error| invalid(&error))?,
            _ => DecodePrivateKey::from_pkcs8_pem(pem)
                .map(Key::P256)
                .or_else(|_| DecodePrivateKey::from_pkcs8_pem(pem).map(Key::P384))
                .or_else(|_| DecodePrivateKey::from_pkcs8_pem(pem).map(Key::rsa))
                .map_err(|error: p256::pkcs8::Error| invalid(&error))?,
        };
        if let Key::Rsa(key) = &key {
            let bits = AsRef::<rsa::PrivateKey>::as_ref(&**key).n().bit_width();
            if bits < MIN_RSA_BITS {
                return Err(invalid(&format!("RSA keys need {MIN_RSA_BITS} bits at least, and this one has {bits}")));
            }
        }
        Ok(Self { key, pem: pem.to_owned() })
    }

    /// The key in PEM, in clear text: take care where it goes.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Sign a certificate or request.
    pub(super) fn sign<B: Builder>(&self, builder: B) -> x509_cert::builder::Result<B::Output> {
        match &self.key {
            Key::P256(key) => builder.build::<_, p256::ecdsa::DerSignature>(key),
            Key::P384(key) => builder.build::<_, p384::ecdsa::DerSignature>(key),
            Key::Rsa(key) => builder.build::<_, rsa::pkcs1v15::Signature>(&**key),
        }
    }

    /// The public key as in certificates and requests: DER of a `SubjectPublicKeyInfo`.
    pub(super) fn public_key_der(&self) -> Vec<u8> {
        use rsa::signature::Keypair as _;
        let der = |key: &dyn Fn() -> p256::pkcs8::spki::Result<p256::pkcs8::Document>| {
            key().map(|der| der.as_bytes().to_vec()).unwrap_or_default()
        };
        match &self.key {
            Key::P256(key) => der(&|| key.verifying_key().to_public_key_der()),
            Key::P384(key) => der(&|| key.verifying_key().to_public_key_der()),
            Key::Rsa(key) => der(&|| key.verifying_key().to_public_key_der()),
        }
    }
}

impl Key {
    fn rsa(key: rsa::PrivateKey) -> Self {
        Self::Rsa(Box::new(RsaKey::new(key)))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

impl PartialEq for PrivateKey {
    fn eq(&self, other: &Self) -> bool {
        self.public_key_der() == other.public_key_der()
    }
}

impl Eq for PrivateKey {}

#[cfg(test)]
mod tests {
    use super::super::{CertificateRequestAttributes, CertificateSigningRequest};
    use super::*;

    #[test]
    fn a_key_is_parsed_as_it_was_written_and_never_printed() {
        let key = PrivateKey::generate().unwrap();
        assert!(key.pem().starts_with("-----BEGIN PRIVATE KEY-----\n"), "{}", key.pem().len());
        assert_eq!(PrivateKey::from_pem(&format!("\n{}\n", key.pem())).unwrap(), key);
        assert_ne!(PrivateKey::generate().unwrap(), key);
        assert_eq!(format!("{key:?}"), "PrivateKey(…)");
    }

    /// Keys made by `openssl`: each kind in the old and the new format.
    const KEYS: [[&str; 2]; 3] = [
        [include_str!("testdata/p256.sec1.pem"), include_str!("testdata/p256.pem")],
        [include_str!("testdata/p384.sec1.pem"), include_str!("testdata/p384.pem")],
        [include_str!("testdata/rsa2048.pkcs1.pem"), include_str!("testdata/rsa2048.pem")],
    ];

    #[test]
    fn keys_of_each_kind_sign_in_both_formats() {
        for pems in KEYS {
            let [old, new] = pems.map(|pem| PrivateKey::from_pem(pem).unwrap());
            assert_eq!(old, new);
            let request = CertificateRequestAttributes::new("shop").sign(&old).unwrap();
            assert_eq!(request.has_valid_signature(), Some(true));
            assert_eq!(
                CertificateSigningRequest::from_pem(request.pem()).unwrap().public_key_der(),
                new.public_key_der()
            );
        }
    }

    #[test]
    fn unusable_keys_are_refused_with_the_reason() {
        for (pem, reason) in [
            ("nonsense", ""),
            ("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----", ""),
            ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", ""),
            (include_str!("testdata/rsa1024.pem"), "RSA keys need 2048 bits at least, and this one has 1024"),
            (include_str!("testdata/ed25519.pem"), ""),
        ] {
            let error = PrivateKey::from_pem(pem).unwrap_err().to_string();
            let prefix = "this is not a private key of P-256, P-384 or RSA: ";
            assert!(error.strip_prefix(prefix).is_some_and(|message| message.starts_with(reason)), "{error}");
        }
    }
}
