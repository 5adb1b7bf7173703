// What `helm test` runs in a pod: is done when the API is ready, and fails when it was not in all that time.
// node --input-type=module --eval '<this>' <url of /readyz> <seconds>
const [, url, seconds] = process.argv;
const until = Date.now() + seconds * 1000;

async function ask() {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
    return { ok: answer.ok, said: `${answer.status} ${(await answer.text()).slice(0, 2000)}` };
  } catch (error) {
    return { ok: false, said: error.cause?.message || error.message };
  }
}

let { ok, said } = await ask();
while (!ok && Date.now() < until) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  ({ ok, said } = await ask());
}
console.log(`${url}: ${said}`);
process.exit(ok ? 0 : 1);
