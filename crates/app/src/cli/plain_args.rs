//! What most commands about people's work take: by whom, where, and in which form.

use super::DataArgs;
use super::sellers::ByArgs;
use clap::Args;

#[derive(Args)]
pub(super) struct PlainArgs {
    #[command(flatten)]
    pub(super) who: ByArgs,
    #[command(flatten)]
    pub(super) data: DataArgs,
    /// JSON for programs
    #[arg(long)]
    pub(super) json: bool,
}
