import { text } from 'node:stream/consumers';
import Fastify from 'fastify';

/** The floor of `read`, in a process of its own as the product is: a bare Fastify route that sends the bytes of stdin. */
const bytes = await text(process.stdin);
const app = Fastify();
app.get('/', (_request, reply) => reply.type('application/json; charset=utf-8').send(bytes));
process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`);
