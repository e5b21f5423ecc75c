//! Private keys.

use std::fmt;

use p256::ecdsa::SigningKey;
use p256::elliptic_curve::Generate as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding};

use super::Error;

/// A private key: P-256. It cannot be printed.
#[derive(Clone)]
pub struct PrivateKey {
    key: SigningKey,
    pem: String,
}

impl PrivateKey {
    /// A new key.
    ///
    /// # Errors
    /// The machine gives no random numbers.
    pub fn generate() -> Result<Self, Error> {
        let unmade = |why: &dyn fmt::Display| Error::Unmade { what: "a private key", why: why.to_string() };
        let key = SigningKey::try_generate().map_err(|error| unmade(&error))?;
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| unmade(&error))?;
        Ok(Self { key, pem: pem.trim().to_owned() })
    }

    /// A key in PEM: PKCS #8, or SEC 1.
    ///
    /// # Errors
    /// It is no key, or one of another kind than P-256.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let pem = pem.trim();
        let invalid = Error::invalid("private key of P-256");
        let key = match SigningKey::from_pkcs8_pem(pem) {
            Ok(key) => key,
            Err(error) => match p256::SecretKey::from_sec1_pem(pem) {
                Ok(key) => key.into(),
                Err(_) => return Err(invalid(&error)),
            },
        };
        Ok(Self { key, pem: pem.to_owned() })
    }

    /// The key in PEM, in the open: take care where it goes.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    pub(super) fn signer(&self) -> &SigningKey {
        &self.key
    }

    /// The public key, as certificates and requests have it: DER of a `SubjectPublicKeyInfo`.
    pub(super) fn public_der(&self) -> Vec<u8> {
        self.key.verifying_key().to_public_key_der().map(|der| der.as_bytes().to_vec()).unwrap_or_default()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

impl PartialEq for PrivateKey {
    fn eq(&self, other: &Self) -> bool {
        self.public_der() == other.public_der()
    }
}

impl Eq for PrivateKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written_and_never_printed() {
        let key = PrivateKey::generate().unwrap();
        assert!(key.pem().starts_with("-----BEGIN PRIVATE KEY-----\n"), "{}", key.pem().len());
        assert_eq!(PrivateKey::from_pem(&format!("\n{}\n", key.pem())).unwrap(), key);
        assert_ne!(PrivateKey::generate().unwrap(), key);
        assert_eq!(format!("{key:?}"), "PrivateKey(…)");
        let error = PrivateKey::from_pem("nonsense").unwrap_err().to_string();
        assert!(error.starts_with("this is no private key of P-256: "), "{error}");
    }
}
