//! Reading the page behind a link, so that its title, publisher and date need not be typed; the page is kept as proof.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    evidence::{Item, Link},
    ids::Sha256,
};
use bellwether_sources::fetch::{FetchError, Fetcher};
use bellwether_store::{Change, JsonText, LinkSnapshot, Snapshot, StoreError, Tx};
use chrono::{DateTime, NaiveDate, Utc};
use futures::future::BoxFuture;
use serde_json::json;
use uuid::Uuid;

use crate::{Engine, EngineError, Result, ids::new_uuid};

/// Fetches a page for a person. Implemented by the guarded fetcher; by a table of pages in tests.
pub trait LinkReader: Send + Sync {
    /// Reads a page. Failures are told in a sentence that is safe to show.
    fn read<'a>(
        &'a self,
        link: &'a Link,
        now: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<PageReading, EngineError>>;
}

/// A page as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageReading {
    /// The address that answered.
    pub final_url: String,
    /// The HTTP status.
    pub status: u16,
    /// The title.
    pub title: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// The publisher's date.
    pub published_on: Option<NaiveDate>,
    /// The `Content-Type`.
    pub mime: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What a person is shown of a link that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkReading {
    /// The link as it was asked.
    pub link: Link,
    /// The address that answered.
    pub final_url: String,
    /// The title.
    pub title: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// The publisher's date.
    pub published_on: Option<NaiveDate>,
    /// Names the page that was kept; pass it on when the item is added.
    pub snapshot: Uuid,
    /// Who asked.
    pub actor: Actor,
}

impl LinkReader for Fetcher {
    fn read<'a>(
        &'a self,
        link: &'a Link,
        now: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<PageReading, EngineError>> {
        Box::pin(async move {
            let page = self
                .read_link(link.as_str(), now)
                .await
                .map_err(|e: FetchError| EngineError::Upstream(format!("the page could not be read: {e}")))?;
            Ok(PageReading {
                final_url: page.final_url.to_string(),
                status: page.meta.status,
                title: page.title,
                publisher: Some(page.publisher),
                published_on: page.published,
                mime: page.content_type,
                bytes: page.bytes,
            })
        })
    }
}

/// The page that is kept with an item, if it is the one behind the item's link.
pub(super) async fn kept_page(tx: &mut Tx, item: &Item, snapshot: Option<Uuid>) -> Result<Option<Uuid>> {
    let Some(id) = snapshot else { return Ok(None) };
    let kept = tx.link_snapshot(id).await.map_err(|e| match e {
        StoreError::NotFound => {
            EngineError::invalid("snapshot", "unknown", "this page was not kept: read the link once more")
        }
        other => other.into(),
    })?;
    let link = item.source.url.as_ref().map(Link::as_str);
    if link == Some(&kept.url) || link == Some(&kept.final_url) {
        Ok(Some(id))
    } else {
        let why = "the copy that was kept is of another page: read this link, or go on without a copy";
        Err(EngineError::invalid("snapshot", "foreign", why))
    }
}

impl Engine {
    /// Digests of the bytes of pages kept as proof, by the page's name. A name that is not known is left out.
    pub async fn kept_pages(&self, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Sha256>> {
        let mut tx = self.read().await?;
        let kept = tx.link_snapshots(ids).await?;
        Ok(kept.into_iter().filter_map(|page| Some((page.id, page.sha256?))).collect())
    }

    /// Reads the page behind a link and keeps it as proof. Nothing is locked while the other side answers.
    pub async fn read_link(&self, actor: &Actor, reader: &dyn LinkReader, url: &str) -> Result<LinkReading> {
        let link: Link = url.parse().map_err(|e: bellwether_core::evidence::BadLink| {
            EngineError::invalid("url", "invalid", e.to_string())
        })?;
        let page = reader.read(&link, self.now()).await?;
        let at = self.now();
        let sha256 = Sha256::of(&page.bytes);
        let size = i64::try_from(page.bytes.len()).map_err(EngineError::internal)?;
        let zstd = zstd::encode_all(page.bytes.as_slice(), 3).map_err(EngineError::internal)?;
        let kept = LinkSnapshot {
            id: new_uuid(at),
            url: link.to_string(),
            final_url: page.final_url.clone(),
            status: page.status.into(),
            sha256: Some(sha256),
            mime: page.mime.clone(),
            reading: JsonText::of(&json!({
                "title": page.title, "publisher": page.publisher, "published_on": page.published_on,
            }))?,
            actor: actor.clone(),
            at,
        };
        let mut tx = self.write().await?;
        tx.keep_snapshot(&Snapshot { sha256, zstd, size, mime: page.mime, stored_at: at }).await?;
        tx.insert_link_snapshot(&kept).await?;
        tx.record(&Change {
            at,
            actor,
            kind: "link.kept",
            claim: None,
            subject: kept.id.to_string(),
            body: json!({ "url": kept.url, "final_url": kept.final_url, "sha256": sha256 }),
        })
        .await?;
        tx.commit().await?;
        Ok(LinkReading {
            link,
            final_url: page.final_url,
            title: page.title,
            publisher: page.publisher,
            published_on: page.published_on,
            snapshot: kept.id,
            actor: actor.clone(),
        })
    }
}
