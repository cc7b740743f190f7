"""How good the alerts of a week were, counted from its events alone: were they acted on, repeated, false?

:mod:`~hallwatch_collector.core.quality.episodes` puts the events together, ``counts`` counts, ``again`` plays alarms
again under another rule, ``suggestions`` says which rule would have been better.
"""
