//! Files are told, submitted, decided. Everybody in a file is screened in the commit in which it is told.

use super::people::people;
use super::records::{FileId, FileKept, Standing, party, state_name};
use super::{DUE, DiligenceDesk};
use crate::aml::{AmlError, Answering, unanswered};
use crate::engine::Told as Event;
use crate::monitoring::{Kept, while_others_are_faster};
use crate::payouts::SellerRecord;
use pmts_compliance::aml::cases::Role;
use pmts_compliance::aml::diligence::{Action, File, FileState, Told};
use pmts_kernel::{Principal, Timestamp};
use pmts_payouts::sellers::{Kyc, PayeeRef};
use pmts_store::{Commit, StoreExt, Versioned, Write};
use serde_json::json;

/// The longest reason, in bytes.
const REASON_MAX: usize = 2_000;

/// What somebody does about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileStep {
    /// All is there: it is rated, and somebody has to approve.
    Submit,
    /// It is known who they are.
    Approve,
    /// It is looked at again.
    Reopen(String),
    /// Nothing is received or paid until it is looked at again.
    Restrict(String),
    /// Nothing is done with them.
    Refuse(String),
}

impl FileStep {
    fn reason(&self) -> &str {
        match self {
            Self::Submit | Self::Approve => "",
            Self::Reopen(reason) | Self::Restrict(reason) | Self::Refuse(reason) => reason,
        }
    }
}

impl DiligenceDesk {
    /// Keeps what is told of somebody, and screens everybody in it. What was verified is then looked at again.
    ///
    /// # Errors
    /// [`AmlError::Party`] if somebody cannot be screened with this; [`AmlError::Diligence`]; as of the store and the screening.
    pub async fn tell(
        &self,
        role: Role,
        reference: &str,
        told: &Told,
        by: &Principal,
        answer: Answering<'_, FileKept>,
    ) -> Result<FileKept, AmlError> {
        while_others_are_faster!({
            let (_, rules) = self.rules().await?;
            let now = self.cases.clock.now();
            let read = self.file_of(role, reference).await?;
            let version = read.as_ref().map_or(0, |r| r.version);
            let before = read.map(|r| r.value);
            let kept = match &before {
                Some(before) => {
                    let mut kept = before.clone();
                    if kept.file.tell(told.clone(), &rules, by, now)? {
                        kept.due = false;
                    }
                    kept
                }
                None => {
                    let file = File::new(party(role, reference), told.clone());
                    let id = FileId::of(&self.cases, role, reference);
                    FileKept { id, role, reference: reference.to_owned(), created: now, file, due: false }
                }
            };
            let mut commit = Commit { answer: answer(&kept), ..Commit::by(by.clone()) };
            let mut screened = Vec::new();
            if let Some(aml) = &self.aml {
                for known in people(aml, before.as_ref(), &kept).await? {
                    let done = aml.screen(&known).await?;
                    commit.records.extend(done.records);
                    commit.events.extend(done.events);
                    screened.push((known, done.party.lists));
                }
            }
            self.keep(commit, before.as_ref(), &kept, version, now).await?;
            if let Some(aml) = &self.aml {
                let lists = aml.versions().await?;
                // Lists that came into force in between screened everyone, but not these.
                for (known, _) in screened.into_iter().filter(|(_, seen)| *seen != lists) {
                    aml.put_party(&known, by, &unanswered).await?;
                }
            }
            Ok(kept)
        })
    }

    /// Does something about a file.
    ///
    /// # Errors
    /// [`AmlError::Diligence`] for what its state, or who does it, does not allow; [`AmlError::Missing`]; [`AmlError::Text`]; as of the store.
    pub async fn step(
        &self,
        id: FileId,
        step: &FileStep,
        by: &Principal,
        answer: Answering<'_, FileKept>,
    ) -> Result<FileKept, AmlError> {
        if step.reason().len() > REASON_MAX {
            return Err(AmlError::Text(REASON_MAX));
        }
        while_others_are_faster!({
            let (_, rules) = self.rules().await?;
            let now = self.cases.clock.now();
            let Versioned { version, value: before } = self.file(id).await?;
            let mut kept = before.clone();
            let file = &mut kept.file;
            // Whether they were reported is known by now, and counts from the next rating on.
            file.reported = self.cases.is_reported(&file.party).await?;
            match step {
                FileStep::Submit => {
                    file.submit(&rules, by, now)?;
                }
                FileStep::Approve => file.approve(&rules, by, now)?,
                FileStep::Reopen(reason) => file.reopen(&rules, reason, by, now)?,
                FileStep::Restrict(reason) => file.restrict(reason, by, now)?,
                FileStep::Refuse(reason) => file.refuse(reason, by, now)?,
            }
            kept.due = false;
            let commit = Commit { answer: answer(&kept), ..Commit::by(by.clone()) };
            self.keep(commit, Some(&before), &kept, version, now).await?;
            Ok(kept)
        })
    }

