// The messages gateway as the desk's configuration makes it.
import type { Catalog } from "../adapter/catalog.ts";
import type { Identify } from "../adapter/server/caller.ts";
import { createGateway, type Gateway } from "../gateway/gateway.ts";
import { openSystemPrompt } from "../gateway/system-prompt.ts";
import { createUpstream } from "../gateway/upstream.ts";
import type { Config } from "../runtime/config.ts";
import { type Log, logToStderr } from "../runtime/log.ts";

/**
 * Makes the gateway to the tools of a catalog.
 *
 * @param identify makes out callers; absent where nobody is asked
 * @throws ConnectError `SYSTEM_PROMPT_UNREADABLE`
 */
export function deskGateway(
  config: Config,
  catalog: Catalog,
  identify: Identify | undefined,
  log: Log = logToStderr,
): Gateway {
  const apiKey = config.CLAUDE_API_KEY ?? config.ANTHROPIC_API_KEY;
  return createGateway({
    ...{ catalog, identify, log },
    upstream: createUpstream({ apiKey, baseUrl: config.ANTHROPIC_BASE_URL, log }),
    models: { usual: config.GATEWAY_MODEL, aliases: config.MODEL_ALIASES },
    systemPrompt: openSystemPrompt(config.SYSTEM_PROMPT_FILE, log),
    limits: {
      maxTurns: config.GATEWAY_MAX_TURNS,
      maxTokens: config.GATEWAY_MAX_TOKENS,
      maxMs: config.GATEWAY_MAX_SECONDS * 1_000,
    },
  });
}
