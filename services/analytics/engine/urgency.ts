// The urgency of a text by a few phrases.
import { Urgency } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import type { UrgencyReading } from "./engine.ts";

const URGENT =
  /\b(urgent(?:ly)?|asap|as soon as possible|immediately|right (?:now|away)|emergency|deadline|outage|(?:is|are) down|cannot work|can't work|lawyer|legal action|fraud(?:ulent)?|stolen|hacked|by (?:today|tonight|tomorrow)|within (?:the hour|\d+ hours?)|last warning|third time)\b/gi;
const PATIENT =
  /\b(no (?:rush|hurry)|whenever you|when you (?:have|get) (?:time|a chance|a moment)|just (?:wondering|curious)|out of curiosity|not urgent|thank you so much|would be (?:nice|great|lovely))\b/gi;
const MAX_EVIDENCE = 8;

const found = (text: string, pattern: RegExp) => [
  ...new Set([...text.matchAll(pattern)].map(([phrase]) => phrase.toLowerCase())),
];

/** The urgency of what a person wrote; medium with confidence 0 when there is nothing to read. */
export function readUrgency(text: string): UrgencyReading {
  if (!/[\p{L}\p{N}]/u.test(text)) return { urgency: Urgency.MEDIUM, confidence: 0, evidence: [] };
  const patient = found(text, PATIENT);
  const urgent = found(text.replace(/\bnot urgent\b/gi, " "), URGENT);
  if (urgent.length > patient.length) return reading(Urgency.HIGH, urgent);
  if (patient.length > urgent.length) return reading(Urgency.LOW, patient);
  return { urgency: Urgency.MEDIUM, confidence: 0.4, evidence: [] };
}

function reading(urgency: Urgency, evidence: string[]): UrgencyReading {
  return { urgency, confidence: 1 - 0.4 ** evidence.length, evidence: evidence.slice(0, MAX_EVIDENCE) };
}
