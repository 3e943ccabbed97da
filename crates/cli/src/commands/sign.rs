//! `wufei sign`.

use std::{fs, path::PathBuf};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use client::{read_signing_key, sign_request};
use prost_reflect::DynamicMessage;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    failure::{Failure, Outcome},
    guide::Guide,
    screen::Screen,
    wire,
};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        (
            "wufei sign to-sign.json --key city-140100-writer.sign.key --out signed.json",
            "对页面给出的待签文件签名 / sign the file that the page gave out",
        ),
        (
            "wufei sign to-sign.json --key city-140100-writer.sign.key --show",
            "先看报文内容，不签名 / look at the messages first, without signing",
        ),
    ],
    notes: &[
        "待签文件由节点的填报页面给出；签名文件再上传到同一页面。私钥不离开本机，SM2 和 Ed25519 都可以。 / The clerks' pages of a node give out the file and take the signatures. The key stays on this machine; SM2 and Ed25519 both work.",
        "签的是方法和报文的每一个字节；文件里的校验值与报文不符时不签名。 / Signed is the method with every byte of the message; a file whose digests do not fit is not signed.",
    ],
    json: "签名文件的内容；加 --show 时为报文内容 / the file of signatures; with --show, the messages",
};

/// 对待签文件签名 / sign a file of requests
#[derive(Debug, clap::Args)]
pub(crate) struct SignArgs {
    /// 待签文件 / file to sign
    file: PathBuf,
    /// 签名私钥（PKCS#8 PEM，Ed25519 或 SM2） / signing key, PKCS#8 PEM, Ed25519 or SM2
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// 签名写到该文件；不写则输出到屏幕 / write the signatures to this file; left out, they are printed
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// 只显示报文内容，不签名 / show the messages, sign nothing
    #[arg(long, conflicts_with = "out")]
    show: bool,
}

/// Format of the file to sign.
const TO_SIGN: &str = "wufei.to-sign/v1";
/// Format of the file with the signatures.
const SIGNED: &str = "wufei.signed/v1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToSign {
    format: String,
    requests: Vec<Request>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    sha256: String,
    message: String,
}

#[derive(Serialize)]
struct Signed {
    format: &'static str,
    signatures: Vec<Signature>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signature {
    sha256: String,
    algorithm: String,
    key_id: String,
    value: String,
}

/// A message that fits its digest.
struct Checked {
    method: String,
    sha256: String,
    message: Vec<u8>,
}

pub(crate) fn run(args: &SignArgs, screen: &Screen) -> Outcome<()> {
    let text = fs::read_to_string(&args.file).map_err(|error| Failure::unreadable(&args.file, &error))?;
    let file = args.file.display().to_string();
    let messages = read(&file, &text)?;
    if args.show {
        for message in &messages {
            screen.value(&shown(message)?);
        }
        return Ok(());
    }
    let signer = read_signing_key(&args.key).map_err(|error| {
        Failure::failed(
            format!("签名私钥不能用：{error}；请给出 PKCS#8 PEM 私钥文件"),
            format!("the signing key cannot be used: {error}; name a private key in PKCS#8 PEM"),
        )
    })?;
    let sign = |checked: &Checked| {
        let signature = sign_request(&signer, &checked.method, &checked.message)
            .map_err(|error| Failure::unexpected("sign", error))?;
        Ok(Signature {
            sha256: checked.sha256.clone(),
            algorithm: signature.algorithm,
            key_id: signature.key_id,
            value: BASE64_STANDARD.encode(signature.value),
        })
    };
    let signatures = messages.iter().map(sign).collect::<Outcome<Vec<_>>>()?;
    let signed = serde_json::to_value(Signed { format: SIGNED, signatures });
    let signed = signed.map_err(|error| Failure::unexpected("sign", error))?;
    let Some(out) = &args.out else {
        screen.value(&signed);
        return Ok(());
    };
    fs::write(out, format!("{signed:#}\n")).map_err(|error| Failure::unwritable(out, &error))?;
    if screen.is_json() {
        screen.value(&signed);
    } else {
        let (count, out, key) = (messages.len(), out.display(), signer.key().id());
        screen.say(
            format!("已用密钥 {key} 签名 {count} 个报文：{out}；请上传到给出待签文件的页面"),
            format!("signed {count} messages with key {key}: {out}; upload it to the page that gave out the file"),
        );
    }
    Ok(())
}

/// The messages of the file; one that does not fit its digest is refused.
fn read(file: &str, text: &str) -> Outcome<Vec<Checked>> {
    let refused = |zh: &str, en: &str| Failure::failed(format!("{file}：{zh}"), format!("{file}: {en}"));
    let read = serde_json::from_str::<ToSign>(text).ok().filter(|read| read.format == TO_SIGN);
    let Some(ToSign { requests, .. }) = read else {
        return Err(refused(
            "不是待签文件；请从填报页面重新下载",
            "is no file to sign; download it again from the clerks' page",
        ));
    };
    let checked = requests.into_iter().map(|Request { method, sha256, message }| {
        let message = BASE64_STANDARD.decode(message).unwrap_or_default();
        let fits = hex::encode(Sha256::digest(&message)) == sha256;
        fits.then_some(Checked { method, sha256, message })
    });
    checked.collect::<Option<Vec<_>>>().ok_or_else(|| {
        refused(
            "报文与其校验值不符，没有签名；请重新下载",
            "a message does not fit its digest, nothing was signed; download it again",
        )
    })
}

/// A message as proto JSON, with its method.
fn shown(checked: &Checked) -> Outcome<Value> {
    let method = wire::method(&checked.method)?;
    let message = DynamicMessage::decode(method.input(), checked.message.as_slice())
        .map_err(|error| Failure::unexpected("message", error))?;
    let message = serde_json::to_value(&message).map_err(|error| Failure::unexpected("message", error))?;
    Ok(json!({ "method": checked.method, "sha256": checked.sha256, "message": message }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_sign(digest_of: &[u8]) -> String {
        json!({ "format": TO_SIGN, "requests": [{
            "method": "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations",
            "sha256": hex::encode(Sha256::digest(digest_of)), "message": BASE64_STANDARD.encode(b"bytes"),
        }]})
        .to_string()
    }

    #[test]
    fn only_a_message_that_fits_its_digest_is_signed() {
        assert_eq!(read("f", &to_sign(b"bytes")).unwrap()[0].message, b"bytes");
        assert!(read("f", &to_sign(b"other")).is_err());
        assert!(read("f", "{}").is_err());
    }
}
