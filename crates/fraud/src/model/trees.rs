//! A trained model.

use super::flat::Flat;
use crate::error::FraudError;
use crate::features::{MISSING, index, names};
use serde::{Deserialize, Serialize};

/// The most trees of a model, the most nodes of a tree, and how deep a tree may be.
const LIMITS: (usize, usize, usize) = (20_000, 1_024, 64);

/// A node of a tree. A leaf has no children: its `left` is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Which of the model's features is asked for.
    pub feature: u16,
    /// Where those go that have no value: to the left if true.
    pub missing_left: bool,
    /// Up to this value to the left, above it to the right.
    pub at_most: i64,
    /// The number of the left child; the right one follows it. 0: a leaf.
    pub left: u32,
    /// What the mean of the leaves below is, in millionths of log odds; for a leaf, its own.
    pub value: i64,
}

/// A tree; its first node is the root, children come behind their parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// The nodes.
    pub nodes: Vec<Node>,
}

/// What a feature added to a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contribution {
    /// The feature's name.
    pub feature: String,
    /// Its value, if it had one.
    pub value: Option<i64>,
    /// Millionths of log odds; above zero speaks for fraud.
    pub micro: i64,
}

/// A model: which features it asks for, and its trees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The format of the file, 1.
    pub format: u32,
    /// What it is called.
    pub name: String,
    /// The features it asks for, by name.
    pub features: Vec<String>,
    /// Where the sum begins, in millionths of log odds.
    pub start: i64,
    /// The trees. They are laid out for scoring when the model is put together or read: a change of this field afterwards changes no score.
    pub trees: Vec<Tree>,
    /// For each feature, its deciles in training: what drift is measured against. Nine values, or none.
    #[serde(default)]
    pub deciles: Vec<Vec<i64>>,
    /// Where the features lie in a feature vector. Found when the model is read.
    #[serde(skip)]
    places: Vec<usize>,
    /// The trees laid out for scoring; without it they are walked as they are.
    #[serde(skip)]
    flat: Option<Flat>,
}

