"""From traces of a session or a study to results, by the settings given."""
