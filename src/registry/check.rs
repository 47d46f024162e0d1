//! What a version must show before it goes to its users. Figures in, reasons out; what is done about them is not known here.

use std::collections::BTreeMap;

use super::ModelVersion;
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::sentiment::Label;
use crate::tracker::store::lookup::find_run;
use crate::tracker::store::read::{ReadRun, read_run};

/// Something that must hold before a version is moved; see [`Transition::check`](super::Transition::check).
///
/// The figures of a version are those of its run, under their tracked names; one that the run does not have may be on the
/// model's [card](crate::Card::figures).
///
/// ```
/// use ressenti::registry::{Check, NewVersion, Registry, Stage, Transition};
/// use ressenti::{Error, Pipeline};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let location = folder.path().join("mlruns");
/// let (texts, labels) = (["good crew", "bad crew"], ["positive", "negative"]);
/// let pipeline = Pipeline::builder().fit(&texts, &labels)?;
/// let report = pipeline.evaluate(&["good", "bad", "bad"], &["positive", "negative", "positive"])?;
///
/// let registry = Registry::open(&location)?;
/// registry.create_version("crews", NewVersion::from_pipeline(&pipeline.with_figures(&report)))?;
/// let to = Transition::to(Stage::Production).check(Check::at_least("accuracy", 0.9));
/// let error = registry.transition("crews", 1, to).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "registry: version 1 of model \"crews\" was not moved to Production: accuracy is 0.6667 on its card, at least 0.9 is \
///      asked for"
/// );
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Check {
    /// Its file still is the one that was registered, and loads.
    Loads,
    /// A figure such as `f1_score` is not below a bar.
    AtLeast {
        /// The figure's name.
        figure: String,
        /// The lowest value that will do.
        bar: f64,
    },
    /// A figure such as `log_loss` is not above a bar.
    AtMost {
        /// The figure's name.
        figure: String,
        /// The highest value that will do.
        bar: f64,
    },
    /// On a holdout, the model has the figures that its run says it has, all that it says.
    Parity {
        /// The texts of the holdout.
        texts: Vec<String>,
        /// Their labels.
        labels: Vec<String>,
        /// How far a figure may be from that of the run.
        tolerance: f64,
    },
}

impl Check {
    /// [`AtLeast`](Self::AtLeast).
    #[must_use]
    pub fn at_least(figure: &str, bar: f64) -> Self {
        Self::AtLeast { figure: figure.to_owned(), bar }
    }

    /// [`AtMost`](Self::AtMost).
    #[must_use]
    pub fn at_most(figure: &str, bar: f64) -> Self {
        Self::AtMost { figure: figure.to_owned(), bar }
    }

    /// [`Parity`](Self::Parity), with the labels as they were given for training. On the texts and the machine that the run was
    /// evaluated on, the figures are equal and the tolerance may be 0.
    #[must_use]
    pub fn parity<T: AsRef<str>, L: Label>(texts: &[T], labels: &[L], tolerance: f64) -> Self {
        Self::Parity {
            texts: texts.iter().map(|text| text.as_ref().to_owned()).collect(),
            labels: labels.iter().map(|label| label.as_label().into_owned()).collect(),
            tolerance,
        }
    }

    /// Why it does not hold, as far as that can be told without the model where it does not load.
    fn failures(&self, figures: &Figures, pipeline: Option<&Pipeline>) -> Result<Vec<String>> {
        Ok(match self {
            Self::Loads => Vec::new(),
            Self::AtLeast { figure, bar } => {
                figures.hold(figure, |x| x >= *bar, &format!("at least {bar}"))
            }
            Self::AtMost { figure, bar } => {
                figures.hold(figure, |x| x <= *bar, &format!("at most {bar}"))
            }
            Self::Parity { texts, labels, tolerance } => match pipeline {
                Some(pipeline) => {
                    figures.compare(&pipeline.evaluate(texts, labels)?.metrics(), *tolerance)
                }
                None => Vec::new(),
            },
        })
    }
}

/// Why a version does not pass: nothing, if it does. One that does not load passes no check.
///
/// Errors: what keeps its file from being read, and what keeps it from being evaluated.
pub(super) fn failures(version: &ModelVersion, checks: &[Check]) -> Result<Vec<String>> {
    let mut reasons = Vec::new();
    let pipeline = match version.load() {
        Ok(pipeline) => Some(pipeline),
        Err(error @ (Error::Registry { .. } | Error::ModelFile { .. })) => {
            reasons.push(format!("it does not load: {error}"));
            None
        }
        Err(error) => return Err(error),
    };
    let figures = Figures::of(version, pipeline.as_ref());
    for check in checks {
        reasons.extend(check.failures(&figures, pipeline.as_ref())?);
    }
    Ok(reasons)
}

