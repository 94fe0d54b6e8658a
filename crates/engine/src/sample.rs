//! A sample of what a source document points at, to try the document on before it is saved.

use bellwether_sources::{
    Snapshot, SourceDocument,
    fetch::{Fetched, Request, Validators, snapshot_of},
};

use crate::{Engine, EngineError, Result, ingest::bad_document};

impl Engine {
    /// Asks the address of a document for one snapshot, as a pull would. Nothing is kept.
    pub async fn fetch_sample(&self, text: &str) -> Result<Snapshot> {
        let document = SourceDocument::parse(text).map_err(bad_document)?;
        let outside = self.outside()?;
        let failed = |why: String| EngineError::Upstream(format!("the address could not be read: {why}"));
        let request = Request::of_source(&document, Validators::default(), |name| outside.secret(name))
            .map_err(|e| failed(e.to_string()))?;
        match outside.fetcher().fetch(&request, self.now()).await {
            Ok(Fetched::Body { parts, .. }) => Ok(snapshot_of(parts)),
            Ok(Fetched::Unchanged(_)) => Err(failed("it answered “not modified” to a first question".into())),
            Err(e) => Err(failed(e.to_string())),
        }
    }
}
