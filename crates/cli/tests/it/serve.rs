//! `bellwether serve`: configuration mistakes, the lock, a graceful stop.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

fn command(data: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("bellwether"));
    command
        .args(["serve", "--data"])
        .arg(data)
        .args(more)
        .env("BELLWETHER_ADDR", "127.0.0.1:0")
        .env_remove("BELLWETHER_DATABASE")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn serve(data: &Path, more: &[&str]) -> Child {
    command(data, more).spawn().expect("it starts")
}

/// The address on the ready line.
fn ready(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let at = line.trim().rsplit("http://").next().expect("an address").trim_end_matches('/').to_owned();
    assert!(line.starts_with("Bellwether is ready at http://127.0.0.1:"), "{line}");
    at
}

fn refused(data: &Path, more: &[&str]) -> String {
    let output = serve(data, more).wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{more:?}");
    assert_eq!(stderr.trim().lines().count(), 1, "one line: {stderr}");
    stderr
}

#[test]
fn it_answers_locks_its_folder_and_stops_in_peace() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut first = serve(folder.path(), &[]);
    let addr = ready(&mut first);

    let mut stream = TcpStream::connect(&addr).expect("it listens");
    write!(stream, "GET /api/openapi.json HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n")
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let second = refused(folder.path(), &[]);
    assert!(second.contains("--data"), "{second}");
    let taken = refused(&folder.path().join("other"), &["--addr", &addr]);
    assert!(taken.contains("--addr"), "{taken}");

    let stop = Command::new("kill").args(["-TERM", &first.id().to_string()]).status().expect("kill runs");
    assert!(stop.success());
    assert!(first.wait().expect("it ends").success());
    let mut third = serve(folder.path(), &[]);
    ready(&mut third);
    let stop = Command::new("kill").args(["-INT", &third.id().to_string()]).status().expect("kill runs");
    assert!(stop.success());
    assert!(third.wait().expect("it ends").success());
}

#[test]
fn b51_mistakes_are_one_line_that_names_the_option() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "x").expect("written");
    assert!(refused(&file, &[]).contains("--data"));
    let foreign = folder.path().join("foreign");
    fs::create_dir(&foreign).expect("made");
    fs::write(foreign.join("bellwether.db"), "this is no database at all, but long enough to be looked at")
        .expect("written");
    assert!(refused(&foreign, &[]).contains("--data"));
    let nobody = refused(folder.path(), &["--database", "postgres://me:hunter2@127.0.0.1:1/none"]);
    assert!(nobody.contains("--database") && !nobody.contains("hunter2"), "{nobody}");
    // Something takes the connection and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = format!("postgres://me:hunter2@{}/none", silent.local_addr().expect("an address"));
    let mute = refused(folder.path(), &["--database", &at]);
    assert!(mute.contains("--database") && mute.contains("no answer within 3 s"), "{mute}");
    let wrong = refused(folder.path(), &["--database", &refusing_postgres()]);
    assert!(wrong.contains("--database") && wrong.contains("password authentication failed"), "{wrong}");
    assert!(!wrong.contains("hunter2"), "{wrong}");

    assert!(refused(Path::new("/proc/not-a-place"), &[]).contains("--data"));
    for (option, value) in
        [("--base-url", "forecasts.example"), ("--trusted-proxy", "ten"), ("--addr", "here")]
    {
        assert!(refused(folder.path(), &[option, value]).contains(option), "{option}");
    }
    assert!(refused(folder.path(), &["--dta", "x"]).contains("--dta"));
    let beyond = refused(folder.path(), &["--local-operator", "--addr", "0.0.0.0:0"]);
    assert!(beyond.contains("--listen-beyond-loopback"), "{beyond}");
    let mut misspelt = command(folder.path(), &[]);
    let output = misspelt.env("BELLWETHER_ADRR", "127.0.0.1:1").output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("BELLWETHER_ADRR") && said.lines().count() == 1, "{said}");
}

