//! Machine-readable reasons of refusals, and the kind of failure each one is.
//!
//! The reason is what a caller's program branches on; it travels as `ErrorInfo.reason`. The kind says what the caller can
//! do about it; the transport turns it into a status code, so this crate knows no such codes.

use serde::{Deserialize, Serialize};

/// What a caller can do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// The request is wrong as it stands; correct it.
    Invalid,
    /// What was asked for does not exist.
    NotFound,
    /// It exists already.
    AlreadyExists,
    /// Somebody else changed it; read again, then retry.
    Conflict,
    /// The system is not in a state that allows this; retrying alone cannot help.
    Precondition,
    /// The caller is known and may not do this.
    Denied,
    /// The caller is not known.
    Unauthenticated,
    /// A limit was reached.
    Exhausted,
    /// A position lies beyond the end.
    OutOfRange,
    /// It passes by itself; retry with the same request id.
    Unavailable,
    /// Not served.
    Unimplemented,
    /// The time allowed is over or too short.
    DeadlineExceeded,
    /// A fault of ours.
    Internal,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $kind:ident;)+) => {
        /// Reason of a refusal. Closed: each one has a page in the operators' documentation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl Reason {
            /// Every reason, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The reason as it travels, for example `UNIT_MISMATCH`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The reason with this name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }

            /// What a caller can do about it.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)+ }
            }
        }
    };
}

