"""The joint plan of all families on all shared resources; the mathematics is in docs/supply-model.md."""

from sop_xl.supply.joint.conflicts import Conflict, find_conflicts
from sop_xl.supply.joint.given import JointInput
from sop_xl.supply.joint.solve import JointPlan, joint_plan

__all__ = ["Conflict", "JointInput", "JointPlan", "find_conflicts", "joint_plan"]
