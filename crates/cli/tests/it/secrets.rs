//! A secret that goes in anywhere comes out nowhere but in the one answer that shows it: not in the log at its most
//! talkative, not on a page, not in an export, not in the database, not in an error.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Passwords that carry a word to look for.
const FIRST: &str = "canary-one violet plough 8271";
const JOINED: &str = "canary-two violet plough 8271";
const CHANGED: &str = "canary-three violet plough 8271";
const WRONG: &str = "canary-four violet plough 8271";
const SOURCE_KEY: &str = "canary-five-of-a-source";

struct Running {
    child: Child,
    addr: String,
    setup: String,
}

fn start(folder: &Path) -> Running {
    let log = fs::File::create(folder.join("log")).expect("a log");
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("bellwether"))
        .args(["serve", "--addr", "127.0.0.1:0", "--no-schedule", "--data"])
        .arg(folder.join("data"))
        .env_remove("BELLWETHER_DATABASE")
        .env("BELLWETHER_LOG", "trace")
        .env("BELLWETHER_SECRET_AA_KEY", SOURCE_KEY)
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("it starts");
    let mut console = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let ready = console.next().expect("a first line");
    let addr = ready.rsplit("http://").next().expect("an address").trim_end_matches('/').to_owned();
    let link = console.find(|line| line.contains("/setup/")).expect("a link");
    let setup = link.rsplit('/').next().expect("a secret").to_owned();
    Running { child, addr, setup }
}

/// One request, with a body of a form; the whole answer.
fn ask(addr: &str, method: &str, path: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(addr).expect("it listens");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}"
    )
    .expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

fn form(password: &str) -> String {
    password.replace(' ', "+")
}

fn session(answer: &str) -> String {
    let set = answer.lines().find(|l| l.to_lowercase().starts_with("set-cookie:")).expect(answer);
    set.split(['=', ';']).nth(1).expect("a value").to_owned()
}

/// What stands between `before` and the next quote, blank or bracket.
fn after<'a>(text: &'a str, before: &str) -> &'a str {
    let rest = text.split(before).nth(1).unwrap_or_else(|| panic!("{before} in {text}"));
    rest.split(['"', '<', ' ', '\n']).next().expect("something")
}

#[test]
fn s15_no_secret_is_seen_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = start(folder.path());
    let addr = server.addr.clone();
    let post = |path: &str, headers: &str, body: &str| ask(&addr, "POST", path, headers, body);

    // Every door, with what belongs there and with what does not.
    let set_up =
        post(&format!("/setup/{}", server.setup), "", &format!("handle=ada&password={}", form(FIRST)));
    assert!(set_up.starts_with("HTTP/1.1 303"), "{set_up}");
    let ada = session(&set_up);
    let cookie = format!("Cookie: session={ada}\r\n");
    let mut refusals = vec![
        post("/sign-in", "", &format!("handle=ada&password={}", form(WRONG))),
        post(&format!("/setup/{}", server.setup), "", &format!("handle=eve&password={}", form(WRONG))),
        post("/account/password", &cookie, &format!("current={}&password=short", form(WRONG))),
        ask(&addr, "GET", "/api/v1/me", "Authorization: Bearer bwt_canary-six\r\n", ""),
        ask(&addr, "GET", "/account", "Cookie: session=bws_canary-seven\r\n", ""),
        ask(&addr, "GET", "/join/bwl_canary-eight", "", ""),
        ask(&addr, "GET", "/reset/bwl_canary-eight", "", ""),
    ];
    // A password in the field of the name is shown again to whoever typed it there, and to nobody else.
    post("/sign-in", "", &format!("handle={}&password=x", form(WRONG)));
    let invited = post("/settings/invitations", &cookie, "role=curator&note=Grace");
    let invitation = after(&invited, "/join/").to_owned();
    let joined = post(&format!("/join/{invitation}"), "", &format!("handle=grace&password={}", form(JOINED)));
    let grace = session(&joined);
    let offered = post("/settings/accounts/grace/reset", &cookie, "");
    let reset = after(&offered, "/reset/").to_owned();
    let changed = post(&format!("/reset/{reset}"), "", &format!("password={}", form(CHANGED)));
    let grace_again = session(&changed);
    let made = post("/account/tokens", &cookie, "token_name=import&scopes=read&scopes=curate&days=30");
    let token = format!("bwt_{}", after(&made, ">bwt_"));
    let used = ask(&addr, "GET", "/api/v1/me", &format!("Authorization: Bearer {token}\r\n"), "");
    assert!(used.contains("person:ada"), "{used}");
    let secrets =
        ["canary-", &server.setup, &invitation, &reset, &ada, &grace, &grace_again, &token, "violet"];

    for path in [
        "/",
        "/account",
        "/account/data.json",
        "/settings",
        "/people",
        "/people/ada",
        "/people/grace",
        "/about",
        "/resolution",
        "/sources",
        "/review",
        "/metrics",
        "/api/openapi.json",
        "/api/v1/people/grace",
        "/api/v1/sources",
        "/api/v1/claims",
        "/nothing",
    ] {
        refusals.push(ask(&addr, "GET", path, &cookie, ""));
    }
    for answer in &refusals {
        for secret in secrets {
            assert!(!answer.contains(secret), "an answer shows {secret}: {answer}");
        }
    }
    let stop =
        Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().expect("kill runs");
    assert!(stop.success() && server.child.wait().expect("it ends").success());

    let log = fs::read_to_string(folder.path().join("log")).expect("the log");
    assert!(log.contains("/sign-in") && log.contains("person:ada"), "the log says something");
    let mut database = String::new();
    for file in fs::read_dir(folder.path().join("data")).expect("the folder") {
        let bytes = fs::read(file.expect("a file").path()).expect("it reads");
        database.push_str(&String::from_utf8_lossy(&bytes));
    }
    assert!(database.contains("$argon2id$") && database.contains("grace"), "the database holds something");
    for secret in secrets {
        assert!(
            !log.contains(secret),
            "the log holds {secret}: {:?}",
            log.lines().find(|l| l.contains(secret))
        );
        assert!(!database.contains(secret), "the database holds {secret}");
    }
}
