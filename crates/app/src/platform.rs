//! The platform put together: store, vault, link to the card host, engine.

use crate::AppError;
use crate::books::{Accounts, Books};
use crate::connectors::{CardGateway, StoredVault};
use crate::engine::{Engine, GIVE_UP_AFTER_SECS};
use crate::records::VaultKeysRecord;
use pmts_cards::{Acquirer, Iso8583Link, LinkConfig, Merchant};
use pmts_compliance::pci::{EnvelopeVault, FileKms, Vault};
use pmts_kernel::{Clock, IdSource, Principal, SystemClock, SystemIds};
use pmts_ledger::EntityCode;
use pmts_money::Bps;
use pmts_sandbox::issuer::{Issuer, IssuerConfig};
use pmts_store::{EmbeddedOptions, EmbeddedStore, Record, Store};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The name of the key file in the data directory. For production keep the key elsewhere: whoever has the directory and
/// the key has the cards.
pub const KEY_FILE: &str = "vault.key";

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
    /// How long an open operation is worked on before a person is asked, in seconds since it was decided.
    pub give_up_after_secs: i64,
    /// About so many accounts stay in memory.
    pub resident_accounts: usize,
}

impl Default for PlatformConfig {
    /// 10 % commission, 1.2 % acquirer fee, 5 s for an answer, a week of tries.
    fn default() -> Self {
        Self {
            by: Principal::system("embedded"),
            commission: Bps::new(1_000),
            acquirer_fee: Bps::new(120),
            answer_timeout: Duration::from_secs(5),
            give_up_after_secs: GIVE_UP_AFTER_SECS,
            resident_accounts: EmbeddedOptions::default().resident_accounts,
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

/// The legal entity whose books test payments stand in. Until legal entities can be configured there is one a mode.
pub const TEST_ENTITY: EntityCode = EntityCode(1);
/// The legal entity whose books live payments stand in.
pub const LIVE_ENTITY: EntityCode = EntityCode(2);

/// What runs the payments of one mode.
pub struct Side {
    /// Runs payments.
    pub engine: Engine,
    /// The link to the card host.
    pub link: Arc<Iso8583Link>,
    /// The sandbox issuer, if it runs in this process.
    pub issuer: Option<Issuer>,
}

/// The platform, running.
pub struct Platform {
    /// The store.
    pub store: Arc<EmbeddedStore>,
    /// The vault.
    pub vault: Arc<dyn Vault>,
    /// Runs payments in test mode; import and demo, too.
    pub engine: Engine,
    /// Its link to the card host.
    pub link: Arc<Iso8583Link>,
    /// How it is run.
    pub config: PlatformConfig,
    /// Its sandbox issuer, if it runs in this process.
    pub issuer: Option<Issuer>,
    /// Runs payments of real money, if a host for them is configured.
    pub live: Option<Side>,
}

impl Platform {
    /// Opens the data directory and everything around it. Operations that a process left open are not touched yet: call
    /// [`Engine::recover`].
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn open(dir: &Path, config: PlatformConfig, host: Host) -> Result<Self, AppError> {
        Self::open_both(dir, config, host, None).await
    }

    /// As [`Platform::open`], with a host for real money as well.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn open_both(
        dir: &Path,
        config: PlatformConfig,
        test: Host,
        live: Option<Host>,
    ) -> Result<Self, AppError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new(clock.clone()));
        let options = EmbeddedOptions {
            clock: clock.clone(),
            resident_accounts: config.resident_accounts,
            ..EmbeddedOptions::default()
        };
        let store = Arc::new(EmbeddedStore::open(dir, options)?);
        let key = dir.join(KEY_FILE);
        // A new key opens no card that an old one has sealed.
        if !key.exists() && store.read(VaultKeysRecord::KIND, 1).await?.is_some() {
            return Err(AppError::KeyMissing(key));
        }
        let kms = Arc::new(FileKms::open_or_create(&key)?);
        let place = Arc::new(StoredVault::new(store.clone()));
        let vault: Arc<dyn Vault> = Arc::new(EnvelopeVault::init(kms, place, ids.clone()).await?);
        let ground = Ground { store: store.clone(), vault: vault.clone(), ids, clock };
        let Side { engine, link, issuer } = ground.side(&config, test, false).await?;
        let live = match live {
            Some(host) => Some(ground.side(&config, host, true).await?),
            None => None,
        };
        Ok(Self { store, vault, engine, link, config, issuer, live })
    }
}

/// What both modes stand on.
struct Ground {
    store: Arc<EmbeddedStore>,
    vault: Arc<dyn Vault>,
    ids: Arc<dyn IdSource>,
    clock: Arc<dyn Clock>,
}

impl Ground {
    async fn side(&self, config: &PlatformConfig, host: Host, live: bool) -> Result<Side, AppError> {
        let (address, issuer) = match host {
            Host::At(address) => (address, None),
            // Port 0 is nobody's.
            Host::Nowhere => ("127.0.0.1:0".to_owned(), None),
            Host::Sandbox => {
                let mut setup = IssuerConfig::default();
                // It forgets with this process, and captures left open by the last one are repeated to it. It need not
                // remember long: what is settled is not asked about again.
                (setup.take_unknown_captures, setup.recent_max) = (true, 20_000);
                let issuer = Issuer::bind("127.0.0.1:0", setup).await?;
                (issuer.local_addr().to_string(), Some(issuer))
            }
        };
        let acquirer = Acquirer { id: "123456".into(), country: 826 };
        let acquirer_id = acquirer.id.clone();
        let mut link = LinkConfig::new(address, acquirer);
        link.answer_timeout = config.answer_timeout;
        let link = Arc::new(Iso8583Link::new(link, self.clock.clone()));
        let merchant = Merchant {
            terminal_id: "PMTS0001".into(),
            merchant_id: "PMTS-MARKET".into(),
            name: "PMTS MARKETPLACE".into(),
            city: "LONDON".into(),
            country: "GB".into(),
            mcc: 5311,
        };
        // Trace numbers start where the clock stands, so a restart within the second does not use the same again.
        let first_trace = u32::try_from(self.clock.now().as_micros().rem_euclid(999_999)).unwrap_or(0);
        let gateway =
            Arc::new(CardGateway::new(link.clone(), self.vault.clone(), merchant, acquirer_id, first_trace));
        let entity = if live { LIVE_ENTITY } else { TEST_ENTITY };
        let engine = Engine {
            store: self.store.clone(),
            gateway,
            ids: self.ids.clone(),
            clock: self.clock.clone(),
            books: Books { accounts: Accounts { entity }, acquirer_fee: config.acquirer_fee },
            by: config.by.clone(),
            live,
            give_up_after_secs: config.give_up_after_secs,
        };
        Ok(Side { engine, link, issuer })
    }
}
