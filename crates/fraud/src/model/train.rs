//! Training: logistic loss, trees one after the other, several such rows of trees from other seeds averaged.
#![allow(
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "statistics of training: no amount passes through here"
)]

use super::grow::{Binned, Grown, Shape, grow};
use super::trees::{Model, Node, Tree};
use crate::error::FraudError;
use crate::features::{MISSING, names};
use serde::{Deserialize, Serialize};

/// How a model is trained. Ratios are thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainOptions {
    /// Where the draws of rows and features begin: the same data, options and seed give the same model.
    pub seed: u64,
    /// How many rows of trees are averaged.
    pub bags: u32,
    /// Trees of each.
    pub trees: u32,
    /// How much of a tree's answer is taken, in thousandths.
    pub rate: u32,
    /// The most leaves of a tree.
    pub leaves: u32,
    /// How deep a tree may be.
    pub depth: u32,
    /// The least rows of a leaf.
    pub min_rows: u32,
    /// The least weight of a leaf, in thousandths.
    pub min_weight: u32,
    /// How much leaves are drawn to zero, in thousandths.
    pub lambda: u32,
    /// How many of the features a tree may ask for, in thousandths.
    pub features: u32,
    /// How many genuine payments a tree sees, in thousandths; it sees all frauds.
    pub genuine: u32,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            bags: 4,
            trees: 200,
            rate: 40,
            leaves: 16,
            depth: 6,
            min_rows: 20,
            min_weight: 1_000,
            lambda: 5_000,
            features: 500,
            genuine: 300,
        }
    }
}

/// The rows to learn from: feature vectors, column by column.
#[derive(Debug, Clone, Default)]
pub struct Training {
    columns: Vec<Vec<i64>>,
    labels: Vec<bool>,
}

impl Training {
    /// No rows.
    pub fn new() -> Self {
        Self { columns: vec![Vec::new(); names().len()], labels: Vec::new() }
    }

    /// Adds a row: a feature vector, and whether it was fraud.
    pub fn push(&mut self, features: &[i64], fraud: bool) {
        for (i, column) in self.columns.iter_mut().enumerate() {
            column.push(features.get(i).copied().unwrap_or(MISSING));
        }
        self.labels.push(fraud);
    }

    /// How many rows there are, and how many of them are fraud.
    pub fn counts(&self) -> (usize, usize) {
        (self.labels.len(), self.labels.iter().filter(|l| **l).count())
    }
}

/// Trains a model. Features that are the same in all rows are left out.
///
/// # Errors
/// [`FraudError::TooLittle`] with less than 10 frauds or 100 genuine payments.
pub fn train(name: &str, data: &Training, options: &TrainOptions) -> Result<Model, FraudError> {
    let (rows, frauds) = data.counts();
    if frauds < 10 || rows - frauds < 100 {
        return Err(FraudError::TooLittle(format!("{rows} payments, {frauds} of them fraud")));
    }
    let varied = |c: &&Vec<i64>| c.first().is_some_and(|first| c.iter().any(|v| v != first));
    let (used, columns): (Vec<String>, Vec<Vec<i64>>) = names()
        .iter()
        .zip(&data.columns)
        .filter(|(_, c)| varied(c))
        .map(|(n, c)| (n.clone(), c.clone()))
        .unzip();
    let deciles = columns.iter().map(|c| deciles(c)).collect();
    let binned = Binned::new(&columns);
    drop(columns);
    let share = frauds as f64 / rows as f64;
    let start = (share / (1.0 - share)).ln();
    let bags = options.bags.max(1);
    let mut trees = Vec::new();
    for bag in 0..bags {
        bag_of_trees(
            &binned,
            &data.labels,
            start,
            options,
            options.seed.wrapping_mul(1_000_003) + u64::from(bag),
            f64::from(bags),
            &mut trees,
        );
    }
    Model::new(name, used, (start * 1e6).round() as i64, trees, deciles)
}

/// Numbers that look drawn, the same for the same seed (SplitMix64).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// True so many times of a thousand.
    fn of_thousand(&mut self, share: u32) -> bool {
        self.next() % 1_000 < u64::from(share)
    }
}

