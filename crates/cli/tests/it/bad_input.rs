//! Files that are not there, are no files, or hold something else: exit 1 or 2, one line that names them, no crash.

use std::{fs, process::Stdio};

use assert_cmd::{Command, cargo::cargo_bin_cmd};

const CLAIM: &str = "title: An open model leads\nwindow: { by: Q1 2027 }\ncriteria: True if it does.\n\
    rule: { gap: { benchmark: lmarena-archive/text, of: open, to: closed, within: 0, unit: elo } }\n";

fn bellwether(args: &[&str]) -> Command {
    let mut command = cargo_bin_cmd!("bellwether");
    command
        .args(args)
        .env_remove("BELLWETHER_DATA")
        .env_remove("BELLWETHER_DATABASE")
        .env_remove("BELLWETHER_ADDR");
    command
}

/// Runs it; what it says of its failure, which must be 1 or 2 and no crash.
fn fails(args: &[&str]) -> String {
    let output = bellwether(args).timeout(std::time::Duration::from_mins(1)).output().expect("it runs");
    // `lint` writes what it finds in a document where a good one's report would stand.
    let said = [&output.stderr[..], &output.stdout[..]].concat();
    let stderr = String::from_utf8_lossy(&said).into_owned();
    let code = output.status.code();
    assert!(matches!(code, Some(1 | 2)), "{args:?}: exit {code:?}: {stderr}");
    assert!(!stderr.contains("panicked") && !stderr.trim().is_empty(), "{args:?}: {stderr}");
    stderr
}

#[test]
fn b53_files_that_cannot_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("binary"), [0, 159, 146, 150, 255, 0, 1]).expect("written");
    fs::write(path("empty"), "").expect("written");
    fs::write(path("claim.yaml"), CLAIM).expect("written");
    fs::create_dir(path("none")).expect("made");
    for file in ["missing", ".", "binary", "empty"] {
        let file = path(file);
        let line = fails(&["backtest", &file, "--snapshots", &format!("lmarena-archive={}", path("none"))]);
        assert!(line.contains(&file) || line.contains("CLAIM"), "{file}: {line}");
    }
    let claim = path("claim.yaml");
    for snapshots in [
        format!("lmarena-archive={}", path("missing")),
        format!("lmarena-archive={}", path("none")),
        format!("no-such-source={}", path("none")),
        format!("{}={}", path("binary"), path("none")),
        "nonsense".to_owned(),
    ] {
        let line = fails(&["backtest", &claim, "--snapshots", &snapshots]);
        assert!(
            line.contains("snapshots") || line.contains("source") || line.contains("binary"),
            "{snapshots}: {line}"
        );
    }
    for registry in ["missing", ".", "binary"] {
        let snapshots = format!("lmarena-archive={}", path("none"));
        fails(&["backtest", &claim, "--snapshots", &snapshots, "--registry", &path(registry)]);
    }
}

#[test]
fn b53_every_command_that_reads_a_file_names_the_one_it_cannot_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("binary"), [0, 159, 146, 150, 255, 0, 1]).expect("written");
    fs::write(path("empty"), "").expect("written");
    fs::write(path("deep"), "[".repeat(100_000)).expect("written");
    fs::write(path("twice"), "title: a\ntitle: b\n").expect("written");
    fs::create_dir(path("none")).expect("made");
    fs::write(path("claim.yaml"), CLAIM).expect("written");
    for file in ["missing", ".", "binary", "empty", "deep", "twice"] {
        let file = path(file);
        let unreadable = ["missing", ".", "binary"].iter().any(|name| file == path(name));
        for args in [
            vec!["lint", &file],
            vec!["lint", &path("claim.yaml"), "--source", &file],
            vec!["verify", &file],
            vec!["sources", "check", "--source", &file, &path("none")],
        ] {
            let line = fails(&args);
            assert!(!unreadable || line.contains(&file), "{args:?}: {line}");
        }
    }
    let before = fs::read_dir(folder.path()).expect("a folder").count();
    fails(&["verify", "01890000-0000-7000-8000-000000000000", "--data", &path("nowhere")]);
    fails(&["sources", "show", "no-such-source"]);
    fails(&["sources", "show", "../../etc/passwd"]);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), before, "no database was made");
}

