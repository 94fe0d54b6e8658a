use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    time::{Instant, sleep},
};

use super::*;
use crate::{
    mail::letter,
    testing::{message, notice},
};

/// What a server answers to a command, by its first word; `BANNER` and `.` are asked too. Nothing: it hangs.
type Script = fn(&str) -> &'static str;

fn polite(command: &str) -> &'static str {
    match command {
        "BANNER" => "220 mail.example",
        "EHLO" => "250-mail.example\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 ok",
    }
}

/// A mail server on this machine: its port, and what it was told.
async fn server(script: Script) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = told.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (read, mut write) = stream.split();
            let mut lines = BufReader::new(read).lines();
            let mut command = "BANNER".to_owned();
            loop {
                let answer = script(&command);
                if answer.is_empty() {
                    sleep(Duration::from_mins(1)).await;
                    break;
                }
                if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                    break;
                }
                let in_data = answer.starts_with("354");
                let mut line = lines.next_line().await;
                while let (true, Ok(Some(text))) = (in_data, &line) {
                    if text == "." {
                        break;
                    }
                    heard.lock().unwrap().push(text.clone());
                    line = lines.next_line().await;
                }
                let Ok(Some(text)) = line else { break };
                command = text.split([' ', ':']).next().unwrap_or_default().to_uppercase();
                heard.lock().unwrap().push(text);
            }
        }
    });
    (port, told)
}

fn a_letter() -> lettre::Message {
    let (from, to) = ("alerts@b.example".parse().unwrap(), "ada@example.org".parse().unwrap());
    letter(&message(vec![notice(1, "Größe", "75%")]), &from, &to)
}

/// Hands over with all the time a busy machine may need.
async fn post(url: &str) -> Posted {
    Mailer::new(url).unwrap().post(&a_letter()).await
}

async fn posted(script: Script) -> Posted {
    let (port, _) = server(script).await;
    post(&format!("smtp://127.0.0.1:{port}")).await
}

#[tokio::test]
async fn hands_over_a_letter() {
    let (port, told) = server(polite).await;
    assert_eq!(post(&format!("smtp://localhost:{port}")).await, Posted::Sent);
    let told = told.lock().unwrap();
    for line in [
        "MAIL FROM:<alerts@b.example>",
        "RCPT TO:<ada@example.org>",
        "DATA",
        "Subject: Rain tomorrow: 75%, up 3.0 pts",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ".",
        "QUIT",
    ] {
        assert!(told.iter().any(|t| t == line), "{line} in {told:#?}");
    }
}

#[tokio::test]
async fn refusals_now_and_for_ever() {
    let busy: Script = |c| if c == "RCPT" { "450 4.2.1 try again" } else { polite(c) };
    assert!(matches!(posted(busy).await, Posted::Later(reason) if reason.contains("4.2.1 try again")));
    let unknown: Script = |c| if c == "RCPT" { "550 5.1.1 no such user" } else { polite(c) };
    assert!(matches!(posted(unknown).await, Posted::Never(reason) if reason.contains("5.1.1 no such user")));
    let spam: Script = |c| if c == "." { "554 5.7.1 spam" } else { polite(c) };
    assert!(matches!(posted(spam).await, Posted::Never(_)));
    let closed: Script = |c| if c == "BANNER" { "554 no service here" } else { polite(c) };
    assert!(matches!(posted(closed).await, Posted::Later(_)), "nothing is wrong with the letter");
    let members: Script = |c| if c == "MAIL" { "530 5.7.0 log in first" } else { polite(c) };
    assert!(matches!(posted(members).await, Posted::Later(_)), "nothing is wrong with the letter");
    let mumbling: Script = |c| if c == "MAIL" { "hello?" } else { polite(c) };
    assert!(matches!(posted(mumbling).await, Posted::Later(_)));
}

