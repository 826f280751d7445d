//! Somebody is screened: by themselves, or as a part of another step.

use super::records::acts_for;
use super::{
    AmlDesk, AmlError, Answering, Hit, HitId, HitRecord, PartyId, PartyRecord, TRIES, others_were_faster,
    unanswered,
};
use crate::engine::Told;
use pmts_compliance::aml::cases::{HitReview, HitState, Pair, Party, Role, Verdict};
use pmts_compliance::aml::names::{Name, PartyKind};
use pmts_compliance::aml::{Found, Standing, Subject};
use pmts_kernel::{Event, Principal, Timestamp};
use pmts_store::{Commit, ListQuery, Record, StoreExt, Versioned, Write};
use serde_json::json;
use std::collections::HashSet;

/// The most others that somebody acts for.
const ACTS_FOR_MAX: usize = 50;

/// Somebody as the caller knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What they are to the platform.
    pub role: Role,
    /// Which one: 1 to 200 printable characters without spaces.
    pub reference: String,
    /// Whom they own, control, are paid for.
    pub acts_for: Vec<(Role, String)>,
    /// What is known.
    pub subject: Subject,
}

impl Known {
    /// Whether somebody can be screened with this.
    ///
    /// # Errors
    /// [`AmlError::Party`]: what cannot be compared would pass for clean.
    pub fn check(&self) -> Result<(), AmlError> {
        let references = self.acts_for.iter().map(|(_, r)| r).chain([&self.reference]);
        for reference in references {
            if reference.is_empty()
                || reference.len() > 200
                || !reference.bytes().all(|b| b.is_ascii_graphic())
            {
                let what = "a reference has 1 to 200 printable ASCII characters without spaces";
                return Err(AmlError::Party(what.to_owned()));
            }
        }
        if self.acts_for.len() > ACTS_FOR_MAX {
            return Err(AmlError::Party(format!("somebody acts for at most {ACTS_FOR_MAX} others")));
        }
        comparable(&self.subject)
    }
}

/// Whether there is something to compare.
///
/// # Errors
/// [`AmlError::Party`]: what cannot be compared would pass for clean.
pub fn comparable(subject: &Subject) -> Result<(), AmlError> {
    if subject.name.chars().count() > 500 {
        return Err(AmlError::Party("a name has at most 500 characters".to_owned()));
    }
    let nothing = |kind| Name::new(&subject.name, kind).is_empty();
    if nothing(subject.kind.unwrap_or(PartyKind::Person)) && subject.identifiers.is_empty() {
        return Err(AmlError::Party("there is nothing to compare in the name".to_owned()));
    }
    Ok(())
}

/// What came of a screening, to be committed with the step that asked for it.
#[derive(Debug)]
pub struct ScreenedParty {
    /// Who, with what holds them now.
    pub party: Party,
    /// Whether that is other than before.
    pub changed: bool,
    /// The records.
    pub records: Vec<Write>,
    /// What is told.
    pub events: Vec<Event>,
}

impl ScreenedParty {
    /// Why nothing goes to them, a sentence for the platform's people; `None`: nothing holds them.
    pub fn held(&self) -> Option<String> {
        held(&self.party)
    }
}

fn held(party: &Party) -> Option<String> {
    let hit = party.held_by()?;
    let what = if party.same.is_empty() { "waits for a decision about" } else { "is held by" };
    Some(format!(
        "the {} {} {what} the hit {hit} of the sanctions screening",
        party.role.name(),
        party.reference
    ))
}

impl AmlDesk {
    /// Keeps somebody, new or as they are now, and screens them.
    ///
    /// # Errors
    /// [`AmlError`].
    pub async fn put_party(
        &self,
        known: &Known,
        by: &Principal,
        answer: Answering<'_, Party>,
    ) -> Result<Party, AmlError> {
        known.check()?;
        let (mut left, mut answered) = (TRIES, false);
        loop {
            let screened = self.screen(known).await?;
            let answer = if answered { None } else { answer(&screened.party) };
            match self.commit_answered(screened.records, screened.events, answer, by).await {
                Err(error) if others_were_faster(&error) && left > 0 => {}
                Err(error) => return Err(error),
                Ok(()) if left == 0 || self.versions().await? == screened.party.lists => {
                    return Ok(screened.party);
                }
                // Lists that came into force in between screened everyone, but not this one.
                Ok(()) => answered = true,
            }
            left -= 1;
        }
    }

