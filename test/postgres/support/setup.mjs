// Plain JavaScript: Jest would transpile a TypeScript one to what it then cannot load; Node loads the rest by itself.
import { prepareTools } from '../../support/run.ts';
import { whyNoPostgres } from './postgres.ts';
import { TOOLS } from './temporal-server.ts';

export default async function setup() {
  const why = whyNoPostgres();
  if (why) console.log(`Temporal on PostgreSQL is not tested here: ${why}`);
  else await prepareTools(TOOLS);
}
