use std::{io, net::SocketAddr};

use reqwest::dns::{Addrs, Name, Resolving};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{sleep, timeout},
};

use super::*;
use crate::testing::{at, url};

/// Answers every name with loopback, except those in `denied.example`.
struct Names;

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let found = match name.as_str() {
            "denied.example" => Err(Denied("it leads to 10.0.0.1".to_owned()).into()),
            "nowhere.example" => Err(io::Error::other("no such name").into()),
            _ => Ok(Box::new([SocketAddr::from(([127, 0, 0, 1], 0))].into_iter()) as Addrs),
        };
        Box::pin(async move {
            if name.as_str() == "slow.example" {
                sleep(Duration::from_mins(1)).await;
            }
            found
        })
    }
}

fn courier(connect: Duration, total: Duration) -> Courier {
    let check = |url: &Url| match url.host_str() {
        Some("169.254.169.254") => Err("this address is not allowed".to_owned()),
        _ => Ok(()),
    };
    let mut settings = CourierSettings::new("bellwether/test".to_owned(), Arc::new(Names), Arc::new(check));
    assert_eq!((settings.connect.as_secs(), settings.total.as_secs()), (5, 15));
    (settings.connect, settings.total) = (connect, total);
    Courier::new(settings).unwrap()
}

/// Posts with all the time a busy machine may need.
async fn post(url: &Url) -> Tried {
    post_with(&courier(Duration::from_secs(5), Duration::from_secs(15)), url).await
}

/// Posts with little time, to see it run out.
async fn post_in_a_hurry(url: &Url) -> Tried {
    post_with(&courier(Duration::from_millis(500), Duration::from_secs(1)), url).await
}

async fn post_with(courier: &Courier, url: &Url) -> Tried {
    let headers = vec![("webhook-id".to_owned(), "m1".to_owned())];
    courier.post(&Post { url, headers, content_type: "application/json", body: b"{\"a\":1}" }).await
}

/// Reads one request to its end.
async fn request(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"{\"a\":1}") {
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => break,
            Ok(n) => read.extend_from_slice(&part[..n]),
        }
    }
    String::from_utf8(read).unwrap()
}

/// A receiver that does with every connection as it is told, and passes on what it read from it.
async fn receiver<F>(
    answer: impl Fn(TcpStream) -> F + Send + 'static,
) -> (Url, mpsc::UnboundedReceiver<String>)
where
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = url_of(&listener);
    let (send, got) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(send.send(request(&mut stream).await));
            answer(stream).await;
        }
    });
    (address, got)
}

fn url_of(listener: &TcpListener) -> Url {
    url(&format!("http://hook.example:{}/in?k=secret", listener.local_addr().unwrap().port()))
}

/// Posts to a receiver with this answer, and makes sure it was asked once.
async fn answered(answer: &'static str) -> Tried {
    let answer = move |mut stream: TcpStream| async move { drop(stream.write_all(answer.as_bytes()).await) };
    let (url, mut got) = receiver(answer).await;
    let tried = post(&url).await;
    assert!(got.recv().await.is_some());
    assert!(timeout(Duration::from_millis(50), got.recv()).await.is_err(), "asked twice");
    tried
}

const FAILED: Outcome = Outcome::Failed { retry_after: None };

