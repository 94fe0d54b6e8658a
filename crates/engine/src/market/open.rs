//! Switching a market on: whoever opens it pays its subsidy.

use bellwether_core::{
    actor::Actor,
    document::{ClaimDocument, Market as Wanted},
    figures,
    ids::ClaimId,
    ledger::{By, Cause, CauseKind},
    market::{Market, transfers},
    status::ClaimStatus,
    stream::Stream,
};
use bellwether_store::{Change, JsonText, Market as MarketRow, Tx};
use serde_json::json;

use super::{
    accounts::granted,
    books::{OpeningKept, outstanding, post, purses, short},
};
use crate::{
    Engine, EngineError, Result,
    claims::{Book, ClaimKey},
};

/// A market to be opened on a claim that has none.
#[derive(Clone, Debug, Default)]
pub struct OpenMarket {
    /// How deep it is and where it starts.
    pub market: Wanted,
}

impl Engine {
    /// Opens a market on an open claim. Whoever does so pays its subsidy.
    ///
    /// # Errors
    /// A conflict where the claim has a market, is not open, is past its deadline, or the subsidy is more than one has;
    /// field errors for terms that cannot be.
    pub async fn open_market(&self, actor: &Actor, claim: &ClaimKey, open: OpenMarket) -> Result<()> {
        let by = By { actor: actor.clone(), at: self.now() };
        let mut tx = self.write().await?;
        let row = claim.find(&mut tx).await?;
        let book = Book::load(&mut tx, row).await?;
        open_on(&mut tx, book, &open.market, &by).await?;
        Ok(tx.commit().await?)
    }
}

/// Opens the market that a claim's document asks for, when the claim is opened to readers.
pub(crate) async fn open_as_written(tx: &mut Tx, claim: ClaimId, by: &By) -> Result<()> {
    let row = tx.claim(claim).await?;
    let document: ClaimDocument = row.document.read()?;
    let Some(market) = document.market else { return Ok(()) };
    let book = Book::load(tx, row).await?;
    open_on(tx, book, &market, by).await
}

async fn open_on(tx: &mut Tx, mut book: Book, wanted: &Wanted, by: &By) -> Result<()> {
    let claim = book.row.id;
    if tx.market(claim).await?.is_some() {
        return Err(EngineError::Conflict("this claim has a market already".to_owned()));
    }
    if book.row.status != ClaimStatus::Open || book.row.window_by <= by.at {
        return Err(EngineError::Conflict(format!(
            "a market is opened on an open claim before its deadline; this one is {}, with the deadline {}",
            book.row.status,
            figures::instant(book.row.window_by)
        )));
    }
    let terms = wanted
        .terms(&book.document.starting())
        .map_err(|e| EngineError::invalid("market", "out_of_range", e.to_string()))?;
    let subsidy = terms.subsidy().map_err(EngineError::internal)?;
    granted(tx, &by.actor, by.at).await?;
    let purses = purses(tx, claim, [&by.actor]).await?;
    let lines = transfers::subsidise(claim, &by.actor, subsidy, purses)
        .map_err(|e| short(e, "opening this market"))?;
    post(tx, "subsidy", Some(claim), None, &lines, by).await?;
    let market = Market::open(terms);
    let how = wanted.opening.words();
    let kept = OpeningKept { how: how.to_owned(), prices: market.terms().opening().to_vec() };
    let row = MarketRow {
        claim,
        b: market.terms().b(),
        opening: JsonText::of(&kept)?,
        subsidy,
        opened_by: by.actor.clone(),
        opened_at: by.at,
        state: "open".into(),
        outstanding: outstanding(&market)?,
        trades: 0,
        traders: 0,
        updated_at: by.at,
    };
    tx.insert_market(&row).await?;
    let cause = Cause::of(CauseKind::StreamMoved);
    let mut moved = book.ledger.set_stream(Stream::Market, market.log_weights(), cause, by);
    if let Some(first) = &mut moved {
        first.note = Some(format!("The market opened {how}"));
    }
    book.save(tx, &moved.into_iter().collect::<Vec<_>>(), by).await?;
    tx.record(&Change {
        at: by.at,
        actor: &by.actor,
        kind: "market.opened",
        claim: Some(claim),
        subject: book.row.slug.to_string(),
        body: json!({
            "title": book.row.title, "b": row.b, "subsidy": subsidy, "how": how, "prices": kept.prices,
        }),
    })
    .await?;
    Ok(())
}
