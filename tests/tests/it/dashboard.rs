//! The pages for people: what they show is what the person may read by gRPC, in both languages, with everything from this
//! server and nothing from elsewhere.

use std::net::SocketAddr;

use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use scraper::{Html, Selector};
use serde_json::json;
use testkit::{Engine, Province, evaluator_id, operator_id, until, writer_id};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// Pages of a browser.
pub(crate) struct Browser {
    address: SocketAddr,
    cookie: Option<String>,
}

/// What came back.
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, cookie: None }
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.get_as(&self.address.to_string(), path).await
    }

    /// As a browser that reaches the server under this name.
    async fn get_as(&self, host: &str, path: &str) -> Got {
        let stream = TcpStream::connect(self.address).await.unwrap();
        exchange(stream, host, path, self.cookie.as_deref()).await.unwrap()
    }
}

/// Asks for a page over a connection that stands; none when the server breaks it.
pub(crate) async fn exchange<S>(stream: S, host: &str, path: &str, cookie: Option<&str>) -> Option<Got>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let mut request = Request::get(path).header("host", host).header("connection", "close");
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
    let answer = async {
        let (parts, body) = sender.send_request(request).await.ok()?.into_parts();
        let bytes = body.collect().await.ok()?.to_bytes();
        Some(Got { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() })
    };
    // How the connection ends does not matter: the answer is there.
    tokio::join!(answer, connection).0
}

impl Got {
    pub(crate) fn html(&self) -> Html {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        Html::parse_document(&self.text)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }
}

