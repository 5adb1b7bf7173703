import autocannon from 'autocannon';
import { fork } from 'node:child_process';
import { once } from 'node:events';
const c = fork('./.srv.mts', [process.argv[2]!], {stdio:['ignore','ignore','inherit','ipc'], execArgv:['--cpu-prof','--cpu-prof-dir=/tmp/prof','--cpu-prof-interval=200']});
const [{url}] = await once(c,'message') as any;
await autocannon({url: url+'/rollouts/app-00042', connections: 20, amount: 60000} as never);
c.kill('SIGINT'); 
