//! Reports to FinCEN: what is due, batches made and kept, and that they were filed.

use super::filer::day_of;
use super::records::cash_name;
use super::sealed::{Kept, while_others_are_faster};
use super::{CaseDesk, CaseId, CashReportsFile, FactsRecord, FilerFile, Filing, FilingId, Form, PersonsFile};
use crate::aml::{AmlError, Answering};
use chrono::{DateTime, NaiveDate};
use pmts_compliance::aml::cases::{Case, CaseError, CaseState};
use pmts_compliance::aml::monitor::{Fact, MovementKind};
use pmts_compliance::aml::party::Day;
use pmts_compliance::aml::reports::{
    CashDay, CashPaid, Ctr, Narrative, Sar, Suspicion, cash_days, ctr_batch, form_8300_batch, sar_batch,
};
use pmts_kernel::{Principal, Timestamp};
use pmts_money::Currency;
use pmts_store::{ListQuery, Record, StoreExt, Versioned};

/// A report is due so many days after the business day (31 CFR 1010.306(a)(1)).
const CTR_DAYS: i64 = 15;
/// No stretch of weekend and holidays before a business day is longer.
const STRETCH: i64 = 31;
/// Days that are looked at together at most.
const DAYS_MAX: i64 = 400;

/// A person's currency of a business day that has to be reported.
pub struct CashDue {
    /// Whose, and how much.
    pub cash: CashDay,
    /// The last day to file.
    pub due: NaiveDate,
    /// The batch it is in, if it was made.
    pub filing: Option<FilingId>,
    /// Whether that was filed.
    pub filed: bool,
}

/// What a report about a case says, besides what the case says.
pub struct SarRequest<'a> {
    /// Who files.
    pub filer: &'a FilerFile,
    /// Who the subject is.
    pub persons: &'a PersonsFile,
    /// What happened.
    pub narrative: Narrative,
    /// How much, in cents; `None`: the most that an alert of the case adds up to.
    pub cents: Option<i64>,
    /// From when on; `None`: the first alert.
    pub from: Option<NaiveDate>,
    /// Until when; `None`: the last alert.
    pub to: Option<NaiveDate>,
    /// The number that FinCEN gave the report it goes on from; `None`: that of the latest report of this case, if there is one.
    pub continues: Option<u64>,
}

/// A business day as a date.
pub(super) fn date(day: i64) -> Option<NaiveDate> {
    DateTime::from_timestamp(day.checked_mul(86_400)?, 0).map(|at| at.date_naive())
}

fn date_of(at: Timestamp) -> Option<NaiveDate> {
    DateTime::from_timestamp(at.as_secs(), 0).map(|at| at.date_naive())
}

fn report_day(day: Option<NaiveDate>) -> Result<Day, AmlError> {
    day.and_then(day_of).ok_or(AmlError::Filer("a date of the four-digit years"))
}

