//! `/v1/ledger`: accounts, statements, the trial balance. What Stripe has no word for, in the same manners.

use crate::books::{Code, chart};
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Access, BODY_MAX, Endpoint, Gives, Method, Weight};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use pmts_kernel::format_id;
use pmts_ledger::{
    AccountFilter, AccountId, AccountState, ChartCode, EntryKind, Owner, Side, StatementLine, StatementQuery,
};
use serde_json::{Value, json};

/// An account.
static ACCOUNT: Shape = Shape {
    name: "LedgerAccount",
    about: "An account of the ledger with its balance.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `acct_...`."),
        Field::is("object", Of::Word(&["ledger_account"]), "What it is."),
        Field::is("available", Of::Integer, "The balance less what is reserved against it, in minor units."),
        Field::is("balance", Of::Integer, "The balance in the direction of its side, in minor units."),
        Field::is("chart", Of::Integer, "The number of its line of the chart of accounts."),
        Field::is("closed", Of::Bool, "Whether it takes transfers no longer."),
        Field::is("currency", Of::Text, "Its currency, small letters."),
        Field::is("entries", Of::Integer, "How many transfers have touched it."),
        Field::is("line", Of::Text, "The name of its line of the chart."),
        Field::is("number", Of::Integer, "Its number, in order of opening."),
        Field::is("owner", Of::Text, "Whom it is kept for."),
        Field::is("side", Of::Word(&["debit", "credit"]), "The side on which its balance normally stands."),
    ],
};

/// A page of a statement.
static STATEMENT: Shape = Shape {
    name: "LedgerStatement",
    about: "A page of an account's history, oldest first. Opening, lines and closing add up.",
    fields: &[
        Field::is("object", Of::Word(&["ledger_statement"]), "What it is."),
        Field::is("account", Of::Object(&ACCOUNT), "The account as it is now."),
        Field::is("closing", Of::Integer, "The balance after the last line, in minor units."),
        Field::is("has_more", Of::Bool, "Whether there are more lines."),
        Field::is("lines", Of::List(&LINE), "The lines."),
        Field::may("next", Of::Integer, "The `after` of the next page."),
        Field::is("opening", Of::Integer, "The balance before the first line, in minor units."),
    ],
};

static LINE: Shape = Shape {
    name: "LedgerLine",
    about: "An entry seen from an account.",
    fields: &[
        Field::is("amount", Of::Integer, "How much, in minor units."),
        Field::is("available", Of::Integer, "What is available after it."),
        Field::is("balance", Of::Integer, "The balance after it."),
        Field::is("change", Of::Integer, "By how much the balance changed; zero for reservations."),
        Field::is("code", Of::Integer, "The number of the reason."),
        Field::is("counter_account", Of::Text, "The account on the other side."),
        Field::is("created", Of::Moment, "When it was recorded."),
        Field::is(
            "kind",
            Of::Word(&[
                "posted",
                "reserved",
                "reservation_posted",
                "reservation_voided",
                "reservation_expired",
            ]),
            "What was recorded.",
        ),
        Field::may("payment_intent", Of::Text, "The payment it belongs to."),
        Field::is("sequence", Of::Integer, "Its place in the ledger."),
        Field::is("transfer", Of::Text, "The transfer, `xfer_...`."),
        Field::is("why", Of::Text, "The reason in words."),
    ],
};

/// A trial balance.
static TRIAL: Shape = Shape {
    name: "LedgerTrialBalance",
    about: "The balances of all accounts, by currency and line of the chart.",
    fields: &[
        Field::is("object", Of::Word(&["ledger_trial_balance"]), "What it is."),
        Field::is("accounts", Of::Integer, "How many accounts there are."),
        Field::is("balanced", Of::Bool, "Whether debits equal credits in every currency."),
        Field::is(
            "currencies",
            Of::Free,
            "By currency: `debits`, `credits`, and `lines` with the same by line, in minor units.",
        ),
    ],
};