impl Model {
    /// Puts a model together and checks it.
    ///
    /// # Errors
    /// [`FraudError::Model`] if a feature is not known, or a tree is not one.
    pub fn new(
        name: &str,
        features: Vec<String>,
        start: i64,
        trees: Vec<Tree>,
        deciles: Vec<Vec<i64>>,
    ) -> Result<Self, FraudError> {
        let mut model = Self {
            format: 1,
            name: name.to_owned(),
            features,
            start,
            trees,
            deciles,
            places: Vec::new(),
            flat: None,
        };
        model.check()?;
        Ok(model)
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`FraudError::Model`]: no file of a model, of another format, of features not known here, or with trees that
    /// are none. Whatever the bytes are, a model that was read scores without a panic and ends.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FraudError> {
        let mut model: Self = serde_json::from_slice(bytes).map_err(|e| FraudError::Model(e.to_string()))?;
        model.check()?;
        Ok(model)
    }

    /// The model file.
    ///
    /// # Errors
    /// [`FraudError::Model`] if it cannot be written; never for a model that was checked.
    pub fn to_json(&self) -> Result<Vec<u8>, FraudError> {
        serde_json::to_vec(self).map_err(|e| FraudError::Model(e.to_string()))
    }

    fn check(&mut self) -> Result<(), FraudError> {
        let bad = |what: String| Err(FraudError::Model(what));
        if self.format != 1 {
            return bad(format!("format {} is not known", self.format));
        }
        if self.trees.len() > LIMITS.0 || self.start.abs() > 1_000_000_000_000 {
            return bad("too many trees, or a start out of range".to_owned());
        }
        self.places = Vec::new();
        for name in &self.features {
            match index(name) {
                Some(place) => self.places.push(place),
                None => return bad(format!("the feature {name} is not known")),
            }
        }
        for (number, tree) in self.trees.iter().enumerate() {
            if tree.nodes.is_empty() || tree.nodes.len() > LIMITS.1 {
                return bad(format!("tree {number} has {} nodes", tree.nodes.len()));
            }
            let mut depth = vec![0_usize; tree.nodes.len()];
            for (i, node) in tree.nodes.iter().enumerate() {
                if node.value.abs() > 1_000_000_000 {
                    return bad(format!("tree {number}: a value is out of range"));
                }
                if node.left == 0 {
                    continue;
                }
                let left = node.left as usize;
                // Children behind their parents: every walk ends.
                if left <= i
                    || left + 1 >= tree.nodes.len()
                    || usize::from(node.feature) >= self.features.len()
                {
                    return bad(format!("tree {number}: node {i} leads nowhere"));
                }
                depth[left] = depth[i] + 1;
                depth[left + 1] = depth[i] + 1;
                if depth[left] > LIMITS.2 {
                    return bad(format!("tree {number} is too deep"));
                }
            }
        }
        self.flat = Flat::new(self.features.len(), &self.trees);
        Ok(())
    }

    /// The score of a feature vector, in millionths of log odds: above zero, more likely fraud than not.
    ///
    /// A vector that is too short counts as one without values there.
    pub fn score(&self, features: &[i64]) -> i64 {
        match &self.flat {
            Some(flat) => self.start + flat.sum(&flat.ranks(|f| self.value(features, f))),
            None => self.walked(features),
        }
    }

    /// The value of the model's feature of a number.
    fn value(&self, features: &[i64], number: usize) -> i64 {
        self.places.get(number).and_then(|p| features.get(*p)).copied().unwrap_or(MISSING)
    }

    /// The score from the trees as they are in the file.
    pub(super) fn walked(&self, features: &[i64]) -> i64 {
        let values: Vec<i64> = (0..self.places.len()).map(|f| self.value(features, f)).collect();
        self.start + self.trees.iter().map(|t| leaf(t, &values)).sum::<i64>()
    }

    /// What each feature added to the score, the greatest first (by size). Their sum and the expected score is the score, exactly.
    ///
    /// Along the path through each tree, the change of the mean of the leaves below belongs to the feature that was asked for.
    pub fn contributions(&self, features: &[i64]) -> Vec<Contribution> {
        let value = |f: usize| self.value(features, f);
        let sums = self.changes(features);
        let mut found: Vec<Contribution> = sums
            .iter()
            .enumerate()
            .filter(|(_, micro)| **micro != 0)
            .map(|(f, micro)| {
                let v = value(f);
                let value = (v != MISSING).then_some(v);
                Contribution { feature: self.features[f].clone(), value, micro: *micro }
            })
            .collect();
        found.sort_by(|a, b| b.micro.abs().cmp(&a.micro.abs()).then_with(|| a.feature.cmp(&b.feature)));
        found
    }

    /// For each feature what it added.
    pub(super) fn changes(&self, features: &[i64]) -> Vec<i64> {
        match &self.flat {
            Some(flat) => flat.changes(&flat.ranks(|f| self.value(features, f))),
            None => self.changes_walked(features),
        }
    }

    /// Whether the trees are laid out for scoring.
    #[cfg(test)]
    pub(super) fn is_flat(&self) -> bool {
        self.flat.is_some()
    }

    /// For each feature what it added, from the trees as they are in the file.
    pub(super) fn changes_walked(&self, features: &[i64]) -> Vec<i64> {
        let mut sums = vec![0_i64; self.features.len()];
        for tree in &self.trees {
            let Some(mut node) = tree.nodes.first() else { continue };
            while node.left != 0 {
                let feature = usize::from(node.feature);
                let Some(next) = tree.nodes.get(step(node, self.value(features, feature))) else { break };
                if let Some(sum) = sums.get_mut(feature) {
                    *sum += next.value - node.value;
                }
                node = next;
            }
        }
        sums
    }

    /// The score of a payment of which nothing is known: the mean over what it was trained with.
    pub fn expected(&self) -> i64 {
        self.start + self.trees.iter().filter_map(|t| t.nodes.first()).map(|n| n.value).sum::<i64>()
    }

    /// How many features it asks for of how many there are.
    pub fn feature_counts(&self) -> (usize, usize) {
        (self.features.len(), names().len())
    }

    /// How far the values of each feature have moved from those of training: the population stability index, in thousandths. Above
    /// 250 is a drift that calls for another training.
    pub fn drift(&self, rows: &[Vec<i64>]) -> Vec<(String, i64)> {
        super::metrics::drift(&self.features, &self.places, &self.deciles, rows)
    }
}

fn step(node: &Node, value: i64) -> usize {
    let left = if value == MISSING { node.missing_left } else { value <= node.at_most };
    node.left as usize + usize::from(!left)
}

fn leaf(tree: &Tree, values: &[i64]) -> i64 {
    let Some(mut node) = tree.nodes.first() else { return 0 };
    while node.left != 0 {
        let value = values.get(usize::from(node.feature)).copied().unwrap_or(MISSING);
        match tree.nodes.get(step(node, value)) {
            Some(next) => node = next,
            None => break,
        }
    }
    node.value
}

/// The probability of fraud that a score stands for, in millionths.
#[allow(
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "a probability is shown, nothing is paid by it"
)]
pub fn probability(micro: i64) -> u32 {
    let odds = -(micro.clamp(-30_000_000, 30_000_000) as f64) / 1e6;
    (1e6 / (1.0 + odds.exp())).round() as u32
}
