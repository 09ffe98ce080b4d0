// google.api.HttpBody: pictures, sounds and documents, which MCP carries beside the JSON of a result.
import type { Message } from "@bufbuild/protobuf";
import type { JsonObject, Media } from "../catalog.ts";
import { type ObjectSchema, objectOf } from "./schema.ts";

interface HttpBody extends Message<"google.api.HttpBody"> {
  readonly contentType: string;
  readonly data: Uint8Array;
}

/** What stands in a result for a body, whose content stands beside it. */
export const bodySchema: ObjectSchema = objectOf({
  content_type: { type: "string", description: "Media type of the content, which comes beside this result." },
  size: { type: "integer", description: "Size of the content in bytes." },
});

const DEFAULT_TYPE = "application/octet-stream";
const TEXTUAL = /^(?:text\/|application\/(?:[\w.+-]*[+/])?(?:json|xml|yaml|javascript)\b)/;

/** Whether a message is one of these; they are described in google/api/httpbody.proto. */
export function isHttpBody({ typeName }: { readonly typeName: string }): boolean {
  return typeName === "google.api.HttpBody";
}

/** Parts a body into what stands in the result and what stands beside it; `name` becomes the address of a document. */
export function partsOf(message: Message, name: string): { json: JsonObject; media: Media } {
  const { contentType, data } = message as HttpBody;
  const mimeType = contentType || DEFAULT_TYPE;
  const json = { content_type: mimeType, size: data.length };
  const bytes = Buffer.from(data);
  if (mimeType.startsWith("image/"))
    return { json, media: { type: "image", data: bytes.toString("base64"), mimeType } };
  if (mimeType.startsWith("audio/"))
    return { json, media: { type: "audio", data: bytes.toString("base64"), mimeType } };
  const content = TEXTUAL.test(mimeType) ? { text: bytes.toString() } : { blob: bytes.toString("base64") };
  return {
    json,
    media: { type: "resource", resource: { uri: `attachment:///${encodeURI(name)}`, mimeType, ...content } },
  };
}
