"""Engine `outline`: plans and Gherkin scenarios by rule from the idea and the repository, without a model."""