pub(crate) fn all(html: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    let found = html.select(&selector);
    found.map(|element| element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn links(html: &Html) -> Vec<String> {
    let selector = Selector::parse("[href], [src], form[action]").unwrap();
    let of = |element: scraper::ElementRef<'_>| {
        ["href", "src", "action"].iter().find_map(|name| element.value().attr(name)).map(str::to_owned)
    };
    html.select(&selector).filter_map(of).collect()
}

/// The letter's departments, and an aggregator whose pages everybody sees as this principal.
async fn province_for(viewer: &str) -> Province {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    for department in testkit::DEPARTMENTS {
        province.add_department(department).await.unwrap();
    }
    province.add_aggregator_with_pages(viewer).await.unwrap();
    province
}

/// The letter, evaluated and reported.
async fn letter_for(viewer: &str) -> (Province, Browser) {
    let province = province_for(viewer).await;
    province.submit_letter().await.unwrap();
    let run = province.evaluate().await.unwrap();
    province.report(&run).await.unwrap();
    let browser = Browser::new(province.pages().unwrap());
    (province, browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_shows_the_letters_figures_and_its_gaps() {
    let (province, browser) = letter_for(&evaluator_id()).await;
    let overview = browser.get("/").await.html();
    assert_eq!(all(&overview, ".map li").len(), 11);
    let taiyuan = all(&overview, ".map .at-140100").remove(0);
    assert!(taiyuan.contains("太原市") && taiyuan.contains("3/25"), "{taiyuan}");
    assert_eq!(all(&overview, ".map .step-0").len(), 10, "ten cities reported nothing, and it is not a zero");
    let share = all(&overview, ".big").remove(0);
    for figure in ["2 / 11", "18.2 %", "60 %", "7", "还差 5"] {
        assert!(share.contains(figure), "{figure} in {share}");
    }
    assert_eq!((all(&overview, ".slots .counted").len(), all(&overview, ".slots .needed").len()), (2, 4));
    let lights = all(&overview, ".lights b");
    assert_eq!(lights.iter().map(|count| count.parse::<u32>().unwrap()).sum::<u32>(), 20);
    assert_eq!(lights[4], "19", "grey");
    assert!(!overview.html().contains("模拟数据"), "nothing here is synthetic");

    let matrix = browser.get("/matrix").await.html();
    assert_eq!(all(&matrix, "tbody .state-missing").len(), 25 * 11 - 3);
    assert_eq!(all(&matrix, "tfoot td")[0], "3/25");
    let by_department = browser.get("/matrix?by=department").await.html();
    assert!(all(&by_department, "tbody th").iter().any(|name| name.contains("生态环境")));
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_of_every_page_leads_to_a_page_in_both_languages() {
    let (province, browser) = letter_for(&evaluator_id()).await;
    for lang in ["zh", "en"] {
        let browser = Browser { cookie: Some(format!("lang={lang}")), ..Browser::new(browser.address) };
        let mut open = vec!["/".to_owned()];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(path) = open.pop() {
            let got = browser.get(&path).await;
            assert_eq!(got.status, StatusCode::OK, "{path}: {}", got.text);
            let kind = got.header("content-type");
            // An edition is a page of its own, with the rules of its own.
            if !kind.starts_with("text/html") || path.starts_with("/reports/") {
                continue;
            }
            let html = got.html();
            let language = html.select(&Selector::parse("html").unwrap()).next().unwrap().value().attr("lang").unwrap();
            assert_eq!(language, if lang == "zh" { "zh-CN" } else { "en" }, "{path}");
            assert_eq!((all(&html, "main").len(), all(&html, "h1").len()), (1, 1), "{path}");
            assert_eq!(
                all(&html, "table").len(),
                all(&html, "table > caption").len(),
                "{path}: a table has no caption"
            );
            // A page to sign holds the file to sign.
            for link in links(&html).into_iter().filter(|link| !link.starts_with("data:application/json;base64,")) {
                assert!(link.starts_with('/') || link.starts_with('#'), "{path} leads elsewhere: {link}");
                let target = link.split('#').next().unwrap().to_owned();
                let other_language = target.contains("lang=");
                // One of each kind of page is enough.
                // Setting pages takes long without optimisation; the program's own tests do it.
                let paper = target.ends_with(".pdf");
                if !target.is_empty() && !other_language && !paper && seen.insert(kind_of(&target)) {
                    open.push(target);
                }
            }
        }
        for page in ["/matrix", "/cities", "/indicators", "/funding", "/commitments", "/runs", "/reports", "/nodes"] {
            assert!(seen.contains(page), "{page} is not linked");
        }
        assert!(seen.iter().any(|path| path.starts_with("/values/item")), "{seen:?}");
    }
    province.end().await.unwrap();
}

/// Pages of one kind have the same beginning of their path.
fn kind_of(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["", "assets" | "reports", ..] => path.to_owned(),
        ["", "values", kind, ..] => format!("/values/{kind}"),
        ["", "schemes", "new"] => path.to_owned(),
        ["", "cities" | "indicators" | "runs" | "commitments" | "entries" | "schemes", _one] => {
            format!("/{}/one", parts[1])
        }
        ["", "commitments", _one, what @ ..] => format!("/commitments/one/{}", what.join("/")),
        _ => path.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_load_nothing_from_elsewhere_and_run_no_script_of_their_own() {
    let (province, browser) = letter_for(&evaluator_id()).await;
    let got = browser.get("/").await;
    let policy = got.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    assert_eq!((got.header("cache-control"), got.header("x-content-type-options")), ("no-store", "nosniff"));
    let html = got.html();
    // What a chart draws is data of its element, and the page of one has no other policy.
    let charts = browser.get("/funding").await;
    assert_eq!(charts.header("content-security-policy"), policy);
    for page in [&html, &charts.html()] {
        assert_eq!(all(page, "script").concat(), "", "no script in the page itself");
        assert!(page.select(&Selector::parse("[style], style, [onclick]").unwrap()).next().is_none());
    }
    let script = links(&charts.html()).into_iter().find(|link| link.ends_with("charts.js")).unwrap();
    assert_eq!(browser.get(&script).await.status, StatusCode::OK);
    let style = links(&html).into_iter().find(|link| link.ends_with("style.css")).unwrap();
    assert!(browser.get(&style).await.header("cache-control").contains("immutable"));
    assert_eq!(browser.get("/assets/0/style.css").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/no/such/page").await.status, StatusCode::NOT_FOUND);
    // A name that somebody else points to this machine opens nothing.
    assert_eq!(browser.get_as("elsewhere.example", "/").await.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(browser.get_as("localhost:80", "/").await.status, StatusCode::OK);
    // The language is kept.
    let english = browser.get("/?lang=en").await;
    assert!(english.header("set-cookie").starts_with("lang=en;") && english.text.contains("Overview"));
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_shows_nothing_that_its_visitor_may_not_read_by_grpc() {
    let (province, browser) = letter_for(&operator_id()).await;
    for path in ["/", "/matrix", "/cities", "/funding", "/commitments", "/runs", "/values/share-target"] {
        let got = browser.get(path).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{path}");
        assert!(got.text.contains("PERMISSION_DENIED"), "{path}: {}", got.text);
        assert!(!got.text.contains("太原市"), "{path}");
    }
    let report = browser.get("/reports/latest").await;
    assert_eq!(report.status, StatusCode::FORBIDDEN);
    // The catalogue is for every member.
    assert_eq!(browser.get("/indicators").await.status, StatusCode::OK);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_how_every_log_is_followed_and_a_city_its_own_only() {
    let (province, browser) = letter_for(&operator_id()).await;
    let seen = until("the certificates of all nodes", async || {
        let page = browser.get("/nodes").await.html();
        let rows = all(&page, "main table tbody tr");
        Ok((rows.len() == 5 && rows.iter().all(|row| row.contains("还剩"))).then_some(rows))
    });
    let rows = seen.await.unwrap();
    for (row, node) in rows.iter().zip(["aggregator", "city-140100", "commerce", "ecology", "scitech"]) {
        assert!(row.contains(node), "{node} in {row}");
    }
    assert!(rows[0].contains("本机") && rows[3].contains("可达"), "{rows:?}");
    province.end().await.unwrap();

    let (province, browser) = letter_for(&writer_id("city-140100")).await;
    let rows = all(&browser.get("/nodes").await.html(), "main table tbody tr");
    assert!(matches!(rows.as_slice(), [only] if only.contains("city-140100")), "{rows:?}");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_down_is_shown_as_such_and_keeps_nobody_waiting() {
    let (mut province, browser) = letter_for(&operator_id()).await;
    province.stop("scitech").await.unwrap();
    let seen = until("the node that is down", async || {
        let page = browser.get("/nodes").await.html();
        Ok(all(&page, "main table tbody tr").into_iter().find(|row| row.contains("scitech") && row.contains("不可达")))
    });
    assert!(seen.await.unwrap().contains("节点不可达"));
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_city_sees_how_its_own_score_came_about_and_not_that_of_another() {
    let (province, browser) = letter_for(&writer_id("city-140100")).await;
    let own = browser.get("/values/item/140100/ZWC2021-26").await;
    assert!(own.html().html().contains("city-140100"), "{}", own.text);
    assert_eq!(browser.get("/values/item/140200/ZWC2021-26").await.status, StatusCode::FORBIDDEN);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_reads_in_the_report_what_it_may_not_read_as_a_record() {
    let (province, browser) = letter_for(&writer_id("commerce")).await;
    let indicator = all(&browser.get("/indicators/ZWC2021-26").await.html(), "tbody tr");
    let taiyuan = indicator.iter().find(|row| row.starts_with("太原市")).unwrap();
    assert!(taiyuan.contains("≥35 %") && taiyuan.contains("看不到原始记录"), "{taiyuan}");
    assert!(indicator.iter().any(|row| row.starts_with("大同市") && row.contains("待报送")), "{indicator:?}");
    for path in ["/", "/matrix", "/cities/140100"] {
        browser.get(path).await.html();
    }
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_is_followed_down_to_its_signature_and_proof() {
    let (province, browser) = letter_for(&evaluator_id()).await;
    let page = browser.get("/values/item/140100/ZWC2021-26").await;
    let html = page.html();
    let source = all(&html, ".source").remove(0);
    assert!(source.contains(&writer_id("city-140100")), "{source}");
    assert!(source.contains("ed25519"), "{source}");
    assert!(all(&html, "pre")[0].contains("c2sp.org/tlog-proof"), "{:?}", all(&html, "pre"));
    // A figure that nobody reported says so.
    let missing = browser.get("/values/item/140200/ZWC2021-26").await.html();
    assert!(all(&missing, "main").concat().contains("没有人报送"));
    assert_eq!(browser.get("/values/item/140100/NO-SUCH").await.status, StatusCode::NOT_FOUND);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_shows_is_recorded_in_the_audit_log_in_the_name_of_its_visitor() {
    let (province, browser) = letter_for(&evaluator_id()).await;
    browser.get("/funding").await.html();
    let auditor = province.auditor("aggregator").unwrap();
    let method = "wufei.log.v1.AuditLogService/ListAuditRecords";
    let records = auditor.call_json(method, json!({ "pageSize": 1000 })).await.unwrap().to_string();
    assert!(records.contains("SummarizeFunding") && records.contains(&evaluator_id()), "{records}");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_report_pages_say_so() {
    let province = province_for(&evaluator_id()).await;
    let browser = Browser::new(province.pages().unwrap());
    for path in ["/", "/matrix", "/cities", "/funding", "/commitments", "/runs", "/reports"] {
        browser.get(path).await.html();
    }
    assert!(browser.get("/").await.text.contains("还没有形成报告"));
    assert_eq!(browser.get("/cities/140100").await.status, StatusCode::NOT_FOUND);
    province.end().await.unwrap();
}
