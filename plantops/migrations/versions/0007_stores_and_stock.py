"""Stores and stock"""

import sqlalchemy as sa
from alembic import op

revision = "core_0007"
down_revision = "core_0006"


def upgrade() -> None:
    op.create_table(
        "core_store",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("may_go_negative", sa.Boolean(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["cost_centre_id"], ["core_cost_centre.id"], name=op.f("fk_core_store_cost_centre_id")),
        sa.ForeignKeyConstraint(["place_id"], ["core_place.id"], name=op.f("fk_core_store_place_id")),
        sa.ForeignKeyConstraint(["site_id"], ["core_site.id"], name=op.f("fk_core_store_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_store")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_core_store_site_id_code")),
    )
    op.create_table(
        "core_stock_balance",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("on_hand", sa.Numeric(precision=18, scale=6), server_default="0", nullable=False),
        sa.Column("value", sa.Numeric(precision=19, scale=4), server_default="0", nullable=False),
        sa.Column("reserved", sa.Numeric(precision=18, scale=6), server_default="0", nullable=False),
        sa.Column("asked_origin", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["core_item.id"], name=op.f("fk_core_stock_balance_item_id")),
        sa.ForeignKeyConstraint(["store_id"], ["core_store.id"], name=op.f("fk_core_stock_balance_store_id")),
        sa.PrimaryKeyConstraint("item_id", "store_id", name=op.f("pk_core_stock_balance")),
        info={"audit": False},
    )
    op.create_index(op.f("ix_core_stock_balance_store_id"), "core_stock_balance", ["store_id"], unique=False)
    op.create_table(
        "core_stock_level",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("bin", sa.Text(), nullable=False),
        sa.Column("minimum", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("target", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("minimum >= 0", name=op.f("ck_core_stock_level_minimum_not_negative")),
        sa.CheckConstraint("target >= minimum", name=op.f("ck_core_stock_level_target_above_minimum")),
        sa.ForeignKeyConstraint(["item_id"], ["core_item.id"], name=op.f("fk_core_stock_level_item_id")),
        sa.ForeignKeyConstraint(["store_id"], ["core_store.id"], name=op.f("fk_core_stock_level_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_stock_level")),
        sa.UniqueConstraint("item_id", "store_id", name=op.f("uq_core_stock_level_item_id_store_id")),
    )
    op.create_index(op.f("ix_core_stock_level_store_id"), "core_stock_level", ["store_id"], unique=False)
    op.create_table(
        "core_stock_move",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "receive",
                "issue",
                "return",
                "adjust",
                "transfer",
                name="movekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("cost", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("cost_centre_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("moved_by_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_core_stock_move_moves_something")),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["core_cost_centre.id"], name=op.f("fk_core_stock_move_cost_centre_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["core_item.id"], name=op.f("fk_core_stock_move_item_id")),
        sa.ForeignKeyConstraint(["moved_by_id"], ["core_user.id"], name=op.f("fk_core_stock_move_moved_by_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["core_stock_move.id"], name=op.f("fk_core_stock_move_reverses_id")),
        sa.ForeignKeyConstraint(["store_id"], ["core_store.id"], name=op.f("fk_core_stock_move_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_stock_move")),
        sa.UniqueConstraint("key", name=op.f("uq_core_stock_move_key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_core_stock_move_reverses_id")),
    )
    op.create_index("ix_core_stock_move_batch", "core_stock_move", ["batch"], unique=False)
    op.create_index(op.f("ix_core_stock_move_cost_centre_id"), "core_stock_move", ["cost_centre_id"], unique=False)
    op.create_index("ix_core_stock_move_item_store", "core_stock_move", ["item_id", "store_id", "at"], unique=False)
    op.create_index("ix_core_stock_move_origin", "core_stock_move", ["origin"], unique=False)
    op.create_index("ix_core_stock_move_store_at", "core_stock_move", ["store_id", "at"], unique=False)
    op.create_table(
        "core_stock_reservation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("open_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=True),
        sa.Column("reserved_by_id", sa.BigInteger(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "open_quantity BETWEEN 0 AND quantity", name=op.f("ck_core_stock_reservation_open_within_quantity")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_core_stock_reservation_reserves_something")),
        sa.ForeignKeyConstraint(["item_id"], ["core_item.id"], name=op.f("fk_core_stock_reservation_item_id")),
        sa.ForeignKeyConstraint(
            ["reserved_by_id"], ["core_user.id"], name=op.f("fk_core_stock_reservation_reserved_by_id")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["core_store.id"], name=op.f("fk_core_stock_reservation_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_stock_reservation")),
    )
    op.create_index(
        "ix_core_stock_reservation_open",
        "core_stock_reservation",
        ["store_id", "item_id"],
        unique=False,
        postgresql_where=sa.text("open_quantity > 0"),
    )
    op.create_index("ix_core_stock_reservation_origin", "core_stock_reservation", ["origin"], unique=False)
    op.execute(
        """
        CREATE FUNCTION core_stock_move_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'stock moves are never changed: post one that takes it back';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER core_stock_move_guard BEFORE UPDATE OR DELETE ON core_stock_move"
        " FOR EACH ROW EXECUTE FUNCTION core_stock_move_refuse()"
    )
