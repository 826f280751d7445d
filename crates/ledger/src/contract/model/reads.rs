//! Every read of a ledger against the lists of the reference.

use super::{Dice, Naive, accounts};
use crate::{
    AccountFilter, AccountId, ChartCode, DayQuery, DayTotal, EntityCode, Entry, HistoryOf, HistoryQuery,
    Ledger, RolledUp, StatementQuery, TrialBalance,
};
use pmts_kernel::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

const READABLE: &str = "the ledger can be read";

/// A moment at, before or after some entry.
fn moment(naive: &Naive, dice: &mut Dice) -> Timestamp {
    if naive.entries.is_empty() {
        return Timestamp::default();
    }
    Timestamp::from_micros(dice.one(&naive.entries).time.as_micros() + dice.from_to(-1, 1))
}

pub(super) async fn compare(ledger: &dyn Ledger, naive: &Naive, dice: &mut Dice) {
    let at = moment(naive, dice);
    for account in accounts() {
        let id = account.id;
        let state = naive.state(id);
        assert_eq!(ledger.account(id).await.expect(READABLE), state, "{id} now");
        let then = state.as_ref().map(|_| naive.sums(id, |e| e.time <= at));
        assert_eq!(ledger.balance_at(id, at).await.expect(READABLE), then, "{id} at {at:?}");
        for e in naive.entries.iter().rev().take(3) {
            let day = e.effective_day() - 1;
            assert_eq!(
                ledger.balance_on(id, day).await.expect(READABLE),
                naive.net_on(id, day),
                "{id} on day {day}"
            );
        }
        statement(ledger, naive, id, dice).await;
        for moment in [None, Some(at)] {
            let rolled = ledger.rolled_up(id, moment).await.expect(READABLE);
            assert_eq!(rolled, rolled_up(naive, id, moment), "{id} rolled up at {moment:?}");
        }
    }
    let all = ledger.accounts(AccountFilter::default()).await.expect(READABLE).accounts;
    let ours: Vec<_> = naive.accounts.iter().filter_map(|a| naive.state(a.id)).collect();
    assert_eq!(all, ours, "all accounts in order of opening");
    for moment in [None, Some(at)] {
        let trial = ledger.trial_balance(moment).await.expect(READABLE);
        assert!(trial.is_balanced(), "debits equal credits");
        let counts = |e: &Entry| moment.is_none_or(|at| e.time <= at);
        let mut ours = TrialBalance::default();
        for a in &naive.accounts {
            ours.add(a.currency, a.chart, &naive.sums(a.id, counts));
        }
        assert_eq!(trial, ours, "trial balance at {moment:?}");
    }
    histories(ledger, naive, dice).await;
    day_totals(ledger, naive, dice).await;
    if let Some(e) = (!naive.entries.is_empty()).then(|| dice.one(&naive.entries)) {
        assert_eq!(ledger.entry(e.transfer.id).await.expect(READABLE).as_ref(), Some(e));
    }
}

async fn statement(ledger: &dyn Ledger, naive: &Naive, id: AccountId, dice: &mut Dice) {
    let bound = |dice: &mut Dice| dice.percent(50).then(|| moment(naive, dice));
    let (from, until) = (bound(dice), bound(dice));
    let inside = |e: &Entry| from.is_none_or(|f| e.time >= f) && until.is_none_or(|u| e.time < u);
    let wanted: Vec<&Entry> = naive.entries_of(id).map(|(e, _)| e).filter(|e| inside(e)).collect();
    let limit = 1 + usize::try_from(dice.below(20)).expect("small");
    let mut query = StatementQuery { account: id, from, until, after: None, limit };
    let mut lines = vec![];
    let mut before = naive.sums(id, |e| from.is_some_and(|f| e.time < f));
    loop {
        let Some(page) = ledger.statement(query.clone()).await.expect(READABLE) else {
            assert!(naive.account(id).is_none(), "an account that exists has a statement");
            return;
        };
        assert_eq!(page.opening, before, "{id}: a page opens where the one before closed");
        before = page.closing;
        lines.extend(page.lines.into_iter().map(|l| l.entry));
        if page.next.is_none() {
            break;
        }
        query.after = page.next;
    }
    assert_eq!(lines.iter().collect::<Vec<_>>(), wanted, "statement of {id} from {from:?} until {until:?}");
}

