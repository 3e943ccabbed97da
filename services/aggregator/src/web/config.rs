//! The pages in the configuration.

use std::{collections::BTreeMap, net::SocketAddr};

use dashboard::{Settings, SignIn, Visitor};
use node::inside::Person;
use portal::source::visitor;
use runtime::config::{Faults, FilePath, Text, Tls};
use serde::{Deserialize, Serialize};

/// Where the pages are, and how people are let in: by their client certificate, or everybody on this machine as one identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Web {
    /// Where they listen; without `tls` on loopback only.
    pub listen: SocketAddr,
    /// Certificate (PEM) of the identity that everybody on this machine is. Its key is not needed: who can start the aggregator
    /// can read its data anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everybody_is: Option<FilePath>,
    /// Mutual TLS with the browser: who looks is the identity in the client certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Beside that, who shows no certificate signs in at an OpenID provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openid: Option<OpenId>,
    /// Identity of the directory in whose name `/public` asks for what is open to the public; left out, there is no such page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<String>,
}

/// An OpenID provider, for example the province's unified identity platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenId {
    /// Its issuer, `https://…`; what it publishes at `/.well-known/openid-configuration` below is used.
    pub issuer: String,
    /// Authorities of its certificate (PEM).
    pub ca: FilePath,
    /// How the pages are entered there as a client.
    pub client_id: String,
    /// File with the secret of the client; left out, it is a public client and PKCE alone protects the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<FilePath>,
    /// Where people reach the pages, `https://host[:port]`; `/login/callback` below it is entered at the provider.
    pub address: String,
    /// Subjects of the provider, and the identity in the directory that each of them is.
    pub people: BTreeMap<String, String>,
}

impl OpenId {
    fn check(&self, faults: &mut Faults) {
        for (key, address) in [("issuer", &self.issuer), ("address", &self.address)] {
            let host = address.strip_prefix("https://").unwrap_or_default();
            if host.is_empty() || host.contains(char::is_whitespace) {
                faults.report(
                    key,
                    address,
                    Text::new("应以 https:// 开头并有主机名", "begins with https:// and has a host"),
                    Text::new("请改正", "correct it"),
                );
            }
        }
        faults.within("people", |faults| {
            for (subject, principal) in &self.people {
                if let Err(error) = Person::of(principal, "") {
                    faults.report(
                        subject,
                        principal,
                        Text::new(format!("不是本系统的身份：{error}"), format!("no identity of this system: {error}")),
                        Text::new("请填成员目录中的 spiffe:// 身份", "give a spiffe:// identity of the directory"),
                    );
                }
            }
        });
        if !cfg!(feature = "openid") {
            faults.report(
                "issuer",
                &self.issuer,
                Text::new("本程序编译时未包含 OpenID 登录", "this program was built without sign-in by OpenID"),
                Text::new(
                    "请用默认特性编译（cargo build -p cli），或删去 [web.openid]",
                    "build it with its default features (cargo build -p cli), or remove [web.openid]",
                ),
            );
        }
    }
}

impl Web {
    pub(crate) fn check(&self, faults: &mut Faults) {
        if let Some(openid) = &self.openid {
            faults.within("openid", |faults| openid.check(faults));
            if self.tls.is_none() {
                faults.missing(
                    "tls",
                    Text::new("登录须经加密连接", "people sign in over an encrypted connection"),
                    Text::new("请设 [web.tls]", "set [web.tls]"),
                );
            }
        }
        if let Some(Err(error)) = self.public.as_deref().map(|principal| Person::of(principal, "")) {
            faults.report(
                "public",
                self.public.as_deref().unwrap_or_default(),
                Text::new(format!("不是本系统的身份：{error}"), format!("no identity of this system: {error}")),
                Text::new(
                    "请填成员目录中角色为 public 的 spiffe:// 身份，或删去此项",
                    "give a spiffe:// identity of the directory with the role public, or remove the key",
                ),
            );
        }
        node::web::check_door(self.listen, self.everybody_is.as_ref(), self.tls.as_ref(), faults);
    }

    /// The settings of the pages.
    ///
    /// # Errors
    /// When the certificate cannot be read.
    pub(crate) fn settings(&self, synthetic: bool) -> anyhow::Result<Settings> {
        let sign_in = match &self.everybody_is {
            Some(certificate) => SignIn::Everybody(everybody(certificate)?),
            None if self.openid.is_some() => SignIn::BySession,
            None => SignIn::ByConnection,
        };
        let public = self.public.as_deref().map(|principal| Person::of(principal, "")).transpose()?;
        let public = public.as_ref().map(visitor);
        Ok(Settings { synthetic, documents: cfg!(feature = "documents"), sign_in, public })
    }
}

fn everybody(certificate: &FilePath) -> anyhow::Result<Visitor> {
    Ok(visitor(&node::web::everybody(certificate)?))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use runtime::config::{Checked, Source, parse};

    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Pages {
        web: Web,
    }

    impl Checked for Pages {
        fn check(&self, faults: &mut Faults) {
            faults.within("web", |faults| self.web.check(faults));
        }
    }

    fn faults(text: &str) -> String {
        let file = Path::new("/nowhere/aggregator.toml");
        parse::<Pages>(&Source { file, text, variables: Vec::new() }).unwrap_err().en()
    }

    #[test]
    fn each_fault_of_a_sign_in_is_told_at_its_key() {
        let told = faults(
            r#"
            [web]
            listen = "127.0.0.1:0"
            public = "everybody"
            [web.openid]
            issuer = "http://id.example"
            ca = "ca.pem"
            client_id = "wufei"
            address = "https://"
            [web.openid.people]
            "0a1b" = "somebody"
            "#,
        );
        for key in [
            "web.public",
            "web.openid.issuer",
            "web.openid.address",
            "web.openid.people.0a1b",
            "web.tls",
            "web.everybody_is",
        ] {
            assert!(told.contains(key), "{key} in {told}");
        }
    }
}
