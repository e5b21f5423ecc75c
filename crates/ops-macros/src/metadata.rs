//! Reads the `charmcraft.yaml` that a macro names.

use std::{env, fs, path::PathBuf};

use ops_metadata::CharmMeta;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, LitStr};

/// A charm's metadata, and where it is from.
pub(crate) struct Metadata {
    /// What the file says.
    pub(crate) meta: CharmMeta,
    /// The file's name for errors, such as `charmcraft.yaml`.
    pub(crate) file: String,
    /// Makes the compiler look again when the file has changed.
    pub(crate) watch: TokenStream,
}

impl Metadata {
    /// Reads the file at a path from the package's folder on; `charmcraft.yaml` if none is given.
    pub(crate) fn read(path: Option<&LitStr>) -> Result<Self, Error> {
        let span = path.map_or_else(Span::call_site, LitStr::span);
        let file = path.map_or_else(|| "charmcraft.yaml".to_owned(), LitStr::value);
        let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        let full = package.join(&file);
        let text = fs::read_to_string(&full)
            .map_err(|error| Error::new(span, format!("cannot read {}: {error}", full.display())))?;
        let meta = CharmMeta::parse(&text).map_err(|error| Error::new(span, error))?;
        let full =
            full.to_str().ok_or_else(|| Error::new(span, format!("the path {} is not UTF-8", full.display())))?;
        Ok(Self { meta, file, watch: quote! { const _: &[u8] = ::core::include_bytes!(#full); } })
    }
}