const fn get(
    path: &'static str,
    name: &'static str,
    about: &'static str,
    params: &'static [Param],
    gives: Gives,
    run: fn(Call) -> crate::http::endpoint::Running,
) -> Endpoint {
    Endpoint {
        method: Method::Get,
        path,
        name,
        about,
        access: Access::Secret,
        weight: Weight::Normal,
        params,
        gives,
        body_max: BODY_MAX,
        run,
    }
}

const LIMIT: Param =
    Param::may("limit", Kind::Integer { min: 1, max: 1_000 }, "How many on a page; 100 if it is left out.");

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    get(
        "/v1/ledger/accounts",
        "GetLedgerAccounts",
        "List accounts, in order of opening.",
        &[
            Param::may(
                "line",
                Kind::Reference { max: 64 },
                "Only this line of the chart, by name: `seller.pending`.",
            ),
            Param::may("owner", Kind::Reference { max: 64 }, "Only those kept for this owner: `seller:22`."),
            LIMIT,
            Param::may("starting_after", Kind::Id(&["acct"]), "Opened after this account."),
        ],
        Gives::Page(&ACCOUNT),
        |call| Box::pin(accounts(call)),
    ),
    get(
        "/v1/ledger/accounts/{id}",
        "GetLedgerAccountsAccount",
        "Read an account.",
        &[],
        Gives::Object(&ACCOUNT),
        |call| Box::pin(account(call)),
    ),
    get(
        "/v1/ledger/accounts/{id}/statement",
        "GetLedgerAccountsAccountStatement",
        "Read an account's history, page by page, oldest first.",
        &[
            Param::may("from", Kind::Moment, "From this moment on."),
            Param::may("until", Kind::Moment, "Before this moment."),
            Param::may(
                "after",
                Kind::Integer { min: 0, max: i64::MAX >> 1 },
                "After the entry with this sequence.",
            ),
            LIMIT,
        ],
        Gives::Object(&STATEMENT),
        |call| Box::pin(statement(call)),
    ),
    get(
        "/v1/ledger/trial_balance",
        "GetLedgerTrialBalance",
        "Read the balances of all accounts.",
        &[Param::may("at", Kind::Moment, "As they were at this moment; now if it is left out.")],
        Gives::Object(&TRIAL),
        |call| Box::pin(trial_balance(call)),
    ),
];

fn line_of(code: ChartCode) -> String {
    chart().get(code).map_or_else(|| code.0.to_string(), |e| e.name.clone())
}

fn render(state: &AccountState) -> Value {
    let a = &state.account;
    json!({
        "id": a.id,
        "object": "ledger_account",
        "available": state.available_minor(),
        "balance": state.net_minor(),
        "chart": a.chart,
        "closed": a.closed,
        "currency": a.currency.code().to_ascii_lowercase(),
        "entries": state.version,
        "line": line_of(a.chart),
        "number": state.number,
        "owner": a.owner,
        "side": a.side,
    })
}

async fn find(call: &Call, id: AccountId, param: &'static str) -> Result<AccountState, HttpError> {
    let not_found = HttpError::NotFound { what: "ledger account", param };
    call.api.store.account(id).await?.ok_or(not_found)
}

async fn account(call: Call) -> Result<Reply, HttpError> {
    let id: AccountId = call.path_typed("ledger account")?;
    Ok(Reply::ok(&render(&find(&call, id, "id").await?)))
}

async fn accounts(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let limit = params.integer("limit").and_then(|n| usize::try_from(n).ok()).unwrap_or(100);
    let line = match params.text("line") {
        Some(name) => {
            let entry = chart().by_name(name).map(|e| e.code);
            Some(entry.ok_or_else(|| HttpError::combination("line", "there is no such line of the chart"))?)
        }
        None => None,
    };
    let owner = params.text("owner").map(Owner::try_new).transpose();
    let owner = owner.map_err(|_| HttpError::combination("owner", "it cannot be an owner"))?;
    let after = match params.text("starting_after") {
        Some(text) => {
            let not_found = HttpError::NotFound { what: "ledger account", param: "starting_after" };
            let id = text.parse().map_err(|_| not_found)?;
            Some(find(&call, id, "starting_after").await?.number)
        }
        None => None,
    };
    let page = call.api.store.accounts(AccountFilter { chart: line, owner, after, limit }).await?;
    let data: Vec<Value> = page.accounts.iter().map(render).collect();
    Ok(Reply::ok(
        &json!({ "object": "list", "url": "/v1/ledger/accounts", "has_more": page.next.is_some(), "data": data }),
    ))
}

