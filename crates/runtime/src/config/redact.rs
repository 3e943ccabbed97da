//! Passwords out of what we print.

use std::borrow::Cow;

use serde::Serialize;
use toml::Value;

const HIDDEN: &str = "***";

/// The text with the passwords of a database or collector URL hidden: `user:password@` and `password=`. Where a URL is
/// malformed it hides too much rather than too little.
pub fn redact_url(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else { return Cow::Borrowed(text) };
    let rest = match rest.rsplit_once('@') {
        Some((login, host)) => match login.split_once(':') {
            Some((user, _)) => format!("{user}:{HIDDEN}@{host}"),
            None => rest.to_owned(),
        },
        None => rest.to_owned(),
    };
    let (before, query) = match rest.split_once('?') {
        Some((before, query)) => (before, query),
        None => return Cow::Owned(format!("{scheme}://{rest}")),
    };
    let query: Vec<_> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}={HIDDEN}"),
            Some(_) | None => pair.to_owned(),
        })
        .collect();
    Cow::Owned(format!("{scheme}://{before}?{}", query.join("&")))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "pwd", "secret", "token"].iter().any(|word| name.contains(word))
}

/// The configuration as it is in force, for `--dump-config`.
pub(crate) fn to_redacted_toml<C: Serialize>(config: &C) -> Result<String, toml::ser::Error> {
    let mut value = Value::try_from(config)?;
    redact(&mut value);
    toml::to_string_pretty(&value)
}

fn redact(value: &mut Value) {
    match value {
        Value::String(text) => *text = redact_url(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Table(table) => table.iter_mut().for_each(|(_, value)| redact(value)),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("postgres://wufei:s3cret@db:5432/ecology", "postgres://wufei:***@db:5432/ecology")]
    #[case("postgres://wufei:p@ss:w/rd@db/ecology", "postgres://wufei:***@db/ecology")]
    #[case("postgres://wufei:p?ss@db/ecology", "postgres://wufei:***@db/ecology")]
    #[case(
        "postgres://db/ecology?user=a&password=s3cret&sslmode=require",
        "postgres://db/ecology?user=a&password=***&sslmode=require"
    )]
    #[case("postgres://wufei@db/ecology", "postgres://wufei@db/ecology")]
    #[case("sqlite://data/ecology.db?mode=rwc", "sqlite://data/ecology.db?mode=rwc")]
    #[case("spiffe://wufei.demo/dept/ecology", "spiffe://wufei.demo/dept/ecology")]
    #[case("plain", "plain")]
    fn a_password_in_a_url_is_hidden(#[case] url: &str, #[case] shown: &str) {
        assert_eq!(redact_url(url), shown);
    }
}
