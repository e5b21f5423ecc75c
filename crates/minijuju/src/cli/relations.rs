//! Relations between applications, and who may reach them.

use clap::{ArgAction, Args};

use super::command::Init;
use super::{ModelOption, deploy, is_application, names};

/// Checks `APPLICATION` or `APPLICATION:ENDPOINT`.
fn endpoint(word: &str) -> Result<(), String> {
    let (application, endpoint) = word.split_once(':').map_or((word, None), |(a, e)| (a, Some(e)));
    if is_application(application) && endpoint.is_none_or(|endpoint| !endpoint.is_empty()) {
        Ok(())
    } else if application.contains('/') || application.contains('.') {
        Err(format!("minijuju does not do offers from other models: {word:?}"))
    } else {
        Err(format!("endpoint {word:?} not valid"))
    }
}

/// `juju integrate`.
#[derive(Debug, Clone, Args)]
pub struct Integrate {
    /// Two applications, with their endpoints where that is not plain
    #[arg(value_name = "application>[:<endpoint>] <application>[:<endpoint>")]
    pub endpoints: Vec<String>,
    #[arg(long, hide = true)]
    via: Option<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Integrate {
    fn init(&mut self) -> Result<(), String> {
        if self.endpoints.len() != 2 {
            return Err("an integration must involve two applications".to_owned());
        }
        if self.via.is_some() {
            return Err("minijuju does not do \"--via\": there are no relations across models".to_owned());
        }
        self.endpoints.iter().try_for_each(|word| endpoint(word))
    }
}

/// `juju remove-relation`.
#[derive(Debug, Clone, Args)]
pub struct RemoveRelation {
    /// Two applications, with their endpoints where that is not plain, or the relation's number
    #[arg(value_name = "application1>[:<endpoint1>] <application2>[:<endpoint2>] | <relation-id")]
    words: Vec<String>,
    /// Remove it whatever fails
    #[arg(long)]
    pub force: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// The relation's number, if that was given.
    #[arg(skip)]
    pub relation_id: Option<u64>,
    /// The two sides, if they were given.
    #[arg(skip)]
    pub endpoints: Vec<String>,
}

impl Init for RemoveRelation {
    fn init(&mut self) -> Result<(), String> {
        match self.words.as_slice() {
            [id] if names::is_number(id) => self.relation_id = id.parse().ok(),
            [id] => return Err(format!("relation ID {id:?} not valid")),
            [_, _] => {
                self.words.iter().try_for_each(|word| endpoint(word))?;
                self.endpoints.clone_from(&self.words);
            }
            _ => return Err("a relation must involve two applications".to_owned()),
        }
        Ok(())
    }
}

/// `juju expose`.
#[derive(Debug, Clone, Args)]
pub struct Expose {
    /// The application
    #[arg(value_name = "application name")]
    pub application: String,
    /// Expose what was opened for these endpoints, separated by commas
    #[arg(long, action = ArgAction::Set, value_delimiter = ',', value_name = "endpoint")]
    pub endpoints: Vec<String>,
    /// Let these spaces reach it, separated by commas
    #[arg(long = "to-spaces", action = ArgAction::Set, value_delimiter = ',', value_name = "space")]
    pub to_spaces: Vec<String>,
    /// Let these networks reach it, separated by commas
    #[arg(long = "to-cidrs", action = ArgAction::Set, value_delimiter = ',', value_name = "cidr")]
    pub to_cidrs: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Expose {
    fn init(&mut self) -> Result<(), String> {
        deploy::application(&self.application)
    }
}

/// `juju unexpose`.
#[derive(Debug, Clone, Args)]
pub struct Unexpose {
    /// The application
    #[arg(value_name = "application name")]
    pub application: String,
    /// Unexpose what was opened for these endpoints, separated by commas
    #[arg(long, action = ArgAction::Set, value_delimiter = ',', value_name = "endpoint")]
    pub endpoints: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Unexpose {
    fn init(&mut self) -> Result<(), String> {
        deploy::application(&self.application)
    }
}

/// `juju trust`.
#[derive(Debug, Clone, Args)]
pub struct Trust {
    /// The application
    #[arg(value_name = "application name")]
    pub application: String,
    /// Trust it no longer
    #[arg(long)]
    pub remove: bool,
    /// For charms in containers: machine models take it, and it changes nothing
    #[arg(long, hide = true)]
    pub scope: Option<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Trust {
    fn init(&mut self) -> Result<(), String> {
        deploy::application(&self.application)
    }
}
