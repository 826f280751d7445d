//! The books for other programs.

pub mod beancount;
