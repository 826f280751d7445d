//! One tree, grown on histograms, the best leaf first.
#![allow(
    clippy::disallowed_types,
    clippy::float_arithmetic,
    reason = "statistics of training: no amount passes through here"
)]

use crate::features::MISSING;

/// Bins of a feature: 0 is for those without a value.
pub(super) const BINS: usize = 256;

/// The rows of training, each feature cut into bins.
pub(super) struct Binned {
    /// For each feature, the bin of every row.
    pub(super) columns: Vec<Vec<u8>>,
    /// For each feature, the greatest value of each bin from 1 on.
    pub(super) edges: Vec<Vec<i64>>,
}

impl Binned {
    /// Cuts each column into bins of about as many rows.
    pub(super) fn new(columns: &[Vec<i64>]) -> Self {
        let mut edges = Vec::with_capacity(columns.len());
        let mut binned = Vec::with_capacity(columns.len());
        for column in columns {
            let cuts = cuts(column);
            let bins = column.iter().map(|v| bin(&cuts, *v)).collect();
            edges.push(cuts);
            binned.push(bins);
        }
        Self { columns: binned, edges }
    }
}

fn bin(cuts: &[i64], value: i64) -> u8 {
    if value == MISSING {
        return 0;
    }
    u8::try_from(cuts.partition_point(|c| *c < value).min(cuts.len().saturating_sub(1)) + 1)
        .unwrap_or(u8::MAX)
}

fn cuts(column: &[i64]) -> Vec<i64> {
    let mut sorted: Vec<i64> = column.iter().copied().filter(|v| *v != MISSING).collect();
    sorted.sort_unstable();
    let (Some(last), most) = (sorted.last().copied(), BINS - 2) else { return Vec::new() };
    let mut distinct = sorted.clone();
    distinct.dedup();
    if distinct.len() <= most {
        return distinct;
    }
    let mut cuts: Vec<i64> = (1..most).map(|i| sorted[i * sorted.len() / most]).collect();
    cuts.push(last);
    cuts.dedup();
    cuts
}

/// What shapes a tree.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) leaves: usize,
    pub(super) depth: usize,
    pub(super) min_hessian: f64,
    pub(super) min_rows: u32,
    pub(super) lambda: f64,
    pub(super) min_gain: f64,
}

/// A node while it grows.
#[derive(Clone, Copy, Default)]
pub(super) struct Grown {
    pub(super) feature: usize,
    pub(super) bin: u8,
    pub(super) missing_left: bool,
    pub(super) left: usize,
    pub(super) value: f64,
    pub(super) hessian: f64,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    g: f64,
    h: f64,
    n: u32,
}

#[derive(Clone, Copy)]
struct Split {
    gain: f64,
    feature: usize,
    bin: u8,
    missing_left: bool,
}

struct Leaf {
    node: usize,
    rows: (usize, usize),
    depth: usize,
    histogram: Vec<Cell>,
    best: Option<Split>,
}

/// Grows a tree over `rows`, on the features named. `gradient` and `hessian` are by row.
pub(super) fn grow(
    data: &Binned,
    rows: &mut [u32],
    features: &[usize],
    gradient: &[f32],
    hessian: &[f32],
    shape: Shape,
) -> Vec<Grown> {
    let histogram = fill(data, rows, features, gradient, hessian);
    let total = sum(&histogram);
    let mut nodes =
        vec![Grown { value: -total.g / (total.h + shape.lambda), hessian: total.h, ..Grown::default() }];
    let best = best_split(&histogram, features, shape);
    let mut leaves = vec![Leaf { node: 0, rows: (0, rows.len()), depth: 0, histogram, best }];
    while leaves.len() < shape.leaves {
        // The leaf whose split gains most; the first of equals.
        let mut chosen: Option<(usize, Split)> = None;
        for (i, leaf) in leaves.iter().enumerate() {
            if let Some(split) = leaf.best
                && leaf.depth < shape.depth
                && chosen.is_none_or(|(_, c)| split.gain > c.gain)
            {
                chosen = Some((i, split));
            }
        }
        let Some((i, split)) = chosen else { break };
        let leaf = leaves.swap_remove(i);
        let column = &data.columns[split.feature];
        let goes_left = |row: u32| {
            let bin = column[row as usize];
            if bin == 0 { split.missing_left } else { bin <= split.bin }
        };
        let slice = &mut rows[leaf.rows.0..leaf.rows.1];
        let middle = partition(slice, goes_left);
        let (left_rows, right_rows) = slice.split_at(middle);
        // The smaller side is counted, the other is what remains.
        let small_is_left = left_rows.len() <= right_rows.len();
        let small =
            fill(data, if small_is_left { left_rows } else { right_rows }, features, gradient, hessian);
        let mut large = leaf.histogram;
        for (l, s) in large.iter_mut().zip(&small) {
            l.g -= s.g;
            l.h -= s.h;
            l.n -= s.n;
        }
        let (left, right) = if small_is_left { (small, large) } else { (large, small) };
        let at = nodes.len();
        nodes[leaf.node] = Grown {
            feature: split.feature,
            bin: split.bin,
            missing_left: split.missing_left,
            left: at,
            ..nodes[leaf.node]
        };
        let begin = leaf.rows.0;
        for (k, (histogram, rows)) in
            [(left, (begin, begin + middle)), (right, (begin + middle, leaf.rows.1))].into_iter().enumerate()
        {
            let total = sum(&histogram);
            nodes.push(Grown {
                value: -total.g / (total.h + shape.lambda),
                hessian: total.h,
                ..Grown::default()
            });
            let best = best_split(&histogram, features, shape);
            leaves.push(Leaf { node: at + k, rows, depth: leaf.depth + 1, histogram, best });
        }
    }
    nodes
}