impl CaseDesk {
    /// The currency of business days that has to be reported, between two of them.
    ///
    /// # Errors
    /// [`AmlError::Days`], [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn cash_due(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        filer: &FilerFile,
    ) -> Result<Vec<CashDue>, AmlError> {
        let number = |day: NaiveDate| day.signed_duration_since(NaiveDate::default()).num_days();
        let (from, to) = (number(from), number(to));
        if from > to || to - from > DAYS_MAX {
            return Err(AmlError::Days(DAYS_MAX as u32));
        }
        let mut paid: Vec<CashPaid> = Vec::new();
        for day in from.saturating_sub(STRETCH)..=to.saturating_add(1) {
            let query = ListQuery::with_key(FactsRecord::KIND, "cash", day.to_string());
            for facts in self.whole::<FactsRecord>(query).await? {
                let of_day = facts.facts.iter().filter(|f| super::records::day_of(f.at()) == day);
                paid.extend(of_day.filter_map(cash_of));
            }
        }
        // Told twice, it counts once.
        paid.sort_unstable_by(|a, b| (&a.id, a.at).cmp(&(&b.id, b.at)));
        paid.dedup_by(|a, b| a.id == b.id);
        let mut due = Vec::new();
        for cash in cash_days(&paid, filer.offset_minutes, &|day| filer.is_closed(day)) {
            if cash.day < from || cash.day > to {
                continue;
            }
            let (made, _) = self.page::<Filing>(&cash_name(&cash.person, cash.day), None, 1).await?;
            let made = made.into_iter().next().map(|f| f.value);
            let Some(last) = date(cash.day.saturating_add(CTR_DAYS)) else { continue };
            let filed = made.as_ref().is_some_and(|f| f.filed.is_some());
            due.push(CashDue { cash, due: last, filing: made.map(|f| f.id), filed });
        }
        Ok(due)
    }

    /// Makes a batch of all that has to be reported of these business days and is in no batch yet. The file is kept; it says what was made.
    ///
    /// # Errors
    /// [`AmlError::Missing`] names the first person that `persons` does not tell of; [`AmlError::Report`] if there is nothing to report.
    pub async fn make_ctr(
        &self,
        (from, to): (NaiveDate, NaiveDate),
        filer: &FilerFile,
        persons: &PersonsFile,
        by: &Principal,
    ) -> Result<Filing, AmlError> {
        let due = self.cash_due(from, to, filer).await?;
        let (mut reports, mut about) = (Vec::new(), Vec::new());
        for CashDue { cash, .. } in due.into_iter().filter(|d| d.filing.is_none()) {
            let person = persons.of(&cash.person);
            let person = person.ok_or_else(|| AmlError::Missing(format!("who {} is", cash.person)))?;
            about.push((cash.person.clone(), Some(cash.day)));
            let day = report_day(date(cash.day))?;
            reports.push(Ctr { person, cash, day });
        }
        let now = self.clock.now();
        let file = ctr_batch(&filer.filer(), report_day(date_of(now))?, &reports)?;
        self.keep_filing(Form::Ctr, about, None, file, by).await
    }

    /// Makes the report of a case that is to be reported. The file is kept.
    ///
    /// # Errors
    /// [`AmlError::Case`] if it is not to be reported; [`AmlError::Missing`] if `persons` does not tell of its subject, or no alert says how
    /// much; [`AmlError::Report`].
    pub async fn make_sar(
        &self,
        id: CaseId,
        request: SarRequest<'_>,
        by: &Principal,
    ) -> Result<Filing, AmlError> {
        let case = self.case(id).await?.value;
        if case.state != CaseState::ToReport {
            return Err(CaseError::Move { from: case.state, to: CaseState::Reported }.into());
        }
        let alerts = self.alerts_of(&case).await?;
        let subject = request.persons.of(&case.subject);
        let subject = subject.ok_or_else(|| AmlError::Missing("the subject among the persons".into()))?;
        let sums =
            alerts.iter().flat_map(|a| &a.alert.figures).filter(|f| f.name == "total" || f.name == "out");
        let cents = request.cents.or_else(|| sums.map(|f| f.value).max());
        let cents = cents.ok_or_else(|| AmlError::Missing("an amount".into()))?;
        let times = || alerts.iter().map(|a| a.alert.at);
        let from = request.from.or_else(|| date_of(times().min()?));
        let to = request.to.or_else(|| date_of(times().max()?));
        let mut suspicions = Vec::new();
        for (_, scenario, _) in &case.alerts {
            let suspicion = Suspicion::of_scenario(scenario);
            if !suspicions.contains(&suspicion) {
                suspicions.push(suspicion);
            }
        }
        let continues = match request.continues {
            Some(number) => Some(number),
            None => {
                let before = self.every::<Filing>(&format!("filing/case/{id}")).await?;
                before.iter().find_map(|f| f.value.filed.as_ref()).map(|(.., number)| *number)
            }
        };
        let (from, to) = (report_day(from)?, report_day(to)?);
        let narrative = request.narrative;
        let sar = Sar { subject, suspicions, cents, from, to, narrative, continues };
        let file = sar_batch(&request.filer.filer(), report_day(date_of(self.clock.now()))?, &[sar])?;
        self.keep_filing(Form::Sar, vec![(case.subject, None)], Some(id), file, by).await
    }

    /// Makes a batch of form 8300. The file is kept.
    ///
    /// # Errors
    /// [`AmlError::Report`].
    pub async fn make_8300(
        &self,
        filer: &FilerFile,
        reports: &CashReportsFile,
        by: &Principal,
    ) -> Result<Filing, AmlError> {
        let filed = report_day(date_of(self.clock.now()))?;
        let file = form_8300_batch(&filer.filer(), filed, &reports.reports())?;
        let about = reports.parties().into_iter().map(|party| (party, None)).collect();
        self.keep_filing(Form::Form8300, about, None, file, by).await
    }

    async fn keep_filing(
        &self,
        form: Form,
        about: Vec<(String, Option<i64>)>,
        case: Option<CaseId>,
        file: String,
        by: &Principal,
    ) -> Result<Filing, AmlError> {
        let id = FilingId::from_raw(self.ids.next_id());
        let made = (self.clock.now(), by.clone());
        let filing = Filing { id, form, about, case, made, file, filed: None };
        self.commit(vec![self.write(&filing, 0)?], by).await?;
        Ok(filing)
    }

    /// A batch was filed, and FinCEN gave it a number. The case it comes from is reported with it.
    ///
    /// # Errors
    /// [`AmlError::Case`] if it was filed before, or its case is not to be reported; [`AmlError::Missing`]; as of the store.
    pub async fn filed(
        &self,
        id: FilingId,
        number: u64,
        by: &Principal,
        answer: Answering<'_, Filing>,
    ) -> Result<Filing, AmlError> {
        while_others_are_faster!({
            let Versioned { version, value: mut filing } = self.filing(id).await?;
            if filing.filed.is_some() {
                return Err(CaseError::NotPending.into());
            }
            let now = self.clock.now();
            filing.filed = Some((now, by.clone(), number));
            let mut records = vec![self.write(&filing, version)?];
            if let Some(case) = filing.case {
                let Versioned { version, value: mut case } = self.case(case).await?;
                case.filed(by, now)?;
                records.push(self.write::<Case>(&case, version)?);
            }
            self.commit_answered(records, answer(&filing), by).await?;
            Ok(filing)
        })
    }

    /// A batch.
    ///
    /// # Errors
    /// [`AmlError::Missing`], [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn filing(&self, id: FilingId) -> Result<Versioned<Filing>, AmlError> {
        self.find::<Filing>(id.raw()).await?.ok_or_else(|| AmlError::Missing(id.to_string()))
    }

    /// All batches, newest first.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn filings(&self) -> Result<Vec<Filing>, AmlError> {
        Ok(self.every::<Filing>(Filing::WHAT).await?.into_iter().map(|f| f.value).collect())
    }

    /// All records of a query.
    async fn whole<R: Record>(&self, mut query: ListQuery) -> Result<Vec<R>, AmlError> {
        let mut all = Vec::new();
        loop {
            let (page, next) = self.store.list_typed::<R>(query.clone()).await?;
            all.extend(page.into_iter().map(|r| r.value));
            let Some(after) = next else { return Ok(all) };
            query.after = Some(after);
        }
    }
}

/// Currency, if it is any: in dollars, or priced in them.
fn cash_of(fact: &Fact) -> Option<CashPaid> {
    let Fact::Moved(m) = fact else { return None };
    let (person, out) = match m.kind {
        MovementKind::CashIn => (&m.to, false),
        MovementKind::CashOut => (&m.from, true),
        _ => return None,
    };
    let cents = if m.amount.currency() == Currency::USD { m.amount.minor() } else { m.value_minor? };
    Some(CashPaid { id: m.id.clone(), person: person.clone(), at: m.at, cents, out })
}
