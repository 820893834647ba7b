"""How Alembic runs this history: on the connection that `migrate` hands over, one transaction for each revision."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
