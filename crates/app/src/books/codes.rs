//! Transfer codes: the business event behind each transfer.

use pmts_ledger::TransferCode;

macro_rules! transfer_codes {
    ($($variant:ident = $number:literal, $name:literal, $meaning:literal;)+) => {
        /// Why money moved.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(
                #[doc = $meaning]
                $variant,
            )+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its number in the ledger.
            pub const fn number(self) -> TransferCode {
                match self { $(Self::$variant => TransferCode($number)),+ }
            }

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What it means.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),+ }
            }

            /// The code of a number.
            pub fn of(number: TransferCode) -> Option<Self> {
                Self::ALL.iter().copied().find(|c| c.number() == number)
            }
        }
    };
}

transfer_codes! {
    Authorized = 10, "authorized", "the issuer holds the money";
    ReleaseSent = 11, "release sent", "the held money is reserved for giving it up";
    Released = 12, "released", "the hold, or what was left of it, is given up";
    ReleaseRefused = 13, "release refused", "the issuer refused to give the hold up; it stands";
    CaptureSent = 20, "capture sent", "the held money is reserved for a capture under way";
    Captured = 21, "captured", "the held money is taken";
    CaptureRefused = 22, "capture refused", "the capture was refused; the hold stands";
    Receivable = 23, "receivable", "the acquirer owes us the captured money";
    Refundable = 24, "refundable", "what was captured can be refunded";
    ProcessingFee = 25, "processing fee", "the acquirer is expected to charge for it";
    Split = 30, "split", "a payee's part of the captured money";
    Commission = 31, "commission", "what the marketplace keeps of a seller's part";
    RefundReserved = 40, "refund reserved", "what can be refunded is reserved for a refund under way";
    RefundPart = 41, "refund part", "a payee's part of a refund";
    CommissionBack = 42, "commission back", "commission given back with a refund";
    RefundOwed = 43, "refund owed", "the refund is owed to the customer";
    Refunded = 44, "refunded", "what could be refunded has been";
    RefundPaid = 45, "refund paid", "the acquirer pays the refund out of what it owes us";
    Delivered = 50, "delivered", "a seller's part of a delivered purchase is released";
    ReserveKept = 51, "reserve kept", "a part of a release is kept back for a time";
    ReserveReleased = 52, "reserve released", "what was kept back of a release is the seller's";
    DebtRecovered = 53, "debt recovered", "a seller's debt is taken off his release";
    PayoutApproved = 60, "payout approved", "the money of a payout is set aside";
    PayoutSent = 61, "payout sent", "the payout is in a file for the bank";
    PayoutCancelled = 62, "payout cancelled", "the batch was given up before its file was written";
    PayoutRejected = 63, "payout rejected", "the bank did not carry the payout out; the money is the seller's again";
    PayoutPaid = 64, "payout paid", "the bank took the money of a payout from our account";
    PayoutReturned = 65, "payout returned", "the money of a payout is on our account again";
    PayoutCharge = 66, "payout charge", "what the bank kept of a payout that came back";
    PayoutPutBack = 67, "payout put back", "a payout that came back is the seller's again";
    BankUnidentified = 70, "bank unidentified", "a line of the bank that fits nothing";
}