    /// Commits a file with what follows from it: the seller's state, and what is told.
    async fn keep(
        &self,
        mut commit: Commit,
        before: Option<&FileKept>,
        kept: &FileKept,
        version: u64,
        now: Timestamp,
    ) -> Result<(), AmlError> {
        commit.records.push(self.cases.write(kept, version)?);
        if before.is_none_or(|b| b.file.state != kept.file.state) {
            let data = json!({ "role": kept.role, "reference": kept.reference, "state": kept.file.state });
            let mut event = self.cases.event(Event::PartyFile, kept.id.to_string(), data);
            event.sequence = version + 1;
            commit.events.push(event);
        }
        if let Some(read) = self.seller_of(kept).await? {
            let mut seller = read.value.0;
            let kyc = kyc_of(&kept.file, now);
            if seller.kyc != kyc {
                seller.kyc = kyc;
                commit.records.push(Write::put(&SellerRecord(seller), read.version)?);
            }
        }
        self.cases.store.commit(commit).await?;
        Ok(())
    }

    async fn seller_of(&self, kept: &FileKept) -> Result<Option<Versioned<SellerRecord>>, AmlError> {
        if kept.role != Role::Seller {
            return Ok(None);
        }
        let Ok(payee) = PayeeRef::try_new(&kept.reference) else { return Ok(None) };
        let read = self.cases.store.get::<SellerRecord>(payee.number()).await?;
        Ok(read.filter(|r| r.value.0.payee == payee))
    }

    /// How far it is known who a seller is, by his file; `None`: there is none.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn kyc(&self, reference: &str) -> Result<Option<Kyc>, AmlError> {
        let read = self.file_of(Role::Seller, reference).await?;
        Ok(read.map(|r| kyc_of(&r.value.file, self.cases.clock.now())))
    }

    /// A file.
    ///
    /// # Errors
    /// [`AmlError::Missing`], [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn file(&self, id: FileId) -> Result<Versioned<FileKept>, AmlError> {
        self.cases.find::<FileKept>(id.raw()).await?.ok_or_else(|| AmlError::Missing(id.to_string()))
    }

    /// The file about somebody, if there is one.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn file_of(
        &self,
        role: Role,
        reference: &str,
    ) -> Result<Option<Versioned<FileKept>>, AmlError> {
        let read = self.cases.find::<FileKept>(FileId::of(&self.cases, role, reference).raw()).await?;
        // Two names with one number: the chance is nil, the harm would not be.
        Ok(read.filter(|r| r.value.role == role && r.value.reference == reference))
    }

    /// A page of files, newest first, and the cursor of the next: those in a state, or those whose review is due.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn files(
        &self,
        state: Option<FileState>,
        due: bool,
        after: Option<FileId>,
        limit: usize,
    ) -> Result<(Vec<FileKept>, Option<FileId>), AmlError> {
        let name = match (due, state) {
            (true, _) => DUE.to_owned(),
            (false, Some(state)) => format!("file/state/{}", state_name(state)),
            (false, None) => FileKept::WHAT.to_owned(),
        };
        let (page, next) = self.cases.page::<FileKept>(&name, after.map(FileId::raw), limit).await?;
        Ok((page.into_iter().map(|r| r.value).collect(), next.map(FileId::from_raw)))
    }

    /// What a file comes to, for those who may not know more.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Diligence`].
    pub async fn standing(&self, kept: &FileKept) -> Result<Standing, AmlError> {
        let (_, rules) = self.rules().await?;
        let now = self.cases.clock.now();
        let gate = |action| rules.gate(&kept.file, action, now).into();
        Ok(Standing {
            id: kept.id,
            role: kept.role,
            reference: kept.reference.clone(),
            state: kept.file.state,
            missing: kept.file.missing(&rules, now),
            may_receive: gate(Action::Receive),
            may_be_paid: gate(Action::BePaid),
        })
    }
}

fn kyc_of(file: &File, now: Timestamp) -> Kyc {
    match file.state {
        FileState::Verified => Kyc::Verified,
        // While it is looked at again, what was allowed goes on.
        FileState::Open | FileState::Submitted if file.lapses.is_some_and(|end| now < end) => Kyc::Verified,
        FileState::Open | FileState::Submitted => Kyc::Open,
        FileState::Restricted | FileState::Refused => Kyc::Stopped,
    }
}
