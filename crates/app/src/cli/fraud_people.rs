//! `pmts fraud reviews|cases|bulk|appeals`: people's work on the screen's queue. On the embedded store with the server stopped; a
//! running server takes the same over HTTP.

use super::fraud_desk::payment;
use super::output::{line, moment, table};
use super::payouts::principal;
use super::plain_args::PlainArgs;
use super::unknown::engine;
use crate::AppError;
use crate::engine::Request;
use crate::risk::people::{AppealId, BulkId, CaseId, PeopleDesk};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use pmts_fraud::people::{AppealAnswer, BulkAction, CaseOutcome, LinkKind, Outcome, ReviewState};
use pmts_kernel::Principal;
use pmts_payments::ReviewId;
use serde::Serialize;
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum ReviewsCommand {
    /// Show the queue: what is overdue first, then by priority
    List(PlainArgs),
    /// Show a review
    Show(IdArgs),
    /// Look at it: for two hours nobody else can close it
    Claim(IdArgs),
    /// Give it back to the queue
    GiveBack(IdArgs),
    /// Add a note
    Note(TextArgs),
    /// Close one that you have claimed: the payment goes on, or its hold is given up
    Close(CloseArgs),
}

#[derive(Subcommand)]
pub(super) enum CasesCommand {
    /// Show cases, newest first
    List(CaseListArgs),
    /// Show a case
    Show(IdArgs),
    /// Open a case; the text is what it is about
    Open(NewArgs),
    /// Work on it
    Take(IdArgs),
    /// Link something to it
    Link(LinkArgs),
    /// Add a note
    Note(TextArgs),
    /// Close it
    Close(CaseCloseArgs),
    /// Make a file of it that only the recipient can open (format age): payments, decisions, notes
    Report(ReportArgs),
    /// Show which files were made of it, for whom and by whom
    Reports(IdArgs),
}

#[derive(Subcommand)]
pub(super) enum BulkCommand {
    /// Show bulk actions, newest first
    List(PlainArgs),
    /// Show a bulk action
    Show(IdArgs),
    /// Propose to close reviews; nothing is done before another person agrees
    Close(BulkCloseArgs),
    /// Propose to label payments
    Label(BulkLabelArgs),
    /// Agree: it is done item by item
    Approve(IdArgs),
    /// Do not agree
    Reject(IdArgs),
}

#[derive(Subcommand)]
pub(super) enum AppealsCommand {
    /// Show open appeals, the one that is due first at the head
    List(PlainArgs),
    /// Take what a refused person asks; the text is their view
    Ask(AskArgs),
    /// Answer one, once
    Answer(AnswerArgs),
}

