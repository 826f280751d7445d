//! All endpoints.

use super::endpoint::Endpoint;
use super::resources::{
    aml_cases, aml_facts, aml_files, aml_hits, aml_parties, aml_reports, aml_screen, balance,
    balance_transactions, charges, events, ledger, payment_intents, payment_methods, refunds, reviews, risk,
    risk_people, risk_reports, service, webhook_endpoints,
};
use std::sync::LazyLock;

static ALL: LazyLock<Vec<&'static Endpoint>> = LazyLock::new(|| {
    [
        payment_intents::ENDPOINTS,
        payment_methods::ENDPOINTS,
        charges::ENDPOINTS,
        refunds::ENDPOINTS,
        balance::ENDPOINTS,
        balance_transactions::ENDPOINTS,
        events::ENDPOINTS,
        reviews::ENDPOINTS,
        risk::ENDPOINTS,
        risk_people::ENDPOINTS,
        risk_reports::ENDPOINTS,
        aml_parties::ENDPOINTS,
        aml_hits::ENDPOINTS,
        aml_screen::ENDPOINTS,
        aml_facts::ENDPOINTS,
        aml_cases::ENDPOINTS,
        aml_reports::ENDPOINTS,
        aml_files::ENDPOINTS,
        ledger::ENDPOINTS,
        webhook_endpoints::ENDPOINTS,
        service::ENDPOINTS,
    ]
    .into_iter()
    .flatten()
    .collect()
});

/// Every endpoint, in the order of the OpenAPI document.
pub fn all() -> &'static [&'static Endpoint] {
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_endpoints_answer_the_same_and_names_are_unique() {
        let mut names = HashSet::new();
        for (i, one) in all().iter().enumerate() {
            assert!(names.insert(one.name), "{}", one.name);
            let path: Vec<&str> = one.parts().collect();
            for other in &all()[i + 1..] {
                let overlap = other.method == one.method && other.matches(&path).is_some();
                assert!(!overlap, "{} and {}", one.name, other.name);
            }
        }
    }
}
