//! `bellwether serve`: configuration mistakes, the lock, a graceful stop.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

fn serve(data: &Path, more: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin!("bellwether"))
        .args(["serve", "--data"])
        .arg(data)
        .args(more)
        .env("BELLWETHER_ADDR", "127.0.0.1:0")
        .env_remove("BELLWETHER_DATABASE")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
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
}
