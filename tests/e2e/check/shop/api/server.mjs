import { spawnSync } from 'node:child_process';
import http from 'node:http';
import pkg from 'client';
import router from 'router';

const { Client } = pkg;
for (const name of ['JWT_SECRET', 'DB_HOST', 'PORT']) {
  if (!process.env[name]) {
    console.error(`environment variable ${name} is required`);
    process.exit(1);
  }
}
const { DB_HOST, DB_PORT, DB_NAME, DB_USER, DB_PASSWORD } = process.env;
const { url } = new Client(`postgresql://${DB_USER}:${DB_PASSWORD}@${DB_HOST}:${DB_PORT}/${DB_NAME}`);
const healthy = () => spawnSync('psql', ['-X', '-q', '-c', 'SELECT name, colour FROM products', url]).status === 0;
const routes = { '/live': () => 200, '/health': () => (healthy() ? 200 : 503) };
http.createServer(router(routes)).listen(Number(process.env.PORT), '0.0.0.0');
process.on('SIGTERM', () => process.exit(0));
