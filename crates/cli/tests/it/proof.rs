//! A proof as a stranger checks it: downloaded from the demo's page, recomputed by the command that the page names.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

/// A running demo, ended when dropped.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn demo(data: &Path) -> (Demo, String) {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("bellwether"))
        .args(["demo", "--addr", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let out = child.stdout.take().expect("piped");
    let ready = BufReader::new(out)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| {
            Some(line.strip_prefix("Bellwether is ready at http://")?.trim_end_matches('/').to_owned())
        })
        .expect("its address");
    (Demo(child), ready)
}

fn get(addr: &str, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(addr).expect("it listens");
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {addr}\r\n\r\n").expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let head = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
    assert!(answer.starts_with(b"HTTP/1.0 200") || answer.starts_with(b"HTTP/1.1 200"), "{path}");
    answer.split_off(head)
}

fn verify(file: &Path) -> (Option<i32>, String) {
    let output = Command::new(assert_cmd::cargo::cargo_bin!("bellwether"))
        .arg("verify")
        .arg(file)
        .output()
        .expect("it runs");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_downloaded_proof_is_verified_and_one_changed_byte_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_demo, addr) = demo(folder.path());
    let claim = "/claims/open-within-25-elo-2024";
    let page = String::from_utf8(get(&addr, &format!("{claim}/proof"))).expect("a page");
    assert!(page.contains(&format!("href=\"{claim}/proof.json\"")), "the page offers the download");
    assert!(page.contains("bellwether verify proof.json"), "the page names the command");

    let proof = folder.path().join("proof.json");
    fs::write(&proof, get(&addr, &format!("{claim}/proof.json"))).expect("written");
    let (code, said) = verify(&proof);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Verified"), "{said}");

    // The score that it was settled on, one digit better.
    let text = fs::read_to_string(&proof).expect("text");
    assert!(text.contains("1262"), "the open model's score is in the proof");
    fs::write(&proof, text.replacen("1262", "1263", 1)).expect("written");
    let (code, said) = verify(&proof);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.starts_with("Not verified: ") && said.trim().lines().count() == 1,
        "the first difference: {said}"
    );
}
