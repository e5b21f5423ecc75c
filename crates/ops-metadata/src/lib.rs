//! What Juju knows of a charm: charmcraft.yaml, or metadata.yaml with config.yaml and actions.yaml.
