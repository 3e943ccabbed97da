//! What-ifs one after the other in one call: a slider is moved, the answer comes back.

use std::time::Duration;

use contracts::evaluation::v1 as pb;
use domain::{DomainError, Reason, Text, Violations};
use futures_util::stream;
use node::{
    caller::Caller,
    convert::Reader,
    desk::DeskError,
    services::{
        desk_status,
        stream::{Answers, stopping},
    },
};
use tonic::{Status, Streaming};

use super::Evaluations;

/// Longest time without a question; a session holds a place among the streams of its member.
const LONGEST_SILENCE: Duration = Duration::from_secs(600);

/// A session of what-ifs.
pub(super) struct Session {
    evaluations: Evaluations,
    caller: Caller,
    questions: Streaming<pb::SimulateRunSessionRequest>,
    /// Run and unit of the answer before.
    last: (String, String),
}

impl Session {
    pub(super) fn new(
        evaluations: Evaluations,
        caller: Caller,
        questions: Streaming<pb::SimulateRunSessionRequest>,
    ) -> Self {
        Self { evaluations, caller, questions, last: Default::default() }
    }

    /// The answers, until a question is refused or no more come.
    pub(super) fn answers(self) -> Answers<pb::SimulateRunSessionResponse> {
        Box::pin(stream::try_unfold(self, Self::next))
    }

    async fn next(mut self) -> Result<Option<(pb::SimulateRunSessionResponse, Self)>, Status> {
        let lang = self.caller.lang;
        let stop = self.evaluations.context.stop().clone();
        let question = tokio::select! {
            biased;
            () = stop.cancelled() => return Err(stopping(lang)),
            question = tokio::time::timeout(LONGEST_SILENCE, self.questions.message()) => question,
        };
        let Ok(question) = question else { return Err(desk_status(&silent().into(), lang)) };
        let Some(question) = question? else { return Ok(None) };
        let answer = self.answer(question).await.map_err(|error| desk_status(&error, lang))?;
        Ok(Some((pb::SimulateRunSessionResponse { answer: Some(answer) }, self)))
    }

    async fn answer(&mut self, question: pb::SimulateRunSessionRequest) -> Result<pb::SimulateRunResponse, DeskError> {
        let mut faults = Violations::new();
        if question.question.is_none() {
            Reader::new(&mut faults).missing("question");
        }
        let question = faults.into_result(question.question.unwrap_or_default())?;
        // A grant may have ended since the last one.
        self.caller.renew()?;
        let about = (question.name.clone(), question.unit.clone());
        let mut answer = Box::pin(self.evaluations.simulated(&self.caller, question)).await?;
        if about == self.last {
            answer.before = None;
        }
        self.last = about;
        Ok(answer)
    }
}

fn silent() -> DomainError {
    let seconds = LONGEST_SILENCE.as_secs();
    let text = Text::new(
        format!("{seconds} 秒内没有提问，会话已结束；需要时请重新打开"),
        format!("no question within {seconds} seconds, so the session has ended; open another when you need it"),
    );
    DomainError::new(Reason::DeadlineTooShort, text).with_fact("seconds", seconds)
}
