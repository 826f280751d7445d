//! The platform put together: store, vault, link to the card host, engine.

use crate::AppError;
use crate::aml::{AmlDesk, ListWatch};
use crate::books::{Accounts, Books};
use crate::connectors::{CardGateway, StoredAdvices, StoredVault};
use crate::diligence::DiligenceDesk;
use crate::duty::Duty;
use crate::engine::{Engine, GIVE_UP_AFTER_SECS, GRACE_SECS};
use crate::fraud::FraudShelf;
use crate::lane::{LANES, Lane};
use crate::lists::Shelf;
use crate::monitoring::{CaseDesk, Watcher};
use crate::place::open_store;
use crate::rates::Rates;
use crate::records::{IntentRecord, StandInAdvice, VaultKeysRecord};
use crate::risk::{Follower, Gate, HttpChallenger, Risk, RiskConfig, RiskDesk, RiskMode};
use crate::stand_in::AdviceTeller;
use pmts_cards::{Acquirer, CardAuthorizer, Iso8583Link, LinkConfig, Merchant, StandIn, StandInLimits};
use pmts_compliance::pci::{EnvelopeVault, FileKms, Vault};
use pmts_kernel::{Clock, IdSource, Principal, SystemClock, SystemIds};
use pmts_ledger::EntityCode;
use pmts_money::Bps;
use pmts_payments::Challenger;
use pmts_sandbox::issuer::{Issuer, IssuerConfig};
use pmts_sensitive::Secret;
use pmts_store::{EmbeddedOptions, ListQuery, Record, Store, StoreExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The name of the key file in the data directory. For production keep the key elsewhere: whoever has the directory and
/// the key has the cards.
pub const KEY_FILE: &str = "vault.key";

/// The id of the job that is held by the node that tells the card host what was approved in its place.
const TELLING: u128 = 1 << 8;

/// How the platform is run.
#[derive(Debug, Clone)]
pub struct PlatformConfig {
    /// On whose behalf it acts.
    pub by: Principal,
    /// What the marketplace keeps of a seller's part.
    pub commission: Bps,
    /// What the acquirer is expected to charge (an estimate).
    pub acquirer_fee: Bps,
    /// How long to wait for an answer of the card host.
    pub answer_timeout: Duration,
    /// Who sells, for issuers and cardholders.
    pub merchant: Merchant,
    /// Who we are to the card host.
    pub acquirer: Acquirer,
    /// How the link to the card host is set up; its address comes with the [`Host`].
    pub link: LinkConfig,
    /// What may be approved in the card host's place while it cannot be reached; nothing by default.
    pub stand_in: StandInLimits,
    /// Real money. A data directory has payments of one mode only: test money is never in the books of real money.
    pub live: bool,
    /// How long an open operation is worked on before a person is asked, in seconds since it was decided.
    pub give_up_after_secs: i64,
    /// How long an operation that was just sent is left to whoever sent it, in seconds; never less than its answer is waited
    /// for, and five seconds.
    pub grace_secs: i64,
    /// About so many accounts stay in memory.
    pub resident_accounts: usize,
    /// Address of a Postgres database to commit to, instead of the data directory. Never told: it can hold a password.
    pub database: Option<Arc<Secret<String>>>,
    /// The risk screen; `None`: it is not asked.
    pub risk: Option<RiskConfig>,
    /// Whether webhooks may call private networks.
    pub webhooks_private: bool,
}

impl Default for PlatformConfig {
    /// 10 % commission, 1.2 % acquirer fee, 5 s for an answer, a week of tries.
    fn default() -> Self {
        let acquirer = Acquirer { id: "123456".into(), country: 826 };
        Self {
            by: Principal::system("embedded"),
            commission: Bps::new(1_000),
            acquirer_fee: Bps::new(120),
            answer_timeout: Duration::from_secs(5),
            merchant: Merchant {
                terminal_id: "PMTS0001".into(),
                merchant_id: "PMTS-MARKET".into(),
                name: "PMTS MARKETPLACE".into(),
                city: "LONDON".into(),
                country: "GB".into(),
                mcc: 5311,
            },
            acquirer: acquirer.clone(),
            link: LinkConfig::new("", acquirer),
            stand_in: StandInLimits::default(),
            live: false,
            give_up_after_secs: GIVE_UP_AFTER_SECS,
            grace_secs: GRACE_SECS,
            resident_accounts: EmbeddedOptions::default().resident_accounts,
            database: None,
            risk: None,
            webhooks_private: false,
        }
    }
}

/// Where the card host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A sandbox issuer in this process, over TCP on the loopback address.
    Sandbox,
    /// A host at `name:port`.
    At(String),
    /// None: what would be sent is surely not sent. For looking at payments and deciding about them by hand.
    Nowhere,
}

