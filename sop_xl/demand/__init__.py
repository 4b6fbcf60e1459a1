"""From baseline forecast to consensus demand: events, overrides, launches, totals and their parts."""

from sop_xl.demand.consensus import consensus
from sop_xl.demand.events import clean_history, event_effect, weighted_pipeline
from sop_xl.demand.hierarchy import aggregate, disaggregate
from sop_xl.demand.launches import launch_profile

__all__ = [
    "aggregate",
    "clean_history",
    "consensus",
    "disaggregate",
    "event_effect",
    "launch_profile",
    "weighted_pipeline",
]
