// Types that are offered, each with an example of its data.  Any other can be written as well.

/** @type {Record<string, string>} */
export const TYPES = {
  A: "192.0.2.10",
  AAAA: "2001:db8::10",
  CNAME: "www.example.net.",
  MX: "10 mail",
  TXT: "v=spf1 mx -all",
  NS: "ns1.example.net.",
  SRV: "0 5 5060 sip",
  PTR: "host.example.com.",
  CAA: "0 issue \"ca.example.net\"",
  HTTPS: "1 . alpn=h2",
  SVCB: "1 svc.example.net. port=853",
  DNAME: "other.example.net.",
  DS: "60485 13 2 <digest in hex>",
  TLSA: "3 1 1 <hash in hex>",
  SSHFP: "4 2 <fingerprint in hex>",
  NAPTR: "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" .",
  URI: "10 1 \"https://example.com/\"",
  LOC: "52 22 23 N 4 53 32 E -2m",
  HINFO: "\"CPU\" \"OS\"",
  RP: "admin.example.com. .",
};

/**
 * Data as an operation takes them.  Zone files split text at spaces; who types here means one text,
 * unless a quote begins it.
 * @param {string} type
 * @param {string} text
 */
export function typed(type, text) {
  const name = type.trim().toUpperCase();
  const plain = ["TXT", "SPF"].includes(name) && !text.trimStart().startsWith("\"");
  return plain ? {type: name, data: text} : {type: name, text};
}
