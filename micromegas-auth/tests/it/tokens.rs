//! Requests with tokens.

use axum::http::StatusCode;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::server::Server;
use crate::signing::{
    Signer, claims, claims_with, ed25519, forge, p256, rsa_1, rsa_2, sign_symmetrically, time,
};

async fn server(signers: &[&Signer]) -> (Issuer, Server) {
    let issuer = Issuer::start(signers).await;
    let server = Server::with_issuer(issuer.oidc());
    (issuer, server)
}

#[tokio::test]
async fn tokens_of_every_kind_of_key_are_accepted() {
    let signers = [rsa_1(), p256(), ed25519()];
    let (issuer, server) = server(&signers.each_ref()).await;
    for signer in &signers {
        let answer = server.ask(&signer.sign(&claims(&issuer.url))).await;
        assert_eq!(answer.who(), format!("oidc:{}#ada default query", issuer.url));
    }
    let pss = Header { kid: Some("rsa-1".to_owned()), ..Header::new(Algorithm::PS384) };
    // The published key is for RS256 alone.
    let token = rsa_1().sign_with(&pss, &claims(&issuer.url));
    server.ask(&token).await.assert_unauthorized("not valid");
    assert_eq!(issuer.key_requests(), 1);
}

#[tokio::test]
async fn claims_decide_about_tenants_and_rights() {
    let (issuer, server) = server(&[&p256()]).await;
    for groups in [json!("operators"), json!(["readers", "operators"])] {
        let token = p256().sign(&claims_with(&issuer.url, "groups", groups));
        let who = server.ask(&token).await;
        assert!(who.who().ends_with("ingest,query,control,admin"), "{who:?}");
    }
}

#[tokio::test]
async fn a_token_to_whom_nothing_is_granted_is_forbidden_everything() {
    let issuer = Issuer::start(&[&p256()]).await;
    let mut options = issuer.options();
    options.grants.pop();
    let server = Server::with_issuer(micromegas_auth::Oidc::new(options).unwrap());
    let answer = server.ask(&p256().sign(&claims(&issuer.url))).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    assert!(answer.text.contains("nothing is granted"), "{answer:?}");
}

#[tokio::test]
async fn every_script_can_be_a_subject_but_no_control_character() {
    let (issuer, server) = server(&[&p256()]).await;
    for subject in ["Ада Лавлейс", "艾達", "a b%/#?&=🦀", "𒀭", "ａｄａ"] {
        let token = p256().sign(&claims_with(&issuer.url, "sub", json!(subject)));
        let answer = server.ask(&token).await;
        assert_eq!(answer.who(), format!("oidc:{}#{subject} default query", issuer.url));
    }
    let long = "é".repeat(256);
    for subject in
        [json!(""), json!("a\nb"), json!("a\u{0}"), json!("\u{85}"), json!(7), json!(long)]
    {
        let token = p256().sign(&claims_with(&issuer.url, "sub", subject));
        server.ask(&token).await.assert_unauthorized("not valid");
    }
}

#[tokio::test]
async fn times_count_with_the_allowed_difference_of_clocks() {
    let (issuer, server) = server(&[&p256()]).await;
    let ask = async |name: &str, value: Value| {
        server.ask(&p256().sign(&claims_with(&issuer.url, name, value))).await
    };
    ask("exp", json!(time(-10))).await.who();
    ask("exp", json!(time(-40))).await.assert_unauthorized("expired");
    ask("nbf", json!(time(10))).await.who();
    ask("nbf", json!(time(60))).await.assert_unauthorized("not valid yet");
    for exp in [Value::Null, json!("tomorrow"), json!(-1), json!({}), json!(true)] {
        ask("exp", exp).await.assert_unauthorized("not valid");
    }
    ask("nbf", json!("yesterday")).await.assert_unauthorized("not valid");
}

