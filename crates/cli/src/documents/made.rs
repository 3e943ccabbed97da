//! A document from the report's JSON: that of a file, or that of a node.

use std::{fs, path::Path};

use contracts::evaluation::v1 as pb;
use ledger::NoteVerifier;
use report::Report;
use serde_json::Value;

use crate::{
    args::Common,
    commands::{
        block_on,
        report::{ReportArgs, full_name},
        verify::{aggregator_key, signed},
    },
    download::{self, Format},
    failure::{Code, Failure, Outcome},
    profile::AGGREGATOR,
    records::at,
    screen::Screen,
};

const REPORT: &str = "wufei.evaluation.v1.Report";

/// Makes the document. The JSON must be as it was signed; only a file may be rendered without a key, and that is said.
pub(crate) fn make(args: &ReportArgs, common: &Common, screen: &Screen) -> Outcome<Vec<u8>> {
    let (now, before) = match &args.from {
        Some(file) => from_files(args, file, common, screen)?,
        None => from_node(args, common, screen)?,
    };
    let (report, previous) = (model(&now)?, before.as_ref().map(model).transpose()?);
    let options = documents::Options {
        lang: screen.lang(),
        previous: previous.as_ref(),
        issuer: args.issuer.as_deref(),
        number: args.number.as_deref(),
    };
    let made = match args.format {
        Format::Pdf => documents::pdf(&report, &options),
        Format::Xlsx => documents::xlsx(&report, &options),
        Format::Docx => documents::docx(&report, &options),
        Format::Json | Format::Html => Err(documents::Error::Text(args.format.file_name().to_owned())),
    };
    made.map_err(|error| Failure::unexpected("document", error))
}

fn from_files(args: &ReportArgs, file: &Path, common: &Common, screen: &Screen) -> Outcome<(Value, Option<Value>)> {
    let keys: Vec<NoteVerifier> = match aggregator_key(args.key.as_deref(), common) {
        Ok(key) => vec![key],
        Err(failure) if args.key.is_some() => return Err(failure),
        Err(_) => {
            screen.hint(
                "注意：没有汇总节点的公钥，未核对签名清单；请用 --key 给出 log.vkey",
                "note: without the aggregator's key the signed manifest was not checked; give log.vkey with --key",
            );
            Vec::new()
        }
    };
    let read = |file: &Path| {
        let text = fs::read_to_string(file).map_err(|error| Failure::unreadable(file, &error))?;
        signed(&text, file, &keys)
    };
    Ok((read(file)?, args.previous.as_deref().map(read).transpose()?))
}

fn from_node(args: &ReportArgs, common: &Common, screen: &Screen) -> Outcome<(Value, Option<Value>)> {
    let keys = [aggregator_key(args.key.as_deref(), common)?];
    block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let read = async |name: &str| {
            let bytes = download::bytes(&link, name, Format::Json).await?;
            let text = String::from_utf8(bytes).map_err(|error| Failure::unexpected("report", error))?;
            signed(&text, Path::new(name), &keys)
        };
        let now = read(&full_name(&args.name)).await?;
        let before = match (&args.previous, edition_before(&now)) {
            (Some(file), _) => {
                let text = fs::read_to_string(file).map_err(|error| Failure::unreadable(file, &error))?;
                Some(signed(&text, file, &keys)?)
            }
            (None, Some(name)) => Some(read(&name).await?),
            (None, None) => None,
        };
        Ok((now, before))
    })
}

/// Name of the edition before a report.
fn edition_before(report: &Value) -> Option<String> {
    let edition: u32 = at(report, "/edition").parse().ok()?;
    let before = edition.checked_sub(1).filter(|edition| *edition > 0)?;
    Some(full_name(&format!("edition-{before}")))
}

fn model(json: &Value) -> Outcome<Report> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::new(
            Code::NotVerified,
            format!("不是综合报告的 JSON：{error}"),
            format!("this is not the JSON of a report: {error}"),
        )
    };
    let wire: pb::Report = client::dynamic::from_json(REPORT, json.clone()).map_err(|error| unreadable(&error))?;
    aggregator::reports::model::report(&wire).map_err(|error| unreadable(&error))
}
