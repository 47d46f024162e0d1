//! Truth beside answers: figures come out. Knows class indices and probabilities, never a text or a model.