/// The address of a PostgreSQL that lets nobody in.
fn refusing_postgres() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let at =
        format!("postgres://me:hunter2@{}/none?sslmode=disable", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut startup = [0; 512];
            let _ = stream.read(&mut startup);
            let says = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"me\"\0\0";
            let length = u32::try_from(says.len() + 4).expect("short").to_be_bytes();
            let _ = stream.write_all(&[b"E", &length[..], says].concat());
        }
    });
    at
}

#[tokio::test]
async fn b51_a_database_of_a_newer_program_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = serve(folder.path(), &[]);
    ready(&mut server);
    server.kill().expect("it runs");
    server.wait().expect("it ends");
    let options = SqliteConnectOptions::new().filename(folder.path().join("bellwether.db"));
    let mut db = SqliteConnection::connect_with(&options).await.expect("the database opens");
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'of the future', TRUE, x'00', 1)";
    sqlx::raw_sql(newer).execute(&mut db).await.expect("written");
    db.close().await.expect("closed");
    let told = refused(folder.path(), &[]);
    assert!(told.contains("--data") && told.contains("9999") && told.contains("newer bellwether"), "{told}");
}

/// One request; status and whole answer.
fn ask(addr: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(addr).expect("it listens");
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    (answer.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status"), answer)
}

#[test]
fn s16_only_this_machine_is_answered_until_someone_has_set_it_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = serve(folder.path(), &["--addr", "0.0.0.0:0", "--no-schedule"]);
    let mut console = BufReader::new(server.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let ready = console.next().expect("a first line");
    let addr = ready.rsplit("http://").next().expect("an address").trim_end_matches('/').to_owned();
    assert!(addr.starts_with("127.0.0.1:"), "{ready}");
    let link = console.find(|line| line.contains("/setup/")).expect("a link on the console");
    let path = link.trim().trim_start_matches(&format!("http://{addr}")).to_owned();
    // Another address of this machine stands for other machines: what listens on all of them would answer there.
    let outside = addr.replace("127.0.0.1", "127.0.0.2");
    assert!(TcpStream::connect(&outside).is_err(), "it listens beyond this machine");
    assert_eq!(ask(&addr, "GET", "/readyz", "").0, 200);

    let (status, answer) =
        ask(&addr, "POST", &path, "handle=ada&name=Ada&password=correct+horse+battery+staple");
    assert_eq!(status, 303, "{answer}");
    assert!(console.any(|line| line.contains("listens on 0.0.0.0")));
    assert_eq!(ask(&outside, "GET", "/readyz", "").0, 200);
    assert_eq!(ask(&outside, "GET", &path, "").0, 404, "the link is used up");

    let mut token = Command::new(assert_cmd::cargo::cargo_bin!("bellwether"));
    let token = token.args(["token", "create", "--for", "ada", "--name", "x", "--scope", "read", "--data"]);
    let made = token.arg(folder.path()).output().expect("it runs");
    let secret = String::from_utf8(made.stdout).expect("text");
    assert!(secret.starts_with("bwt_"), "{secret}{}", String::from_utf8_lossy(&made.stderr));
    let mut reset = Command::new(assert_cmd::cargo::cargo_bin!("bellwether"));
    let reset = reset.args(["reset-password", "ada", "--data"]).arg(folder.path()).output().expect("it runs");
    let link = String::from_utf8(reset.stdout).expect("text");
    let path = link.trim().trim_start_matches("http://127.0.0.1:8080").to_owned();
    assert_eq!(ask(&addr, "GET", &path, "").0, 200, "{link}");
    server.kill().expect("it runs");
    let mut log = String::new();
    server.stderr.take().expect("piped").read_to_string(&mut log).expect("the log");
    server.wait().expect("it ends");
    for secret in ["bwl_", "bwt_", "bws_", "correct horse", "correct+horse"] {
        assert!(!log.contains(secret), "the log holds {secret}: {log}");
    }
    assert!(log.contains("route=\"/setup/{secret}\"") || log.contains("/setup/{secret}"), "{log}");
}
