// What a reader does not see of a reply, and what a mail program would load or hide.
import { type ApprovalReason, ApprovalReasonKind } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { withoutHidden } from "../../../runtime/messages/hidden-text.ts";
import { comparable } from "./domains.ts";
import { finding, type Knowledge } from "./finding.ts";
import { linksIn } from "./links.ts";

const TAGS =
  "a|abbr|audio|b|base|body|br|button|code|div|em|embed|font|form|frame|h[1-6]|head|hr|html|i|iframe|img|input|li|link|map|meta|object|ol|p|picture|pre|script|source|span|strong|style|svg|table|td|th|tr|u|ul|video";

const FORMS: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(`<!--|<!\\[|<\\/?(?:${TAGS})(?:[\\s/>]|$)`, "giu"),
    "The reply has HTML, which can hide text or load something.",
  ],
  [/&#x?[0-9a-f]{2,7};?/gi, "The reply has characters in an encoded form."],
  [/!\[[^\]]{0,300}\][([][^)\]]{0,300}/g, "The reply has an image, which would be loaded from elsewhere."],
  [
    /\b(?:data:[\w.+-]+\/[\w.+-]+[;,]|(?:javascript|vbscript|blob|file):\S)/gi,
    "The reply has a link that carries its content itself.",
  ],
  [/\n(?:[^\S\n]{0,60}\n){11,}|[^\S\n]{60,}/g, "The reply has a gap that pushes text out of sight."],
];
const LINK = /\[([^\]\n]{1,300})\]\(\s*<?([^\s)>]+)/g;
const WORD = /[\p{L}\p{M}]{3,}/gu;

const hidden = (message: string, excerpt: string) => finding(ApprovalReasonKind.HIDDEN_CONTENT, message, excerpt);

/** Links whose words name another place than they lead to. */
function disguisedLinks(reply: string): ApprovalReason[] {
  return [...reply.matchAll(LINK)].flatMap(([written, words = "", target = ""]) => {
    const named = linksIn(words).map(({ host }) => host);
    const host = linksIn(target)[0]?.host ?? comparable(target);
    const wrong = named.some((name) => name !== host);
    return wrong ? [hidden("The reply has a link that leads elsewhere than its words say.", `${written})`)] : [];
  });
}

/** Latin words with Cyrillic letters in them, or the other way round. */
function mixedWords(reply: string): ApprovalReason[] {
  const words = [...reply.matchAll(WORD)].map(([word]) => word);
  const mixed = words.filter((word) => /\p{Script=Latin}/u.test(word) && /\p{Script=Cyrillic}/u.test(word));
  return [...new Set(mixed)].map((word) =>
    hidden("The reply has a word whose letters only look like those of another.", word),
  );
}

/** Finds characters that nobody sees, HTML, images, links in disguise. */
export function hiddenContent(reply: string, _knowledge: Knowledge): ApprovalReason[] {
  const { removed } = withoutHidden(reply);
  const forms = FORMS.flatMap(([form, message]) =>
    [...reply.matchAll(form)].slice(0, 3).map(([it]) => hidden(message, it.trim())),
  );
  return [
    ...(removed > 0 ? [hidden(`The reply has characters that nobody sees: ${removed}.`, "")] : []),
    ...forms,
    ...disguisedLinks(reply),
    ...mixedWords(reply),
  ];
}
