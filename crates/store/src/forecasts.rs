//! Forecasts: every one that was made or withdrawn, those that stand, and the crowd they make. All but what stands is
//! append-only, and what stands follows from it.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, ForecastId},
};
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, many_in, maybe, on, run, scalar},
    table::{reading, table},
    value::Fit as _,
};

table! {
    /// A forecast, or its withdrawal.
    "forecast" => pub struct Forecast {
        /// Identity.
        pub id: ForecastId,
        /// The claim.
        pub claim: ClaimId,
        /// Whose it is.
        pub forecaster: Actor,
        /// Its number, gapless from 1 per claim and forecaster; set by [`Tx::append_forecasts`].
        pub n: i64,
        /// From when on it stands.
        pub at: DateTime<Utc>,
        /// One per option; absent for a withdrawal.
        pub probabilities: Option<JsonText>,
        /// When it ends by itself.
        pub expires_at: Option<DateTime<Utc>>,
        /// The version of the criteria that it saw.
        pub criteria_n: i64,
        /// Why, in its author's words.
        pub rationale: Option<String>,
        /// The way it came: a page, a program, a file.
        pub via: Word,
    }
}

table! {
    /// The last word of a forecaster on a claim, while it stands.
    "standing_forecast" => pub struct StandingForecast {
        /// The claim.
        pub claim: ClaimId,
        /// Whose it is.
        pub forecaster: Actor,
        /// The forecast.
        pub forecast: ForecastId,
        /// Since when it stands.
        pub at: DateTime<Utc>,
        /// One per option.
        pub probabilities: JsonText,
        /// When it ends by itself.
        pub expires_at: Option<DateTime<Utc>>,
    }
}

table! {
    /// The crowd from an instant on.
    "crowd_point" => pub struct CrowdPoint {
        /// The claim.
        pub claim: ClaimId,
        /// Its number, gapless from 1 per claim.
        pub seq: i64,
        /// From when on.
        pub at: DateTime<Utc>,
        /// How many forecasters.
        pub n: i64,
        /// The recency-weighted median of each option; an empty list when nobody is left.
        pub center: JsonText,
        /// The lower quartile of each option.
        pub lower: JsonText,
        /// The upper quartile of each option.
        pub upper: JsonText,
    }
}

reading! {
    /// How far the forecasts of a claim have come.
    pub struct ForecastMark {
        /// The claim.
        pub claim: ClaimId,
        /// When its last forecast or withdrawal began.
        pub last_at: Option<DateTime<Utc>>,
        /// And which it is.
        pub last_id: Option<ForecastId>,
        /// The number of its last crowd point.
        pub crowd_seq: Option<i64>,
        /// How many have ended by themselves and still stand in the table.
        pub due: i64,
    }
}

reading! {
    /// How often somebody has forecast a claim.
    struct Series {
        pub claim: ClaimId,
        pub forecaster: Actor,
        pub n: Option<i64>,
    }
}

/// So many series are asked for at once.
const SERIES: usize = 500;

reading! {
    /// How many forecasts there are.
    struct Counted {
        pub forecaster: Actor,
        pub n: i64,
    }
}

impl Tx {
    /// Appends forecasts and withdrawals, each under its forecaster's next number on the claim.
    pub async fn append_forecasts(&mut self, mut forecasts: Vec<Forecast>) -> Result<()> {
        let mut who: Vec<(ClaimId, &Actor)> = forecasts.iter().map(|f| (f.claim, &f.forecaster)).collect();
        who.sort_unstable();
        who.dedup();
        let mut last = BTreeMap::new();
        for part in who.chunks(SERIES) {
            for series in self.series(part).await? {
                last.insert((series.claim, series.forecaster), series.n.unwrap_or(0));
            }
        }
        for forecast in &mut forecasts {
            let n = last.entry((forecast.claim, forecast.forecaster.clone())).or_insert(0);
            *n += 1;
            forecast.n = *n;
        }
        self.insert_all(&forecasts).await
    }

    /// The last number of each of these forecasters on their claims.
    async fn series(&mut self, who: &[(ClaimId, &Actor)]) -> Result<Vec<Series>> {
        on!(self, c => {
            let mut q = sqlx::QueryBuilder::new("WITH who (claim, forecaster) AS (");
            let mut list = q.separated(", ");
            for (i, (claim, forecaster)) in who.iter().enumerate() {
                list.push(if i == 0 { "VALUES (" } else { "(" });
                list.push_bind_unseparated(claim.fit()?);
                list.push_unseparated(", ");
                list.push_bind_unseparated(forecaster.fit()?);
                list.push_unseparated(")");
            }
            q.push(") SELECT claim, forecaster, (SELECT f.n FROM forecast f WHERE f.claim = who.claim
                AND f.forecaster = who.forecaster ORDER BY f.n DESC LIMIT 1) AS n FROM who");
            q.build_query_as::<Series>().fetch_all(c).await
        })
        .map_err(StoreError::reading("forecast"))
    }

