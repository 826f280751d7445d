//! About the server itself: health, readiness, metrics, the OpenAPI document, the error codes. Without a key.

use crate::http::call::Call;
use crate::http::endpoint::{Access, BODY_MAX, Endpoint, Gives, Method, Running, Weight};
use crate::http::face::Face;
use crate::http::metrics::{head, single};
use crate::http::reply::Reply;
use crate::http::{HttpError, error_codes, openapi, routes};
use pmts_kernel::CodeInfo;
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::LazyLock;
use std::sync::atomic::Ordering::Relaxed;

const fn open(
    path: &'static str,
    name: &'static str,
    about: &'static str,
    gives: Gives,
    run: fn(Call) -> Running,
) -> Endpoint {
    Endpoint {
        method: Method::Get,
        path,
        name,
        about,
        access: Access::Open,
        weight: Weight::Normal,
        params: &[],
        gives,
        body_max: BODY_MAX,
        run,
    }
}

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    open("/healthz", "GetHealth", "Whether the process is alive.", Gives::Text("ok"), |call| {
        Box::pin(health(call))
    }),
    open(
        "/readyz",
        "GetReady",
        "Whether requests are taken: the store can be read, and the server is not about to stop.",
        Gives::Text("ready"),
        |call| Box::pin(ready(call)),
    ),
    open(
        "/metrics",
        "GetMetrics",
        "Counters in the text form of Prometheus.",
        Gives::Text("metrics"),
        |call| Box::pin(metrics(call)),
    ),
    open(
        "/v1/openapi.json",
        "GetOpenapi",
        "This document.",
        Gives::Free("An OpenAPI 3.1 document."),
        |call| Box::pin(document(call)),
    ),
    open(
        "/v1/error_codes",
        "GetErrorCodes",
        "Every error code, what it means and what to do.",
        Gives::Free("A list of codes."),
        |call| Box::pin(codes(call)),
    ),
    open(
        "/v1/error_codes/{code}",
        "GetErrorCodesCode",
        "An error code, what it means and what to do.",
        Gives::Free("A code."),
        |call| Box::pin(code(call)),
    ),
];

async fn health(_: Call) -> Result<Reply, HttpError> {
    Ok(Reply::text(200, "ok\n".into()))
}

async fn ready(call: Call) -> Result<Reply, HttpError> {
    if call.api.draining.load(Relaxed) {
        return Err(HttpError::Draining);
    }
    call.api.store.read("ready", 0).await?;
    Ok(Reply::text(200, "ready\n".into()))
}

async fn document(_: Call) -> Result<Reply, HttpError> {
    static TEXT: LazyLock<String> = LazyLock::new(|| openapi().to_string());
    Ok(Reply::json(200, TEXT.clone()))
}

fn explained(code: &CodeInfo) -> Value {
    let face = Face::of(code);
    json!({
        "object": "error_code", "id": code.code, "meaning": code.meaning, "remedy": code.remedy.as_str(), "status": face.status,
        "type": face.kind.as_str(), "code": face.code,
    })
}

async fn codes(_: Call) -> Result<Reply, HttpError> {
    let data: Vec<Value> = error_codes().map(explained).collect();
    Ok(Reply::ok(&json!({ "object": "list", "url": "/v1/error_codes", "has_more": false, "data": data })))
}

async fn code(call: Call) -> Result<Reply, HttpError> {
    let id = call.ids.first().map(String::as_str).unwrap_or_default();
    let found = error_codes().find(|c| c.code == id);
    let code = found.ok_or(HttpError::NotFound { what: "error code", param: "code" })?;
    Ok(Reply::ok(&explained(code)))
}

