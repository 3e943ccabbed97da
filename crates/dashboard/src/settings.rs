//! What the operator set.

use crate::port::Visitor;

/// Settings of the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// True when the data are synthetic: every page then says so.
    pub synthetic: bool,
    /// True when the server makes PDF, DOCX and XLSX of a report too.
    pub documents: bool,
    /// Who is let in.
    pub sign_in: SignIn,
    /// In whose name the public page asks; none when there is no such page.
    pub public: Option<Visitor>,
}

/// Where people sign in, with the page that they wanted as `to`.
pub const LOGIN: &str = "/login";
/// Where they end their session.
pub const LOGOUT: &str = "/logout";

/// What is open to the public, where there is such a page.
pub const PUBLIC: &str = "/public";

/// How people are let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Everybody on this machine is this visitor. For a demo on loopback: the pages answer only requests whose `Host` is this
    /// machine, so that no page from elsewhere can read them through a name that it points here.
    Everybody(Visitor),
    /// Whoever serves the pages has found out who is on the other end of the connection, by a client certificate, and has put
    /// the [`Visitor`] into the extensions of the request. A request without one is refused.
    ByConnection,
    /// The same, by a session or a client certificate. A request without a [`Visitor`] is sent to [`LOGIN`].
    BySession,
}
