//! Bindings: the networks of endpoints.

use std::net::IpAddr;

use crate::error::Error;
use crate::hookcmds::{self, Network};
use crate::model::{Model, Relation, cached};

/// An endpoint or an extra binding, and its networks.
#[derive(Clone, Debug)]
pub struct Binding {
    name: String,
    network: Network,
}

impl Model {
    /// The networks of an endpoint or an extra binding.
    ///
    /// # Errors
    /// `network-get` failed: the metadata defines no such endpoint or binding.
    pub fn binding(&self, name: &str) -> Result<Binding, Error> {
        self.binding_of(name, None)
    }

    fn binding_of(&self, name: &str, relation: Option<&Relation>) -> Result<Binding, Error> {
        let id = relation.map(Relation::id);
        let network = cached(&self.inner.networks, (name.to_owned(), id), |_| {
            hookcmds::network_get(self.runner(), name, id).map_err(|error| match relation {
                Some(relation) => relation.map_error(error),
                None => error.into(),
            })
        })?;
        Ok(Binding { name: name.to_owned(), network })
    }
}

impl Relation {
    /// The networks of this relation's endpoint, with the addresses that the other side can reach.
    ///
    /// # Errors
    /// [`Error::RelationNotFound`], or `network-get` failed.
    pub fn binding(&self) -> Result<Binding, Error> {
        self.model.binding_of(self.endpoint(), Some(self))
    }
}

impl Binding {
    /// The endpoint or extra binding.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address to bind to: the first one.
    #[must_use]
    pub fn bind_address(&self) -> Option<IpAddr> {
        let mut addresses = self.network.bind_addresses.iter().flat_map(|interface| &interface.addresses);
        addresses.find_map(|address| address.value.parse().ok())
    }

    /// The address at which others reach this unit: the first one. If Juju knows only a host name, see
    /// [`Binding::network`].
    #[must_use]
    pub fn ingress_address(&self) -> Option<IpAddr> {
        self.network.ingress_addresses.iter().find_map(|address| address.parse().ok())
    }

    /// The subnets of this unit's outgoing traffic.
    #[must_use]
    pub fn egress_subnets(&self) -> &[String] {
        &self.network.egress_subnets
    }

    /// Everything that Juju knows: interfaces, addresses, subnets.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }
}
