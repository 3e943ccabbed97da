//! `WitnessService`: cosigns what extends the tree that was cosigned before.

use contracts::log::v1::{self as wire, witness_service_server::WitnessService};
use domain::{DomainError, Reason, Text, Violation, text::Lang};
use ledger::{Checkpoint, CosignError, CosignatureSigner, EMPTY_ROOT, Hash, MAX_PROOF_HASHES, VerifyError};
use runtime::clock::SharedClock;
use store::{Store, StoreError};
use tonic::{Request, Response, Status};

use crate::{
    caller::Caller,
    status::{internal, status, store_status},
    trust::Trust,
};

/// A checkpoint that is not cosigned.
#[derive(Debug, thiserror::Error)]
enum WitnessError {
    #[error(transparent)]
    Refused(#[from] DomainError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a checkpoint that was believed cannot be cosigned")]
    Cosign(#[from] CosignError),
}

impl From<Violation> for WitnessError {
    fn from(violation: Violation) -> Self {
        Self::Refused(violation.into())
    }
}

/// Cosigns the checkpoints of the logs that the directory lists.
#[derive(Clone, Debug)]
pub struct Witness {
    store: Store,
    trust: Trust,
    signer: CosignatureSigner,
    clock: SharedClock,
}

impl Witness {
    /// A witness with this key, which does nothing else and which nobody else has.
    #[must_use]
    pub fn new(store: Store, trust: Trust, signer: CosignatureSigner, clock: SharedClock) -> Self {
        Self { store, trust, signer, clock }
    }

    async fn add(&self, request: wire::AddCheckpointRequest) -> Result<wire::AddCheckpointResponse, WitnessError> {
        let wire::AddCheckpointRequest { old_size, consistency, checkpoint: note } = request;
        let offered = self.believed(&note)?;
        let proof = hashes(&consistency)?;
        let known = self.store.cosigned(&offered.origin).await?.map(|known| (known.size, known.root));
        let (size, root) = known.unwrap_or((0, EMPTY_ROOT));
        if old_size != size {
            return Err(other_size(&offered.origin, old_size, size).into());
        }
        if let Err(why) = ledger::verify_consistency(size, root, offered.size, offered.root, &proof) {
            let forked = forked(&offered, size, &why);
            tracing::error!(origin = offered.origin, size, offered = offered.size, %why, "a log does not extend what was cosigned");
            self.store.keep_fork(&offered.origin, &note).await?;
            return Err(forked.into());
        }
        // On disk before it is signed: a witness that forgot would cosign another history after a crash.
        let next = (offered.size, offered.root);
        if known != Some(next) && !self.store.go_on_cosigning(&offered.origin, known, next, &note).await? {
            let now = self.store.cosigned(&offered.origin).await?.map_or(0, |known| known.size);
            return Err(other_size(&offered.origin, old_size, now).into());
        }
        let seconds = u64::try_from(self.clock.now().timestamp()).unwrap_or_default();
        Ok(wire::AddCheckpointResponse { cosignature: self.signer.cosign(&note, seconds)? })
    }

    /// The checkpoint, when the key that the directory lists for its log signed it.
    fn believed(&self, note: &str) -> Result<Checkpoint, Violation> {
        ledger::open(note, &self.trust.newest().directory.logs()).map_err(|why| {
            let rule = Text::new(
                format!("检查点须由成员目录所列的日志密钥签名（{why}）"),
                format!("a checkpoint is signed by the key that the directory lists for its log: {why}"),
            );
            let action = Text::new(
                "请核对日志密钥；新节点须先登记到目录的 nodes",
                "check the key of the log; a new node is entered in the directory first, under nodes",
            );
            let origin = note.lines().next().unwrap_or_default();
            Violation::new("checkpoint", Reason::FieldInvalid, origin, rule, action)
        })
    }
}

#[tonic::async_trait]
impl WitnessService for Witness {
    async fn add_checkpoint(
        &self,
        request: Request<wire::AddCheckpointRequest>,
    ) -> Result<Response<wire::AddCheckpointResponse>, Status> {
        let lang = Caller::of(&request)?.lang;
        self.add(request.into_inner()).await.map(Response::new).map_err(|error| refusal(&error, lang))
    }
}

fn refusal(error: &WitnessError, lang: Lang) -> Status {
    match error {
        WitnessError::Refused(error) => status(error, lang),
        WitnessError::Store(error) => store_status(error, lang),
        WitnessError::Cosign(_) => internal(error, lang),
    }
}

fn hashes(consistency: &[Vec<u8>]) -> Result<Vec<Hash>, Violation> {
    let invalid = |field: String, value: usize, rule: Text| {
        let action = Text::new("请由日志的树重新生成证明", "make the proof again from the tree of the log");
        Violation::new(field, Reason::FieldInvalid, value, rule, action)
    };
    if consistency.len() > MAX_PROOF_HASHES {
        let rule = Text::new(
            format!("一致性证明至多 {MAX_PROOF_HASHES} 个哈希"),
            format!("a consistency proof has at most {MAX_PROOF_HASHES} hashes"),
        );
        return Err(invalid("consistency".to_owned(), consistency.len(), rule));
    }
    let each = consistency.iter().enumerate().map(|(at, bytes)| {
        let rule = || Text::new("每个哈希为32字节", "each hash has 32 bytes");
        Hash::try_from(bytes.as_slice()).map_err(|_| invalid(format!("consistency[{at}]"), bytes.len(), rule()))
    });
    each.collect()
}

fn other_size(origin: &str, old_size: u64, size: u64) -> DomainError {
    let text = Text::new(
        format!("本见证方对 {origin} 已签到 {size} 条，不是 {old_size} 条；请由 {size} 条起证明"),
        format!("this witness has cosigned {origin} at size {size}, not {old_size}; prove consistency from {size}"),
    );
    DomainError::new(Reason::WitnessSizeMismatch, text).with_fact("origin", origin).with_fact("size", size)
}

fn forked(offered: &Checkpoint, size: u64, why: &VerifyError) -> DomainError {
    let Checkpoint { origin, size: new, .. } = offered;
    let text = Text::new(
        format!(
            "{origin} 的 {new} 条不是已签的 {size} 条的延续（{why}）：日志被回退或出现两个历史。请停止该节点，核对备份和见证方所存"
        ),
        format!(
            "{new} entries of {origin} do not extend the {size} that were cosigned ({why}): the log was rolled back or shows \
             two histories; stop the node and compare its backup with what the witnesses hold"
        ),
    );
    DomainError::new(Reason::LogForked, text)
        .with_fact("origin", origin)
        .with_fact("size", size)
        .with_fact("offered_size", new)
}
