//! The bases that a charm runs on.

use serde_json::Value;

use crate::{MetadataError, node::Node};

/// A base that a charm runs on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Base {
    /// The distribution, such as `ubuntu`.
    pub name: String,
    /// Its release, such as `22.04`.
    pub channel: String,
}

/// A platform that a charm is built for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Platform {
    /// The suffix of the charm file's name: `amd64` in `tinyproxy_amd64.charm`.
    pub label: String,
    /// The bases that it runs on.
    pub bases: Vec<Base>,
}

impl Platform {
    /// The platform in `charmcraft.yaml` for an architecture by Juju's name: `amd64`, `arm64`.
    pub(crate) fn read(project: &Node<'_>, arch: &str) -> Result<Self, MetadataError> {
        if let Some(bases) = project.get("bases") {
            return Ok(Self { label: arch.to_owned(), bases: read_bases(&bases)? });
        }
        let base = project.get("base").map(|base| read_base(&base, base.string()?)).transpose()?;
        let platforms = project.require("platforms")?;
        let mut all_archs = vec![];
        for platform in platforms.entries()? {
            // `ubuntu@22.04:amd64`: a charm for several bases names the base in each platform.
            let (label_base, label_arch) = split_platform(platform.key());
            let (mut platform_base, mut archs) = (label_base.map(str::to_owned), vec![label_arch.to_owned()]);
            let built_for = platform.one_or_more_at("build-for")?;
            if !built_for.is_empty() {
                archs.clear();
            }
            for target in &built_for {
                let (target_base, target_arch) = split_platform(target);
                platform_base = platform_base.or_else(|| target_base.map(str::to_owned));
                archs.push(target_arch.to_owned());
            }
            if archs.iter().any(|target| target == arch || target == "all") {
                let base = match (&base, platform_base) {
                    (Some(base), _) => base.clone(),
                    (None, Some(text)) => read_base(&platform, &text)?,
                    (None, None) => return Err(project.invalid("`base` is missing")),
                };
                return Ok(Self { label: platform.key().replace(':', "-"), bases: vec![base] });
            }
            all_archs.extend(archs);
        }
        Err(platforms.invalid(format!("the charm is made for {}, not for {arch}", all_archs.join(", "))))
    }
}

fn split_platform(platform: &str) -> (Option<&str>, &str) {
    platform.rsplit_once(':').map_or((None, platform), |(base, arch)| (Some(base), arch))
}

/// `ubuntu@22.04`
fn read_base(node: &Node<'_>, text: &str) -> Result<Base, MetadataError> {
    match text.split_once('@') {
        Some((name, channel)) if !name.is_empty() && !channel.is_empty() => {
            Ok(Base { name: name.to_owned(), channel: channel.to_owned() })
        }
        _ => Err(node.invalid(format!("a base is written like `ubuntu@22.04`, not {text:?}"))),
    }
}

/// `bases` in older projects: a list of bases, or of pairs of `build-on` and `run-on`.
fn read_bases(node: &Node<'_>) -> Result<Vec<Base>, MetadataError> {
    let mut bases = vec![];
    for item in node.items()? {
        match item.get("run-on").or_else(|| item.get("build-on")) {
            Some(list) => bases.extend(read_bases(&list)?),
            None => bases.push(Base {
                name: item.require("name")?.string()?.to_owned(),
                channel: match item.require("channel")?.value() {
                    // Without quotes, 22.04 is a number, and 22.10 would become 22.1.
                    Value::Number(_) => return Err(item.invalid("`channel` needs quotes, because it is not a number")),
                    _ => item.require("channel")?.string()?.to_owned(),
                },
            }),
        }
    }
    Ok(bases)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn platform(text: &str, arch: &str) -> Result<Platform, MetadataError> {
        let value = yaml::parse("charmcraft.yaml", text, crate::yaml_scalar::YamlReader::Charmcraft).unwrap();
        Platform::read(&Node::root("charmcraft.yaml", &value), arch)
    }

    fn ubuntu(label: &str, channel: &str) -> Platform {
        Platform { label: label.into(), bases: vec![Base { name: "ubuntu".into(), channel: channel.into() }] }
    }

    #[test]
    fn the_platform_is_found_by_architecture() {
        let one_base = "base: ubuntu@22.04\nplatforms: {amd64: , arm64: }";
        assert_eq!(platform(one_base, "arm64").unwrap(), ubuntu("arm64", "22.04"));
        assert_eq!(
            platform(one_base, "s390x").unwrap_err().to_string(),
            "charmcraft.yaml: platforms: the charm is made for amd64, arm64, not for s390x"
        );
        let many_bases = "platforms: {'ubuntu@24.04:arm64': , 'ubuntu@24.04:amd64': }";
        assert_eq!(platform(many_bases, "amd64").unwrap(), ubuntu("ubuntu@24.04-amd64", "24.04"));
        let cross = "base: ubuntu@22.04\nplatforms: {small: {build-on: [amd64], build-for: [arm64]}}";
        assert_eq!(platform(cross, "arm64").unwrap(), ubuntu("small", "22.04"));
        let anywhere = "platforms: {any: {build-on: amd64, build-for: ['ubuntu@22.04:all']}}";
        assert_eq!(platform(anywhere, "arm64").unwrap(), ubuntu("any", "22.04"));
        assert_eq!(
            platform("platforms: {amd64: }", "amd64").unwrap_err().to_string(),
            "charmcraft.yaml: `base` is missing"
        );
    }

    #[test]
    fn older_projects_have_bases() {
        let short = "bases: [{name: ubuntu, channel: '22.04'}]";
        assert_eq!(platform(short, "amd64").unwrap(), ubuntu("amd64", "22.04"));
        let long =
            "bases: [{build-on: [{name: ubuntu, channel: '20.04'}], run-on: [{name: ubuntu, channel: '22.04'}]}]";
        assert_eq!(platform(long, "amd64").unwrap(), ubuntu("amd64", "22.04"));
        let number = "bases: [{name: ubuntu, channel: 22.04}]";
        assert!(platform(number, "amd64").unwrap_err().to_string().contains("`channel` needs quotes"));
    }
}
