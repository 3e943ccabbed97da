//! `wufei call`.

use std::{fs, io::Read as _, path::Path};

use serde_json::Value;

use super::{Target, block_on};
use crate::{
    args::Common,
    failure::{Code, Failure, Outcome},
    guide::Guide,
    profile::AGGREGATOR,
    screen::Screen,
    wire,
};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        ("wufei call wufei.log.v1.LogService/GetCheckpoint --node ecology", "日志的检查点 / the checkpoint of a log"),
        (
            "wufei call wufei.ecology.v1.EcologyService/CreateZeroWasteUnit @unit.json --node ecology",
            "请求取自文件 / the request is in a file",
        ),
        (
            "cat request.json | wufei call wufei.funding.v1.FundingQueryService/SummarizeFunding - --node city-140100",
            "请求取自标准输入 / the request comes from stdin",
        ),
    ],
    notes: &["没有 requestId 的写入会补一个随机的。 / A write without a requestId gets a random one."],
    json: "应答总是 JSON；服务端流每行一个 / answers are always JSON; a server stream is one a line",
};

/// 调用任一方法，请求和应答均为 JSON / call any method, with JSON in and out
#[derive(Debug, clap::Args)]
pub(crate) struct CallArgs {
    /// 方法：包.服务/方法 / method: package.Service/Method
    method: String,
    /// 请求 JSON；@文件 或 - 表示读取文件或标准输入 / request as JSON; @FILE or - reads a file or stdin
    #[arg(default_value = "{}")]
    request: String,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(args: &CallArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let method = wire::method(&args.method)?;
    let mut request: Value = serde_json::from_str(&text(&args.request)?).map_err(|error| {
        Failure::new(
            Code::Refused,
            format!("请求不是合格的 JSON：{error}"),
            format!("the request is not JSON: {error}"),
        )
    })?;
    if method.is_client_streaming() {
        return Err(Failure::failed("不能用 call 调用客户端流方法", "call cannot use a client-streaming method"));
    }
    if method.input().get_field_by_name("request_id").is_some()
        && let Some(fields) = request.as_object_mut()
        && !fields.contains_key("requestId")
        && !fields.contains_key("request_id")
    {
        fields.insert("requestId".to_owned(), Value::from(uuid::Uuid::new_v4().to_string()));
    }
    block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let name = wire::full_name(&method);
        if method.is_server_streaming() {
            let each = |message| {
                screen.json_line(&message);
                true
            };
            return link.stream(&name, request, each).await;
        }
        screen.value(&link.call(&name, request).await?);
        Ok(())
    })
}

fn text(request: &str) -> Outcome<String> {
    if request == "-" {
        let mut text = String::new();
        return match std::io::stdin().read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(error) => Err(Failure::unreadable(Path::new("-"), &error)),
        };
    }
    match request.strip_prefix('@') {
        Some(file) => fs::read_to_string(file).map_err(|error| Failure::unreadable(Path::new(file), &error)),
        None => Ok(request.to_owned()),
    }
}
