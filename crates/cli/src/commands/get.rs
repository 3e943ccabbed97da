//! `wufei get`.

use serde_json::{Value, json};

use super::{Target, block_on, list::time};
use crate::{
    args::Common,
    failure::{Failure, Outcome},
    guide::Guide,
    profile::AGGREGATOR,
    records,
    screen::Screen,
    wire,
};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        ("wufei get departments/ecology/statements/f036", "一条定性事实 / a fact"),
        ("wufei get departments/aggregator/commitments/c4-4", "一项承诺及其亮灯 / a commitment and its light"),
        (
            "wufei get departments/city-140100/fundingLines/f019 --as-of 2026-01-31",
            "当时已知的一笔资金 / money as it was known then",
        ),
    ],
    notes: &["名称见 wufei list 的第一列。 / The first column of wufei list shows the names."],
    json: "该记录 / the record",
};

/// 按名称读取一条记录 / read one record by its name
#[derive(Debug, clap::Args)]
pub(crate) struct GetArgs {
    /// 资源名称 / resource name
    name: String,
    /// 当时已知的内容（日期或 RFC 3339 时间） / as it was known at this date or RFC 3339 time
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(args: &GetArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let steps: Vec<&str> = args.name.split('/').collect();
    let (department, collection) = match steps.as_slice() {
        ["departments", department, collection, _] => (*department, *collection),
        [collection, _] => (AGGREGATOR, *collection),
        _ => {
            return Err(Failure::failed(
                format!("{} 不是资源名称，写法如 departments/ecology/statements/f036", args.name),
                format!("{} is not a resource name, such as departments/ecology/statements/f036", args.name),
            ));
        }
    };
    let listing = wire::listing(collection)?;
    let as_of = args.as_of.as_deref().map(time).transpose()?;
    let record = block_on(async {
        let link = args.target.open(common, department, screen)?;
        let Some(get) = &listing.get else {
            return find(&link, &listing, department, &args.name, as_of).await;
        };
        let mut request = json!({"name": args.name});
        if let Some(as_of) = as_of {
            request["asOf"] = as_of;
        }
        let answer = link.call(&wire::full_name(get), request).await?;
        Ok(answer
            .as_object()
            .and_then(|fields| fields.values().find(|field| field.is_object()))
            .cloned()
            .unwrap_or(answer))
    })?;
    if screen.is_json() {
        screen.value(&record);
    } else {
        records::print_one(screen, &record);
    }
    Ok(())
}

/// Kinds without a Get method are found in their list.
async fn find(
    link: &crate::link::Link,
    listing: &wire::Listing,
    department: &str,
    name: &str,
    as_of: Option<Value>,
) -> Outcome<Value> {
    let mut request = json!({"parent": format!("departments/{department}")});
    if let Some(as_of) = as_of {
        request["asOf"] = as_of;
    }
    let all = super::list::pages(link, listing, request, usize::MAX).await?;
    all.into_iter().find(|record| records::at(record, "/name") == name).ok_or_else(|| {
        Failure::failed(
            format!("没有记录 {name}。可用 wufei list 查看"),
            format!("there is no {name}; wufei list shows what there is"),
        )
    })
}
