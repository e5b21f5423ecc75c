//! What can be wrong with keys, requests and certificates.

/// What can be wrong with keys, requests and certificates.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Juju, or what the other side wrote.
    #[error(transparent)]
    Ops(#[from] ops::Error),
    /// Something that should be PEM is not, or not of this kind.
    #[error("this is no {what}: {why}")]
    Invalid {
        /// What it should be.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// What was asked for cannot be written into a request or a certificate.
    #[error("{what} cannot be made: {why}")]
    Unmade {
        /// What.
        what: &'static str,
        /// Why not.
        why: String,
    },
    /// The provider sent a certificate for another key.
    #[error(
        "{provider} sent a certificate for {common_name} over {relation} that is for another private key: it must sign the \
         request anew"
    )]
    OtherKey {
        /// The relation.
        relation: String,
        /// Who sent it.
        provider: String,
        /// Whom the certificate is for.
        common_name: String,
    },
    /// A CA's certificate was asked for and the provider sent another, or the other way round.
    #[error("{provider} sent {sent} for {common_name} over {relation}, and {wanted} was asked for")]
    OtherKind {
        /// The relation.
        relation: String,
        /// Who sent it.
        provider: String,
        /// Whom the certificate is for.
        common_name: String,
        /// What came.
        sent: &'static str,
        /// What was asked for.
        wanted: &'static str,
    },
    /// The provider refuses to sign.
    #[error("{provider} refuses a certificate for {common_name}: {message} (code {code})")]
    Denied {
        /// Who refuses.
        provider: String,
        /// For whom.
        common_name: String,
        /// The error's number.
        code: i64,
        /// What the provider says.
        message: String,
    },
    /// The function that says which certificates the charm wants failed.
    #[error("it is not known which certificates are wanted")]
    Requests(#[source] anyhow::Error),
    /// The function that says what the charm's server can do failed.
    #[error("it is not known what the server can do")]
    Capabilities(#[source] anyhow::Error),
}

impl Error {
    pub(super) fn invalid(what: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |why| Self::Invalid { what, why: why.to_string() }
    }
}