async fn statement(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let query = StatementQuery {
        account: call.path_typed("ledger account")?,
        from: params.moment("from"),
        until: params.moment("until"),
        after: params.integer("after").and_then(|n| u64::try_from(n).ok()),
        limit: params.integer("limit").and_then(|n| usize::try_from(n).ok()).unwrap_or(100),
    };
    if let (Some(from), Some(until)) = (query.from, query.until)
        && from >= until
    {
        return Err(HttpError::combination("until", "it must be after from"));
    }
    let not_found = HttpError::NotFound { what: "ledger account", param: "id" };
    let statement = call.api.store.statement(query).await?.ok_or(not_found)?;
    let side = statement.account.account.side;
    Ok(Reply::ok(&json!({
        "object": "ledger_statement",
        "account": render(&statement.account),
        "closing": statement.closing.net(side),
        "has_more": statement.next.is_some(),
        "lines": statement.lines.iter().map(|l| line(l, side)).collect::<Vec<_>>(),
        "next": statement.next,
        "opening": statement.opening.net(side),
    })))
}

fn line(line: &StatementLine, side: Side) -> Value {
    let (entry, transfer) = (&line.entry, &line.entry.transfer);
    let amount = transfer.amount.minor();
    let (kind, moves) = match entry.kind {
        EntryKind::Posted => ("posted", true),
        EntryKind::Reserved => ("reserved", false),
        EntryKind::ReservationPosted => ("reservation_posted", true),
        EntryKind::ReservationVoided => ("reservation_voided", false),
        EntryKind::ReservationExpired => ("reservation_expired", false),
    };
    let signed = if line.is_debit == (side == Side::Debit) { amount } else { -amount };
    json!({
        "amount": amount,
        "available": line.after.available(side),
        "balance": line.after.net(side),
        "change": if moves { signed } else { 0 },
        "code": transfer.code,
        "counter_account": if line.is_debit { transfer.credit } else { transfer.debit },
        "created": entry.time.as_secs(),
        "kind": kind,
        "payment_intent": (transfer.reference != 0).then(|| format_id("pi", transfer.reference)),
        "sequence": entry.sequence,
        "transfer": transfer.id,
        "why": Code::of(transfer.code).map_or_else(|| transfer.code.0.to_string(), |c| c.name().to_owned()),
    })
}

/// A sum that may be beyond 64 bits: a number as long as it fits, else text.
fn number(sum: i128) -> Value {
    i64::try_from(sum).map_or_else(|_| json!(sum.to_string()), |n| json!(n))
}

async fn trial_balance(call: Call) -> Result<Reply, HttpError> {
    let trial = call.api.store.trial_balance(call.params().moment("at")).await?;
    let mut currencies = serde_json::Map::new();
    for (currency, totals) in trial.totals() {
        let code = currency.code().to_ascii_lowercase();
        let own: serde_json::Map<String, Value> = trial
            .lines()
            .filter(|l| l.currency == currency)
            .map(|l| (line_of(l.chart), json!({ "debits": number(l.debits), "credits": number(l.credits) })))
            .collect();
        currencies.insert(
            code,
            json!({ "debits": number(totals.debits), "credits": number(totals.credits), "lines": own }),
        );
    }
    Ok(Reply::ok(&json!({
        "object": "ledger_trial_balance", "accounts": trial.accounts(), "balanced": trial.is_balanced(), "currencies": currencies,
    })))
}
