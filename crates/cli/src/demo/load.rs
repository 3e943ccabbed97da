//! Submits the data set: every call through the public endpoint, by the department's own writer.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use indicatif::{ProgressBar, ProgressStyle};

use super::dataset::{Dataset, NodeData};
use crate::{
    failure::{Failure, Outcome},
    link::Link,
    screen::Screen,
};

/// Submits everything. Nodes are independent, so they are loaded side by side; the calls of one node keep their order.
///
/// `links` holds the connection of each department's writer; the follow-up of the aggregator is submitted by the lead
/// department.
pub(crate) async fn load(dataset: &Dataset, links: &BTreeMap<String, Link>, screen: &Screen) -> Outcome<u64> {
    let total = dataset.nodes.iter().map(|node| node.calls.len() as u64).sum();
    let bar = bar(total, screen);
    try_join_all(dataset.nodes.iter().map(|node| load_node(node, links, &bar))).await?;
    bar.finish_and_clear();
    Ok(total)
}

async fn load_node(node: &NodeData, links: &BTreeMap<String, Link>, bar: &ProgressBar) -> Outcome<()> {
    let Some(link) = links.get(&node.department) else {
        let department = &node.department;
        return Err(Failure::failed(
            format!("数据集提到节点 {department}，但它没有启动"),
            format!("the data set names the node {department}, which was not started"),
        ));
    };
    for call in &node.calls {
        link.call(&call.method, call.identified(&node.department)).await.map_err(|failure| {
            let (department, method) = (&node.department, &call.method);
            let zh = format!("{department} 提交 {method} 被拒绝：{}", failure.text.zh);
            let en = format!("{department} was refused {method}: {}", failure.text.en);
            Failure { text: domain::Text::new(zh, en), ..failure }
        })?;
        bar.inc(1);
    }
    Ok(())
}

fn bar(total: u64, screen: &Screen) -> ProgressBar {
    if screen.is_json() {
        return ProgressBar::hidden();
    }
    // Drawn on stderr, and hidden by itself where that is no terminal.
    let bar = ProgressBar::new(total);
    let style =
        ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len}").unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar.set_message(screen.text("提交数据", "submitting").to_owned());
    bar
}
