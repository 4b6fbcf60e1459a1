"""From baseline forecast to consensus demand: events, overrides, launches, totals and their parts."""

from sop_xl.demand.calendar_days import per_bucket, per_working_day
from sop_xl.demand.consensus import consensus
from sop_xl.demand.events import clean_history, event_effect, weighted_pipeline
from sop_xl.demand.groups import Groups, groups_of
from sop_xl.demand.hierarchy import aggregate, disaggregate
from sop_xl.demand.launches import launch_by_like_item, launch_profile, phase_out
from sop_xl.demand.mix import forecast_mix
from sop_xl.demand.nodes import Tree, tree_of

__all__ = [
    "Groups",
    "Tree",
    "aggregate",
    "clean_history",
    "consensus",
    "disaggregate",
    "event_effect",
    "forecast_mix",
    "groups_of",
    "launch_by_like_item",
    "launch_profile",
    "per_bucket",
    "per_working_day",
    "phase_out",
    "tree_of",
    "weighted_pipeline",
]