#[test]
fn b53_a_closed_input_and_a_closed_output_are_no_crash() {
    let output = bellwether(&["openapi"]).output().expect("it runs");
    assert!(output.status.success());
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("bellwether"))
        .arg("openapi")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn b53_tokens_of_nobody_and_of_no_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("file"), "no folder").expect("written");
    fs::create_dir(path("broken")).expect("made");
    fs::write(path("broken/bellwether.db"), [0, 159, 146, 150, 255, 0, 1].repeat(1000)).expect("written");
    fs::create_dir(path("empty")).expect("made");
    let before = fs::read(path("broken/bellwether.db")).expect("it reads");
    for data in ["missing", "file", "broken", "empty"] {
        let data = path(data);
        for action in [
            &["create", "--name", "x", "--scope", "read"][..],
            &["list"],
            &["list", "--json"],
            &["revoke", "bwt_5f0c91ab"],
        ]
        .iter()
        .map(|action| [&["token"], *action, &["--for", "ada"]].concat())
        .chain([vec!["reset-password", "ada"]])
        {
            let args = [&action[..], &["--data", &data]].concat();
            let line = fails(&args);
            assert_eq!(line.trim().lines().count(), 1, "{args:?}: one line: {line}");
        }
    }
    assert_eq!(fs::read(path("broken/bellwether.db")).expect("it reads"), before, "it is left as it was");
    assert!(!folder.path().join("missing").exists(), "no database was made");
    assert_eq!(fs::read_dir(path("empty")).expect("a folder").count(), 0, "no database was made");
    for args in [
        &["token"][..],
        &["token", "create"],
        &["token", "create", "--for", "../ada", "--name", "x", "--scope", "read"],
        &["token", "create", "--for", "ada", "--name", "x", "--scope", "root"],
        &["token", "create", "--for", "ada", "--name", "x", "--scope", "read", "--days", "soon"],
        &["token", "revoke", "--for", "ada"],
        &["token", "list", "--for", "ada", "--database", "mysql://x"],
    ] {
        let output = bellwether(args).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn b53_a_closed_standard_input_is_no_matter() {
    let folder = tempfile::tempdir().expect("a folder");
    let claim = folder.path().join("claim.yaml");
    fs::write(&claim, CLAIM).expect("written");
    let claim = claim.to_string_lossy().into_owned();
    // `<&-` closes it; a null device would still be open.
    for args in ["openapi", "sources list", "lint -", "verify -", &format!("lint '{claim}'")] {
        let program = assert_cmd::cargo::cargo_bin!("bellwether").display().to_string();
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("exec '{program}' {args} <&-")])
            .output()
            .expect("a shell");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0..=2)), "{args}: {:?} {stderr}", output.status);
        assert!(!stderr.contains("panicked"), "{args}: {stderr}");
    }
}

#[test]
fn usage_mistakes_exit_with_two() {
    for args in [
        vec![],
        vec!["no-such-command"],
        vec!["serve", "--no-such-flag"],
        vec!["serve", "--addr", "nowhere"],
        vec!["serve", "--database", "mysql://x"],
        vec!["serve", "--base-url", "ftp://x"],
    ] {
        let output = bellwether(&args).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    let help = String::from_utf8(bellwether(&["--help"]).output().expect("it runs").stdout).expect("text");
    let commands =
        help.split("Commands:").nth(1).and_then(|rest| rest.split("Options:").next()).expect("a list");
    for command in commands
        .lines()
        .filter_map(|l| l.strip_prefix("  ")?.split(' ').next())
        .filter(|c| !c.is_empty() && *c != "help")
    {
        let output = bellwether(&[command, "--help"]).output().expect("it runs");
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        let groups = help.contains("Commands:");
        assert!(output.status.success() && (groups || help.contains("Example")), "{command}: {help}");
    }
}
