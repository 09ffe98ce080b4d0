// Reading what a catalog's resource templates address.
import { ResourceNotFoundError } from "@modelcontextprotocol/server";
import type { CallContext, Media, ToolResult } from "../catalog.ts";
import { internalError, invalidParams } from "./protocol-errors.ts";
import type { View } from "./view.ts";

/** One piece of what was read (MCP `TextResourceContents` or `BlobResourceContents`). */
export type Contents = { uri: string; mimeType: string } & ({ text: string } | { blob: string });

function fromMedia(uri: string, media: Media): Contents {
  if (media.type === "resource") return { ...media.resource, uri };
  return { uri, mimeType: media.mimeType, blob: media.data };
}

function failure(uri: string, result: ToolResult): Error {
  // The error of a failed call stands alone in its result, whatever its property is called.
  const [error] = Object.values(result.structuredContent) as { code?: unknown; message?: unknown }[];
  const message = `${uri} could not be read: ${error?.message ?? result.content[0].text}`;
  if (error?.code === "not_found") return new ResourceNotFoundError(uri);
  return error?.code === "invalid_argument" ? invalidParams(message) : internalError(message);
}

/**
 * Reads the resource at an address.
 *
 * @throws ResourceNotFoundError where no template of the view matches, or the service has nothing there
 * @throws ProtocolError (-32602) where the service refuses the address, (-32603) where it fails
 */
export async function readResource(view: View, uri: string, context: CallContext): Promise<Contents[]> {
  for (const template of view.readable) {
    const reading = template.read(uri, context);
    if (reading === undefined) continue;
    const result = await reading;
    if (result.isError) throw failure(uri, result);
    const [json, ...media] = result.content;
    if (media.length > 0) return media.map((it) => fromMedia(uri, it));
    return [{ uri, mimeType: "application/json", text: json.text }];
  }
  throw new ResourceNotFoundError(uri);
}
