//! Answering connections until told to stop.

use std::{convert::Infallible, future::Future, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::Response};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{Service, ServiceExt as _};

use crate::{limits::Limits, throttle::Peer};

/// The connection that a request came over, for answers that go on for long.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    /// The server was told to stop: whatever goes on ends.
    pub(crate) stopping: CancellationToken,
    hangup: CancellationToken,
}

impl Connection {
    /// Closes it at once: its reader takes nothing any more.
    pub(crate) fn hang_up(&self) {
        self.hangup.cancel();
    }
}

/// Serves `app` until `stop` is done; then requests under way get [`Limits::stop_time`] to end.
///
/// `axum::serve` sets no time limit on a request's head, so a client that trickles one could hold connections for ever.
pub async fn serve(listener: TcpListener, app: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let stopping = CancellationToken::new();
    let connections = TaskTracker::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut stop = pin!(stop);
    loop {
        let place = tokio::select! {
            () = &mut stop => break,
            place = places.clone().acquire_owned() => place,
        };
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => (stream, Peer(peer.ip().to_canonical())),
                Err(error) => {
                    // Out of file handles, most likely: wait for connections to end.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let answering = answer(stream, peer, app.clone(), limits, stopping.clone());
        connections.spawn(async move {
            answering.await;
            drop(place);
        });
    }
    drop(listener);
    stopping.cancel();
    connections.close();
    if tokio::time::timeout(limits.stop_time, connections.wait()).await.is_err() {
        tracing::warn!("some requests were cut off by the stop");
    }
}

async fn answer(stream: TcpStream, peer: Peer, app: Router, limits: Limits, stopping: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let from = Connection { stopping: stopping.clone(), hangup: CancellationToken::new() };
    let hangup = from.hangup.clone();
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(from_peer(app, peer, from)));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = hangup.cancelled() => return,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Tells every request of a connection where it comes from.
fn from_peer(
    app: Router,
    peer: Peer,
    connection: Connection,
) -> impl Service<http::Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Clone {
    app.map_request(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(connection.clone());
        request.map(Body::new)
    })
}
