//! Pages in the configuration of a node: where they listen and how people are let in. Who serves them is `portal`.

use std::{net::SocketAddr, path::Path};

use runtime::config::{Faults, FilePath, Text, Tls};

use crate::inside::Person;

/// The rules of every door for browsers: people show a client certificate, or everybody on this machine is one identity.
pub fn check_door(listen: SocketAddr, everybody_is: Option<&FilePath>, tls: Option<&Tls>, faults: &mut Faults) {
    match (everybody_is, tls) {
        (Some(certificate), None) => check_everybody(listen, certificate, faults),
        (None, Some(_)) => {}
        (Some(certificate), Some(_)) => faults.report(
            "everybody_is",
            certificate.display(),
            Text::new(
                "已用客户端证书登录，不能再有统一身份",
                "people sign in by certificate, so nobody is everybody",
            ),
            Text::new("请删去 everybody_is 或 [web.tls]", "remove everybody_is or [web.tls]"),
        ),
        (None, None) => faults.missing(
            "everybody_is",
            Text::new("须注明页面怎样识别身份", "the pages have to know who looks"),
            Text::new(
                "请填 [web.tls]，或在本机演示时填 everybody_is",
                "give [web.tls], or everybody_is for a demo on this machine",
            ),
        ),
    }
}

fn check_everybody(listen: SocketAddr, certificate: &FilePath, faults: &mut Faults) {
    if !listen.ip().is_loopback() {
        faults.report(
            "listen",
            listen,
            Text::new("没有登录的页面只能监听本机地址", "pages without a login listen on loopback only"),
            Text::new("请填 127.0.0.1:端口，或设 [web.tls]", "give 127.0.0.1:port, or set [web.tls]"),
        );
    }
    if let Err(error) = everybody(certificate) {
        faults.report(
            "everybody_is",
            certificate.display(),
            Text::new(format!("不能作为页面的身份：{error}"), format!("no identity for the pages: {error}")),
            Text::new("请填本实例签发的证书文件", "give a certificate file that this instance issued"),
        );
    }
}

/// The identity in a certificate file (PEM).
///
/// # Errors
/// When the file cannot be read, or names nobody.
pub fn everybody(certificate: &Path) -> anyhow::Result<Person> {
    Ok(Person::of_pem(&std::fs::read_to_string(certificate)?)?)
}