#[tokio::test]
async fn a_token_for_somebody_else_is_refused() {
    let (issuer, server) = server(&[&p256()]).await;
    let ask = async |name: &str, value: Value| {
        server.ask(&p256().sign(&claims_with(&issuer.url, name, value))).await
    };
    ask("aud", json!(["other", "lake"])).await.who();
    for audience in [json!("other"), json!("Lake"), json!("lake "), json!([]), json!(["other"])] {
        ask("aud", audience).await.assert_unauthorized("");
    }
    for audience in [Value::Null, json!(7), json!({ "lake": true })] {
        ask("aud", audience).await.assert_unauthorized("not valid");
    }
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused_even_if_ours_has_signed_it() {
    let (issuer, server) = server(&[&p256()]).await;
    let url = issuer.url.as_str();
    for name in [format!("{url}/"), url.to_uppercase(), "https://evil.example".to_owned()] {
        let token = p256().sign(&claims_with(url, "iss", json!(name)));
        server.ask(&token).await.assert_unauthorized("not valid");
    }
    for issuers in [json!([url]), json!([url, "https://evil.example"]), Value::Null] {
        let token = p256().sign(&claims_with(url, "iss", issuers));
        server.ask(&token).await.assert_unauthorized("not valid");
    }
}

#[tokio::test]
async fn algorithms_cannot_be_confused() {
    let signers = [rsa_1(), p256()];
    let (issuer, server) = server(&signers.each_ref()).await;
    let claims = claims(&issuer.url);
    for algorithm in ["none", "None", "NONE", "nOnE", "", "HS256", "RS257"] {
        for signature in [b"".as_slice(), b"signature"] {
            let header = json!({ "alg": algorithm, "typ": "JWT", "kid": "rsa-1" });
            let token = forge(&header, &claims, signature);
            server.ask(&token).await.assert_unauthorized("not valid");
        }
    }
    // The public key, in the forms in which anyone has it, as a shared secret.
    let jwk = rsa_1().jwk();
    let modulus = jwk["n"].as_str().unwrap();
    for secret in [modulus.to_owned(), jwk.to_string(), format!("{modulus}AQAB")] {
        let token = sign_symmetrically(secret.as_bytes(), "rsa-1", &claims);
        server.ask(&token).await.assert_unauthorized("not valid");
    }
    // The name of one key and the algorithm of another.
    for (signer, id) in [(rsa_1(), "p256"), (p256(), "rsa-1")] {
        let header = Header { kid: Some(id.to_owned()), ..Header::new(signer.algorithm) };
        let token = signer.sign_with(&header, &claims);
        server.ask(&token).await.assert_unauthorized("not valid");
    }
}

#[tokio::test]
async fn a_key_that_the_token_brings_along_proves_nothing() {
    let (issuer, server) = server(&[&rsa_1()]).await;
    let stranger = rsa_2();
    let jwk = serde_json::from_value(stranger.jwk()).unwrap();
    let evil = Some("http://127.0.0.1:1/keys".to_owned());
    let plain = Header::new(Algorithm::RS256);
    let id = Some("rsa-1".to_owned());
    for header in [
        Header { jwk: Some(jwk), kid: id.clone(), ..plain.clone() },
        Header { jku: evil.clone(), kid: id.clone(), ..plain.clone() },
        Header { x5u: evil, kid: None, ..plain.clone() },
        Header { kid: id.clone(), ..plain.clone() },
    ] {
        let token = stranger.sign_with(&header, &claims(&issuer.url));
        server.ask(&token).await.assert_unauthorized("not valid");
    }
    // What is critical and not understood makes a good token a bad one.
    let critical = Header { kid: id, crit: Some(vec!["exp".to_owned()]), ..plain };
    let token = rsa_1().sign_with(&critical, &claims(&issuer.url));
    server.ask(&token).await.assert_unauthorized("not valid");
}

#[tokio::test]
async fn a_changed_token_is_refused_and_none_makes_the_server_fail() {
    let (issuer, server) = server(&[&p256()]).await;
    let token = p256().sign(&claims(&issuer.url));
    server.ask(&token).await.who();
    let [header, payload, signature]: [&str; 3] =
        token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let other = claims_with(&issuer.url, "groups", json!("operators"));
    let other = p256().sign(&other);
    let other_payload = other.split('.').nth(1).unwrap();
    let deep = format!("ey{}.{}.x", "[".repeat(6_000), "[".repeat(6_000));
    for changed in [
        format!("{header}.{other_payload}.{signature}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}.{}", signature.to_uppercase()),
        format!("{header}.{payload}.{signature}A"),
        format!("{header}..{signature}"),
        format!("{header}.{payload}.{signature}."),
        "ey..".to_owned(),
        deep,
    ] {
        server.ask(&changed).await.assert_unauthorized("not valid");
    }
}

#[tokio::test]
async fn headers_make_nobody_somebody_else() {
    let (issuer, server) = server(&[&p256()]).await;
    let token = p256().sign(&claims(&issuer.url));
    let spoofed = [
        ("x-auth-subject", "root"),
        ("X-Auth-Is-Admin", "true"),
        ("x-allow-delegation", "true"),
        ("x-auth-issuer", "https://evil.example"),
    ];
    let answer = server.ask_with(&token, &spoofed).await;
    assert_eq!(answer.who(), format!("oidc:{}#ada default query", issuer.url));
    let own = [("x-user-id", "ada"), ("x-user-email", "ada@example.org")];
    server.ask_with(&token, &own).await.who();
    for other in [
        [("x-user-id", "eve")].as_slice(),
        &[("x-user-email", "eve@example.org")],
        &[("x-user-id", "ada"), ("x-user-id", "eve")],
    ] {
        let answer = server.ask_with(&token, other).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    }
}