reasons! {
    /// A required field is empty. Example: requests[0].observation.indicator.
    FieldRequired = "FIELD_REQUIRED", Invalid;
    /// A field breaks a format rule. Example: a resource id with upper-case letters.
    FieldInvalid = "FIELD_INVALID", Invalid;
    /// The unit is not in the unit table. Example: "顿".
    UnitUnknown = "UNIT_UNKNOWN", Invalid;
    /// The unit has another dimension than the indicator. Example: "个" for a share in %.
    UnitMismatch = "UNIT_MISMATCH", Invalid;
    /// The value is not an exact decimal. Example: "1,234.5万".
    ValueInvalid = "VALUE_INVALID", Invalid;
    /// Value and status contradict each other. Example: status O (missing) with a number.
    ValueStatusConflict = "VALUE_STATUS_CONFLICT", Invalid;
    /// A rate lies outside 0-100. Example: 135 %.
    RateOutOfRange = "RATE_OUT_OF_RANGE", Invalid;
    /// A rate differs from numerator ÷ denominator by more than 0.05 points.
    RatePartsMismatch = "RATE_PARTS_MISMATCH", Invalid;
    /// The period cannot be read. Example: "2024年上半年".
    PeriodInvalid = "PERIOD_INVALID", Invalid;
    /// The period ends after today.
    PeriodInFuture = "PERIOD_IN_FUTURE", Invalid;
    /// The region code is not in force. Example: "140171".
    RegionUnknown = "REGION_UNKNOWN", Invalid;
    /// The region's level does not fit the scope. Example: county 140109 as the whole city.
    RegionLevelMismatch = "REGION_LEVEL_MISMATCH", Invalid;
    /// The region belongs to another node.
    RegionNotOwned = "REGION_NOT_OWNED", Invalid;
    /// The indicator is not in the catalogue.
    IndicatorUnknown = "INDICATOR_UNKNOWN", Invalid;
    /// The source names another statistic. Example: 资源化利用率 reported as 生活垃圾回收利用率.
    IndicatorLabelMismatch = "INDICATOR_LABEL_MISMATCH", Invalid;
    /// The scope is missing or does not fit the indicator.
    ScopeMismatch = "SCOPE_MISMATCH", Invalid;
    /// A capacity (万吨/年) was reported as an amount.
    CapacityAsOutput = "CAPACITY_AS_OUTPUT", Invalid;
    /// Classified or work-secret data are not accepted here.
    ClassificationRefused = "CLASSIFICATION_REFUSED", Invalid;
    /// The resource exists; correct it with Update.
    DuplicateResource = "DUPLICATE_RESOURCE", AlreadyExists;
    /// Two items of one batch have the same key.
    DuplicateInBatch = "DUPLICATE_IN_BATCH", Invalid;
    /// The etag is not that of the current revision; read again.
    StaleEtag = "STALE_ETAG", Conflict;
    /// An update needs a reason and a note.
    CorrectionReasonRequired = "CORRECTION_REASON_REQUIRED", Invalid;
    /// request_id is missing or not a UUID.
    RequestIdInvalid = "REQUEST_ID_INVALID", Invalid;
    /// The request id was used for another body.
    RequestIdReused = "REQUEST_ID_REUSED", Precondition;
    /// The message is larger than the limit.
    MessageTooLarge = "MESSAGE_TOO_LARGE", Exhausted;
    /// The batch has more items than the limit.
    BatchTooLarge = "BATCH_TOO_LARGE", Invalid;
    /// The batch has no items.
    BatchEmpty = "BATCH_EMPTY", Invalid;
    /// page_size is negative.
    PageSizeInvalid = "PAGE_SIZE_INVALID", Invalid;
    /// The page token does not belong to this query.
    PageTokenInvalid = "PAGE_TOKEN_INVALID", Invalid;
    /// The cursor lies beyond the end of the log.
    CursorOutOfRange = "CURSOR_OUT_OF_RANGE", OutOfRange;
    /// No such resource, or not at that time.
    ResourceNotFound = "RESOURCE_NOT_FOUND", NotFound;
    /// The parent is not this node. Example: departments/commerce at the ecology node.
    ParentMismatch = "PARENT_MISMATCH", Invalid;
    /// The money unit is not 元, 万元 or 亿元.
    CurrencyUnitInvalid = "CURRENCY_UNIT_INVALID", Invalid;
    /// An amount is negative, or finer than a fen.
    AmountNegative = "AMOUNT_NEGATIVE", Invalid;
    /// An amount moves to a later stage without a basis document.
    FundingStageWithoutBasis = "FUNDING_STAGE_WITHOUT_BASIS", Precondition;
    /// An amount moves to an earlier stage.
    FundingStageOrder = "FUNDING_STAGE_ORDER", Precondition;
    /// A group's amount was booked to one of its projects.
    FundingGroupAmountOnMember = "FUNDING_GROUP_AMOUNT_ON_MEMBER", Precondition;
    /// The splits of a group amount add up to more than the amount.
    FundingSplitExceedsGroup = "FUNDING_SPLIT_EXCEEDS_GROUP", Precondition;
    /// A step of a procedure was left out. Example: designation before recommendation.
    StageTransitionInvalid = "STAGE_TRANSITION_INVALID", Precondition;
    /// A light is computed, never typed in.
    LightNotWritable = "LIGHT_NOT_WRITABLE", Invalid;
    /// The deadline lies before the start.
    CommitmentDeadlineInvalid = "COMMITMENT_DEADLINE_INVALID", Invalid;
    /// The claim needs evidence.
    EvidenceRequired = "EVIDENCE_REQUIRED", Invalid;
    /// The evaluation scheme has faults.
    SchemeInvalid = "SCHEME_INVALID", Invalid;
    /// No such evaluation scheme.
    SchemeNotFound = "SCHEME_NOT_FOUND", NotFound;
    /// The aggregator has not followed a node up to that checkpoint.
    CheckpointUnknown = "CHECKPOINT_UNKNOWN", Precondition;
    /// Nested honours contradict each other. Example: more national than provincial when declared as a subset.
    NestedCountInvalid = "NESTED_COUNT_INVALID", Invalid;
    /// No client certificate, or one that names no known principal.
    PrincipalUnknown = "PRINCIPAL_UNKNOWN", Unauthenticated;
    /// The principal has no grant for the method.
    PermissionDenied = "PERMISSION_DENIED", Denied;
    /// The call's deadline leaves no time to do the work.
    DeadlineTooShort = "DEADLINE_TOO_SHORT", DeadlineExceeded;
    /// The server is at its limit; try again later.
    TooManyRequests = "TOO_MANY_REQUESTS", Exhausted;
    /// The upload ended before the announced size, or without a header.
    UploadIncomplete = "UPLOAD_INCOMPLETE", Invalid;
    /// The bytes received have another SHA-256 than announced.
    DigestMismatch = "DIGEST_MISMATCH", Invalid;
    /// The method is part of the contract and not served yet.
    NotImplemented = "NOT_IMPLEMENTED", Unimplemented;
    /// A node that this answer needs cannot be reached.
    UpstreamUnavailable = "UPSTREAM_UNAVAILABLE", Unavailable;
    /// A passing fault; the same call may be sent again.
    ServiceUnavailable = "SERVICE_UNAVAILABLE", Unavailable;
    /// A fault of the server; the incident id is in the metadata.
    Internal = "INTERNAL", Internal;
    /// The certificate is good, but the signed directory has no such member.
    MemberUnknown = "MEMBER_UNKNOWN", Unauthenticated;
    /// The certificate was revoked in the signed directory.
    CertificateRevoked = "CERTIFICATE_REVOKED", Unauthenticated;
    /// The write carries no signature of the client.
    SignatureRequired = "SIGNATURE_REQUIRED", Unauthenticated;
    /// The signature does not fit the request. Example: it was made over other bytes.
    SignatureInvalid = "SIGNATURE_INVALID", Unauthenticated;
    /// The signing key is not one that the directory lists for the caller.
    SigningKeyUnknown = "SIGNING_KEY_UNKNOWN", Unauthenticated;
    /// The data may be read only for a purpose that a grant names, and the call states none.
    PurposeRequired = "PURPOSE_REQUIRED", Denied;
    /// The grant was revoked or its time is over; a running stream ends with this too.
    GrantEnded = "GRANT_ENDED", Denied;
    /// One principal has two parts in a submission. Example: the submitter reviews it.
    RoleConflict = "ROLE_CONFLICT", Precondition;
    /// A submission is signed before it was reviewed, or is final or returned already.
    EndorsementOrder = "ENDORSEMENT_ORDER", Precondition;
    /// The tree does not extend the one that was cosigned before.
    LogForked = "LOG_FORKED", Precondition;
    /// The node's clock is far behind its own log.
    ClockMovedBack = "CLOCK_MOVED_BACK", Unavailable;
    /// Data of another department were not given out, because the audit log cannot record it now. Example: its disk is full.
    AuditUnavailable = "AUDIT_UNAVAILABLE", Unavailable;
    /// The tree that is to be extended is not the one that the witness cosigned last.
    WitnessSizeMismatch = "WITNESS_SIZE_MISMATCH", Conflict;
    /// The run has ended, or has no result to work with. Example: cancelling a finished run, a report from a cancelled one.
    RunStateInvalid = "RUN_STATE_INVALID", Precondition;
    /// What is asked for needs a published scheme. Example: a report from a run by a draft.
    SchemeNotPublished = "SCHEME_NOT_PUBLISHED", Precondition;
    /// The run cannot be made again as it was. Example: another version of the engine made it.
    RunNotReproducible = "RUN_NOT_REPRODUCIBLE", Precondition;
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
