//! The chart of accounts.

use pmts_ledger::{Chart, ChartCode, ChartEntry, Class, Side};

macro_rules! lines {
    ($($variant:ident = $code:literal, $name:literal, $class:ident, $side:ident, $floor:expr, $meaning:literal;)+) => {
        /// A line of the chart.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Line {
            $(
                #[doc = $meaning]
                $variant,
            )+
        }

        impl Line {
            /// Every line.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its number.
            pub const fn code(self) -> ChartCode {
                match self { $(Self::$variant => ChartCode($code)),+ }
            }

            /// The normal side of its accounts.
            pub const fn side(self) -> Side {
                match self { $(Self::$variant => Side::$side),+ }
            }

            /// The floor of its accounts, in minor units.
            pub const fn floor(self) -> Option<i64> {
                match self { $(Self::$variant => $floor),+ }
            }

            fn entry(self) -> ChartEntry {
                let (name, class, meaning) = match self { $(Self::$variant => ($name, Class::$class, $meaning)),+ };
                ChartEntry { code: self.code(), name: name.into(), class, side: self.side(), meaning: meaning.into() }
            }
        }
    };
}

lines! {
    ClientMoney = 1000, "bank.client_money", Asset, Debit, None, "our account at the bank that holds what is owed to sellers and customers";
    AcquirerReceivable = 1100, "acquirer.receivable", Asset, Debit, None, "what the acquirer owes us for captured payments";
    SellerReceivable = 1300, "seller.receivable", Asset, Debit, Some(0), "what a seller owes us";
    PayClearing = 2000, "pay.clearing", Liability, Credit, Some(0), "captured money of one payment on its way to its owners; zero when the payment is finished";
    SellerPending = 2100, "seller.pending", Liability, Credit, Some(0), "a seller's money that is not released yet";
    SellerAvailable = 2110, "seller.available", Liability, Credit, Some(0), "a seller's money that can be paid out";
    SellerReserve = 2120, "seller.reserve", Liability, Credit, Some(0), "a seller's money that is kept back for a time after its release";
    PayoutsInTransit = 2200, "payouts.in_transit", Liability, Credit, Some(0), "payouts of one batch that are in a file for the bank and not yet on a bank line";
    PayoutsReturned = 2210, "payouts.returned", Liability, Credit, Some(0), "payouts that came back, on their way to their sellers";
    BankUnidentified = 2250, "bank.unidentified", Liability, Credit, None, "what came to or left the bank account and fits nothing; a person is asked";
    RefundsPayable = 2300, "refunds.payable", Liability, Credit, Some(0), "refunds accepted and not yet on their way to the customer";
    AccruedAcquirerFees = 2400, "acquirer.fees_accrued", Liability, Credit, None, "what the acquirer is expected to charge (estimate)";
    OwnSales = 4000, "own.sales", Income, Credit, None, "the marketplace's own sales, postage among them";
    CommissionRevenue = 4100, "commission.revenue", Income, Credit, None, "commission kept of sellers' sales";
    ProcessingCost = 5000, "processing.cost", Expense, Debit, None, "the cost of processing payments (estimate)";
    PayoutCost = 5100, "payout.cost", Expense, Debit, None, "what banks charge for payouts and their return";
    MemoAuthorized = 9000, "memo.authorized", Memo, Debit, None, "the other side of what issuers hold for us";
    PayAuthorized = 9001, "pay.authorized", Memo, Credit, Some(0), "what the issuer holds for one payment and is not captured";
    MemoRefundable = 9100, "memo.refundable", Memo, Debit, None, "the other side of what could be refunded";
    PayRefundable = 9101, "pay.refundable", Memo, Credit, Some(0), "what can still be refunded of one payment";
}

/// The chart of accounts.
pub fn chart() -> Chart {
    Chart::new(Line::ALL.iter().map(|l| l.entry()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_unique_and_sides_fit_classes() {
        let chart = chart();
        assert_eq!(chart.iter().count(), Line::ALL.len(), "codes are unique");
        for line in Line::ALL {
            let entry = line.entry();
            assert_eq!(chart.by_name(&entry.name), Some(&entry));
            let natural = match entry.class {
                Class::Asset | Class::Expense => Some(Side::Debit),
                Class::Liability | Class::Equity | Class::Income => Some(Side::Credit),
                Class::Memo => None,
            };
            assert!(natural.is_none_or(|side| side == entry.side), "{line:?}");
        }
    }
}
