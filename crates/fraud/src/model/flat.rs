//! The trees of a model laid out for scoring: the same sums, found with fewer steps of memory.

use super::trees::Tree;
use crate::features::MISSING;

/// How many trees are walked side by side: while one waits for memory, the others go on.
const LANES: usize = 8;
/// The most features of a model that is laid out flat; a power of two.
const FEATURES: usize = 256;

/// The places of values among a feature's limits, two for each feature: the first as if a missing value were the least, the
/// second as if it were the greatest.
pub(super) type Ranks = [u16; 2 * FEATURES];

/// A node in eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    /// Which rank is asked for: twice the feature, and one more if missing values go to the right.
    slot: u16,
    /// Up to this rank to the left, above it to the right. A leaf: the greatest there is.
    rank: u16,
    /// The left child; the right one follows it. A leaf: itself.
    left: u32,
}

/// All trees behind each other. A limit is replaced by its place among all limits of its feature, and so is a value, once for
/// all trees: which child a comparison leads to stays the same. A walk stays at a leaf, so that all walks may take as many steps
/// as the deepest tree beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flat {
    /// For each feature, the limits asked for, least first.
    limits: Vec<Vec<i64>>,
    steps: Vec<Step>,
    /// The value of each step.
    values: Vec<i32>,
    /// The roots of as many trees as are walked together, and how many steps it takes.
    groups: Vec<([u32; LANES], usize)>,
}

impl Flat {
    /// Lays out trees that were checked. `None`: too many features, limits or nodes for it.
    pub(super) fn new(features: usize, trees: &[Tree]) -> Option<Self> {
        if features > FEATURES {
            return None;
        }
        let mut limits = vec![Vec::new(); features];
        for node in trees.iter().flat_map(|t| &t.nodes).filter(|n| n.left != 0) {
            limits.get_mut(usize::from(node.feature))?.push(node.at_most);
        }
        for of_feature in &mut limits {
            of_feature.sort_unstable();
            of_feature.dedup();
            if of_feature.len() >= usize::from(u16::MAX) {
                return None;
            }
        }
        let (mut steps, mut values, mut roots) = (Vec::new(), Vec::new(), Vec::new());
        // Where walks without a tree stand.
        steps.push(Step { slot: 0, rank: u16::MAX, left: 0 });
        values.push(0);
        for tree in trees {
            let base = u32::try_from(steps.len()).ok()?;
            let mut depth = vec![0_usize; tree.nodes.len()];
            for (i, node) in tree.nodes.iter().enumerate() {
                values.push(i32::try_from(node.value).ok()?);
                if node.left == 0 {
                    let left = base.checked_add(u32::try_from(i).ok()?)?;
                    steps.push(Step { slot: 0, rank: u16::MAX, left });
                    continue;
                }
                let left = node.left as usize;
                *depth.get_mut(left)? = depth[i] + 1;
                *depth.get_mut(left + 1)? = depth[i] + 1;
                let place = limits.get(usize::from(node.feature))?.binary_search(&node.at_most).ok()?;
                steps.push(Step {
                    slot: node.feature * 2 + u16::from(!node.missing_left),
                    rank: u16::try_from(place).ok()?,
                    left: base.checked_add(node.left)?,
                });
            }
            roots.push((base, depth.into_iter().max().unwrap_or(0)));
        }
        let groups = roots
            .chunks(LANES)
            .map(|chunk| {
                let mut at = [0; LANES];
                at.iter_mut().zip(chunk).for_each(|(at, (root, _))| *at = *root);
                (at, chunk.iter().map(|(_, depth)| *depth).max().unwrap_or(0))
            })
            .collect();
        Some(Self { limits, steps, values, groups })
    }

    /// Finds the place of each value; `value` gives that of a feature.
    pub(super) fn ranks(&self, value: impl Fn(usize) -> i64) -> Ranks {
        let mut ranks = [0; 2 * FEATURES];
        for (feature, (limits, pair)) in self.limits.iter().zip(ranks.chunks_exact_mut(2)).enumerate() {
            let v = value(feature);
            let place = u16::try_from(limits.partition_point(|limit| *limit < v)).unwrap_or(u16::MAX);
            let missing = v == MISSING;
            pair[0] = if missing { 0 } else { place };
            pair[1] = if missing { u16::MAX } else { place };
        }
        ranks
    }

    fn next(&self, at: u32, ranks: &Ranks) -> (u32, usize) {
        let step = &self.steps[at as usize];
        let slot = usize::from(step.slot) % ranks.len();
        (step.left + u32::from(ranks[slot] > step.rank), slot / 2)
    }

    /// The sum of the leaves that the values lead to.
    pub(super) fn sum(&self, ranks: &Ranks) -> i64 {
        let mut sum = 0;
        for (roots, depth) in &self.groups {
            let mut at = *roots;
            for _ in 0..*depth {
                for at in &mut at {
                    *at = self.next(*at, ranks).0;
                }
            }
            sum += at.iter().map(|at| i64::from(self.values[*at as usize])).sum::<i64>();
        }
        sum
    }

    /// For each feature, the sum of the changes of value where it was asked for.
    pub(super) fn changes(&self, ranks: &Ranks) -> Vec<i64> {
        let mut sums = [0_i64; FEATURES];
        for (roots, depth) in &self.groups {
            let mut at = *roots;
            for _ in 0..*depth {
                for at in &mut at {
                    let (next, feature) = self.next(*at, ranks);
                    // At a leaf nothing changes.
                    sums[feature % FEATURES] +=
                        i64::from(self.values[next as usize]) - i64::from(self.values[*at as usize]);
                    *at = next;
                }
            }
        }
        sums[..self.limits.len()].to_vec()
    }
}
