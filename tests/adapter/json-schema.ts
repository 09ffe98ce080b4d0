// ajv for draft 2020-12 in strict mode, with the formats that the schemas use.
import { Ajv2020 } from "ajv/dist/2020.js";

const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
// An address is no name: the last label is not all digits.
const HOSTNAME = new RegExp(`^(?!(?:.*\\.)?\\d+\\.?$)${LABEL}(?:\\.${LABEL})*\\.?$`);
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

function isIpv6(text: string): boolean {
  return text.includes(":") && URL.canParse(`http://[${text}]/`);
}

/** An ajv that throws for a schema with anything questionable in it. */
export function strictAjv(): Ajv2020 {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  return ajv
    .addFormat("email", new RegExp(`^[A-Za-z0-9.!#$%&'*+/=?^_\`{|}~-]+@${LABEL}(?:\\.${LABEL})*$`))
    .addFormat("uuid", /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i)
    .addFormat("uri", (text: string) => /^[A-Za-z][A-Za-z0-9+.-]*:[^\s"<>\\^`{|}]*$/.test(text))
    .addFormat("uri-reference", (text: string) => !/[\s"<>\\^`{|}]/.test(text))
    .addFormat("hostname", HOSTNAME)
    .addFormat("ipv4", IPV4)
    .addFormat("ipv6", isIpv6)
    .addFormat("date-time", (text: string) => /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)));
}