async fn metrics(call: Call) -> Result<Reply, HttpError> {
    let api = &call.api;
    let mut out = String::with_capacity(16 * 1024);
    api.metrics.write(&mut out, routes::all());
    let jobs = api.store.job_counts().await?;
    head(
        &mut out,
        "pmts_jobs",
        "gauge",
        "jobs by kind, due or not: one for each operation that is not final, one for each hold",
    );
    for (kind, count) in &jobs {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "pmts_jobs{{kind=\"{kind}\"}} {count}");
    }
    let open = jobs.iter().find(|(kind, _)| kind == "resolve").map_or(0, |(_, count)| *count);
    single(
        &mut out,
        "pmts_operations_open",
        "gauge",
        "operations that are not final: under way, or their outcome is not known",
        open,
    );
    let worker = &api.worker;
    for (name, kind, about, value) in [
        (
            "pmts_recovery_backlog",
            "gauge",
            "jobs that were due at the last look of the recovery worker",
            &worker.due,
        ),
        ("pmts_recovery_tries_total", "counter", "tries to resolve an operation", &worker.tries),
        ("pmts_recovery_resolved_total", "counter", "operations that were resolved", &worker.resolved),
        ("pmts_recovery_failed_total", "counter", "jobs that ended in an error", &worker.failed),
        (
            "pmts_holds_expired_total",
            "counter",
            "holds given up because they came to their end",
            &worker.expired,
        ),
    ] {
        single(&mut out, name, kind, about, value.load(Relaxed));
    }
    let verifier = &api.verifier;
    for (name, kind, about, value) in [
        (
            "pmts_verifier_entries_total",
            "counter",
            "entries summed up again in the background",
            &verifier.entries,
        ),
        (
            "pmts_verifier_passes_total",
            "counter",
            "times all of the books were gone through",
            &verifier.passes,
        ),
        (
            "pmts_verifier_problems_total",
            "counter",
            "faults found in the books; the log names them, and anything but 0 needs a person",
            &verifier.problems,
        ),
    ] {
        single(&mut out, name, kind, about, value.load(Relaxed));
    }
    let (groups, commits) = api.store.group_counts();
    single(&mut out, "pmts_store_commits_total", "counter", "commits written", commits);
    single(
        &mut out,
        "pmts_store_groups_total",
        "counter",
        "durable writes; commits divided by them is the size of a group",
        groups,
    );
    let told = &api.webhooks.stats;
    for (name, about, value) in [
        ("pmts_webhooks_taken_total", "calls of webhook endpoints that were taken", &told.taken),
        ("pmts_webhooks_failed_total", "calls of webhook endpoints that were not", &told.failed),
        (
            "pmts_webhooks_disabled_total",
            "endpoints disabled because nothing was taken for three days",
            &told.disabled,
        ),
    ] {
        single(&mut out, name, "counter", about, value.load(Relaxed));
    }
    if let Some(risk) = &api.engine.risk {
        super::risk_metrics::write(&mut out, risk);
    }
    if let Some(watcher) = &api.watcher {
        let stats = &watcher.stats;
        for (name, kind, about, value) in [
            (
                "pmts_aml_position",
                "gauge",
                "position in the outbox up to which everything was watched",
                &stats.position,
            ),
            (
                "pmts_aml_facts_total",
                "counter",
                "movements, accounts and links that were watched",
                &stats.facts,
            ),
            (
                "pmts_aml_unpriced_total",
                "counter",
                "movements that could not be judged, since no rate is known for their currency: anything but 0 needs a person",
                &stats.unpriced,
            ),
            (
                "pmts_aml_forgotten",
                "gauge",
                "movements and parties that were dropped before their time, because there were too many",
                &stats.forgotten,
            ),
            (
                "pmts_aml_failed_total",
                "counter",
                "times the monitoring waited, since something could not be read",
                &stats.failed,
            ),
        ] {
            single(&mut out, name, kind, about, value.load(Relaxed));
        }
    }
    let link = api.link.stats();
    for (name, about, value) in [
        ("pmts_link_sent_total", "requests given to the card host", link.sent),
        ("pmts_link_answered_total", "answers of the card host that came in time", link.answered),
        ("pmts_link_timeouts_total", "requests without an answer in time", link.timeouts),
        ("pmts_link_late_total", "answers that nobody waited for any more", link.late),
        ("pmts_link_connects_total", "connections to the card host opened", link.connects),
    ] {
        single(&mut out, name, "counter", about, value);
    }
    Ok(Reply::text(200, out))
}
