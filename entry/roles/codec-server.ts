import { buildCodecServer } from '../../api/codec-server.ts';
import { EncryptionCodec } from '../../encryption/codec.ts';
import type { Opened, ProcessContext } from './role.ts';

/** Makes payloads readable for who has its token. It connects to nothing. */
export async function openCodecServer({ config, log, metrics, readiness }: ProcessContext): Promise<Opened> {
  const { payloadKeys, codec } = config;
  if (!payloadKeys) throw new Error('Give it the payload keys: FOG_ROLLOUTS_PAYLOAD_KEYS');
  if (codec.token === undefined) {
    throw new Error(
      'Give it the token of whoever may read payloads, FOG_ROLLOUTS_CODEC_TOKEN, of 16 characters at least',
    );
  }
  const { token, origins } = codec;
  const app = await buildCodecServer({
    codec: new EncryptionCodec(payloadKeys),
    token,
    origins,
    logger: log,
    metrics,
    readiness,
  });
  return { app, roles: [], close: async () => {} };
}
