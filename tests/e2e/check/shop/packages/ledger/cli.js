#!/usr/bin/env node
// A migration tool with Prisma's folders: prisma/schema.prisma, prisma/migrations/NAME/migration.sql.
const fs = require('node:fs');
const { psql, url } = require('./apply.js');

const provider = /provider\s*=\s*"(\w+)"/.exec(fs.readFileSync('prisma/schema.prisma', 'utf8'))[1];
if (!url.startsWith(`${provider}:`)) {
  console.error(`error: the URL must start with the protocol ${provider}://`);
  process.exit(1);
}
try {
  psql('CREATE TABLE IF NOT EXISTS _prisma_migrations (name text PRIMARY KEY)');
  const applied = new Set(psql('SELECT name FROM _prisma_migrations'));
  const there = fs.existsSync('prisma/migrations') ? fs.readdirSync('prisma/migrations').sort() : [];
  const pending = there.filter((name) => !applied.has(name));
  for (const name of pending) {
    const sql = fs.readFileSync(`prisma/migrations/${name}/migration.sql`, 'utf8');
    psql(`BEGIN;\n${sql}\nINSERT INTO _prisma_migrations VALUES ('${name}');\nCOMMIT;`);
    console.log(`applied ${name}`);
  }
  if (there.length === 0) console.log('No migration found in prisma/migrations');
} catch (error) {
  console.error(String(error.message));
  process.exit(1);
}