    /// Keeps and screens many, in one commit if nobody writes the same meanwhile. Gives how many of them are held. The last one of a
    /// reference counts.
    ///
    /// # Errors
    /// [`AmlError`]; some may be kept then.
    pub async fn put_parties(&self, mut many: Vec<Known>, by: &Principal) -> Result<usize, AmlError> {
        let mut seen = HashSet::new();
        many.reverse();
        many.retain(|k| seen.insert(PartyId::of(k.role, &k.reference)));
        many.reverse();
        many.iter().try_for_each(Known::check)?;
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let share = many.len().div_ceil(workers).max(1);
        let tasks: Vec<_> = many
            .chunks(share)
            .map(|part| {
                let (desk, part) = (self.clone(), part.to_vec());
                tokio::spawn(async move {
                    let mut done = Vec::with_capacity(part.len());
                    for known in &part {
                        done.push(desk.screen(known).await?);
                    }
                    Ok::<_, AmlError>(done)
                })
            })
            .collect();
        let (mut held, mut records, mut events) = (0, Vec::new(), Vec::new());
        let mut versions = HashSet::new();
        for task in tasks {
            let done = task.await.map_err(|e| AmlError::CutOff(e.to_string()))??;
            for screened in done {
                held += usize::from(screened.party.is_held());
                records.extend(screened.records);
                events.extend(screened.events);
                versions.insert(screened.party.lists);
            }
        }
        let at_once = records.len() <= Commit::MOST && events.len() <= Commit::MOST;
        let kept = match at_once {
            true => self.commit(records, events, by).await,
            false => Err(AmlError::CutOff("there is more than fits into a commit".to_owned())),
        };
        let now = self.versions().await?;
        match kept {
            // All against the lists that are in force now.
            Ok(()) if versions.len() <= 1 && versions.into_iter().all(|v| v == now) => Ok(held),
            Err(error) if at_once && !others_were_faster(&error) => Err(error),
            _ => {
                held = 0;
                for known in &many {
                    held += usize::from(self.put_party(known, by, &unanswered).await?.is_held());
                }
                Ok(held)
            }
        }
    }

    /// The lists in force, each with its version.
    ///
    /// # Errors
    /// [`AmlError::Screening`].
    pub async fn versions(&self) -> Result<Vec<(String, String)>, AmlError> {
        Ok(self.screening.screen(&Subject::default()).await?.lists)
    }

    /// Somebody, if they are known.
    ///
    /// # Errors
    /// [`AmlError::Store`].
    pub async fn party(&self, role: Role, reference: &str) -> Result<Option<Versioned<Party>>, AmlError> {
        let read = self.party_of(PartyId::of(role, reference)).await?;
        // Two references with one number: the chance is nil, the harm would not be.
        Ok(read.filter(|r| r.value.role == role && r.value.reference == reference))
    }

    /// Somebody by id, if they are known.
    ///
    /// # Errors
    /// [`AmlError::Store`].
    pub async fn party_of(&self, id: PartyId) -> Result<Option<Versioned<Party>>, AmlError> {
        let read = self.store.get::<PartyRecord>(id.raw()).await?;
        Ok(read.map(|r| Versioned { version: r.version, value: r.value.0 }))
    }

    /// Who is known: those of a role, or those who are held; at most 10,000.
    ///
    /// # Errors
    /// [`AmlError::Store`].
    pub async fn parties(&self, role: Option<Role>, held: bool) -> Result<Vec<Party>, AmlError> {
        self.parties_page(role, held, None, 10_000).await
    }

