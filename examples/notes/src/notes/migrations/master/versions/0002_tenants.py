"""tenants"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE tenants (
            id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$'),
            database text NOT NULL UNIQUE CHECK (length(database) BETWEEN 1 AND 63),
            created_at timestamptz NOT NULL DEFAULT now()
        )
    """)


def downgrade() -> None:
    op.execute("""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM tenants) THEN
                RAISE EXCEPTION 'tenants are registered; without this table nobody would know their databases';
            END IF;
        END $$
    """)
    op.execute("DROP TABLE tenants")
