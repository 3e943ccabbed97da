//! An audit log for tests that are not about it.

use std::sync::Arc;

use domain::DepartmentId;
use ledger::NoteSigner;
use node::audit::{Audit, AuditConfig, AuditParts};
use runtime::{Context, metrics::AuditMetrics};
use store::Store;

/// The audit log of the ecology department's node; its task ends with the last handle.
pub(crate) async fn audit(context: &Context) -> Audit {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", dir.path().join("node.db").display());
    let (audit, writer) = Audit::new(AuditParts {
        store: Store::open_audit(&url).await.unwrap(),
        department: DepartmentId::ecology(),
        signer: NoteSigner::generate("wufei.demo/dept/ecology/audit", [3; 32]).unwrap(),
        clock: Arc::clone(&context.clock),
        config: AuditConfig::default(),
        metrics: AuditMetrics::new(&context.meter),
    });
    context.tasks.spawn_work("audit log", async move {
        writer.run().await;
        drop(dir);
    });
    audit
}
