//! Answers beside the truth.

use super::Pipeline;
use crate::classifier::find_classes;
use crate::error::{Result, same_length};
use crate::evaluate::Report;
use crate::sentiment::Label;
use crate::tracker::{Collecting, Tracking};
use crate::views::{Labels, Texts};

impl Pipeline {
    /// Scores texts and compares the answers with their labels.
    ///
    /// An empty text is scored by the intercept here, so that a data set need not be cleaned before it can be judged.
    ///
    /// Errors: [`Error::NoTexts`](crate::Error::NoTexts), [`Error::LengthMismatch`](crate::Error::LengthMismatch),
    /// [`Error::UnknownLabel`](crate::Error::UnknownLabel) for a label that training never saw, and
    /// [`Error::InvalidParameter`](crate::Error::InvalidParameter) for a model of more than 4,096 classes.
    ///
    /// ```
    /// use ressenti::Pipeline;
    ///
    /// let pipeline = Pipeline::builder().fit(&["good crew", "bad crew"], &["positive", "negative"])?;
    /// let report = pipeline.evaluate(&["good", "bad", "bad seat"], &["positive", "negative", "negative"])?;
    /// assert_eq!((report.rows(), report.accuracy()), (3, 1.0));
    /// println!("{report}");
    /// # Ok::<(), ressenti::Error>(())
    /// ```
    pub fn evaluate<T: AsRef<str> + Sync, L: Label>(
        &self,
        texts: &[T],
        labels: &[L],
    ) -> Result<Report> {
        self.evaluate_with(texts, labels, Tracking::none())
    }

    /// [`evaluate`](Self::evaluate), logged to a run: the metrics `accuracy`, `f1_score`, `precision`, `recall`, `roc_auc`
    /// and others, and the artifacts `confusion_matrix.csv` and `classification_report.txt`.
    ///
    /// A tracker that fails does not cost the figures, unless [a policy](crate::tracker::FailurePolicy) says so;
    /// [`Report::tracking_errors`] tells.
    ///
    /// Errors: as for [`evaluate`](Self::evaluate).
    pub fn evaluate_with<'t, T: AsRef<str> + Sync, L: Label>(
        &self,
        texts: &[T],
        labels: &[L],
        tracker: impl Into<Tracking<'t>>,
    ) -> Result<Report> {
        self.evaluate_all(Texts::of(&texts), Labels::of(&labels), tracker.into())
    }

    fn evaluate_all(
        &self,
        texts: Texts<'_>,
        labels: Labels<'_>,
        tracker: Tracking<'_>,
    ) -> Result<Report> {
        same_length("texts", texts.len(), "labels", labels.len())?;
        let truth = find_classes(self.classes(), labels)?;
        let decisions = self.classifier.decision_function(&self.vectorizer.transform_all(texts))?;
        let mut predicted = Vec::with_capacity(texts.len());
        let mut probabilities = Vec::with_capacity(texts.len() * self.classes().len());
        for i in 0..decisions.n_rows() {
            predicted.push(self.classifier.class_of(decisions.row(i)));
            self.classifier.probabilities(decisions.row(i), &mut probabilities);
        }
        let positive = (self.classes().len() == 2).then_some(self.classifier.positive());
        let report = Report::new(self.classes(), positive, &truth, &predicted, &probabilities)?;

        let tracker = Collecting::new(tracker);
        for (key, value) in report.metrics() {
            tracker.metric(key, value, 0)?;
        }
        tracker.artifact(
            "confusion_matrix.csv",
            report.confusion_matrix().to_csv(self.classes())?.as_bytes(),
        )?;
        tracker.artifact("classification_report.txt", format!("{report}\n").as_bytes())?;
        Ok(report.with_tracking_errors(tracker.into_messages()))
    }
}
