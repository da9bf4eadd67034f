"""A step of a document that one follows is told as a step, not as words in somebody's language"""

from alembic import op

revision = "core_0022"
down_revision = "core_0017"

KINDS = {
    "activitykind": "kind IN ('comment', 'mention', 'step', 'todo', 'mail')",
    "somebody_is_asked": "(kind IN ('mention', 'step', 'todo')) = (assigned_to_id IS NOT NULL)",
}


def upgrade() -> None:
    for name, rule in KINDS.items():
        op.drop_constraint(op.f(f"ck_core_activity_{name}"), "core_activity", type_="check")
        op.create_check_constraint(op.f(f"ck_core_activity_{name}"), "core_activity", rule)