fn rolled_up(naive: &Naive, id: AccountId, at: Option<Timestamp>) -> Vec<RolledUp> {
    let mut rows: BTreeMap<_, RolledUp> = BTreeMap::new();
    for account in &naive.accounts {
        let mut up = Some(account);
        while let Some(a) = up.filter(|a| a.id != id) {
            up = a.parent.and_then(|p| naive.account(p));
        }
        if up.is_some() {
            let sums = naive.sums(account.id, |e| at.is_none_or(|at| e.time <= at));
            rows.entry(account.currency).or_insert(RolledUp::zero(account.currency)).add(&sums);
        }
    }
    rows.into_values().collect()
}

async fn histories(ledger: &dyn Ledger, naive: &Naive, dice: &mut Dice) {
    let metadata = |value: &str| HistoryOf::Metadata { key: "order".into(), value: value.into() };
    let mut wanted = vec![
        HistoryOf::All,
        HistoryOf::Reference(0),
        HistoryOf::Reference(2),
        metadata("a"),
        metadata("none"),
    ];
    wanted.extend(accounts().iter().map(|a| HistoryOf::Account(a.id)));
    for of in wanted {
        let belongs = |e: &&Entry| match &of {
            HistoryOf::All => true,
            HistoryOf::Account(a) => e.transfer.debit == *a || e.transfer.credit == *a,
            HistoryOf::Reference(r) => *r != 0 && e.transfer.reference == *r,
            HistoryOf::Metadata { key, value } => {
                e.transfer.metadata.pairs().iter().any(|(k, v)| k == key && v == value)
            }
        };
        let mut ours: Vec<&Entry> = naive.entries.iter().filter(belongs).collect();
        let newest_first = dice.percent(50);
        if newest_first {
            ours.reverse();
        }
        let limit = 1 + usize::try_from(dice.below(30)).expect("small");
        let mut query = HistoryQuery { newest_first, limit, ..HistoryQuery::of(of.clone()) };
        let mut found = vec![];
        loop {
            let page = ledger.history(query.clone()).await.expect(READABLE);
            assert!(page.entries.len() <= limit, "a page keeps its limit");
            found.extend(page.entries);
            if page.next.is_none() {
                break;
            }
            query.cursor = page.next;
        }
        assert_eq!(found.iter().collect::<Vec<_>>(), ours, "history of {of:?}, newest first: {newest_first}");
    }
}

async fn day_totals(ledger: &dyn Ledger, naive: &Naive, dice: &mut Dice) {
    let days: BTreeSet<i32> = naive.entries.iter().map(Entry::effective_day).collect();
    let days: Vec<i32> = days.into_iter().collect();
    let day = |dice: &mut Dice| (!days.is_empty() && dice.percent(40)).then(|| *dice.one(&days));
    let query = DayQuery {
        chart: dice.percent(30).then(|| ChartCode(10 + dice.below(3) as u16)),
        entity: dice.percent(30).then(|| EntityCode(dice.below(2) as u16)),
        currency: dice.percent(30).then(|| dice.one(&accounts()).currency),
        from_day: day(dice),
        until_day: day(dice),
    };
    let mut ours: BTreeMap<_, DayTotal> = BTreeMap::new();
    for e in naive.entries.iter().filter(|e| e.posted_minor() != 0) {
        for (id, is_debit) in [(e.transfer.debit, true), (e.transfer.credit, false)] {
            let a = naive.account(id).expect("entries are of accounts that exist");
            let (day, entity, chart, currency) = (e.effective_day(), a.entity, a.chart, a.currency);
            let fresh = DayTotal { day, entity, chart, currency, debits: 0, credits: 0, count: 0 };
            let total = ours.entry((day, entity, chart, currency)).or_insert(fresh);
            *(if is_debit { &mut total.debits } else { &mut total.credits }) += i128::from(e.posted_minor());
            total.count += 1;
        }
    }
    let wanted: Vec<DayTotal> = ours
        .into_values()
        .filter(|t| query.chart.is_none_or(|c| c == t.chart))
        .filter(|t| query.entity.is_none_or(|e| e == t.entity))
        .filter(|t| query.currency.is_none_or(|c| c == t.currency))
        .filter(|t| query.from_day.is_none_or(|d| t.day >= d) && query.until_day.is_none_or(|d| t.day <= d))
        .collect();
    assert_eq!(ledger.day_totals(query.clone()).await.expect(READABLE), wanted, "{query:?}");
}