#[tokio::test]
async fn servers_that_hang_or_are_away() {
    let began = Instant::now();
    for script in [
        (|_| "") as Script,
        |c| if c == "RCPT" { "" } else { polite(c) },
        |c| if c == "." { "" } else { polite(c) },
    ] {
        let (port, _) = server(script).await;
        let mailer = Mailer::new(&format!("smtp://127.0.0.1:{port}")).unwrap();
        let posted = mailer.within(Duration::from_secs(1)).post(&a_letter()).await;
        assert_eq!(posted, Posted::Later("not taken within 1 s".to_owned()));
    }
    assert!(began.elapsed() < Duration::from_secs(10));
    let taken: Script = |c| if c == "QUIT" { "" } else { polite(c) };
    assert_eq!(posted(taken).await, Posted::Sent, "a letter that was taken is not sent twice");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert!(matches!(post(&format!("smtp://127.0.0.1:{port}")).await, Posted::Later(_)));
    assert!(matches!(post("smtp://mail.invalid:25?tls=none").await, Posted::Later(_)));
}

#[tokio::test]
async fn without_encryption_neither_letter_nor_password_leaves() {
    for url in
        ["smtp://ada:s3cret@127.0.0.1:{}", "smtp://127.0.0.1:{}?tls=required", "smtps://a:b@127.0.0.1:{}"]
    {
        let (port, told) = server(polite).await;
        let posted = post(&url.replace("{}", &port.to_string())).await;
        assert!(matches!(posted, Posted::Later(_)), "{posted:?}");
        let told = told.lock().unwrap();
        assert!(!told.iter().any(|t| t.starts_with("AUTH") || t.starts_with("MAIL")), "{told:?}");
    }
    // A server that offers encryption and cannot do it, or breaks off the offer, gets nothing either.
    let liar: Script = |c| match c {
        "EHLO" => "250-mail.example\r\n250-STARTTLS\r\n250 AUTH PLAIN",
        "STARTTLS" => "220 go on",
        _ => polite(c),
    };
    let (port, told) = server(liar).await;
    let posted = post(&format!("smtp://ada:s3cret@127.0.0.1:{port}")).await;
    assert!(matches!(posted, Posted::Later(_)), "{posted:?}");
    assert!(!told.lock().unwrap().iter().any(|t| t.starts_with("AUTH") || t.starts_with("MAIL")));
}

#[test]
fn addresses_of_servers() {
    let read = |url: &str| {
        Mailer::new(url).map(|m| {
            let tls = match m.tls {
                Tls::None => "none",
                Tls::Start(_) => "start",
                Tls::Wrapped(_) => "wrapped",
            };
            (m.host, m.port, tls, m.login.is_some())
        })
    };
    let is = |host: &str, port, tls, login| Ok((host.to_owned(), port, tls, login));
    assert_eq!(read("smtp://mail.example.org"), is("mail.example.org", 587, "start", false));
    assert_eq!(read("smtp://u:p%40%3A@mail.example.org:2525"), is("mail.example.org", 2525, "start", true));
    assert_eq!(read("smtps://u:p@mail.example.org/"), is("mail.example.org", 465, "wrapped", true));
    assert_eq!(read("smtp://mail.example.org?tls=none"), is("mail.example.org", 25, "none", false));
    assert_eq!(read("smtp://localhost:1025"), is("localhost", 1025, "none", false));
    assert_eq!(read("smtp://[::1]"), is("::1", 25, "none", false));
    assert_eq!(read("smtp://u:p@localhost"), is("localhost", 587, "start", true));
    assert_eq!(read("smtp://localhost.example.org"), is("localhost.example.org", 587, "start", false));
    for plain in ["smtp://u:p@mail.example.org?tls=none", "smtp://u:p@127.0.0.1?tls=none"] {
        assert_eq!(read(plain), Err(BadMailServer::PlainPassword));
    }
    for bad in [
        "",
        "mail.example.org:25",
        "http://mail.example.org",
        "smtp:///x",
        "smtp://u@mail.example.org",
        "smtp://:p@mail.example.org",
        "smtp://mail.example.org/path",
        "smtp://mail.example.org?tls=opportunistic",
        "smtp://mail.example.org?tls=none&tls=required",
        "smtps://mail.example.org?tls=none",
        "smtp://u:%ff@mail.example.org",
    ] {
        assert!(matches!(read(bad), Err(BadMailServer::Form(_))), "{bad}");
    }
    let mailer = Mailer::new("smtp://ada:s3cret@mail.example.org").unwrap();
    assert_eq!(format!("{mailer:?}"), "Mailer { host: \"mail.example.org\", port: 587, .. }");
}