    /// Puts forecasts in the place of what their forecasters said before; one at most of each on a claim.
    pub async fn put_standing_forecasts(&mut self, standing: &[StandingForecast]) -> Result<()> {
        const REPLACE: &str = "ON CONFLICT (claim, forecaster) DO UPDATE SET forecast = excluded.forecast,
            at = excluded.at, probabilities = excluded.probabilities, expires_at = excluded.expires_at";
        self.put_all(standing, REPLACE).await
    }

    /// Ends what stands of a forecaster on a claim. Tells whether anything stood.
    pub async fn end_standing_forecast(&mut self, claim: ClaimId, forecaster: &Actor) -> Result<bool> {
        const SQL: &str = "DELETE FROM standing_forecast WHERE claim = $1 AND forecaster = $2";
        Ok(run!(self, SQL, claim, forecaster)? > 0)
    }

    /// What stands on a claim, in the order in which it began.
    pub async fn standing_forecasts(&mut self, claim: ClaimId) -> Result<Vec<StandingForecast>> {
        const SQL: &str = "SELECT * FROM standing_forecast WHERE claim = $1 ORDER BY at, forecast";
        many!(self, StandingForecast, SQL, claim)
    }

    /// What stands of one forecaster on a claim.
    pub async fn standing_forecast(
        &mut self,
        claim: ClaimId,
        forecaster: &Actor,
    ) -> Result<Option<StandingForecast>> {
        const SQL: &str = "SELECT * FROM standing_forecast WHERE claim = $1 AND forecaster = $2";
        maybe!(self, StandingForecast, SQL, claim, forecaster)
    }

    /// How far the forecasts of some claims have come by an instant.
    pub async fn forecast_marks(
        &mut self,
        claims: &[ClaimId],
        now: DateTime<Utc>,
    ) -> Result<Vec<ForecastMark>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        on!(self, c => {
            let mut q = sqlx::QueryBuilder::new(
                "SELECT c.id AS claim, f.at AS last_at, f.id AS last_id,
                    (SELECT p.seq FROM crowd_point p WHERE p.claim = c.id ORDER BY p.seq DESC LIMIT 1) AS crowd_seq,
                    (SELECT count(*) FROM standing_forecast s WHERE s.claim = c.id AND s.expires_at IS NOT NULL
                        AND s.expires_at <= ",
            );
            q.push_bind(now.fit()?).push(
                ") AS due FROM claim c LEFT JOIN forecast f ON f.id = (SELECT x.id FROM forecast x WHERE x.claim = c.id
                    ORDER BY x.at DESC, x.id DESC LIMIT 1) WHERE c.id IN (",
            );
            let mut list = q.separated(", ");
            for claim in claims {
                list.push_bind(claim.fit()?);
            }
            q.push(")");
            q.build_query_as::<ForecastMark>().fetch_all(c).await
        })
        .map_err(StoreError::reading("forecast"))
    }

    /// What has ended by itself on a claim by an instant and still stands in the table, in the order in which it began.
    pub async fn expired_forecasts_of(
        &mut self,
        claim: ClaimId,
        by: DateTime<Utc>,
    ) -> Result<Vec<StandingForecast>> {
        const SQL: &str = "SELECT * FROM standing_forecast
            WHERE claim = $1 AND expires_at IS NOT NULL AND expires_at <= $2 ORDER BY at, forecast";
        many!(self, StandingForecast, SQL, claim, by)
    }

    /// What stands of one forecaster, the newest first.
    pub async fn standing_of_forecaster(
        &mut self,
        forecaster: &Actor,
        limit: i64,
    ) -> Result<Vec<StandingForecast>> {
        const SQL: &str =
            "SELECT * FROM standing_forecast WHERE forecaster = $1 ORDER BY at DESC, forecast DESC LIMIT $2";
        many!(self, StandingForecast, SQL, forecaster, limit)
    }

    /// What has ended by itself by an instant and still stands in the table, the earliest end first.
    pub async fn expired_forecasts(&mut self, by: DateTime<Utc>) -> Result<Vec<StandingForecast>> {
        const SQL: &str = "SELECT * FROM standing_forecast WHERE expires_at IS NOT NULL AND expires_at <= $1
            ORDER BY expires_at, claim, forecast";
        many!(self, StandingForecast, SQL, by)
    }

