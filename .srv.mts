import Fastify from 'fastify';
import { Registry } from 'prom-client';
import pino from 'pino';
import { buildApp } from './api/app.ts';
const objects = new Map<string, any>();
for (let i = 0; i < 10000; i++) { const name = `app-${String(i).padStart(5,'0')}`; const layer = {replicas: 2, containers: [{name:'nginx', image:'nginx:1.27', ports:[{containerPort:80}], env: Array.from({length:10},(_, k)=>({name:'E'+k,value:'x'.repeat(20)}))}]};
 objects.set(`default/${name}`, {apiVersion:'paguos.io/v1alpha1', kind:'FogRollout', metadata:{name, namespace:'default', uid:'u'+i, resourceVersion:String(i), generation:1, creationTimestamp:'2026-11-22T11:00:00Z'}, spec:{version:'v1', deployments:{cloud:layer,fog:layer,edge:layer}}}); }
const all=[...objects.values()];
const app = await buildApp({ logger: pino({level:'info'}), metrics: new Registry(), readiness: {ready: () => ({ok: true, checks: {}})}, clock: {date: () => new Date()}, history: {runs: async () => ({runs: []})}, rollouts: {hasSynced: true, get:(ns,n)=>objects.get(`${ns}/${n}`), list:()=>all, byIndex:()=>all, subscribe(){return ()=>{}}}});
const bodies = { '/rollouts': (await app.inject('/rollouts')).rawPayload, '/rollouts/app-00042': (await app.inject('/rollouts/app-00042')).rawPayload };
let server: any = app;
if (process.argv[2] === 'bare') { server = Fastify(); for (const [p, body] of Object.entries(bodies)) server.get(p, (_q: any, r: any) => { r.type('application/json').send(body); }); }
const url = await server.listen({port:0, host:'127.0.0.1'});
process.send!({ url });
process.on('message', () => process.send!({ cpu: process.cpuUsage() }));
process.on("SIGINT", () => process.exit(0));