#[derive(Args)]
pub(super) struct IdArgs {
    /// Which one
    id: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct NewArgs {
    /// A sentence
    text: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct TextArgs {
    /// Which one
    id: String,
    /// What is to be kept
    text: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct CloseArgs {
    /// Which one
    id: String,
    /// What came of it
    #[arg(value_parser = PossibleValuesParser::new(Outcome::ALL.map(Outcome::name)))]
    outcome: String,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct CaseListArgs {
    /// Only those to which this belongs: `customer:ann`, `payment:pay_...`, `device` and others as `key:HASH`
    #[arg(long, value_name = "KIND:VALUE")]
    link: Option<String>,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct LinkArgs {
    /// Which case
    id: String,
    /// What: `customer:ann`, `payment:pay_...`, `review:prv_...`, `seller:...`, `card:...`, `key:HASH`
    link: String,
    /// Why
    #[arg(long)]
    why: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct CaseCloseArgs {
    /// Which one
    id: String,
    /// How it ended
    #[arg(value_parser = ["fraud", "no_fraud", "unclear"])]
    outcome: String,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct ReportArgs {
    /// Which case
    id: String,
    /// The recipient's public key, `age1...`
    #[arg(long)]
    to: String,
    /// The file to write; it must not be there yet
    #[arg(long)]
    out: std::path::PathBuf,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct BulkCloseArgs {
    /// With which outcome
    #[arg(value_parser = PossibleValuesParser::new(Outcome::ALL.map(Outcome::name)))]
    outcome: String,
    /// Which reviews
    #[arg(required = true)]
    reviews: Vec<String>,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct BulkLabelArgs {
    /// What they were
    #[arg(value_parser = ["fraud", "genuine"])]
    said: String,
    /// Which payments
    #[arg(required = true)]
    payments: Vec<String>,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct AskArgs {
    /// The payment that was refused
    payment: String,
    /// Their view of it, in their words
    view: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct AnswerArgs {
    /// Which one
    id: String,
    /// Whether the refusal stands
    #[arg(value_parser = ["stands", "overturned"])]
    answer: String,
    /// Why, for the file
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    plain: PlainArgs,
}

async fn people(args: &PlainArgs) -> Result<(PeopleDesk, Principal), AppError> {
    Ok((PeopleDesk { engine: engine(&args.data, None).await? }, principal(&args.who.by)?))
}

fn id<I: std::str::FromStr>(text: &str) -> Result<I, AppError> {
    text.parse().map_err(|_| AppError::Usage(format!("{text} is no such id")))
}

fn outcome(name: &str) -> Result<Outcome, AppError> {
    Outcome::parse(name).ok_or_else(|| AppError::Usage(format!("{name} is no outcome")))
}

/// What was changed, whole, as JSON: what there is to see of it for people, too.
fn show(of: &impl Serialize, args: &PlainArgs) -> Result<(), AppError> {
    if args.json {
        return line(json!(of));
    }
    line(format!("{:#}", json!(of)))
}

pub(super) async fn reviews(command: ReviewsCommand) -> Result<(), AppError> {
    match command {
        ReviewsCommand::List(args) => {
            let (people, _) = people(&args).await?;
            let queue = people.reviews(None).await?;
            let open = queue.iter().filter(|r| r.state != ReviewState::Closed);
            if args.json {
                return open.clone().try_for_each(|r| line(json!(r)));
            }
            let rows = open.map(|r| {
                let claimed = r.claim.as_ref().map_or("-".to_owned(), |(by, _)| by.to_string());
                let amount = format!("{} {}", r.amount, r.currency);
                vec![
                    r.id.clone(),
                    r.priority.to_string(),
                    moment(r.due),
                    r.step.name().to_owned(),
                    amount,
                    claimed,
                    r.about.clone(),
                ]
            });
            table(&["review", ">priority", "due", "step", ">minor units", "claimed by", "about"], rows)
        }
        ReviewsCommand::Show(args) => {
            let (people, _) = people(&args.plain).await?;
            show(&people.review(id(&args.id)?).await?.value, &args.plain)
        }
        ReviewsCommand::Claim(args) => {
            let (people, by) = people(&args.plain).await?;
            show(&people.claim(id(&args.id)?, &by).await?, &args.plain)
        }
        ReviewsCommand::GiveBack(args) => {
            let (people, by) = people(&args.plain).await?;
            show(&people.give_back(id(&args.id)?, &by).await?, &args.plain)
        }
        ReviewsCommand::Note(args) => {
            let (people, by) = people(&args.plain).await?;
            show(&people.note(id(&args.id)?, &args.text, &by).await?, &args.plain)
        }
        ReviewsCommand::Close(args) => {
            let (people, by) = people(&args.plain).await?;
            let request = Request { by, answer: None, trace: None };
            let closed =
                people.close(id::<ReviewId>(&args.id)?, outcome(&args.outcome)?, &args.reason, &request);
            show(&closed.await?, &args.plain)
        }
    }
}

fn link(text: &str) -> Result<(LinkKind, &str), AppError> {
    let read = text.split_once(':').and_then(|(kind, value)| Some((LinkKind::parse(kind)?, value)));
    read.ok_or_else(|| {
        AppError::Usage(format!(
            "{text} is no KIND:VALUE; kinds: payment, review, customer, seller, card, key"
        ))
    })
}

pub(super) async fn cases(command: CasesCommand) -> Result<(), AppError> {
    match command {
        CasesCommand::List(args) => {
            let (people, _) = people(&args.plain).await?;
            let wanted = args.link.as_deref().map(link).transpose()?;
            let found = people.cases(None, wanted).await?;
            if args.plain.json {
                return found.iter().try_for_each(|c| line(json!(c)));
            }
            let rows = found.iter().map(|c| {
                vec![
                    c.id.clone(),
                    c.state.name().to_owned(),
                    moment(c.due),
                    c.links.len().to_string(),
                    c.title.clone(),
                ]
            });
            table(&["case", "state", "due", ">links", "about"], rows)
        }
        CasesCommand::Show(args) => {
            let (people, _) = people(&args.plain).await?;
            show(&people.case(id(&args.id)?).await?.value, &args.plain)
        }
        CasesCommand::Open(args) => {
            let (people, by) = people(&args.plain).await?;
            show(&people.open_case(&args.text, &by).await?, &args.plain)
        }
        CasesCommand::Take(args) => {
            let (people, by) = people(&args.plain).await?;
            show(&people.take_case(id(&args.id)?, &by).await?, &args.plain)
        }
        CasesCommand::Link(args) => {
            let (people, by) = people(&args.plain).await?;
            show(&people.link(id::<CaseId>(&args.id)?, link(&args.link)?, &args.why, &by).await?, &args.plain)
        }
        CasesCommand::Note(args) => {
            let (people, by) = people(&args.plain).await?;
            show(&people.note_case(id(&args.id)?, &args.text, &by).await?, &args.plain)
        }
        CasesCommand::Close(args) => {
            let (people, by) = people(&args.plain).await?;
            let outcome = match args.outcome.as_str() {
                "fraud" => CaseOutcome::Fraud,
                "no_fraud" => CaseOutcome::NoFraud,
                _ => CaseOutcome::Unclear,
            };
            show(&people.close_case(id(&args.id)?, outcome, &args.reason, &by).await?, &args.plain)
        }
        CasesCommand::Report(args) => {
            let (people, by) = people(&args.plain).await?;
            let failed = |e| AppError::Usage(format!("{} cannot be written: {e}", args.out.display()));
            // The file is there before the record is: what cannot be written is not recorded as given away.
            let case = id::<CaseId>(&args.id)?;
            let mut file = std::fs::File::create_new(&args.out).map_err(failed)?;
            let made = people.report(case, &args.to, &by).await;
            let (report, sealed) = made.inspect_err(|_| drop(std::fs::remove_file(&args.out)))?;
            std::io::Write::write_all(&mut file, &sealed).and_then(|()| file.sync_all()).map_err(failed)?;
            show(&report, &args.plain)
        }
        CasesCommand::Reports(args) => {
            let (people, _) = people(&args.plain).await?;
            let made = people.reports(id::<CaseId>(&args.id)?).await?;
            if args.plain.json {
                return made.iter().try_for_each(|r| line(json!(r)));
            }
            let rows = made
                .iter()
                .map(|r| vec![r.id.to_string(), moment(r.at), r.by.to_string(), r.recipient.clone()]);
            table(&["report", "made", "by", "for"], rows)
        }
    }
}

pub(super) async fn bulk(command: BulkCommand) -> Result<(), AppError> {
    match command {
        BulkCommand::List(args) => {
            let (people, _) = people(&args).await?;
            let found = people.bulks().await?;
            if args.json {
                return found.iter().try_for_each(|b| line(json!(b)));
            }
            let rows = found.iter().map(|b| {
                let state = format!("{:?}", b.state).to_lowercase();
                vec![
                    b.id.clone(),
                    state,
                    b.items.len().to_string(),
                    b.proposed_by.to_string(),
                    b.reason.clone(),
                ]
            });
            table(&["bulk action", "state", ">items", "proposed by", "why"], rows)
        }
        BulkCommand::Show(args) => {
            let (people, _) = people(&args.plain).await?;
            show(&people.bulk(id(&args.id)?).await?.value, &args.plain)
        }
        BulkCommand::Close(args) => {
            let (people, by) = people(&args.plain).await?;
            let action = BulkAction::CloseReviews { outcome: outcome(&args.outcome)? };
            show(&people.propose_bulk(action, args.reviews, &args.reason, &by).await?, &args.plain)
        }
        BulkCommand::Label(args) => {
            let (people, by) = people(&args.plain).await?;
            let action = BulkAction::Label { fraud: args.said == "fraud" };
            let items = args.payments.iter().map(|p| payment(p).map(|p| p.to_string()));
            let items = items.collect::<Result<Vec<_>, _>>()?;
            show(&people.propose_bulk(action, items, &args.reason, &by).await?, &args.plain)
        }
        BulkCommand::Approve(args) => decide(&args, true).await,
        BulkCommand::Reject(args) => decide(&args, false).await,
    }
}

async fn decide(args: &IdArgs, agree: bool) -> Result<(), AppError> {
    let (people, by) = people(&args.plain).await?;
    show(&people.decide_bulk(id::<BulkId>(&args.id)?, agree, &by).await?, &args.plain)
}

pub(super) async fn appeals(command: AppealsCommand) -> Result<(), AppError> {
    match command {
        AppealsCommand::List(args) => {
            let (people, _) = people(&args).await?;
            let open = people.appeals().await?;
            if args.json {
                return open.iter().try_for_each(|a| line(json!(a)));
            }
            let rows =
                open.iter().map(|a| vec![a.id.clone(), moment(a.due), a.payment.clone(), a.view.clone()]);
            table(&["appeal", "due", "payment", "their view"], rows)
        }
        AppealsCommand::Ask(args) => {
            let (people, by) = people(&args.plain).await?;
            show(&people.appeal(payment(&args.payment)?, &args.view, &by).await?, &args.plain)
        }
        AppealsCommand::Answer(args) => {
            let (people, by) = people(&args.plain).await?;
            let answer =
                if args.answer == "overturned" { AppealAnswer::Overturned } else { AppealAnswer::Stands };
            let done = people.answer(id::<AppealId>(&args.id)?, answer, &args.reason, &by).await?;
            if args.plain.json {
                return line(json!(done));
            }
            line(format!("To the customer: {}", done.told()))
        }
    }
}
