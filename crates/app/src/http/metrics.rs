//! What is counted, in the text form of Prometheus. Whole numbers only; times are shown in seconds from whole microseconds.

use super::endpoint::Endpoint;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The upper ends of the buckets of latency, in microseconds, and how they are written.
const BUCKETS: [(u64, &str); 12] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (5_000_000, "5"),
];

#[derive(Default)]
struct Line {
    /// By class of status: 1xx to 5xx.
    by_class: [AtomicU64; 5],
    buckets: [AtomicU64; BUCKETS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

/// Counters of the HTTP front.
pub(crate) struct Metrics {
    /// One for each endpoint, and one for what has none.
    lines: Vec<Line>,
    /// Requests under way.
    pub(crate) under_way: AtomicU64,
    /// Connections open.
    pub(crate) connections: AtomicU64,
    /// Requests refused by a rate limit.
    pub(crate) limited: AtomicU64,
    /// Requests without a key that is taken.
    pub(crate) unauthorized: AtomicU64,
    /// Answers given once more.
    pub(crate) replayed: AtomicU64,
    /// Requests that took too long.
    pub(crate) timed_out: AtomicU64,
    /// Handlers that panicked.
    pub(crate) panicked: AtomicU64,
}

impl Metrics {
    pub(crate) fn new(endpoints: usize) -> Self {
        Self {
            lines: (0..=endpoints).map(|_| Line::default()).collect(),
            under_way: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            limited: AtomicU64::new(0),
            unauthorized: AtomicU64::new(0),
            replayed: AtomicU64::new(0),
            timed_out: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
        }
    }

    /// A request ended. `endpoint` is its place in the list; `None`: it had none.
    pub(crate) fn ended(&self, endpoint: Option<usize>, status: u16, micros: u64) {
        let line = &self.lines[endpoint.map_or(self.lines.len() - 1, |i| i.min(self.lines.len() - 1))];
        line.by_class[usize::from(status / 100).clamp(1, 5) - 1].fetch_add(1, Relaxed);
        if let Some(at) = BUCKETS.iter().position(|(end, _)| micros <= *end) {
            line.buckets[at].fetch_add(1, Relaxed);
        }
        line.count.fetch_add(1, Relaxed);
        line.micros.fetch_add(micros, Relaxed);
    }

    /// Writes what the front has counted.
    pub(crate) fn write(&self, out: &mut String, endpoints: &[&'static Endpoint]) {
        let labels: Vec<String> = endpoints
            .iter()
            .map(|e| format!("method=\"{}\",path=\"{}\"", e.method.as_str(), e.path))
            .chain(["method=\"\",path=\"\"".to_owned()])
            .collect();
        head(out, "pmts_http_requests_total", "counter", "requests by endpoint and class of status");
        for (line, label) in self.lines.iter().zip(&labels) {
            for (class, count) in line.by_class.iter().enumerate() {
                let count = count.load(Relaxed);
                if count > 0 {
                    let _ = writeln!(
                        out,
                        "pmts_http_requests_total{{{label},class=\"{}xx\"}} {count}",
                        class + 1
                    );
                }
            }
        }
        head(out, "pmts_http_request_seconds", "histogram", "how long requests took, by endpoint");
        for (line, label) in self.lines.iter().zip(&labels) {
            // Read before the buckets: a request that ends meanwhile must not be in a bucket and not in the count.
            let mut sum = 0;
            let count = line.count.load(Relaxed);
            if count == 0 {
                continue;
            }
            for (bucket, (_, end)) in line.buckets.iter().zip(BUCKETS) {
                sum = (sum + bucket.load(Relaxed)).min(count);
                let _ = writeln!(out, "pmts_http_request_seconds_bucket{{{label},le=\"{end}\"}} {sum}");
            }
            let _ = writeln!(out, "pmts_http_request_seconds_bucket{{{label},le=\"+Inf\"}} {count}");
            let _ = writeln!(
                out,
                "pmts_http_request_seconds_sum{{{label}}} {}",
                seconds(line.micros.load(Relaxed))
            );
            let _ = writeln!(out, "pmts_http_request_seconds_count{{{label}}} {count}");
        }
        for (name, kind, about, value) in [
            ("pmts_http_requests_under_way", "gauge", "requests under way", &self.under_way),
            ("pmts_http_connections", "gauge", "connections open", &self.connections),
            ("pmts_http_rate_limited_total", "counter", "requests refused by a rate limit", &self.limited),
            (
                "pmts_http_unauthorized_total",
                "counter",
                "requests without a key that is taken",
                &self.unauthorized,
            ),
            (
                "pmts_http_replayed_total",
                "counter",
                "answers given once more to the same idempotency key",
                &self.replayed,
            ),
            (
                "pmts_http_timeouts_total",
                "counter",
                "requests that took too long and were carried on",
                &self.timed_out,
            ),
            ("pmts_http_panics_total", "counter", "requests that broke inside", &self.panicked),
        ] {
            single(out, name, kind, about, value.load(Relaxed));
        }
    }
}

/// The lines before the values of a metric.
pub(crate) fn head(out: &mut String, name: &str, kind: &str, about: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "# HELP {name} {about}\n# TYPE {name} {kind}");
}

/// A metric with one value.
pub(crate) fn single(out: &mut String, name: &str, kind: &str, about: &str, value: u64) {
    head(out, name, kind, about);
    let _ = writeln!(out, "{name} {value}");
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_adds_up() {
        let metrics = Metrics::new(0);
        for (status, micros) in [(200, 400), (200, 2_000_000), (503, 9_000_000)] {
            metrics.ended(None, status, micros);
        }
        let mut out = String::new();
        metrics.write(&mut out, &[]);
        for line in [
            "pmts_http_requests_total{method=\"\",path=\"\",class=\"2xx\"} 2",
            "pmts_http_requests_total{method=\"\",path=\"\",class=\"5xx\"} 1",
            "pmts_http_request_seconds_bucket{method=\"\",path=\"\",le=\"0.0005\"} 1",
            "pmts_http_request_seconds_bucket{method=\"\",path=\"\",le=\"5\"} 2",
            "pmts_http_request_seconds_bucket{method=\"\",path=\"\",le=\"+Inf\"} 3",
            "pmts_http_request_seconds_sum{method=\"\",path=\"\"} 11.000400",
            "pmts_http_connections 0",
        ] {
            assert!(out.lines().any(|l| l == line), "{line}\n{out}");
        }
    }
}
