use std::path::PathBuf;

use clap::Args;

/// Whether a record is kept, and where.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RecordOptions {
    /// Keep a record for audits: a line of JSON a second with what was shown, why and by which
    /// settings, chained by hashes. It holds no pixel. See docs/AUDIT.md.
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) record: Option<PathBuf>,

    /// A file with a secret of 16 bytes or more: without it nobody can rewrite the record
    /// unseen (HMAC-SHA256 instead of SHA-256).
    #[arg(long, value_name = "FILE", requires = "record")]
    pub(crate) record_key: Option<PathBuf>,
}

/// Which record is checked, and against what.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct VerifyOptions {
    /// Check a record of --record instead: the chain, the order, the times. Exit codes: 0
    /// whole, 1 broken, 2 no record or not readable.
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = [
        "original", "protected", "mask", "room", "truth", "json", "html",
    ])]
    pub(crate) verify: Option<PathBuf>,

    /// The key that the record was kept with.
    #[arg(long, value_name = "FILE", requires = "verify")]
    pub(crate) record_key: Option<PathBuf>,

    /// The last hash, as it was printed at the end of the session.
    #[arg(long, value_name = "HASH", requires = "verify", value_parser = hash)]
    pub(crate) expect: Option<String>,
}

fn hash(text: &str) -> Result<String, String> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(format!(
        "a hash has 64 hex digits, this has {} characters",
        text.chars().count()
    ))
}