struct Figures {
    /// By name: the figure and where it is from.
    known: BTreeMap<String, (f64, String)>,
    /// Whether there was a card to look at.
    has_card: bool,
}

impl Figures {
    fn of(version: &ModelVersion, pipeline: Option<&Pipeline>) -> Self {
        let card = pipeline.into_iter().flat_map(|pipeline| pipeline.card().figures);
        let mut figures: BTreeMap<_, _> =
            card.map(|(name, x)| (name, (x, "on its card".to_owned()))).collect();
        if let Some(run_id) = &version.run_id
            && let Ok((experiment, folder)) = find_run(&version.root, run_id)
        {
            // What of the run cannot be read is a figure that it does not have.
            if let Ok(Some(ReadRun { record: run, .. })) =
                read_run(run_id, folder, &experiment, &mut Vec::new())
                && !run.deleted
            {
                let of_run = |(name, x)| (name, (x, format!("in its run {run_id}")));
                figures.extend(run.metrics.into_iter().map(of_run));
            }
        }
        Self { known: figures, has_card: pipeline.is_some() }
    }

    fn hold(&self, name: &str, holds: impl Fn(f64) -> bool, asked: &str) -> Vec<String> {
        match self.known.get(name) {
            Some((x, _)) if holds(*x) => Vec::new(),
            Some((x, place)) => {
                vec![format!("{name} is {} {place}, {asked} is asked for", short(*x))]
            }
            None if !self.has_card => {
                vec![format!(
                    "its run has no figure {name} and its card cannot be read, {asked} is asked for"
                )]
            }
            None => {
                vec![format!(
                    "neither its run nor its card has a figure {name}, {asked} is asked for"
                )]
            }
        }
    }

    fn compare(&self, measured: &[(&str, f64)], tolerance: f64) -> Vec<String> {
        let mut compared = 0;
        let mut reasons = Vec::new();
        for &(name, x) in measured {
            let Some((told, place)) = self.known.get(name) else { continue };
            compared += 1;
            let is_near = (x - told).abs() <= tolerance || x.is_nan() && told.is_nan();
            if !is_near {
                let (x, told) = (short(x), short(*told));
                reasons.push(format!(
                    "{name} is {x} on the holdout and {told} {place}, which is further apart than {tolerance}"
                ));
            }
        }
        if compared == 0 {
            reasons.push("neither its run nor its card has a figure to compare with".to_owned());
        }
        reasons
    }
}

/// With four digits behind the point, those of a figure that matter.
fn short(x: f64) -> String {
    let text = format!("{x:.4}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(pairs: &[(&str, f64)]) -> Figures {
        let of_run = |&(name, x): &(&str, f64)| (name.to_owned(), (x, "in its run r".to_owned()));
        Figures { known: pairs.iter().map(of_run).collect(), has_card: true }
    }

    #[test]
    fn bars_are_inclusive_and_nan_is_below_and_above_all() {
        let figures = figures(&[("f1", 0.8), ("loss", f64::NAN)]);
        let at_least =
            |name: &str, bar: f64| figures.hold(name, |x| x >= bar, &format!("at least {bar}"));
        assert!(at_least("f1", 0.8).is_empty());
        assert_eq!(at_least("f1", 0.81), ["f1 is 0.8 in its run r, at least 0.81 is asked for"]);
        assert_eq!(at_least("f1", f64::NAN), ["f1 is 0.8 in its run r, at least NaN is asked for"]);
        assert_eq!(figures.hold("loss", |x| x <= 1.0, "at most 1").len(), 1);
        assert_eq!(
            at_least("roc_auc", 0.5),
            ["neither its run nor its card has a figure roc_auc, at least 0.5 is asked for"]
        );
    }

    #[test]
    fn parity_compares_what_both_have() {
        let figures = figures(&[("f1", 0.8), ("auc", f64::NAN), ("n", 5.0)]);
        let measured = [("f1", 0.81), ("auc", f64::NAN), ("other", 0.1)];
        assert!(figures.compare(&measured, 0.02).is_empty());
        assert_eq!(
            figures.compare(&measured, 0.001),
            ["f1 is 0.81 on the holdout and 0.8 in its run r, which is further apart than 0.001"]
        );
        assert_eq!(figures.compare(&[("f1", 0.8)], f64::NAN).len(), 1);
        assert_eq!(figures.compare(&[("other", 0.1)], 1.0).len(), 1);
    }
}