/// The platform, running.
pub struct Platform {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The data directory, where the keys are.
    pub dir: PathBuf,
    /// The vault.
    pub vault: Arc<dyn Vault>,
    /// The same, to change its keys.
    pub sealed: Arc<EnvelopeVault>,
    /// Runs payments.
    pub engine: Engine,
    /// The link to the card host.
    pub link: Arc<Iso8583Link>,
    /// How it is run.
    pub config: PlatformConfig,
    /// The sandbox issuer, if it runs in this process.
    pub issuer: Option<Issuer>,
    /// The sanctions lists in force.
    pub lists: Arc<ListWatch>,
    /// Where the case team works.
    pub cases: Arc<CaseDesk>,
    /// Tells the card host of what was approved in its place, if stand-in is on.
    pub teller: Option<Arc<AdviceTeller>>,
}

impl Platform {
    /// Opens the data directory and everything around it. Operations that a process left open are not touched yet: call
    /// [`Engine::recover`].
    ///
    /// # Errors
    /// [`AppError`]; [`AppError::OtherMode`] if the directory has payments of the other mode.
    pub async fn open(dir: &Path, config: PlatformConfig, host: Host) -> Result<Self, AppError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new(clock.clone()));
        let database = config.database.as_ref().map(|url| url.expose().as_str());
        let store = open_store(dir, database, clock.clone(), config.resident_accounts).await?;
        if recorded_mode(&*store).await?.is_some_and(|live| live != config.live) {
            return Err(AppError::OtherMode { path: dir.to_owned(), live: config.live });
        }
        let key = dir.join(KEY_FILE);
        // A new key opens no card that an old one has sealed.
        if !key.exists() && store.read(VaultKeysRecord::KIND, 1).await?.is_some() {
            return Err(AppError::KeyMissing(key));
        }
        let kms = Arc::new(FileKms::open_or_create(&key)?);
        let place = Arc::new(StoredVault::new(store.clone()));
        let cases = CaseDesk::open(store.clone(), ids.clone(), clock.clone(), &*kms).await?;
        let sealed = Arc::new(EnvelopeVault::init(kms, place, ids.clone()).await?);
        let vault: Arc<dyn Vault> = sealed.clone();

        let sends = host != Host::Nowhere;
        let (address, issuer) = match host {
            Host::At(address) => (address, None),
            // Port 0 is nobody's.
            Host::Nowhere => ("127.0.0.1:0".to_owned(), None),
            Host::Sandbox => {
                let mut setup = IssuerConfig::default();
                // It forgets with this process, and captures left open by the last one are repeated to it. It need not
                // remember long: what is settled is not asked about again.
                (setup.take_unknown_captures, setup.recent_max) = (true, 20_000);
                (setup.table, setup.framing) = (config.link.table.clone(), config.link.framing);
                let issuer = Issuer::bind("127.0.0.1:0", setup).await?;
                (issuer.local_addr().to_string(), Some(issuer))
            }
        };
        let mut link = config.link.clone();
        (link.address, link.acquirer) = (address, config.acquirer.clone());
        link.answer_timeout = config.answer_timeout;
        let link = Arc::new(Iso8583Link::new(link, clock.clone()));
        // What was approved in the host's place is told even if stand-in is off by now.
        let waiting = ListQuery { limit: 1, ..ListQuery::all(StandInAdvice::KIND) };
        let waits = !store.list(waiting).await?.records.is_empty();
        let (host, teller): (Arc<dyn CardAuthorizer>, _) = if config.stand_in == StandInLimits::default()
            && !waits
        {
            (link.clone(), None)
        } else {
            let merchant = config.merchant.clone();
            let queue =
                StoredAdvices::new(store.clone(), vault.clone(), ids.clone(), clock.clone(), merchant);
            let limits = config.stand_in.clone();
            let stand_in = StandIn::new(link.clone(), link.clone(), Arc::new(queue), clock.clone(), limits);
            let stand_in = Arc::new(stand_in);
            let duty = Duty::new(store.clone(), clock.clone(), &*ids, &["duty.tell_advices"], TELLING);
            (stand_in.clone(), Some(Arc::new(AdviceTeller { stand_in, duty })))
        };
        // Trace numbers start where the clock stands, so a restart within the second does not use the same again.
        let first_trace = u32::try_from(clock.now().as_micros().rem_euclid(999_999)).unwrap_or(0);
        let (merchant, acquirer) = (config.merchant.clone(), config.acquirer.id.clone());
        let gateway = CardGateway::new(host, vault.clone(), merchant, acquirer, first_trace);
        // Where other nodes are at work, each has its own trace numbers.
        let gateway = if sends && config.database.is_some() {
            let lane = Lane::take(store.clone(), clock.clone(), &*ids).await?;
            let gateway = Arc::new(gateway.in_lane(LANES, lane.number()));
            tokio::spawn(lane.keep(Arc::downgrade(&gateway)));
            gateway
        } else {
            Arc::new(gateway)
        };
        let answer_secs = i64::try_from(config.answer_timeout.as_secs()).unwrap_or(i64::MAX);
        let books = Books { accounts: Accounts { entity: EntityCode(1) }, acquirer_fee: config.acquirer_fee };
        let risk = match &config.risk {
            Some(risk) if risk.mode != RiskMode::Off => {
                Some(risk_screen(&store, &ids, &clock, dir, risk).await?)
            }
            _ => None,
        };
        let lists = Arc::new(ListWatch::open(Shelf::of(dir))?);
        let (aml_store, aml_ids) = (store.clone(), ids.clone());
        let aml =
            AmlDesk { store: aml_store, ids: aml_ids, clock: clock.clone(), screening: lists.screening() };
        let rates = Arc::new(Rates::of(dir));
        let diligence = DiligenceDesk::new(cases.clone(), Some(aml.clone()), rates);
        let engine = Engine {
            store: store.clone(),
            gateway,
            ids,
            clock,
            books,
            by: config.by.clone(),
            recent: Arc::default(),
            aml: Some(Arc::new(aml)),
            diligence: Some(Arc::new(diligence)),
            live: config.live,
            give_up_after_secs: config.give_up_after_secs,
            risk,
            grace_secs: config.grace_secs.max(answer_secs.saturating_add(5)),
        };
        let (dir, cases) = (dir.to_owned(), Arc::new(cases));
        Ok(Self { store, dir, vault, sealed, engine, link, config, issuer, lists, cases, teller })
    }

    /// Watches what happens for money laundering; what it remembers is kept beside the data.
    ///
    /// # Errors
    /// [`crate::aml::AmlError`].
    pub async fn watcher(&self) -> Result<Watcher, AppError> {
        watcher(&self.dir, (*self.cases).clone()).await
    }
}

