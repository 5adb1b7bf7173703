// Plain JavaScript: Jest would transpile a TypeScript one to what it then cannot load; Node loads the rest by itself.
export { prepareStacks as default } from './run.ts';