#[tokio::test]
async fn delivers_once_with_everything() {
    let (url, mut got) = receiver(async |mut stream: TcpStream| {
        drop(stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 5\r\n\r\nok\r\n\x07").await);
    })
    .await;
    let tried = post(&url).await;
    assert_eq!((tried.outcome, tried.status, tried.reason), (Outcome::Delivered, Some(202), None));
    assert_eq!(tried.excerpt.as_deref(), Some("ok"));
    let got = got.recv().await.unwrap().to_lowercase();
    assert!(got.starts_with("post /in?k=secret http/1.1\r\n"), "{got}");
    for header in ["webhook-id: m1", "user-agent: bellwether/test", "content-type: application/json"] {
        assert!(got.contains(&format!("\r\n{header}\r\n")), "{got}");
    }
    assert!(got.ends_with("\r\n\r\n{\"a\":1}"), "{got}");
}

#[tokio::test]
async fn statuses_become_outcomes() {
    let gone = answered("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!((gone.outcome, gone.status, gone.excerpt), (Outcome::Gone, Some(410), None));
    let moved = answered("HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!((moved.outcome, moved.status), (FAILED, Some(302)));
    assert_eq!(moved.reason.as_deref(), Some("answered 302; redirects are not followed"));
    let broken = answered("HTTP/1.1 500 Oops\r\ncontent-length: 4\r\n\r\nno\n!").await;
    assert_eq!((broken.outcome, broken.reason.as_deref()), (FAILED, Some("answered 500")));
    assert_eq!(broken.excerpt.as_deref(), Some("no !"));
    let busy = answered("HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(busy.outcome, Outcome::Failed { retry_after: Some(Duration::from_secs(7)) });
    let empty = answered("HTTP/1.1 204 None\r\n\r\n").await;
    assert_eq!(empty.outcome, Outcome::Delivered);
}

#[tokio::test]
async fn a_hanging_receiver_ends_at_the_time_out() {
    let (url, _got) = receiver(async |_stream: TcpStream| sleep(Duration::from_mins(1)).await).await;
    let tried = post_in_a_hurry(&url).await;
    assert_eq!((tried.outcome, tried.status), (FAILED, None));
    assert_eq!(tried.reason.as_deref(), Some("no answer within 1 s"));
    assert!(tried.took < Duration::from_secs(5), "{:?}", tried.took);
}

#[tokio::test]
async fn a_dripping_answer_ends_at_the_time_out_and_its_status_counts() {
    for (head, outcome) in [("200 OK", Outcome::Delivered), ("500 Oops", FAILED)] {
        let (url, _got) = receiver(move |mut stream: TcpStream| async move {
            let head = format!("HTTP/1.1 {head}\r\ncontent-length: 1000\r\n\r\n");
            drop(stream.write_all(head.as_bytes()).await);
            while stream.write_all(b"x").await.is_ok() {
                sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
        let tried = post_in_a_hurry(&url).await;
        assert_eq!(tried.outcome, outcome);
        assert!(tried.excerpt.is_some_and(|e| e.starts_with('x') && e.len() < 100));
        assert!(tried.took < Duration::from_secs(5), "{:?}", tried.took);
    }
    // Headers that drip are no answer.
    let (url, _got) = receiver(async |mut stream: TcpStream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await);
        while stream.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let tried = post_in_a_hurry(&url).await;
    assert_eq!((tried.outcome, tried.reason.as_deref()), (FAILED, Some("no answer within 1 s")));
}

#[tokio::test]
async fn of_a_huge_answer_only_the_beginning_is_read() {
    let (sent, mut counted) = mpsc::unbounded_channel();
    let (url, _got) = receiver(move |mut stream: TcpStream| {
        let sent = sent.clone();
        async move {
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n").await);
            let mut total = 0_usize;
            while stream.write_all(&[b'y'; 8_192]).await.is_ok() {
                total += 8_192;
            }
            sent.send(total).unwrap();
        }
    })
    .await;
    let tried = post(&url).await;
    assert_eq!(tried.outcome, Outcome::Delivered);
    assert!(tried.excerpt.is_some_and(|e| (1_000..=MOST_KEPT).contains(&e.len())));
    // The rest is what the two machines' buffers hold.
    assert!(counted.recv().await.unwrap() < 50_000_000);
}

#[tokio::test]
async fn resets_and_closed_doors() {
    let (url, _got) = receiver(async |stream: TcpStream| {
        stream.set_zero_linger().unwrap();
        drop(stream);
    })
    .await;
    let tried = post(&url).await;
    assert_eq!((tried.outcome, tried.status), (FAILED, None));
    let reason = tried.reason.unwrap();
    assert!(reason.starts_with("no answer: ") && !reason.contains("secret"), "{reason}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = url_of(&listener);
    drop(listener);
    let reason = post(&closed).await.reason.unwrap();
    assert!(reason.starts_with("no connection: ") && !reason.contains("secret"), "{reason}");
}

#[tokio::test]
async fn addresses_that_are_not_allowed_are_refused() {
    let tried = post(&url("http://169.254.169.254/latest")).await;
    assert_eq!(tried.outcome, Outcome::Refused);
    assert_eq!(tried.reason.as_deref(), Some("this address is not allowed"));
    let tried = post(&url("http://denied.example/")).await;
    assert_eq!(tried.outcome, Outcome::Refused);
    assert_eq!(tried.reason.as_deref(), Some("it leads to 10.0.0.1"));
    let tried = post(&url("http://nowhere.example/")).await;
    assert_eq!(tried.outcome, FAILED);
    assert_eq!(tried.reason.as_deref(), Some("no connection: no such name"));
    let tried = post_in_a_hurry(&url("http://slow.example/")).await;
    assert_eq!(tried.outcome, FAILED);
    assert_eq!(tried.reason.as_deref(), Some("no connection within 0.5 s"));
}

#[tokio::test]
async fn headers_that_are_none_are_a_failure_not_a_panic() {
    let (to, courier) =
        (url("http://hook.example/"), courier(Duration::from_secs(5), Duration::from_secs(15)));
    for (name, value) in [("x y", "1"), ("x", "a\r\nb: c"), ("", "")] {
        let headers = vec![(name.to_owned(), value.to_owned())];
        let tried = courier.post(&Post { url: &to, headers, content_type: "text/plain", body: b"" }).await;
        assert_eq!(tried.outcome, FAILED);
        assert!(tried.reason.unwrap().ends_with("cannot be sent as a header"));
    }
}

#[test]
fn retry_after_is_seconds_or_a_date_and_a_day_at_most() {
    let asked = |value: &str| wait_asked_for(value, at(0)).map(|wait| wait.as_secs());
    assert_eq!(asked("120"), Some(120));
    assert_eq!(asked(" 0 "), Some(0));
    assert_eq!(asked("99999999999999999999999999"), Some(86_400));
    assert_eq!(asked("Thu, 01 Jan 2026 00:01:30 GMT"), Some(90));
    assert_eq!(asked("Wed, 31 Dec 2025 23:00:00 GMT"), Some(0));
    assert_eq!(asked("Fri, 31 Dec 2399 23:00:00 GMT"), Some(86_400));
    for nonsense in ["", "-5", "1.5", "soon", "Thu, 01 Jan 2026"] {
        assert_eq!(asked(nonsense), None, "{nonsense:?}");
    }
}