/// The watcher of a data directory.
pub(crate) async fn watcher(dir: &Path, desk: CaseDesk) -> Result<Watcher, AppError> {
    let file = dir.join("aml").join("history");
    Ok(Watcher::open(desk, Arc::new(Rates::of(dir)), Some(file)).await?)
}

/// The risk screen of a store; its history is kept beside the data.
///
/// # Errors
/// [`AppError`].
pub(crate) async fn risk_screen(
    store: &Arc<dyn Store>,
    ids: &Arc<dyn IdSource>,
    clock: &Arc<dyn Clock>,
    dir: &Path,
    config: &RiskConfig,
) -> Result<Arc<Risk>, AppError> {
    let desk = RiskDesk { store: store.clone(), ids: ids.clone(), clock: clock.clone() };
    let file = dir.join("risk").join("history");
    let shelf = FraudShelf::of(dir);
    let follower = Follower::open(desk.clone(), Some(shelf), Some(file), config).await?;
    let gate = Gate::new(follower.screen.clone(), config);
    let challenger =
        config.challenger.clone().map(|c| Arc::new(HttpChallenger::new(c)) as Arc<dyn Challenger>);
    Ok(Arc::new(Risk { gate, follower: Some(follower), challenger, desk }))
}

/// The mode of the payments in a store, which all have the same; `None`: there are none.
///
/// # Errors
/// [`pmts_store::StoreError`].
pub async fn recorded_mode(store: &dyn Store) -> Result<Option<bool>, pmts_store::StoreError> {
    let query = ListQuery { limit: 1, ..ListQuery::all(IntentRecord::KIND) };
    Ok(store.list_typed::<IntentRecord>(query).await?.0.first().map(|p| p.value.0.live))
}
