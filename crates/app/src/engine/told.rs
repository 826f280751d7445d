//! The events that are told to the outside.

use pmts_payments::{IntentState, Operation, OperationKind, OperationState};

macro_rules! told {
    ($($variant:ident = $name:literal, $meaning:literal;)+) => {
        /// What is told.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Told {
            $(
                #[doc = $meaning]
                $variant,
            )+
        }

        impl Told {
            /// Its name in the outbox.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        /// Every event: name and meaning.
        pub const TOLD: &[(&str, &str)] = &[$(($name, $meaning)),+];
    };
}

told! {
    Created = "payment.created", "a payment was made; nothing is sent";
    ActionRequired = "payment.action_required", "the payer is asked for a challenge; nothing is sent";
    ChallengePassed = "payment.challenge_passed", "the payer passed the challenge; the payment can be confirmed again";
    Processing = "payment.processing", "an authorization is under way";
    Authorized = "payment.authorized", "the issuer holds the money";
    Declined = "payment.declined", "no money is held; it can be tried again";
    Incremented = "payment.incremented", "the issuer holds more";
    IncrementRefused = "payment.increment_refused", "the issuer holds as much as before";
    PartlyCaptured = "payment.partly_captured", "a part is captured; more may follow";
    Captured = "payment.captured", "all that will be captured is captured";
    CaptureRefused = "payment.capture_refused", "a capture was refused; the hold stands";
    Canceled = "payment.canceled", "the payment is given up; no money is held";
    CancelRefused = "payment.cancel_refused", "the issuer refused to give up the hold; it stands";
    RefundProcessing = "refund.processing", "a refund is owed to the customer and under way";
    RefundSucceeded = "refund.succeeded", "a refund is on its way to the customer";
    RefundFailed = "refund.failed", "a refund was refused; it is still owed";
    DeliveryReported = "delivery.reported", "a purchase was delivered; the days until its sellers' money is released run";
    DeliveryReleased = "delivery.released", "sellers' money of a delivered purchase, or a reserve of it, became available";
    PayoutCreated = "payout.created", "a payout was approved; its money is set aside";
    PayoutSent = "payout.sent", "a payout is in a file for the bank";
    PayoutPaid = "payout.paid", "the bank took the money of a payout from our account";
    PayoutFailed = "payout.failed", "a payout was refused or came back; its money is the seller's again";
    RiskDecided = "risk.decided", "the risk screen decided about a step";
    ReviewOpened = "review.opened", "a person is to look at a payment or payout";
    ReviewClosed = "review.closed", "a person looked at a payment or payout";
    CaseOpened = "case.opened", "people look into payments, customers and so on that belong together";
    CaseClosed = "case.closed", "a case has an outcome";
    ReportMade = "case.report_made", "a case was given as a sealed file to somebody outside";
    BulkProposed = "bulk_action.proposed", "one person wants the same done to many";
    BulkDecided = "bulk_action.decided", "another person agreed to a bulk action, or did not";
    BulkDone = "bulk_action.done", "each item of a bulk action has its result";
    AppealAsked = "appeal.asked", "a refused person asks for a person";
    AppealAnswered = "appeal.answered", "a person answered a refused person";
    RiskLabelled = "risk.labelled", "it became known whether a payment was fraud";
    RiskRules = "risk.rules_promoted", "a version of the rules is in force";
    RiskList = "risk.list_changed", "a key was put on a list of the screen, or taken off";
    PartyHeld = "party.held", "no money goes to or from somebody: the screening found a hit";
    PartyReleased = "party.released", "nothing holds somebody any more";
    PartyStopped = "party.stopped", "a step of a payment was refused: somebody in it is held, or may not receive";
    PartyFile = "party.file_changed", "the file of due diligence about somebody stands elsewhere";
    HitFound = "screening.hit_found", "somebody may be an entry of a sanctions list";
    HitDecided = "screening.hit_decided", "two people said what a hit is";
    HitMoot = "screening.hit_moot", "a hit needs no decision any more: the entry is gone or another";
    Rescreened = "screening.rescreened", "everyone was screened against the lists in force";
    FactsTold = "aml.facts_told", "the shop told the monitoring of money that moved elsewhere, or of an account";
    PayoutCanceled = "payout.canceled", "a payout was given up before it was sent";
}

impl Told {
    /// What is told of the payment after an operation ended; `None`: nothing.
    pub(super) fn of_outcome(operation: &Operation, after: IntentState) -> Option<Self> {
        let succeeded = operation.state == OperationState::Succeeded;
        Some(match (operation.kind, after) {
            _ if !operation.state.is_final() => return None,
            (OperationKind::Authorize, IntentState::Authorized) => Self::Authorized,
            (OperationKind::Authorize, IntentState::Declined) => Self::Declined,
            // The capture that follows at once tells how it ended.
            (OperationKind::Authorize, _) => return None,
            (OperationKind::Increment, _) if succeeded => Self::Incremented,
            (OperationKind::Increment, _) => Self::IncrementRefused,
            (OperationKind::Capture, IntentState::Captured) => Self::Captured,
            (OperationKind::Capture, _) if succeeded => Self::PartlyCaptured,
            (OperationKind::Capture, _) => Self::CaptureRefused,
            (OperationKind::Void, IntentState::Canceled) => Self::Canceled,
            (OperationKind::Void, _) => Self::CancelRefused,
            (OperationKind::Release | OperationKind::Refund, _) => return None,
        })
    }

    /// What is told of a refund.
    pub(super) fn of_refund(state: OperationState) -> Option<Self> {
        match state {
            OperationState::Pending => Some(Self::RefundProcessing),
            OperationState::Succeeded => Some(Self::RefundSucceeded),
            OperationState::Declined => Some(Self::RefundFailed),
            _ => None,
        }
    }
}