    /// A forecast.
    pub async fn forecast(&mut self, id: ForecastId) -> Result<Forecast> {
        maybe!(self, Forecast, "SELECT * FROM forecast WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// All forecasts and withdrawals of a claim, in the order in which they began.
    pub async fn forecasts_of_claim(&mut self, claim: ClaimId) -> Result<Vec<Forecast>> {
        many!(self, Forecast, "SELECT * FROM forecast WHERE claim = $1 ORDER BY at, id", claim)
    }

    /// Forecasts of a claim before a cursor of instant and id, newest first.
    pub async fn forecasts_before(
        &mut self,
        claim: ClaimId,
        before: Option<(DateTime<Utc>, ForecastId)>,
        limit: i64,
    ) -> Result<Vec<Forecast>> {
        const FIRST: &str = "SELECT * FROM forecast WHERE claim = $1 ORDER BY at DESC, id DESC LIMIT $2";
        const NEXT: &str = "SELECT * FROM forecast WHERE claim = $1 AND (at, id) < ($3, $4)
            ORDER BY at DESC, id DESC LIMIT $2";
        match before {
            None => many!(self, Forecast, FIRST, claim, limit),
            Some((at, id)) => many!(self, Forecast, NEXT, claim, limit, at, id),
        }
    }

    /// Forecasts of a forecaster before a cursor of instant and id, newest first.
    pub async fn forecasts_of_forecaster(
        &mut self,
        forecaster: &Actor,
        before: Option<(DateTime<Utc>, ForecastId)>,
        limit: i64,
    ) -> Result<Vec<Forecast>> {
        const FIRST: &str = "SELECT * FROM forecast WHERE forecaster = $1 ORDER BY at DESC, id DESC LIMIT $2";
        const NEXT: &str = "SELECT * FROM forecast WHERE forecaster = $1 AND (at, id) < ($3, $4)
            ORDER BY at DESC, id DESC LIMIT $2";
        match before {
            None => many!(self, Forecast, FIRST, forecaster, limit),
            Some((at, id)) => many!(self, Forecast, NEXT, forecaster, limit, at, id),
        }
    }

    /// What one forecaster said of a claim, in order.
    pub async fn forecasts_by(&mut self, claim: ClaimId, forecaster: &Actor) -> Result<Vec<Forecast>> {
        const SQL: &str = "SELECT * FROM forecast WHERE claim = $1 AND forecaster = $2 ORDER BY n";
        many!(self, Forecast, SQL, claim, forecaster)
    }

    /// Whether a forecaster ever said anything of a claim.
    pub async fn has_forecast(&mut self, claim: ClaimId, forecaster: &Actor) -> Result<bool> {
        const SQL: &str = "SELECT n FROM forecast WHERE claim = $1 AND forecaster = $2 LIMIT 1";
        Ok(scalar!(self, i64, SQL, claim, forecaster)?.is_some())
    }

    /// How many forecasts of a claim there are, withdrawals left out.
    pub async fn count_forecasts(&mut self, claim: ClaimId) -> Result<i64> {
        const SQL: &str = "SELECT count(*) FROM forecast WHERE claim = $1 AND probabilities IS NOT NULL";
        Ok(scalar!(self, i64, SQL, claim)?.unwrap_or(0))
    }

    /// Which versions of its criteria a claim's forecasts saw, the earliest first.
    pub async fn criteria_seen(&mut self, claim: ClaimId) -> Result<Vec<i64>> {
        const SQL: &str = "SELECT DISTINCT criteria_n FROM forecast WHERE claim = $1 ORDER BY criteria_n";
        Ok(many!(self, (i64,), SQL, claim)?.into_iter().map(|(n,)| n).collect())
    }

    /// Everybody who ever forecast, with how many forecasts.
    pub async fn forecasters(&mut self) -> Result<Vec<(Actor, i64)>> {
        const SQL: &str = "SELECT forecaster, count(*) AS n FROM forecast WHERE probabilities IS NOT NULL
            GROUP BY forecaster ORDER BY forecaster";
        Ok(many!(self, Counted, SQL)?.into_iter().map(|c| (c.forecaster, c.n)).collect())
    }

    /// The number of the claim's last [`CrowdPoint`]; 0 before the first. While it is the same, so is the crowd.
    pub async fn crowd_seq(&mut self, claim: ClaimId) -> Result<i64> {
        const SQL: &str = "SELECT seq FROM crowd_point WHERE claim = $1 ORDER BY seq DESC LIMIT 1";
        Ok(scalar!(self, i64, SQL, claim)?.unwrap_or(0))
    }

    /// Appends what crowds have become, each under the number it carries, its claim's next.
    pub async fn append_crowd_points(&mut self, points: &[CrowdPoint]) -> Result<()> {
        self.insert_all(points).await
    }

    /// The crowd over time after a number, oldest first.
    pub async fn crowd_points_after(&mut self, claim: ClaimId, seq: i64) -> Result<Vec<CrowdPoint>> {
        const SQL: &str = "SELECT * FROM crowd_point WHERE claim = $1 AND seq > $2 ORDER BY seq";
        many!(self, CrowdPoint, SQL, claim, seq)
    }

    /// The crowd as it stood at an instant.
    pub async fn crowd_at(&mut self, claim: ClaimId, at: DateTime<Utc>) -> Result<Option<CrowdPoint>> {
        const SQL: &str =
            "SELECT * FROM crowd_point WHERE claim = $1 AND at <= $2 ORDER BY at DESC, seq DESC LIMIT 1";
        maybe!(self, CrowdPoint, SQL, claim, at)
    }

    /// The newest crowd of each of some claims.
    pub async fn last_crowds(&mut self, claims: &[ClaimId]) -> Result<Vec<CrowdPoint>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let head = "SELECT c.* FROM crowd_point c WHERE
            c.seq = (SELECT max(x.seq) FROM crowd_point x WHERE x.claim = c.claim) AND c.claim IN (";
        many_in!(self, CrowdPoint, head, claims, ")")
    }
}
