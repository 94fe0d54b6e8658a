//! A real browser in front of a real server: Chromium, driven through chromedriver.
//!
//! Where Chromium or chromedriver is not installed these tests say so and pass, unless `BELLWETHER_REQUIRE` names
//! `chromium`.

mod access;
mod demo;
mod forecasting;
mod frame;
mod journeys;
mod live;
mod markdown;
mod people;
mod settling;

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, error::CmdError};
use serde_json::{Value, json};

use crate::support::Server;

/// Programs, as Debian installs them and as other systems may.
const CHROMIUM: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const DRIVER: [&str; 2] = ["/usr/bin/chromedriver", "/usr/local/bin/chromedriver"];

/// chromedriver, ended when dropped.
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    fn start(program: &str) -> Self {
        let mut process = Command::new(program)
            .args(["--port=0", "--allowed-ips=127.0.0.1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let out = process.stdout.take().expect("its output");
        let port = BufReader::new(out)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                line.rsplit_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
            })
            .expect("chromedriver names its port");
        Self { process, port }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Chromium itself ended with its session.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A browser window in front of a server.
pub(super) struct Browser {
    client: Client,
    origin: String,
    _driver: Driver,
}

impl Browser {
    /// A window, or `None` where there is no Chromium and none is required.
    pub(super) async fn open(server: &Server) -> Option<Self> {
        Self::open_with(server, true).await
    }

    /// The same with scripts on or off.
    pub(super) async fn open_with(server: &Server, scripts: bool) -> Option<Self> {
        let found = |paths: &[&'static str]| paths.iter().copied().find(|p| Path::new(p).exists());
        let (Some(chromium), Some(driver)) = (found(&CHROMIUM), found(&DRIVER)) else {
            let required = std::env::var("BELLWETHER_REQUIRE").is_ok_and(|r| r.contains("chromium"));
            assert!(!required, "BELLWETHER_REQUIRE asks for chromium, and it was not found");
            println!("SKIPPED: Chromium was not found");
            return None;
        };
        let driver = Driver::start(driver);
        let options = json!({
            "goog:chromeOptions": {
                "binary": chromium,
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1440,900",
                ],
                "prefs": { "profile.managed_default_content_settings.javascript": if scripts { 1 } else { 2 } },
            },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = options else { unreachable!("an object was written") };
        let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        let client = builder
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .expect("a session");
        Some(Self { client, origin: format!("http://{}", server.addr), _driver: driver })
    }

    pub(super) async fn go(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.origin)).await.expect(path);
    }

    /// Waits until the page has the element, at most ten seconds.
    pub(super) async fn find(&self, css: &str) -> Element {
        let wait = self.client.wait().at_most(Duration::from_secs(10)).every(Duration::from_millis(50));
        wait.for_element(Locator::Css(css)).await.unwrap_or_else(|e| panic!("no `{css}`: {e}"))
    }

    /// What an element says; once more where the page was replaced between finding and reading it.
    pub(super) async fn text(&self, css: &str) -> String {
        let mut said = self.find(css).await.text().await;
        if said.as_ref().is_err_and(CmdError::is_stale_element_reference) {
            said = self.find(css).await.text().await;
        }
        said.expect(css).replace('\u{a0}', " ")
    }

    /// Types into a field.
    pub(super) async fn fill(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.expect(css);
    }

    /// Presses a button, follows a link or chooses what is offered.
    pub(super) async fn press(&self, css: &str) {
        self.find(css).await.click().await.expect(css);
    }

    /// How many elements the page has.
    pub(super) async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.expect(css).len()
    }

    pub(super) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect(script)
    }

    /// Ends the window.
    pub(super) async fn close(self) {
        self.client.close().await.expect("the session ends");
    }
}