/// Puts the rows that go left first and keeps the order on both sides.
fn partition(rows: &mut [u32], goes_left: impl Fn(u32) -> bool) -> usize {
    let mut right = Vec::with_capacity(rows.len() / 2);
    let mut middle = 0;
    for i in 0..rows.len() {
        let row = rows[i];
        if goes_left(row) {
            rows[middle] = row;
            middle += 1;
        } else {
            right.push(row);
        }
    }
    rows[middle..].copy_from_slice(&right);
    middle
}

fn fill(data: &Binned, rows: &[u32], features: &[usize], gradient: &[f32], hessian: &[f32]) -> Vec<Cell> {
    let mut cells = vec![Cell::default(); features.len() * BINS];
    let one = |cells: &mut [Cell], feature: usize| {
        let column = &data.columns[feature];
        for row in rows {
            let row = *row as usize;
            let cell = &mut cells[usize::from(column[row])];
            cell.g += f64::from(gradient[row]);
            cell.h += f64::from(hessian[row]);
            cell.n += 1;
        }
    };
    if rows.len() < 4_000 {
        cells.chunks_mut(BINS).zip(features).for_each(|(cells, f)| one(cells, *f));
        return cells;
    }
    // Each feature is summed by one thread in the order of the rows: the result does not depend on how many there are.
    let half = features.len().div_ceil(2).max(1);
    std::thread::scope(|scope| {
        for (cells, features) in cells.chunks_mut(half * BINS).zip(features.chunks(half)) {
            scope.spawn(move || cells.chunks_mut(BINS).zip(features).for_each(|(cells, f)| one(cells, *f)));
        }
    });
    cells
}

/// The sum over the bins of the first feature: every row is in one of them.
fn sum(histogram: &[Cell]) -> Cell {
    histogram.iter().take(BINS).fold(Cell::default(), |a, b| Cell {
        g: a.g + b.g,
        h: a.h + b.h,
        n: a.n + b.n,
    })
}

fn best_split(histogram: &[Cell], features: &[usize], shape: Shape) -> Option<Split> {
    let mut found: Option<Split> = None;
    for (cells, feature) in histogram.chunks(BINS).zip(features) {
        let total = sum(cells);
        let missing = cells[0];
        let score = |c: Cell| c.g * c.g / (c.h + shape.lambda);
        let whole = score(total);
        let sides: &[bool] = if missing.n > 0 { &[true, false] } else { &[true] };
        let mut left = Cell::default();
        for (bin, c) in cells.iter().copied().enumerate().take(BINS - 1).skip(1) {
            if c.n == 0 {
                continue;
            }
            left = Cell { g: left.g + c.g, h: left.h + c.h, n: left.n + c.n };
            for missing_left in sides {
                let l = if *missing_left {
                    Cell { g: left.g + missing.g, h: left.h + missing.h, n: left.n + missing.n }
                } else {
                    left
                };
                let r = Cell { g: total.g - l.g, h: total.h - l.h, n: total.n - l.n };
                if l.n < shape.min_rows
                    || r.n < shape.min_rows
                    || l.h < shape.min_hessian
                    || r.h < shape.min_hessian
                {
                    continue;
                }
                let gain = score(l) + score(r) - whole;
                if gain > shape.min_gain && found.is_none_or(|f| gain > f.gain) {
                    let bin = u8::try_from(bin).unwrap_or(u8::MAX);
                    found = Some(Split { gain, feature: *feature, bin, missing_left: *missing_left });
                }
            }
        }
    }
    found
}
