"""How long recordings are kept, what keeps them longer, and how two people delete one."""

from recording.keeping.service import JOB_KIND, Derived, Keeping, SittingKept

__all__ = ["JOB_KIND", "Derived", "Keeping", "SittingKept"]
