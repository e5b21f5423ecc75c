//! `#[ops::config]`: the type of a charm's config, checked against `charmcraft.yaml`.

use ops_metadata::{CharmMeta, ConfigMeta, nearest};
use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote};
use syn::{
    Attribute, Data, DataStruct, DeriveInput, Error, Field, Fields, GenericArgument, LitStr, PathArguments, Token,
    Type, parse_quote,
};

use crate::{metadata::Metadata, names::underscored};

pub(crate) fn expand(path: TokenStream, item: TokenStream) -> Result<TokenStream, Error> {
    let path: Option<LitStr> = if path.is_empty() { None } else { Some(syn::parse2(path)?) };
    let Metadata { meta, file, tracking } = Metadata::read(path.as_ref())?;
    let item = check(&meta, &file, syn::parse2(item)?)?;
    Ok(quote! { #tracking #item })
}

/// Add serde's attributes to the struct, or return all errors.
fn check(meta: &CharmMeta, file: &str, mut item: DeriveInput) -> Result<TokenStream, Error> {
    let Data::Struct(data) = &mut item.data else {
        return Err(Error::new_spanned(&item.ident, "a charm's config is a struct"));
    };
    match &mut data.fields {
        Fields::Unit => add_fields(meta, data),
        Fields::Named(fields) => {
            let mut errors: Option<Error> = None;
            for field in &mut fields.named {
                if let Err(error) = check_field(meta, file, field) {
                    match &mut errors {
                        None => errors = Some(error),
                        Some(errors) => errors.combine(error),
                    }
                }
            }
            if let Some(errors) = errors {
                return Err(errors);
            }
        }
        Fields::Unnamed(fields) => {
            return Err(Error::new_spanned(fields, "the fields of a charm's config have names: those of its options"));
        }
    }
    // First, so that the charm's own `#[serde(…)]` attributes come after the derive that knows them.
    item.attrs.insert(0, parse_quote!(#[derive(::ops::serde::Deserialize)]));
    item.attrs.insert(1, parse_quote!(#[serde(crate = "::ops::serde")]));
    Ok(item.into_token_stream())
}

/// Give a struct without fields one field per option.
fn add_fields(meta: &CharmMeta, data: &mut DataStruct) {
    let fields = meta.config.values().map(|option| {
        let name = syn::parse_str::<syn::Ident>(&underscored(&option.name))
            .unwrap_or_else(|_| format_ident!("r#{}", underscored(&option.name)));
        let value_type: Type = match option.option_type.rust_type() {
            "String" => parse_quote!(::std::string::String),
            primitive => {
                let primitive = format_ident!("{primitive}");
                parse_quote!(#primitive)
            }
        };
        let field_type = match option.default {
            Some(_) => value_type,
            None => parse_quote!(::core::option::Option<#value_type>),
        };
        let doc = if option.description.is_empty() {
            format!("The option `{}`.", option.name)
        } else {
            option.description.clone()
        };
        let option_name = &option.name;
        quote! { #[doc = #doc] #[serde(rename = #option_name)] pub #name: #field_type }
    });
    data.fields = Fields::Named(parse_quote!({ #(#fields),* }));
    data.semi_token = None;
}

fn check_field(meta: &CharmMeta, file: &str, field: &mut Field) -> Result<(), Error> {
    let Some(identifier) = &field.ident else { return Ok(()) };
    let serde = SerdeAttributes::read(&field.attrs)?;
    if serde.is_no_option {
        return Ok(());
    }
    let name = serde.rename.clone().unwrap_or_else(|| identifier.to_string().trim_start_matches("r#").to_owned());
    let found = meta.config.get(&name).or_else(|| {
        let options = meta.config.values();
        options.filter(|_| serde.rename.is_none()).find(|option| underscored(&option.name) == underscored(&name))
    });
    let Some(option) = found else {
        let hint = match nearest(&name, meta.config.keys().map(String::as_str)) {
            Some(near) => format!("did you mean {near:?}?"),
            None if meta.config.is_empty() => "it defines none".to_owned(),
            None => {
                let names: Vec<&str> = meta.config.keys().map(String::as_str).collect();
                format!("its options are {}", names.join(", "))
            }
        };
        return Err(Error::new_spanned(identifier, format!("{file} defines no option {name:?}; {hint}")));
    };
    if let Some(expected) = mismatch(&field.ty, option) {
        return Err(Error::new_spanned(
            &field.ty,
            format!(
                "{file} defines the option {:?} as {}, which goes into {expected} or a type of your own",
                option.name, option.option_type
            ),
        ));
    }
    if serde.rename.is_none() && option.name != *identifier.to_string() {
        let name = &option.name;
        field.attrs.push(parse_quote!(#[serde(rename = #name)]));
    }
    Ok(())
}

/// The type that the field should have, if the option's values do not fit its type.
fn mismatch(field: &Type, option: &ConfigMeta) -> Option<&'static str> {
    let Type::Path(path) = field else { return None };
    let last = path.path.segments.last()?;
    let name = last.ident.to_string();
    if name == "Option"
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return mismatch(inner, option);
    }
    let (is_string, is_boolean) = (name == "String", name == "bool");
    let is_float = matches!(name.as_str(), "f32" | "f64");
    let is_integer = matches!(
        name.as_str(),
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize"
    );
    if !(is_string || is_boolean || is_float || is_integer) {
        // Another type decides itself what it accepts.
        return None;
    }
    let expected = option.option_type.rust_type();
    let fits = match expected {
        "i64" => is_integer || is_float,
        "f64" => is_float,
        "bool" => is_boolean,
        _text => is_string,
    };
    (!fits).then_some(expected)
}

/// A field's serde attributes.
struct SerdeAttributes {
    /// The field's name for serde.
    rename: Option<String>,
    /// Whether the field's value does not come from an option with its name.
    is_no_option: bool,
}

impl SerdeAttributes {
    fn read(attributes: &[Attribute]) -> Result<Self, Error> {
        let mut serde = Self { rename: None, is_no_option: false };
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            attribute.parse_nested_meta(|meta| {
                serde.is_no_option |= meta.path.is_ident("skip")
                    || meta.path.is_ident("skip_deserializing")
                    || meta.path.is_ident("flatten");
                if meta.input.peek(Token![=]) {
                    let value: syn::Lit = meta.value()?.parse()?;
                    if let (true, syn::Lit::Str(name)) = (meta.path.is_ident("rename"), value) {
                        serde.rename = Some(name.value());
                    }
                } else if !meta.input.is_empty() && !meta.input.peek(Token![,]) {
                    let _: proc_macro2::Group = meta.input.parse()?;
                }
                Ok(())
            })?;
        }
        Ok(serde)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(item: DeriveInput) -> Result<String, Error> {
        let meta = CharmMeta::parse(
            "
name: demo
config:
  options:
    log-level: {type: string, default: info, description: How much to say.}
    port: {type: int}
    ratio: {type: float, default: 0.5}
    verbose: {type: boolean, default: false}
    key: {type: secret}
    type: {type: string}
",
        )
        .unwrap();
        check(&meta, "charmcraft.yaml", item).map(|code| code.to_string())
    }

    /// The errors, one line each.
    fn refusal(item: DeriveInput) -> String {
        let errors = checked(item).unwrap_err().into_iter().map(|error| error.to_string());
        errors.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn fields_that_are_options_are_accepted() {
        let code = checked(parse_quote! {
            struct Config {
                log_level: Level,
                port: Option<u16>,
                ratio: f32,
                verbose: bool,
                r#type: Option<String>,
                #[serde(rename = "key", default)]
                secret: String,
                #[serde(skip)]
                cache: Vec<u8>,
                #[serde(flatten, with = "x", rename(serialize = "y"))]
                rest: Rest,
            }
        })
        .unwrap();
        assert!(code.contains(r#"# [serde (rename = "log-level")] log_level : Level"#), "{code}");
        assert!(code.contains(":: ops :: serde :: Deserialize"), "{code}");
    }

    #[test]
    fn a_struct_without_fields_gets_all_options() {
        let code = checked(parse_quote! { pub struct Config; }).unwrap();
        for field in [
            r#"# [doc = "How much to say."] # [serde (rename = "log-level")] pub log_level : :: std :: string :: String"#,
            "pub port : :: core :: option :: Option < i64 >",
            "pub ratio : f64",
            "pub verbose : bool",
            "pub key : :: core :: option :: Option < :: std :: string :: String >",
            r#"# [serde (rename = "type")] pub r#type : :: core"#,
        ] {
            assert!(code.contains(field), "{field}: {code}");
        }
        assert!(!code.contains("} ;"), "{code}");
    }

    #[test]
    fn all_fields_that_do_not_fit_are_reported() {
        let errors = refusal(parse_quote! {
            struct Config {
                log_levle: String,
                database: String,
                port: String,
                verbose: Option<i64>,
                ratio: u8,
                #[serde(rename = "log_level")]
                level: String,
            }
        });
        assert_eq!(
            errors.lines().collect::<Vec<_>>(),
            [
                r#"charmcraft.yaml defines no option "log_levle"; did you mean "log-level"?"#,
                r#"charmcraft.yaml defines no option "database"; its options are key, log-level, port, ratio, type, verbose"#,
                r#"charmcraft.yaml defines the option "port" as int, which goes into i64 or a type of your own"#,
                r#"charmcraft.yaml defines the option "verbose" as boolean, which goes into bool or a type of your own"#,
                r#"charmcraft.yaml defines the option "ratio" as float, which goes into f64 or a type of your own"#,
                r#"charmcraft.yaml defines no option "log_level"; did you mean "log-level"?"#,
            ]
        );
    }

    #[test]
    fn only_structs_with_named_fields_are_accepted() {
        assert_eq!(refusal(parse_quote! { enum Config { A } }), "a charm's config is a struct");
        let unnamed = refusal(parse_quote! { struct Config(String); });
        assert_eq!(unnamed, "the fields of a charm's config have names: those of its options");
    }
}
