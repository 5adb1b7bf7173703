import autocannon from 'autocannon';
import { fork } from 'node:child_process';
import { once } from 'node:events';
const start = async (kind: string) => { const c = fork('./.srv.mts', [kind], {stdio:['ignore','ignore','inherit','ipc']}); const [{url}] = await once(c,'message') as any; return {c, url, cpu: async () => { c.send('x'); const [{cpu}] = await once(c,'message') as any; return cpu.user+cpu.system; }}; };
const ours = await start('ours'), bare = await start('bare');
const run = async (s: any, path: string, amount: number) => { const before = await s.cpu(); const t=performance.now(); await autocannon({url: s.url+path, connections: 20, amount} as never) as any; const wall=performance.now()-t; return {cpu: ((await s.cpu())-before)/amount, rps: amount/wall*1000}; };
const ratios: any = {};
for (let round = 0; round < 6; round++) for (const [path, amount] of [['/rollouts', 800], ['/rollouts/app-00042', 10000]] as const) {
  const b = await run(bare, path, amount), o = await run(ours, path, amount);
  (ratios[path] ??= []).push([b.cpu, o.cpu, b.cpu/o.cpu, o.rps/b.rps]);
}
const med = (xs: number[]) => xs.sort((a,b)=>a-b)[xs.length>>1]!;
for (const [p, rows] of Object.entries<any>(ratios)) { const r = rows.slice(2); console.log(p, 'bare', med(r.map((x:any)=>x[0])).toFixed(1), 'ours', med(r.map((x:any)=>x[1])).toFixed(1), 'cpu ratio', med(r.map((x:any)=>x[2])).toFixed(2), 'wall ratio', med(r.map((x:any)=>x[3])).toFixed(2)); }
ours.c.kill(); bare.c.kill();
