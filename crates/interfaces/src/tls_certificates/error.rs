/// An error about keys, requests or certificates.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error of Juju, or in the other side's data.
    #[error(transparent)]
    Ops(#[from] ops::Error),
    /// The PEM is not valid, or not of the expected kind.
    #[error("this is not a {kind}: {reason}")]
    Invalid {
        /// The expected kind.
        kind: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A request or a certificate cannot be created with this content.
    #[error("{object} cannot be made: {reason}")]
    CannotCreate {
        /// What cannot be created.
        object: &'static str,
        /// The reason.
        reason: String,
    },
    /// The provider sent a certificate for another key.
    #[error(
        "{provider} sent a certificate for {common_name} over {relation} that is for another private key: it must sign the \
         request anew"
    )]
    KeyMismatch {
        /// The relation.
        relation: String,
        /// The provider's name.
        provider: String,
        /// The certificate's common name.
        common_name: String,
    },
    /// A CA certificate was requested but the provider sent another one, or the other way round.
    #[error("{provider} sent {sent} for {common_name} over {relation}, but {requested} was requested")]
    CaMismatch {
        /// The relation.
        relation: String,
        /// The provider's name.
        provider: String,
        /// The certificate's common name.
        common_name: String,
        /// What was sent.
        sent: &'static str,
        /// What was requested.
        requested: &'static str,
    },
    /// The provider refuses to sign.
    #[error("{provider} refuses a certificate for {common_name}: {message} (code {code})")]
    Denied {
        /// The provider's name.
        provider: String,
        /// The request's common name.
        common_name: String,
        /// The error's code.
        code: i64,
        /// The provider's message.
        message: String,
    },
    /// The charm's function for the requested certificates failed.
    #[error("cannot determine the certificates to request")]
    Requests(#[source] anyhow::Error),
    /// The charm's function for the server's capabilities failed.
    #[error("cannot determine the server's capabilities")]
    Capabilities(#[source] anyhow::Error),
}

impl Error {
    pub(super) fn invalid(kind: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |reason| Self::Invalid { kind, reason: reason.to_string() }
    }
}
