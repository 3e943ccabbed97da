//! A connection to one node, with failures in the words of this program.

use client::{CallError, ConnectError, Connection, Endpoint, Identity, Options, read_signing_key};
use domain::{Lang, Text};
use futures_util::StreamExt as _;
use serde_json::Value;

use crate::{
    failure::{Code, Failure, Fault, Outcome},
    profile::Profile,
};

/// A connection to one node as one caller.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    department: String,
    connection: Connection,
}

impl Link {
    /// Connects to a department's node. `caller` overrides the identity that the profile names for the node. Must be called
    /// inside the asynchronous runtime.
    pub(crate) fn open(profile: &Profile, department: &str, caller: Option<&str>, lang: Lang) -> Outcome<Self> {
        let node = profile.node(department)?;
        let files = profile.identity(caller.unwrap_or(&node.identity))?;
        let wrong = |error: ConnectError| Failure { text: error.text(), ..Failure::bad_config("", "") };
        let identity = Identity::from_files(&profile.ca, &files.cert, &files.key).map_err(wrong)?;
        let endpoint = Endpoint { address: node.address.clone(), server_name: node.server_name.clone() };
        let signer = files.signing_key.as_deref().map(read_signing_key).transpose().map_err(wrong)?;
        let options = Options { lang, signer, purpose: node.purpose.clone(), ..Options::default() };
        let connection = Connection::connect(endpoint, &identity, &options).map_err(wrong)?;
        Ok(Self { department: department.to_owned(), connection })
    }

    /// The connection.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Calls a unary method.
    pub(crate) async fn call(&self, method: &str, request: Value) -> Outcome<Value> {
        self.connection.call_json(method, request).await.map_err(|error| self.failure(&error))
    }

    /// Calls a server-streaming method and hands over each message; stops early when `each` says so.
    pub(crate) async fn stream(
        &self,
        method: &str,
        request: Value,
        mut each: impl FnMut(Value) -> bool,
    ) -> Outcome<()> {
        let mut messages = self.connection.stream_json(method, request).await.map_err(|error| self.failure(&error))?;
        while let Some(message) = messages.next().await {
            if !each(message.map_err(|error| self.failure(&error))?) {
                break;
            }
        }
        Ok(())
    }

    /// Calls a server-streaming method that ends by itself.
    pub(crate) async fn stream_all(&self, method: &str, request: Value) -> Outcome<Vec<Value>> {
        let mut all = Vec::new();
        self.stream(method, request, |message| {
            all.push(message);
            true
        })
        .await?;
        Ok(all)
    }

    /// The failure of a call.
    pub(crate) fn failure(&self, error: &CallError) -> Failure {
        match error {
            CallError::Refused(refusal) => {
                let fault = |fault: &client::FieldFault| Fault {
                    field: fault.field.clone(),
                    reason: fault.reason.clone(),
                    rule: Text::new(&fault.description, &fault.description),
                    ..Fault::default()
                };
                let faults: Vec<Fault> = refusal.violations.iter().map(fault).collect();
                let code = if faults.is_empty() { Code::Failed } else { Code::Refused };
                let facts = refusal.facts.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                Failure { code, text: error.text(), reason: refusal.reason.clone(), facts, faults }
            }
            CallError::Json(_) => Failure { text: error.text(), ..Failure::new(Code::Refused, "", "") },
            CallError::Unreachable { .. } | CallError::TimedOut => self.unreachable(error),
            CallError::Contracts(_)
            | CallError::UnknownMethod { .. }
            | CallError::UnknownMessage { .. }
            | CallError::OtherKind { .. } => Failure { text: error.text(), ..Failure::failed("", "") },
        }
    }

    fn unreachable(&self, error: &CallError) -> Failure {
        let (department, address) = (&self.department, &self.connection.endpoint().address);
        let Text { zh, en } = error.text();
        Failure::new(
            Code::Unreachable,
            format!("节点 {department}（{address}）：{zh}。请确认服务已启动、地址和证书正确"),
            format!("node {department} ({address}): {en}; check that it runs, its address and the certificates"),
        )
    }
}
