// Whether a reply may go out as it is: what code can tell of it, whatever the model was told by whom.
import type { ApprovalReason } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { withoutHidden } from "../../../runtime/messages/hidden-text.ts";
import { foreignContacts } from "./contacts.ts";
import type { Knowledge } from "./finding.ts";
import { foreignIdentifiers } from "./identifiers.ts";
import { internalText } from "./internal-text.ts";
import { foreignLinks } from "./links.ts";
import { hiddenContent } from "./markup.ts";
import { foreignNumbers } from "./numbers.ts";
import { plain } from "./plain.ts";

const MAX_FINDINGS = 20;

/** Looks at what the reply says, read without its disguises. */
const CONTENT = [foreignContacts, foreignIdentifiers, foreignNumbers, foreignLinks, internalText];

/** What a person has to see before a reply goes out; nothing: it may go. Pure. */
export function checkReply(reply: string, knowledge: Knowledge): ApprovalReason[] {
  const readable = (text: string) => plain(withoutHidden(text).text);
  const known = { ...knowledge, known: knowledge.known.map(readable), internal: knowledge.internal.map(readable) };
  const text = readable(reply);
  const findings = [...CONTENT.flatMap((check) => check(text, known)), ...hiddenContent(reply, knowledge)];
  return findings.slice(0, MAX_FINDINGS);
}
