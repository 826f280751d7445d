//! The recipe pages and the guide, run as doctests.

#[doc = include_str!("../../../docs/recipes/two-phase.md")]
struct TwoPhase;
#[doc = include_str!("../../../docs/recipes/partial-post.md")]
struct PartialPost;
#[doc = include_str!("../../../docs/recipes/linked-journals.md")]
struct LinkedJournals;
#[doc = include_str!("../../../docs/recipes/multi-leg.md")]
struct MultiLeg;
#[doc = include_str!("../../../docs/recipes/exchange.md")]
struct Exchange;
#[doc = include_str!("../../../docs/recipes/correction.md")]
struct Correction;
#[doc = include_str!("../../../docs/recipes/balancing.md")]
struct Balancing;
#[doc = include_str!("../../../docs/recipes/conditional.md")]
struct Conditional;
#[doc = include_str!("../../../docs/recipes/limits.md")]
struct Limits;
#[doc = include_str!("../../../docs/recipes/rate-limit.md")]
struct RateLimit;
#[doc = include_str!("../../../docs/recipes/closing.md")]
struct Closing;
#[doc = include_str!("../../../docs/recipes/import.md")]
struct Import;
#[doc = include_str!("../../../docs/recipes/periods.md")]
struct Periods;
#[doc = include_str!("../../../docs/recipes/assertion.md")]
struct Assertion;
#[doc = include_str!("../../../docs/recipes/metadata.md")]
struct Metadata;
#[doc = include_str!("../../../docs/recipes/history.md")]
struct History;
#[doc = include_str!("../../../docs/recipes/past-balance.md")]
struct PastBalance;
#[doc = include_str!("../../../docs/recipes/hierarchy.md")]
struct Hierarchy;
#[doc = include_str!("../../../docs/recipes/totals.md")]
struct Totals;
#[doc = include_str!("../../../docs/guides/ledger.md")]
struct Guide;
