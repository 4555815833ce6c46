use super::*;

fn built(variables: &[(&'static str, &str)]) -> Result<TelemetryBuilder, EnvironmentError> {
    let lookup = |name: &'static str| {
        let found = variables.iter().find(|(own, _)| *own == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    from_lookup(&lookup)
}

fn values<T>(
    variables: &[(&'static str, &str)],
    read: impl Fn(&Values<'_>) -> Result<T, EnvironmentError>,
) -> Result<T, EnvironmentError> {
    let lookup = |name: &'static str| {
        let found = variables.iter().find(|(own, _)| *own == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    read(&Values { lookup: &lookup })
}

fn wrong<T>(outcome: Result<T, EnvironmentError>) -> &'static str {
    outcome.err().expect("it cannot be used").name
}

#[test]
fn without_variables_there_are_the_published_defaults() {
    let options = values(&[], http).expect("defaults");
    let mib = [options.queue_trace_bytes_max, options.queue_bytes_max].map(|bytes| bytes >> 20);
    assert_eq!((mib, options.request_timeout), ([128, 256], Duration::from_secs(10)));
    assert!(options.api_key.is_none() && options.client_credentials.is_none());
    assert!(options.spool.is_none(), "no folder is known");
    let config = values(&[], |values| config(values, LevelFilter::Info)).expect("defaults");
    assert_eq!(config.max_level(), LevelFilter::Debug);
    let shown = format!("{:?}", built(&[]).expect("a builder"));
    assert!(shown.contains("url: None") && shown.contains("console: Info"), "{shown}");
    assert!(shown.contains("has_loss_metrics: true"), "{shown}");
    assert!(shown.contains("has_sampler: true"), "spans of threads are not sent: {shown}");
}

#[test]
fn each_variable_does_what_it_says() {
    let options = values(
        &[
            (names::API_KEY, " key "),
            (names::TRACE_QUEUE_BYTES, "1"),
            (names::QUEUE_BYTES, "2"),
            (names::IN_FLIGHT, "3"),
            (names::REQUEST_TIMEOUT, "2.5"),
            (names::SPOOL_FOLDER, "/spool"),
            (names::SPOOL_BYTES, "7"),
        ],
        http,
    )
    .expect("options");
    assert_eq!(options.api_key.as_deref(), Some("key"));
    assert_eq!((options.queue_trace_bytes_max, options.queue_bytes_max), (1, 2));
    assert_eq!(options.request_timeout, Duration::from_millis(2500));
    let spool = SpoolOptions { bytes_max: 7, ..SpoolOptions::new("/spool") };
    assert_eq!(options.spool, Some(spool));

    let text = "a=1, b = x=y ,";
    let pairs = values(&[(names::PROPERTIES, text)], properties).expect("properties");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(pairs, [pair("a", "1"), pair("b", "x=y")]);

    let parent = "2f0e2b5c-6f0a-4a51-9d2c-9a1c3a1e7f42";
    let variables = [
        (names::SENT_LEVEL, "warning"),
        (names::FLUSH_PERIOD, "7"),
        (names::PARENT_PROCESS, parent),
    ];
    let shown = |console| {
        let config = values(&variables, |values| config(values, console));
        format!("{:?}", config.expect("a configuration"))
    };
    let config = shown(LevelFilter::Off);
    for part in ["max_level: Warn", "log_period: 7s", "span_period: 7s", parent] {
        assert!(config.contains(part), "{part} in {config}");
    }
    // The console can only show what is recorded.
    assert!(shown(LevelFilter::Trace).contains("max_level: Trace"));

    let builder =
        built(&[(names::URL, "http://host"), (names::CPU_TRACING, "true")]).expect("a builder");
    let shown = format!("{builder:?}");
    assert!(shown.contains("http://host") && shown.contains("has_sampler: false"), "{shown}");
}

#[test]
fn the_token_flow_needs_all_its_parts() {
    let all = [
        (names::TOKEN_ENDPOINT, "https://idp/token"),
        (names::CLIENT_ID, "me"),
        (names::CLIENT_SECRET, "secret"),
        (names::AUDIENCE, "lake"),
        (names::TOKEN_BUFFER, "60"),
    ];
    let read = values(&all, credentials).expect("credentials").expect("all are there");
    let expected = ClientCredentials {
        audience: Some("lake".to_owned()),
        refresh_before: Duration::from_secs(60),
        ..ClientCredentials::new("https://idp/token", "me", "secret")
    };
    assert_eq!(read, expected);
    assert_eq!(wrong(values(&all[..2], credentials)), names::CLIENT_SECRET);
    assert_eq!(wrong(values(&all[1..], credentials)), names::TOKEN_ENDPOINT);
}

#[test]
fn the_spool_has_a_place_of_its_own_unless_it_is_turned_off() {
    let home = if cfg!(windows) { ("LOCALAPPDATA", "C:\\state") } else { ("HOME", "/users/me") };
    let options = values(&[home], spool).expect("options").expect("a folder");
    assert!(options.folder.starts_with(home.1) && options.is_optional);
    assert_eq!(values(&[home, (names::SPOOL_FOLDER, "off")], spool), Ok(None));
}

#[test]
fn what_cannot_be_used_is_an_error_that_names_it_and_shows_no_value() {
    for (name, value) in [
        (names::CONSOLE_LEVEL, "loud"),
        (names::SENT_LEVEL, "7"),
        (names::QUEUE_BYTES, "-1"),
        (names::TRACE_QUEUE_BYTES, "many"),
        (names::IN_FLIGHT, "some"),
        (names::REQUEST_TIMEOUT, "-2"),
        (names::FLUSH_PERIOD, "soon"),
        (names::PROPERTIES, "hush"),
        (names::PROPERTIES, "=hush"),
        (names::PROPERTIES, "Micromegas.Audience=hush"),
        (names::SPOOL_BYTES, "1 GB"),
    ] {
        let outcome = built(&[(name, value)]);
        let text = outcome.as_ref().err().map(ToString::to_string).unwrap_or_default();
        assert!(!text.contains("hush"), "{text}");
        assert_eq!(wrong(outcome), name, "{value}");
    }
    // Empty is absent; and a parent that is none is no reason to stop.
    assert!(built(&[(names::FLUSH_PERIOD, " "), (names::PARENT_PROCESS, "x")]).is_ok());
}

#[test]
fn children_are_not_told_of_a_process_that_does_not_record() {
    let mut command = Command::new("true");
    assert_eq!(inherit_process(&mut command).get_envs().count(), 0);
}
