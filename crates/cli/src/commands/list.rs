//! `wufei list`.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{Target, block_on};
use crate::{
    args::Common,
    failure::{Failure, Outcome},
    guide::Guide,
    link::Link,
    profile::AGGREGATOR,
    records::{self, at},
    screen::Screen,
    wire,
};

/// Records asked for in one page.
const PAGE: usize = 1000;

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        (
            "wufei list observations --node city-140100 --indicator ZWC2021-26",
            "一个节点的一项指标 / one indicator of one node",
        ),
        ("wufei list funding-lines", "汇总节点上全部部门的资金 / the money of all departments, from the aggregator"),
        ("wufei list commitments --json", "承诺事项 / the commitments"),
        ("wufei list entries --node ecology", "交换日志 / the exchange log"),
    ],
    notes: &[
        "常用种类：observations、statements、funding-lines、funding-projects、funding-groups、indicators、regions、units、commitments、runs、reports、schemes、entries；各部门还有自己的种类，写错时会列出全部。 / Kinds: observations, statements, funding-lines, funding-projects, funding-groups, indicators, regions, units, commitments, runs, reports, schemes, entries, and those of each department; a wrong one is answered with all.",
    ],
    json: "一个对象，其中的数组为全部记录 / an object that holds the records as an array",
};

/// 列出记录 / list records
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// 种类 / kind
    kind: String,
    /// 当时已知的内容（日期或 RFC 3339 时间） / as it was known at this date or RFC 3339 time
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// 只看一个部门（在汇总节点上） / one department only (on the aggregator)
    #[arg(long, value_name = "DEPARTMENT")]
    department: Option<String>,
    /// 只看一个指标 / one indicator only
    #[arg(long, value_name = "CODE")]
    indicator: Option<String>,
    /// 只看一个地区 / one region only
    #[arg(long, value_name = "CODE")]
    region: Option<String>,
    /// 只看一个时期 / one period only
    #[arg(long)]
    period: Option<String>,
    /// 最多几条 / at most this many
    #[arg(long, default_value_t = 1000)]
    limit: usize,
    /// 从第几条日志开始（仅 entries） / first log index (entries only)
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    from: u64,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(args: &ListArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let listing = wire::listing(&args.kind)?;
    let request = request(args, &listing)?;
    let all = block_on(async {
        let link = args.target.open(common, holder(&listing), screen)?;
        if args.kind == "entries" {
            entries(&link, args).await
        } else {
            pages(&link, &listing, request, args.limit).await
        }
    })?;
    if screen.is_json() {
        screen.value(&json!({listing.items.json_name(): all}));
    } else {
        records::print(screen, &args.kind, &all);
    }
    Ok(())
}

/// Who is asked where no node is named: a department that has a service of its own for this kind, or the aggregator, which
/// mirrors every node.
fn holder(listing: &wire::Listing) -> &'static str {
    match listing.list.parent_service().package_name() {
        "wufei.ecology.v1" => "ecology",
        "wufei.commerce.v1" => "commerce",
        "wufei.scitech.v1" => "scitech",
        // The capital's node is the one that always takes part.
        "wufei.city.v1" => "city-140100",
        _ => AGGREGATOR,
    }
}

/// The request, with the fields that this kind has.
fn request(args: &ListArgs, listing: &wire::Listing) -> Outcome<Value> {
    let mut request = json!({});
    let input = listing.list.input();
    if input.get_field_by_name("parent").is_some() {
        let department = match (&args.department, args.target.department(holder(listing))) {
            (Some(department), _) => department,
            (None, AGGREGATOR) => "-",
            (None, department) => department,
        };
        request["parent"] = format!("departments/{department}").into();
    }
    if let Some(as_of) = &args.as_of {
        require(&input, "as_of", "--as-of")?;
        request["asOf"] = time(as_of)?;
    }
    let filter = input.get_field_by_name("filter").as_ref().and_then(wire::message_of);
    for (value, field, option) in [
        (&args.indicator, "indicator", "--indicator"),
        (&args.region, "region", "--region"),
        (&args.period, "period", "--period"),
    ] {
        let Some(value) = value else { continue };
        if let Some(filter) = &filter {
            require(filter, field, option)?;
            request["filter"][field] = value.as_str().into();
        } else {
            require(&input, field, option)?;
            request[field] = value.as_str().into();
        }
    }
    Ok(request)
}

fn require(message: &prost_reflect::MessageDescriptor, field: &str, option: &str) -> Outcome<()> {
    if message.get_field_by_name(field).is_some() {
        return Ok(());
    }
    Err(Failure::failed(format!("这类记录不能用 {option} 筛选"), format!("this kind cannot be filtered with {option}")))
}

/// Every record, page by page, up to the limit.
pub(crate) async fn pages(
    link: &Link,
    listing: &wire::Listing,
    mut request: Value,
    limit: usize,
) -> Outcome<Vec<Value>> {
    let method = wire::full_name(&listing.list);
    let paged = listing.list.input().get_field_by_name("page_size").is_some();
    let mut all: Vec<Value> = Vec::new();
    loop {
        if paged {
            request["pageSize"] = (limit - all.len()).min(PAGE).into();
        }
        let mut page = link.call(&method, request.clone()).await?;
        if let Some(Value::Array(items)) = page.get_mut(listing.items.json_name()).map(Value::take) {
            all.extend(items);
        }
        let next = at(&page, "/nextPageToken");
        if !paged || next.is_empty() || all.len() >= limit {
            all.truncate(limit);
            return Ok(all);
        }
        request["pageToken"] = next.into();
    }
}

/// Entries of a log, each with its envelope beside the bytes.
async fn entries(link: &Link, args: &ListArgs) -> Outcome<Vec<Value>> {
    let mut all: Vec<Value> = Vec::new();
    let mut index = args.from;
    loop {
        let size = (args.limit - all.len()).min(PAGE);
        let request = json!({"startIndex": index.to_string(), "pageSize": size});
        let page = link.call("wufei.log.v1.LogService/ListEntries", request).await?;
        let items = page.get("entries").and_then(Value::as_array).cloned().unwrap_or_default();
        index = at(&page, "/nextIndex").parse().unwrap_or(index);
        let done = items.is_empty();
        for mut entry in items {
            if let Some(envelope) = wire::envelope(&at(&entry, "/leaf")) {
                entry["envelope"] = envelope;
            }
            all.push(entry);
        }
        if done || all.len() >= args.limit {
            return Ok(all);
        }
    }
}

/// A time of the command line as proto JSON: RFC 3339, or a date, which means its end in China.
pub(crate) fn time(text: &str) -> Outcome<Value> {
    let parsed = DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc)).ok().or_else(|| {
        let day: NaiveDate = text.parse().ok()?;
        // China has had one time zone, UTC+8 without summer time, since 1991.
        Some(day.and_hms_opt(15, 59, 59)?.and_utc())
    });
    let parsed = parsed.ok_or_else(|| {
        Failure::failed(
            format!("{text} 不是时间，写法如 2026-01-31 或 2026-01-31T12:00:00+08:00"),
            format!("{text} is not a time such as 2026-01-31 or 2026-01-31T12:00:00+08:00"),
        )
    })?;
    Ok(parsed.to_rfc3339_opts(SecondsFormat::AutoSi, true).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_means_its_end_in_china() {
        assert_eq!(time("2026-01-31").unwrap(), "2026-01-31T15:59:59Z");
        assert_eq!(time("2026-01-31T08:00:00+08:00").unwrap(), "2026-01-31T00:00:00Z");
        assert!(time("昨天").is_err());
    }
}
