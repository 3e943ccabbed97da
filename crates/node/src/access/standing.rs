//! How a caller stands while its call lasts.

use domain::{DepartmentId, DomainError};
use policy::{Permit, Principal, Row};

use super::{Access, Asked, Moment};
use crate::caller::Caller;

/// How to ask again what was decided on a call.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    access: Access,
    asked: Asked,
    moment: Moment,
}

impl Standing {
    pub(crate) fn new(access: Access, asked: Asked, moment: Moment) -> Self {
        Self { access, asked, moment }
    }

    /// The permit by what is in force now; none when nothing has changed since it was given.
    fn renew(&mut self) -> Result<Option<Permit>, DomainError> {
        let moment = self.access.moment(&self.asked)?;
        if moment == self.moment {
            return Ok(None);
        }
        let permit = self.access.ask(&self.asked, &moment)?;
        self.moment = moment;
        Ok(Some(permit))
    }
}

impl Caller {
    /// Asks again whether the caller may go on, when the directory, the policies, the grants or the day have changed. To be
    /// called before each message of a stream.
    ///
    /// # Errors
    /// As [`Access::admit`].
    pub fn renew(&mut self) -> Result<(), DomainError> {
        if let Some(permit) = self.standing.renew()? {
            self.permit = permit;
        }
        Ok(())
    }

    /// 使用目的, as the caller states it.
    #[must_use]
    pub fn purpose(&self) -> Option<&str> {
        self.standing.asked.purpose.as_deref()
    }

    /// Whether the caller sees a department's row about a region (empty: about none, or all) in the class of data that the
    /// method serves.
    #[must_use]
    pub fn sees(&self, department: &DepartmentId, region: &str) -> bool {
        self.permit.sees(Row { department: department.as_str(), region, class: self.permit.class() })
    }

    /// As [`Self::sees`], with the reason of a refusal.
    ///
    /// # Errors
    /// The refusal, with the rule that decided and whom to ask.
    pub fn must_see(&self, department: &DepartmentId, region: &str) -> Result<(), DomainError> {
        self.must_see_row(Row { department: department.as_str(), region, class: self.permit.class() })
    }

    /// As [`Self::must_see`], for a row of another class than the method's: an entry of a log has the class of what it records.
    ///
    /// # Errors
    /// As there.
    pub fn must_see_row(&self, row: Row<'_>) -> Result<(), DomainError> {
        self.permit.require(row).map_err(|denied| {
            let Standing { access, asked, moment } = &self.standing;
            let member = moment.directory.directory.member(&asked.principal);
            access.refused(asked, member.and_then(|member| member.department.as_ref()), &denied)
        })
    }

    /// Whether the caller would see a row if it asked another method of this server for it: for a write that is about what
    /// its caller can read. `method` is `/service/method`.
    ///
    /// # Errors
    /// The refusal, of the other method or of the row, with the rule that decided and whom to ask.
    pub fn must_see_by(&self, method: &str, department: &DepartmentId, region: &str) -> Result<(), DomainError> {
        let Standing { access, asked, moment } = &self.standing;
        let asked = Asked { method: method.to_owned(), ..asked.clone() };
        let permit = access.ask(&asked, moment)?;
        permit.require(Row { department: department.as_str(), region, class: permit.class() }).map_err(|denied| {
            let member = moment.directory.directory.member(&asked.principal);
            access.refused(&asked, member.and_then(|member| member.department.as_ref()), &denied)
        })
    }

    /// The department that the caller speaks for: the one in its identity, which the directory does not contradict.
    #[must_use]
    pub fn department(&self) -> Option<DepartmentId> {
        department_of(&self.principal)
    }

    /// Waits until the caller may not go on any more, and says why.
    pub(crate) async fn ended(mut self) -> DomainError {
        let mut rules = self.standing.access.0.in_force.subscribe();
        let mut directory = self.standing.access.trust().subscribe();
        loop {
            rules.mark_unchanged();
            directory.mark_unchanged();
            if let Err(refused) = self.renew() {
                return refused;
            }
            let changed = tokio::select! {
                changed = rules.changed() => changed,
                changed = directory.changed() => changed,
            };
            if changed.is_err() {
                std::future::pending::<()>().await; // Not reached: `self` holds the senders.
            }
        }
    }
}

/// The department that an identity names.
pub(crate) fn department_of(principal: &Principal) -> Option<DepartmentId> {
    principal.department().and_then(|id| DepartmentId::parse(id).ok())
}
