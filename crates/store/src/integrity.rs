//! Is everything whole? What a restart, a restore and a killed server are checked by.

use crate::{
    Result, Tx,
    sql::{many, on, scalar},
    table::reading,
};

reading! {
    struct Gap {
        pub what: String,
        pub numbers: i64,
        pub last: i64,
    }
}

impl Tx {
    /// Checks the file, the references, the numbers that must have no gaps and both chains. An empty list: all is
    /// whole. Reads everything; for tests and for `audit verify`.
    pub async fn check_integrity(&mut self) -> Result<Vec<String>> {
        const GAPS: &str = "SELECT what, numbers, last FROM (
                SELECT 'move' AS what, count(*) AS numbers, max(seq) AS last FROM move GROUP BY claim
                UNION ALL SELECT 'evaluation', count(*), max(seq) FROM evaluation GROUP BY claim
                UNION ALL SELECT 'claim event', count(*), max(claim_seq) FROM event
                    WHERE claim IS NOT NULL GROUP BY claim
                UNION ALL SELECT 'criteria', count(*), max(n) FROM criteria GROUP BY claim
                UNION ALL SELECT 'evidence revision', count(*), max(n) FROM evidence_revision GROUP BY evidence
            ) AS numbered WHERE numbers <> last";
        let mut found = Vec::new();
        if let Self::Sqlite(_) = self {
            let answer = scalar!(self, String, "PRAGMA integrity_check")?.unwrap_or_default();
            if answer != "ok" {
                found.push(format!("integrity_check: {answer}"));
            }
            let broken = scalar!(self, i64, "SELECT count(*) FROM pragma_foreign_key_check")?.unwrap_or(0);
            if broken > 0 {
                found.push(format!("{broken} references lead nowhere"));
            }
        }
        for gap in many!(self, Gap, GAPS)? {
            found.push(format!("{} numbers have gaps: {} up to {}", gap.what, gap.numbers, gap.last));
        }
        let behind = "SELECT count(*) FROM claim c WHERE c.move_seq <>
            coalesce((SELECT max(m.seq) FROM move m WHERE m.claim = c.id), 0)";
        let behind = scalar!(self, i64, behind)?.unwrap_or(0);
        if behind > 0 {
            found.push(format!("{behind} claims stand elsewhere than their last move"));
        }
        found.extend(self.verify_audit().await?.broken);
        found.extend(self.verify_resolutions().await?);
        Ok(found)
    }

    /// Answers when the database can be read: for readiness checks.
    pub async fn ping(&mut self) -> Result<()> {
        on!(self, c => sqlx::query("SELECT 1").execute(c).await.map(|_| ()))?;
        Ok(())
    }
}
