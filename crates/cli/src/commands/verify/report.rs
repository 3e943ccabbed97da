//! `wufei verify report`.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use domain::Text;
use ledger::{NoteVerifier, body_digest};
use report::manifest::{self, Checked, Difference, ManifestError, Place};
use serde_json::{Value, json};

use super::receipt::key;
use crate::{
    args::Common,
    download::Format,
    failure::{Code, Failure, Fault, Outcome},
    profile::{AGGREGATOR, Profile},
    screen::Screen,
};

/// At most this many differences are listed; the count says how many there are.
const LISTED: usize = 20;

/// 核对报告与其签名清单，指出改动的数字 / compare a report with its signed manifest and name what was changed
#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// report.json、report.html，或两者所在的文件夹 / report.json, report.html, or the folder with both
    file: PathBuf,
    /// 汇总节点的日志公钥文件（log.vkey）；默认取自连接配置 / the aggregator's key; default: from the profile
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// A file that was checked.
struct Looked {
    file: PathBuf,
    checked: Checked,
    /// Digest of the manifest of the JSON.
    manifest: Option<ledger::Hash>,
}

pub(super) fn run(args: &ReportArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let keys = [aggregator_key(args.key.as_deref(), common)?];
    let files = if args.file.is_dir() {
        [Format::Json, Format::Html].map(|format| args.file.join(format.file_name())).to_vec()
    } else {
        vec![args.file.clone()]
    };
    let looked = files.iter().map(|file| look(file, &keys)).collect::<Outcome<Vec<_>>>()?;
    let differences: Vec<(&Path, &Difference)> = looked
        .iter()
        .flat_map(|one| one.checked.differences.iter().map(move |difference| (one.file.as_path(), difference)))
        .collect();
    if !differences.is_empty() {
        return Err(changed(&differences));
    }
    together(&looked)?;
    show(&looked, screen);
    Ok(())
}

/// The key that reports are signed with: that of a file, or the one that the profile names.
pub(crate) fn aggregator_key(file: Option<&Path>, common: &Common) -> Outcome<NoteVerifier> {
    if let Some(path) = file {
        return key(path);
    }
    let profile = Profile::load(common.profile.as_deref())?;
    let path = profile.node(AGGREGATOR)?.vkey.clone().ok_or_else(|| {
        Failure::failed("请用 --key 给出汇总节点的公钥文件 log.vkey", "give the aggregator's log.vkey with --key")
    })?;
    key(&path)
}

fn look(file: &Path, keys: &[NoteVerifier]) -> Outcome<Looked> {
    let text = fs::read_to_string(file).map_err(|error| Failure::unreadable(file, &error))?;
    if file.extension() == Some(OsStr::new("html")) {
        let checked = manifest::check_page(&text, keys).map_err(|error| refused(file, &error))?;
        return Ok(Looked { file: file.to_owned(), checked, manifest: None });
    }
    let value = strict(&text, file)?;
    let note = value.get("manifest").and_then(Value::as_str).unwrap_or_default();
    let manifest = Some(body_digest(note.as_bytes()));
    let checked = manifest::check_report(&value, keys).map_err(|error| refused(file, &error))?;
    Ok(Looked { file: file.to_owned(), checked, manifest })
}

/// The JSON of a report; with keys, only when nothing in it differs from its signed manifest.
#[cfg(feature = "documents")]
pub(crate) fn signed(text: &str, file: &Path, keys: &[NoteVerifier]) -> Outcome<Value> {
    let value = strict(text, file)?;
    if !keys.is_empty() {
        let checked = manifest::check_report(&value, keys).map_err(|error| refused(file, &error))?;
        let differences: Vec<_> = checked.differences.iter().map(|difference| (file, difference)).collect();
        if !differences.is_empty() {
            return Err(changed(&differences));
        }
    }
    Ok(value)
}

fn strict(text: &str, file: &Path) -> Outcome<Value> {
    manifest::parse(text).map_err(|error| {
        let file = file.display();
        Failure::new(
            Code::NotVerified,
            format!("{file} 不是只有一种读法的 JSON：第 {} 行第 {} 列，{}", error.line, error.column, error.what),
            format!("{file} is not JSON with one reading: {error}"),
        )
    })
}

fn refused(file: &Path, error: &ManifestError) -> Failure {
    let (file, text) = (file.display(), error.text());
    Failure::new(
        Code::NotVerified,
        format!("核对不通过：{file}：{}", text.zh),
        format!("does not hold: {file}: {}", text.en),
    )
}

/// That the page was made from this very report.
fn together(looked: &[Looked]) -> Outcome<()> {
    let [json, page] = looked else { return Ok(()) };
    if page.checked.report == json.manifest && page.checked.name == json.checked.name {
        return Ok(());
    }
    let (json, page) = (&json.checked.name, &page.checked.name);
    Err(Failure::new(
        Code::NotVerified,
        format!("核对不通过：网页属于 {page}，与 {json} 的清单不是同一份"),
        format!("does not hold: the page is of {page}, made from another manifest than that of {json}"),
    ))
}

fn changed(differences: &[(&Path, &Difference)]) -> Failure {
    let faults: Vec<Fault> =
        differences.iter().take(LISTED).map(|(file, difference)| fault(file, difference)).collect();
    let count = differences.len();
    let first = differences.first().map(|(_, difference)| difference.text()).unwrap_or_default();
    let facts = vec![("differences".to_owned(), count.to_string())];
    Failure {
        faults,
        facts,
        ..Failure::new(
            Code::NotVerified,
            format!("核对不通过，共 {count} 处：{}", first.zh),
            format!("does not hold, {count} difference(s): {}", first.en),
        )
    }
}

fn fault(file: &Path, difference: &Difference) -> Fault {
    let (field, rule) = match &difference.place {
        Place::Figure(id) => (id, Text::new("数字与签名时不同", "the figure is not the one signed")),
        Place::Part(name) => {
            (name, Text::new("数字以外的内容与签名时不同", "what stands around the figures is not what was signed"))
        }
    };
    let file = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    Fault { field: format!("{file} {field}"), value: difference.found.clone(), rule, ..Fault::default() }
}

fn show(looked: &[Looked], screen: &Screen) {
    if screen.is_json() {
        let files: Vec<Value> = looked
            .iter()
            .map(|one| json!({"file": one.file, "report": one.checked.name, "figures": one.checked.figures}))
            .collect();
        screen.value(&json!({"verified": true, "files": files}));
        return;
    }
    for one in looked {
        let (file, name, figures) = (one.file.display(), &one.checked.name, one.checked.figures);
        screen.say(
            format_args!("核对通过：{file} 是签名的 {name}，{figures} 个数字及其余内容均未改动"),
            format_args!("it holds: {file} is {name} as signed; its {figures} figures and all the rest are unchanged"),
        );
    }
}