fn bag_of_trees(
    data: &Binned,
    labels: &[bool],
    start: f64,
    options: &TrainOptions,
    seed: u64,
    bags: f64,
    out: &mut Vec<Tree>,
) {
    let mut draws = Draws(seed);
    let rate = f64::from(options.rate) / 1e3;
    let shape = Shape {
        leaves: options.leaves.clamp(2, 256) as usize,
        depth: options.depth.clamp(1, 32) as usize,
        min_hessian: f64::from(options.min_weight) / 1e3,
        min_rows: options.min_rows.max(1),
        lambda: f64::from(options.lambda) / 1e3,
        min_gain: 1e-6,
    };
    let count = data.columns.len();
    let genuine = options.genuine.clamp(1, 1_000);
    let weight = 1e3 / f64::from(genuine);
    let mut sums = vec![start as f32; labels.len()];
    let mut gradient = vec![0_f32; labels.len()];
    let mut hessian = vec![0_f32; labels.len()];
    for _ in 0..options.trees {
        let mut rows: Vec<u32> = Vec::new();
        for (i, fraud) in labels.iter().enumerate() {
            if !*fraud && genuine < 1_000 && !draws.of_thousand(genuine) {
                continue;
            }
            let p = 1.0 / (1.0 + f64::from(-sums[i]).exp());
            let w = if *fraud { 1.0 } else { weight };
            gradient[i] = ((p - f64::from(u8::from(*fraud))) * w) as f32;
            hessian[i] = ((p * (1.0 - p)).max(1e-9) * w) as f32;
            rows.push(i as u32);
        }
        let mut features: Vec<usize> = (0..count).filter(|_| draws.of_thousand(options.features)).collect();
        if features.is_empty() {
            features.push((draws.next() % count.max(1) as u64) as usize);
        }
        let grown = grow(data, &mut rows, &features, &gradient, &hessian, shape);
        // Every row moves, those too that this tree did not see.
        move_rows(data, &grown, rate, &mut sums);
        out.push(finish(data, &grown, rate / bags));
    }
}

fn move_rows(data: &Binned, grown: &[Grown], rate: f64, sums: &mut [f32]) {
    for (row, sum) in sums.iter_mut().enumerate() {
        let mut node = &grown[0];
        while node.left != 0 {
            let bin = data.columns[node.feature][row];
            let left = if bin == 0 { node.missing_left } else { bin <= node.bin };
            node = &grown[node.left + usize::from(!left)];
        }
        *sum += (node.value * rate) as f32;
    }
}

/// From bins to values, from floats to whole numbers; a node's value becomes the mean of its leaves.
fn finish(data: &Binned, grown: &[Grown], scale: f64) -> Tree {
    let mut means: Vec<f64> = grown.iter().map(|g| g.value * scale).collect();
    for i in (0..grown.len()).rev() {
        let g = &grown[i];
        if g.left != 0 {
            let (l, r) = (grown[g.left].hessian, grown[g.left + 1].hessian);
            means[i] = (means[g.left] * l + means[g.left + 1] * r) / (l + r).max(1e-12);
        }
    }
    let node = |(g, mean): (&Grown, &f64)| Node {
        feature: if g.left == 0 { 0 } else { u16::try_from(g.feature).unwrap_or(u16::MAX) },
        missing_left: g.missing_left,
        at_most: if g.left == 0 {
            0
        } else {
            data.edges[g.feature].get(usize::from(g.bin) - 1).copied().unwrap_or(i64::MAX)
        },
        left: g.left as u32,
        value: ((mean * 1e6).round() as i64).clamp(-1_000_000_000, 1_000_000_000),
    };
    Tree { nodes: grown.iter().zip(&means).map(node).collect() }
}

fn deciles(column: &[i64]) -> Vec<i64> {
    let mut sorted: Vec<i64> = column.iter().copied().filter(|v| *v != MISSING).collect();
    sorted.sort_unstable();
    (1..10).filter_map(|i| sorted.get(i * sorted.len() / 10).copied()).collect()
}
