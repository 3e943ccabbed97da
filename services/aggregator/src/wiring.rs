//! The only place that names concrete types: builds the aggregator, binds, and does not serve yet.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use client::Endpoint;
use contracts::{
    evaluation::v1::{
        evaluation_service_server::EvaluationServiceServer, report_service_server::ReportServiceServer,
        scheme_service_server::SchemeServiceServer,
    },
    followup::v1::follow_up_service_server::FollowUpServiceServer,
    log::v1::followed_log_service_server::FollowedLogServiceServer,
};
use domain::{Catalogue, DepartmentId};
use node::{
    department::{Node, Role},
    projection::Projection,
};
use runtime::{App, Context, config::Tls};
use tokio::sync::Mutex;

use crate::{
    config::{Config, FollowedNode, read_key},
    follow::Follower,
    followup::FollowUp,
    logs::{LogParts, Logs, Sightings},
    reports::{LogKeys, Reports},
    runs::{Evaluations, Workers},
    schemes::{self, SchemeDesk, SchemeParts, Schemes},
    web,
};

/// Schemes of the release.
const SHIPPED: [&str; 1] = [include_str!("../../../deploy/schemes/zwc-2021.yaml")];

/// Builds the aggregator.
///
/// # Errors
/// When a file, the database, a key or an address of the configuration is not usable.
pub async fn build(config: Config, ctx: Context) -> anyhow::Result<App> {
    let Config { web, schemes, synthetic, server, nodes: followed } = config;
    let tls = server.tls.clone();
    let principal = server.principal(&DepartmentId::aggregator());
    let principal_of_pages = principal.clone();
    let node = Node::open(Role::aggregator(projection), server, &ctx).await?;
    let context = node.context().clone();
    let nodes: Vec<DepartmentId> = followed.iter().map(FollowedNode::id).collect::<Result<_, _>>()?;
    let nodes = Arc::new(nodes);
    let sightings = Sightings::default();
    let follower = |followed| follower(followed, &tls, &node, &sightings, &ctx);
    let followers = followed.iter().map(follower).collect::<Result<Vec<_>, _>>()?;

    let schemes = Schemes::open(&texts(schemes.as_deref())?, context.clone())?;
    let workers = Workers::new(ctx.tasks.clone());
    let evaluations = Evaluations::new(context.clone(), schemes.clone(), Arc::clone(&nodes), workers, principal);
    let mut log_keys: LogKeys =
        followers.iter().map(|follower| (follower.log.clone(), follower.verifier.clone())).collect();
    log_keys.insert(context.department().clone(), context.desk().signer().verifier());
    let reports = Reports {
        context: context.clone(),
        evaluations: evaluations.clone(),
        schemes: schemes.clone(),
        nodes,
        log_keys: Arc::new(log_keys),
        synthetic,
        numbering: Arc::new(Mutex::new(())),
        newest_known: Arc::default(),
    };
    let scheme_desk = SchemeDesk(SchemeParts { schemes, evaluations: evaluations.clone() });
    let unfinished = evaluations.clone();
    let nodes_of_pages = Arc::clone(&reports.nodes);
    let logs = Logs::new(LogParts {
        context: context.clone(),
        nodes: Arc::clone(&nodes_of_pages),
        sightings,
        trust: node.trust().clone(),
        tls: node.tls().clone(),
    });
    let services = node
        .services()
        .with(SchemeServiceServer::new(scheme_desk))
        .with(EvaluationServiceServer::new(evaluations))
        .with(ReportServiceServer::new(reports))
        .with(FollowUpServiceServer::new(FollowUp { context: context.clone() }))
        .with(FollowedLogServiceServer::new(logs));

    let logs = nodes_of_pages.iter().cloned().chain([context.department().clone()]).collect();
    let feeds = context.feeds().clone();
    let (mut app, inside) = node.app_and_inside(services, &ctx).await?;
    app = app.task("go on with evaluation runs", async move { unfinished.resume().await });
    for follower in followers {
        let caught_up = ctx.readiness.wait_for(format!("catch up with {}", follower.log));
        let stop = ctx.stop.clone();
        app = app.task(format!("follow {}", follower.log), async move {
            follower.run(stop, caught_up).await;
            Ok(())
        });
    }
    if let Some(web) = web {
        let services = web::Services { inside, feeds, logs, stop: ctx.stop.clone(), clock: Arc::clone(&ctx.clock) };
        app = web::serve(app, web, synthetic, principal_of_pages, services).await?;
    }
    Ok(app.build())
}

/// What entries do to the aggregator's tables: those of the nodes, and its own.
#[must_use]
pub fn projection(catalogue: Arc<Catalogue>) -> Projection {
    Projection::new(catalogue)
        .with(schemes::CREATE, schemes::created)
        .with(schemes::PROPOSE, schemes::proposed)
        .with(schemes::PUBLISH, schemes::published)
}

fn follower(
    followed: &FollowedNode,
    tls: &Tls,
    node: &Node,
    sightings: &Sightings,
    ctx: &Context,
) -> anyhow::Result<Follower> {
    let FollowedNode { department: _, address, server_name, log_key } = followed;
    let log = followed.id()?;
    let verifier = read_key(log_key).with_context(|| format!("日志公钥 / log key {}", log_key.display()))?;
    let server_name = server_name.clone().unwrap_or_else(|| client::server_name(log.as_str()));
    let endpoint = Endpoint { address: address.clone(), server_name };
    Ok(Follower {
        log,
        store: node.context().store().clone(),
        projection: Arc::clone(node.projection()),
        feeds: node.context().feeds().clone(),
        sightings: sightings.clone(),
        endpoint,
        tls: tls.clone(),
        verifier,
        clock: Arc::clone(&ctx.clock),
    })
}

/// YAML texts of the schemes: those of a folder, or those of the release.
fn texts(folder: Option<&Path>) -> anyhow::Result<Vec<String>> {
    let Some(folder) = folder else { return Ok(SHIPPED.map(str::to_owned).to_vec()) };
    let read =
        |path: &Path| std::fs::read_to_string(path).with_context(|| format!("评价方案 / scheme {}", path.display()));
    let mut texts = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("评价方案目录 / schemes {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            texts.push(read(&path)?);
        }
    }
    Ok(texts)
}
