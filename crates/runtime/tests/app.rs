//! An app inside another process: addresses, readiness, operations server, stop and failure.

#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use runtime::{App, CancellationToken, Context, clock::SystemClock, telemetry::TelemetryGuard};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn context(stop: CancellationToken) -> Context {
    let telemetry = TelemetryGuard::detached("ecology").unwrap();
    Context::new("ecology", Arc::new(SystemClock), &telemetry, stop)
}

async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: ops\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn until(stop: CancellationToken) -> anyhow::Result<()> {
    stop.cancelled().await;
    Ok(())
}

fn any_port() -> Option<SocketAddr> {
    Some(SocketAddr::from(([127, 0, 0, 1], 0)))
}

#[tokio::test]
async fn the_operations_server_tells_life_readiness_and_metrics() {
    let ctx = context(CancellationToken::new());
    let catching_up = ctx.readiness.wait_for("log catch-up");
    ctx.meter.u64_counter("wufei.test").build().add(3, &[]);
    let app = App::builder(&ctx).ops(any_port()).await.unwrap().build();
    let ops = app.addresses()["ops"];
    let running = app.spawn();
    assert!(get(ops, "/livez").await.starts_with("HTTP/1.1 200"));
    let waiting = get(ops, "/readyz").await;
    assert!(waiting.starts_with("HTTP/1.1 503") && waiting.contains("waiting for: log catch-up"), "{waiting}");
    drop(catching_up);
    running.readiness().ready().await;
    assert!(get(ops, "/readyz").await.starts_with("HTTP/1.1 200"));
    let metrics = get(ops, "/metrics").await;
    assert!(metrics.contains("wufei_test_total{otel_scope_name=\"ecology\"} 3"), "{metrics}");
    assert!(get(ops, "/").await.starts_with("HTTP/1.1 404"));
    running.stop().await.unwrap();
    assert!(TcpStream::connect(ops).await.is_err(), "nothing listens after the stop");
}

#[tokio::test]
async fn while_it_drains_a_service_is_alive_and_not_ready() {
    let ctx = context(CancellationToken::new());
    let (finish, finished) = tokio::sync::oneshot::channel::<()>();
    let app =
        App::builder(&ctx).task("slow", async move { Ok(finished.await?) }).ops(any_port()).await.unwrap().build();
    let ops = app.addresses()["ops"];
    let running = app.spawn();
    running.request_stop();
    let client = async {
        let mut watch = ctx.readiness.watch();
        watch.wait_for(|pending| !pending.is_ready()).await.unwrap();
        let answer = get(ops, "/readyz").await;
        finish.send(()).unwrap();
        answer
    };
    let (outcome, answer) = tokio::join!(running.wait(), client);
    outcome.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("shutdown"), "{answer}");
}

#[tokio::test]
async fn an_app_that_is_not_spawned_does_nothing() {
    let ctx = context(CancellationToken::new());
    let (sent, mut seen) = tokio::sync::mpsc::channel::<()>(1);
    let app = App::builder(&ctx).task("never", async move { Ok(sent.send(()).await?) }).build();
    assert_eq!(ctx.readiness.pending(), ["start-up"]);
    drop(app);
    assert_eq!(seen.recv().await, None);
}

#[tokio::test]
async fn a_task_that_fails_ends_the_service_with_its_name_and_leaves_the_neighbour_alone() {
    let process = CancellationToken::new();
    let (ecology, commerce) = (context(process.child_token()), context(process.child_token()));
    let stop = commerce.stop.clone();
    let neighbour = App::builder(&commerce).task("serve", until(stop)).build().spawn();
    let address = SocketAddr::from(([127, 0, 0, 1], 7001));
    let app =
        App::builder(&ecology).bound("grpc", address).task("outbox", async { anyhow::bail!("disk full") }).build();
    assert_eq!(app.addresses()["grpc"], address);
    let error = app.run().await.unwrap_err();
    assert_eq!(error.to_string(), "task \"outbox\" failed: disk full");
    assert!(!commerce.stop.is_cancelled() && !process.is_cancelled());
    neighbour.stop().await.unwrap();
}

#[tokio::test]
async fn the_process_token_stops_every_service() {
    let process = CancellationToken::new();
    let ctx = context(process.child_token());
    let stop = ctx.stop.clone();
    let running = App::builder(&ctx).task("serve", until(stop)).build().spawn();
    process.cancel();
    running.wait().await.unwrap();
}

#[tokio::test]
async fn a_dropped_service_is_asked_to_stop() {
    let ctx = context(CancellationToken::new());
    drop(App::builder(&ctx).build().spawn());
    assert!(ctx.stop.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_deaf_task_does_not_hold_up_the_stop() {
    let ctx = context(CancellationToken::new());
    let running = App::builder(&ctx).grace(Duration::from_secs(3)).task("deaf", std::future::pending()).build().spawn();
    let started = tokio::time::Instant::now();
    running.stop().await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 3);
}

#[tokio::test]
async fn what_closes_runs_in_order_when_the_last_task_has_ended() {
    let ctx = context(CancellationToken::new());
    let (noted, mut notes) = tokio::sync::mpsc::channel(3);
    let note = |what: &'static str| {
        let noted = noted.clone();
        async move { noted.send(what).await.unwrap() }
    };
    let (task, stop) = (note("task"), ctx.stop.clone());
    let app = App::builder(&ctx).closing("first", note("first")).closing("second", note("second"));
    let app = app.task("serve", async move {
        stop.cancelled().await;
        task.await;
        Ok(())
    });
    app.build().spawn().stop().await.unwrap();
    let order = [notes.recv().await, notes.recv().await, notes.recv().await];
    assert_eq!(order.map(Option::unwrap), ["task", "first", "second"]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_close_does_not_hold_up_the_stop() {
    let ctx = context(CancellationToken::new());
    let running = App::builder(&ctx).closing("database", std::future::pending()).build().spawn();
    let started = tokio::time::Instant::now();
    running.stop().await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 5);
}
