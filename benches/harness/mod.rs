//! How every bench here is measured: the same work by this crate and by others, side by side, each answer checked.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};

/// Criterion as the command line wants it, with less time per bench than its default: there are many, and their times are
/// stable.
pub(crate) fn criterion() -> Criterion {
    let criterion = Criterion::default().warm_up_time(Duration::from_millis(500));
    criterion.measurement_time(Duration::from_secs(2)).sample_size(30).configure_from_args()
}

/// One case of an operation.
pub(crate) struct Case<'c> {
    pub(crate) criterion: &'c mut Criterion,
    /// `operation/case`.
    pub(crate) name: &'c str,
    pub(crate) throughput: Throughput,
}

impl Case<'_> {
    /// Measures `operation/case/implementation`. Every iteration must find `expected`.
    pub(crate) fn bench<R: PartialEq + std::fmt::Debug>(
        &mut self,
        implementation: &str,
        expected: &R,
        mut work: impl FnMut() -> R,
    ) -> &mut Self {
        let mut group = self.criterion.benchmark_group(self.name);
        group.throughput(self.throughput.clone());
        group.bench_function(BenchmarkId::from_parameter(implementation), |bencher| {
            bencher.iter(|| assert_eq!(work(), *expected));
        });
        group.finish();
        self
    }
}
