//! A throwaway PostgreSQL server, for as long as this process lives.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use url::Url;

/// Reads the end of its input as the end of the tests, however they ended, and takes the server down.
const KEEPER: &str = r#"
"$1"/postgres -D "$2"/data -k "$2" -c listen_addresses= -c max_connections=200 -c shared_buffers=32MB \
    -c fsync=off -c full_page_writes=off -c synchronous_commit=off >"$2"/log 2>&1 &
server=$!
read -r _
kill -QUIT $server
wait $server
rm -rf "$2"
"#;

/// Starts a server that listens on a socket in a folder of its own.
pub(crate) fn start() -> Result<Url, String> {
    let bin = programs().ok_or("set TEST_POSTGRES_URL, or install the PostgreSQL server programs")?;
    let folder = output(as_server("mktemp").args(["-d", "/tmp/bellwether-pg-XXXXXX"]))?;
    let initdb = bin.join("initdb");
    output(
        as_server(&initdb.to_string_lossy()).args(["-A", "trust", "-U", "postgres", "-E", "UTF8"]).args([
            "--locale=C",
            "--no-sync",
            "-D",
            &format!("{folder}/data"),
        ]),
    )?;
    let mut keeper = as_server("sh")
        .args(["-c", KEEPER, "keeper"])
        .arg(&bin)
        .arg(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|e| format!("PostgreSQL does not start: {e}"))?;
    // Never closed by us: the operating system closes it when this process ends.
    std::mem::forget(keeper.stdin.take());
    let ready = bin.join("pg_isready");
    for _ in 0..200 {
        let answers =
            Command::new(&ready).args(["-q", "-h", &folder]).status().is_ok_and(|status| status.success());
        if answers {
            let url = format!("postgres://postgres@localhost/postgres?host={folder}");
            return Url::parse(&url).map_err(|e| e.to_string());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let log = fs::read_to_string(format!("{folder}/log")).unwrap_or_default();
    let _ = keeper.kill();
    Err(format!("PostgreSQL does not answer: {log}"))
}

/// The newest server programs of this machine.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let found = versions.flatten().filter_map(|version| {
        let number: u32 = version.file_name().to_str()?.parse().ok()?;
        let bin = version.path().join("bin");
        bin.join("initdb").exists().then_some((number, bin))
    });
    found.max().map(|(_, bin)| bin)
}

/// The server refuses to run as root; then it runs as the user that its package made.
fn as_server(program: &str) -> Command {
    let root = fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--", program]);
    command
}

fn output(command: &mut Command) -> Result<String, String> {
    let done = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if !done.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&done.stderr)));
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}