    /// A page of who is known, in the order of ids: at most `limit` beyond `after`.
    ///
    /// # Errors
    /// [`AmlError::Store`].
    pub async fn parties_page(
        &self,
        role: Option<Role>,
        held: bool,
        after: Option<u128>,
        limit: usize,
    ) -> Result<Vec<Party>, AmlError> {
        let mut query = ListQuery { after, ..parties_query(role, held) };
        let mut found = Vec::new();
        loop {
            let (page, next) = self.store.list_typed::<PartyRecord>(query.clone()).await?;
            let wanted = page.into_iter().map(|r| r.value.0).filter(|p| role.is_none_or(|r| r == p.role));
            found.extend(wanted.take(limit - found.len()));
            match next.filter(|_| found.len() < limit) {
                Some(next) => query.after = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// Why no money goes to or from somebody: they, or who acts for them, are held. `None`: nothing is known against it.
    ///
    /// # Errors
    /// [`AmlError::Store`].
    pub async fn hold_on(&self, role: Role, reference: &str) -> Result<Option<String>, AmlError> {
        if let Some(why) = self.party(role, reference).await?.and_then(|p| held(&p.value)) {
            return Ok(Some(why));
        }
        self.hold_by_others(role, reference).await
    }

    /// Why nothing goes to somebody because of those who act for them.
    ///
    /// # Errors
    /// [`AmlError::Store`].
    pub async fn hold_by_others(&self, role: Role, reference: &str) -> Result<Option<String>, AmlError> {
        let query = ListQuery::with_key(PartyRecord::KIND, "for", acts_for(role, reference));
        let others = self.all::<PartyRecord>(query).await?;
        Ok(others.iter().find_map(|p| held(&p.0)))
    }

    /// Screens somebody. The records are to be committed with the step that asked: a hit then holds from that commit on.
    ///
    /// # Errors
    /// [`AmlError`].
    pub async fn screen(&self, known: &Known) -> Result<ScreenedParty, AmlError> {
        self.screen_besides(known, Vec::new()).await
    }

    /// The same, with what was found besides: an index over all lists may leave out what one over a few entries finds.
    pub(super) async fn screen_besides(
        &self,
        known: &Known,
        besides: Vec<Found>,
    ) -> Result<ScreenedParty, AmlError> {
        let now = self.clock.now();
        let read = self.party(known.role, &known.reference).await?;
        let (version, before) = read.map_or((0, None), |r| (r.version, Some(r.value)));
        let screened = self.screening.screen(&known.subject).await?;
        let mut work = Work { records: Vec::new(), events: Vec::new(), now };
        let mut party = Party {
            role: known.role,
            reference: known.reference.clone(),
            acts_for: known.acts_for.clone(),
            subject: known.subject.clone(),
            screened_at: now,
            lists: screened.lists,
            open: before.as_ref().map(|b| b.open.clone()).unwrap_or_default(),
            same: before.as_ref().map(|b| b.same.clone()).unwrap_or_default(),
        };
        let mut all = screened.found;
        let new = |f: &Found| !all.iter().any(|a| a.hit && a.list == f.list && a.id == f.id);
        let besides: Vec<Found> = besides.into_iter().filter(new).collect();
        all.extend(besides);
        let mut found = Vec::new();
        for entry in all.iter().filter(|f| f.hit) {
            found.push((self.take(&mut party, entry, &mut work).await?, entry));
        }
        self.drop_moot(&mut party, &found, &mut work).await?;
        let holds = |p: &Party| (p.open.clone(), p.same.clone());
        let changed = before.as_ref().map(holds).unwrap_or_default() != holds(&party);
        if before.as_ref().is_some_and(Party::is_held) != party.is_held() {
            work.events.push(self.party_told(&party, version + 1));
        }
        work.records.push(Write::put(&PartyRecord(party.clone()), version)?);
        Ok(ScreenedParty { party, changed, records: work.records, events: work.events })
    }

    /// Tells that somebody came to be held, or is free, at the version after this.
    pub(super) fn party_told(&self, party: &Party, version: u64) -> Event {
        let told = if party.is_held() { Told::PartyHeld } else { Told::PartyReleased };
        let hits = party.open.len() + party.same.len();
        let data = json!({ "role": party.role, "reference": party.reference, "hits": hits });
        self.event(told, PartyId::of(party.role, &party.reference).to_string(), version, data)
    }

    /// Takes a hit: a new one is opened, one that was decided counts as it was decided. Gives its id.
    async fn take(&self, party: &mut Party, found: &Found, work: &mut Work) -> Result<HitId, AmlError> {
        let customer = acts_for(party.role, &party.reference);
        let pair = Pair::of(&customer, &party.subject, found);
        let id = HitId::of(&pair);
        let read = self.store.get::<HitRecord>(id.raw()).await?;
        let version = read.as_ref().map_or(0, |r| r.version);
        if let Some(hit) = read.map(|r| r.value.0) {
            match &hit.review.state {
                HitState::Open | HitState::Proposed { .. } => {
                    party.hold(&id.to_string(), false);
                    return Ok(id);
                }
                HitState::Decided { verdict: Verdict::Same, .. } => {
                    party.hold(&id.to_string(), true);
                    return Ok(id);
                }
                _ if hit.clears(work.now) => {
                    party.release(&id.to_string());
                    return Ok(id);
                }
                // It was so long ago that somebody has to look again.
                _ => {}
            }
        }
        let why = found.why.as_ref().map(|(name, details)| json!({ "name": name, "details": details }));
        let hit = Hit {
            id,
            role: party.role,
            reference: party.reference.clone(),
            listed_name: found.name.clone(),
            why,
            review: HitReview::new(pair, found, work.now),
            cleared_until: None,
        };
        let data = json!({
            "role": party.role, "reference": party.reference, "list": found.list, "entry": found.id, "score": found.score,
        });
        work.events.push(self.event(Told::HitFound, id.to_string(), version + 1, data));
        work.records.push(Write::put(&HitRecord(hit), version)?);
        party.hold(&id.to_string(), false);
        Ok(id)
    }

    /// What held somebody and was not found this time: it is moot if the entry was found with what is known now, and if the same is known
    /// of them as then and the entry is gone or another. Otherwise it goes on holding: nobody gets free by changing a name, nor because
    /// an index looked elsewhere.
    async fn drop_moot(
        &self,
        party: &mut Party,
        found: &[(HitId, &Found)],
        work: &mut Work,
    ) -> Result<(), AmlError> {
        let now_known = Pair::hash_of(&party.subject);
        let held: Vec<String> = party.open.iter().chain(&party.same).cloned().collect();
        for name in held {
            let Ok(id) = name.parse::<HitId>() else { continue };
            if found.iter().any(|(f, _)| *f == id) {
                continue;
            }
            let Some(read) = self.store.get::<HitRecord>(id.raw()).await? else {
                party.release(&name);
                continue;
            };
            let mut hit = read.value.0;
            let pair = &hit.review.pair;
            let again = found.iter().any(|(_, f)| f.list == pair.list && f.id == pair.entry);
            if !again && (pair.customer_hash != now_known || self.stands(party, &hit.review).await?) {
                continue;
            }
            hit.review.moot(work.now);
            work.records.push(Write::put(&HitRecord(hit), read.version)?);
            work.events.push(self.event(Told::HitMoot, name.clone(), read.version + 1, json!({})));
            party.release(&name);
        }
        Ok(())
    }
}

impl AmlDesk {
    /// Whether the entry of a hit is there as it was. If the provider cannot tell: whether the list is the version it was.
    async fn stands(&self, party: &Party, review: &HitReview) -> Result<bool, AmlError> {
        let pair = &review.pair;
        Ok(match self.screening.standing(&pair.list, &pair.entry).await? {
            Standing::There(entry) => entry == pair.entry_hash,
            Standing::Gone => false,
            Standing::Unknown => party.lists.iter().any(|(l, v)| *l == pair.list && *v == review.version),
        })
    }
}

/// Those of a role, or those who are held, of whatever role.
fn parties_query(role: Option<Role>, held: bool) -> ListQuery {
    match role {
        _ if held => ListQuery::with_key(PartyRecord::KIND, "held", "1"),
        Some(role) => ListQuery::with_key(PartyRecord::KIND, "role", role.name()),
        None => ListQuery::all(PartyRecord::KIND),
    }
}

/// What a screening writes.
struct Work {
    records: Vec<Write>,
    events: Vec<Event>,
    now: Timestamp,
}
