use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Even(u32);

impl TryFrom<String> for Even {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        match text.parse() {
            Ok(number) if number % 2 == 0 => Ok(Self(number)),
            _ => Err("it must be even"),
        }
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Config {
    pair_size: Even,
    #[serde(default)]
    verbose: bool,
    ratio: Option<f64>,
}

fn load_config(value: &Value) -> Result<Config, LoadError> {
    load(value.as_object().unwrap())
}

#[test]
fn options_load_into_the_charm_s_own_types() {
    let config = load_config(&json!({"pair-size": "4", "verbose": true, "ratio": 2, "unknown": [1]})).unwrap();
    assert_eq!(config, Config { pair_size: Even(4), verbose: true, ratio: Some(2.0) });
    assert_eq!(load_config(&json!({"pair-size": "2"})).unwrap().ratio, None);
}

#[test]
fn a_failure_names_the_option_and_carries_the_value() {
    let error = load_config(&json!({"another": 1, "pair-size": "3"})).unwrap_err();
    assert_eq!(error.name, "pair-size");
    assert_eq!(error.text(), "3");
    assert_eq!(error.to_string(), "pair-size is \"3\": it must be even");

    let error = load_config(&json!({"pair-size": "4", "verbose": "yes"})).unwrap_err();
    assert_eq!((error.name.as_str(), error.text().as_str()), ("verbose", "yes"));

    let error = load_config(&json!({})).unwrap_err();
    assert_eq!(error.to_string(), "pair-size: it is not set, and there is no default");
    assert_eq!(error.text(), "");
}

#[test]
fn strings_of_json_load_and_unused_keys_may_hold_anything() {
    let bag: BTreeMap<String, String> = [("pair-size", "\"4\""), ("ratio", "0.5"), ("egress-subnets", "10.0.0.0/8")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let config: Config = load_encoded(&bag).unwrap();
    assert_eq!(config, Config { pair_size: Even(4), verbose: false, ratio: Some(0.5) });

    let bag: BTreeMap<String, String> = [("pair-size".to_owned(), "four".to_owned())].into();
    let error = load_encoded::<Config>(&bag).unwrap_err();
    assert!(error.to_string().starts_with("pair-size is \"four\": it is not JSON"), "{error}");
}

#[derive(Debug, PartialEq, Deserialize)]
struct Flat {
    host: String,
    #[serde(flatten)]
    limits: Limits,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Limits {
    max: u32,
}

#[test]
fn flattened_fields_load_beside_keys_that_hold_no_json() {
    let bag = |max: &str| -> BTreeMap<String, String> {
        [("egress-subnets", "10.0.0.0/8"), ("host", "\"a\""), ("max", max)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    };
    assert_eq!(load_encoded::<Flat>(&bag("7")), Ok(Flat { host: "a".to_owned(), limits: Limits { max: 7 } }));
    assert!(load_encoded::<Flat>(&bag("many")).unwrap_err().to_string().contains("many"));
}

#[derive(Debug, PartialEq, Deserialize)]
struct Plain {
    host: String,
    port: u16,
    #[serde(default)]
    tls: bool,
    weight: Option<f32>,
    mode: Mode,
    even: Even,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Http,
}

#[test]
fn plain_text_loads_into_the_fields_types() {
    let bag = |port: &str, tls: &str| -> BTreeMap<String, String> {
        [("host", "10.0.0.7"), ("port", port), ("tls", tls), ("weight", "0.5"), ("mode", "http"), ("even", "2")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    };
    let plain: Plain = load_plain(&bag("80", "true")).unwrap();
    let host = "10.0.0.7".to_owned();
    assert_eq!(plain, Plain { host, port: 80, tls: true, weight: Some(0.5), mode: Mode::Http, even: Even(2) });
    for (port, tls, expected) in [
        ("80000", "true", "port is \"80000\": it is not a whole number that fits"),
        ("", "true", "port is \"\": it is not a whole number that fits"),
        ("80", "yes", "tls is \"yes\": it is not true or false"),
    ] {
        assert_eq!(load_plain::<Plain>(&bag(port, tls)).unwrap_err().to_string(), expected);
    }
}
