//! Settings from the server, against one that speaks `docs/control.md`.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use micromegas_telemetry_sink::{ControlSettings, Controlled, HttpOptions, HttpSink};
use micromegas_tracing::EventSink;

use crate::fixtures::{PROCESS_ID, block, process, stream};
use crate::server::{Answer, Request, Server};

/// Settings for one process until some time.
#[derive(Clone, Default)]
struct Settings(Arc<Mutex<Option<(ControlSettings, Instant)>>>);

impl Settings {
    fn set(&self, settings: ControlSettings, lifetime: Duration) {
        *self.0.lock().expect("not poisoned") = Some((settings, Instant::now() + lifetime));
    }

    fn withdraw(&self) {
        *self.0.lock().expect("not poisoned") = None;
    }

    /// As a server of ours answers: that it controls, and what it wants of those who can be
    /// controlled, for as long as it has wanted it.
    fn answer(&self, request: &Request) -> Answer {
        let headers = vec!["Micromegas-Control: 1".to_owned()];
        if request.control != format!("1; process={PROCESS_ID}") {
            return Answer { headers, ..Answer::default() };
        }
        let settings = self.0.lock().expect("not poisoned");
        let body = match &*settings {
            Some((settings, end)) if *end > Instant::now() => {
                let left = end.saturating_duration_since(Instant::now()).as_secs_f64();
                let ttl_seconds = left.ceil() as u64;
                let settings = ControlSettings { ttl_seconds, ..settings.clone() };
                serde_json::to_string(&settings).expect("can be written")
            }
            _ => "{}".to_owned(),
        };
        let kind = "Content-Type: application/vnd.micromegas.control+json".to_owned();
        Answer { headers: [headers, vec![kind]].concat(), body, ..Answer::default() }
    }
}

/// Notes what it is told.
#[derive(Default)]
struct Told(Mutex<Vec<Option<ControlSettings>>>);

impl Controlled for Told {
    fn apply(&self, settings: &ControlSettings) {
        self.0.lock().expect("not poisoned").push(Some(settings.clone()));
    }

    fn restore(&self) {
        self.0.lock().expect("not poisoned").push(None);
    }
}

impl Told {
    /// The levels it was told so far; none where all was taken back.
    fn levels(&self) -> Vec<Option<String>> {
        let told = self.0.lock().expect("not poisoned");
        told.iter().map(|told| told.as_ref().and_then(|told| told.level.clone())).collect()
    }

    fn wait_for(&self, count: usize) {
        let begin = Instant::now();
        while self.levels().len() < count {
            assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", self.levels());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn level(name: &str) -> ControlSettings {
    ControlSettings { level: Some(name.to_owned()), ..ControlSettings::default() }
}

fn some(name: &str) -> Option<String> {
    Some(name.to_owned())
}

fn started(server: &Server, control_period: Duration) -> (HttpSink, Arc<Told>) {
    let told = Arc::new(Told::default());
    let options = HttpOptions { control_period, ..HttpOptions::default() };
    let controlled = Arc::clone(&told) as Arc<dyn Controlled>;
    let sink = HttpSink::with_control(&server.url(), &options, controlled).expect("a sink");
    sink.on_process(&process());
    (sink, told)
}

const NEVER: Duration = Duration::from_secs(3600);

#[test]
fn settings_come_in_any_answer_and_end_by_themselves_when_the_server_is_gone() {
    let settings = Settings::default();
    settings.set(level("trace"), Duration::from_secs(1));
    let answering = settings.clone();
    let server = Server::answering(move |request| answering.answer(request));
    let (sink, told) = started(&server, NEVER);
    sink.on_block(&stream("log"), block(0));
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(10)));
    // Three answers have said the same.
    assert_eq!(told.levels(), [some("trace")]);
    let asked = server.requests_to("").len();
    let begin = Instant::now();
    told.wait_for(2);
    assert_eq!(told.levels(), [some("trace"), None]);
    assert!(begin.elapsed() > Duration::from_millis(500), "{:?}", begin.elapsed());
    assert_eq!(server.requests_to("").len(), asked, "nobody was asked");
}

#[test]
fn a_server_that_controls_is_asked_now_and_then_while_nothing_is_sent() {
    let settings = Settings::default();
    let answering = settings.clone();
    let server = Server::answering(move |request| answering.answer(request));
    let (_sink, told) = started(&server, Duration::from_millis(30));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(told.levels(), []);
    settings.set(level("debug"), Duration::from_secs(60));
    told.wait_for(1);
    settings.set(level("trace"), Duration::from_secs(60));
    told.wait_for(2);
    settings.withdraw();
    told.wait_for(3);
    assert_eq!(told.levels(), [some("debug"), some("trace"), None]);
    assert!(server.requests_to("/ingestion/control").len() >= 3);
}

#[test]
fn other_servers_are_not_asked_and_their_answers_change_nothing() {
    let server = Server::answering(|_| Answer {
        headers: vec!["Content-Type: application/json".to_owned()],
        body: r#"{ "ttl_seconds": 60, "level": "trace" }"#.to_owned(),
        ..Answer::default()
    });
    let (sink, told) = started(&server, Duration::from_millis(10));
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(10)));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(told.levels(), []);
    assert!(server.requests_to("/ingestion/control").is_empty());
}

#[test]
fn a_host_that_is_not_to_be_controlled_says_nothing_and_takes_nothing() {
    let settings = Settings::default();
    settings.set(level("trace"), Duration::from_secs(60));
    let server = Server::answering(move |request| settings.answer(request));
    let options =
        HttpOptions { control_period: Duration::from_millis(10), ..HttpOptions::default() };
    let sink = HttpSink::new(&server.url(), &options).expect("a sink");
    sink.on_process(&process());
    std::thread::sleep(Duration::from_millis(100));
    let requests = server.requests_to("");
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].control, "");
}

#[test]
fn what_is_no_document_of_settings_changes_nothing() {
    let server = Server::answering(|_| Answer {
        headers: vec![
            "Micromegas-Control: 1".to_owned(),
            "Content-Type: application/vnd.micromegas.control+json".to_owned(),
        ],
        body: "{ \"level\": 7".to_owned(),
        ..Answer::default()
    });
    let (sink, told) = started(&server, NEVER);
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(10)));
    assert_eq!(told.levels(), []);
    assert_eq!(sink.stats().retries, 0);
}
