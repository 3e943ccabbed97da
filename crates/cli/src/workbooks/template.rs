//! Making a template.

use std::{fs::File, io::Write as _, path::Path};

use domain::{DepartmentId, Period, RegionCode};
use policy::day_in_china;
use runtime::clock::{Clock as _, SystemClock};
use serde_json::json;
use workbook::Round;

use super::last;
use crate::{
    args::Common,
    commands::{block_on, template::TemplateArgs},
    embedded,
    failure::{Failure, Outcome},
    link::Link,
    profile::Profile,
    screen::Screen,
};

/// Makes the template that was asked for.
pub(crate) fn make(args: &TemplateArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let (catalogue, regions) = (embedded::catalogue()?, embedded::regions()?);
    let department = department(&args.department)?;
    let period = period(&args.period)?;
    let wanted = args.region.iter().map(|code| known(code, &regions)).collect::<Outcome<Vec<_>>>()?;
    let mut round = Round::new(&catalogue, &regions, period, department, day_in_china(SystemClock.now()));
    if args.with_last {
        let held = block_on(async {
            let profile = Profile::load(common.profile.as_deref())?;
            let link = Link::open(&profile, &args.department, None, screen.lang())?;
            last::fetch(&link, &round).await
        })?;
        (round.last, round.synthetic) = held;
    }
    let bytes = workbook::template(&round, &wanted).map_err(|error| refused(&error))?;
    create(&args.out, &bytes)?;
    let file = args.out.display().to_string();
    if screen.is_json() {
        screen.value(&json!({
            "file": file, "bytes": bytes.len(), "period": round.period.to_string(),
            "department": round.department.to_string(), "lastValues": round.last.len(),
            "synthetic": round.synthetic, "catalogueDigest": round.catalogue_digest(),
        }));
        return Ok(());
    }
    let count = round.last.len();
    screen.say(
        format!(
            "已生成 {file}（{period}，{}，上期值 {count} 个）；填好后先用 wufei submit {file} --check 检查",
            round.department
        ),
        format!(
            "made {file} ({period}, {}, {count} last values); check it with wufei submit {file} --check",
            round.department
        ),
    );
    Ok(())
}

/// A department of the command line.
pub(super) fn department(text: &str) -> Outcome<DepartmentId> {
    DepartmentId::parse(text).map_err(|error| Failure::failed(error.to_string(), format!("no such department: {text}")))
}

/// A period of the command line.
pub(super) fn period(text: &str) -> Outcome<Period> {
    Period::parse(text).map_err(|error| {
        Failure::failed(error.to_string(), format!("{text} is no period such as 2024, 2024-Q3 or 2024-06"))
    })
}

fn known(text: &str, regions: &domain::RegionTable) -> Outcome<RegionCode> {
    let code = RegionCode::parse(text).ok().filter(|code| regions.get(code).is_some());
    code.ok_or_else(|| {
        Failure::failed(
            format!("{text} 不是区划表内的代码，可用 wufei list regions 查看"),
            format!("{text} is no code of the region table; see wufei list regions"),
        )
    })
}

/// A refusal of the workbook crate.
pub(super) fn refused(error: &workbook::WorkbookError) -> Failure {
    let text = error.sentence();
    Failure::refused(text.zh, text.en, Vec::new())
}

/// Writes a new file; what is there already may be a clerk's work.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Outcome<()> {
    let written = File::create_new(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| Failure::unwritable(path, &error))
}
