process.chdir('/app/api');
await import('./server.mjs');
