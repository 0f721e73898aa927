// Addresses in mosix.map: what counts as one, and how they go up within a range.

const ipv4 = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;
const hostLabel = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const hostNameMax = 253;

/** IPv4 in four decimal numbers, or a host name. A name whose last part is a number would be an address that is none. */
export const isAddress = (text: string): boolean => {
  if (ipv4.test(text)) return true;
  const labels = text.split('.');
  return text.length <= hostNameMax && labels.every((label) => hostLabel.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
};

/**
 * The address or name `step` places after `text`: IPv4 counts as a number, a name counts up the digits at the end of its first part and
 * keeps their width (build09, build10). Undefined when there is none.
 */
export const successor = (text: string, step: number): string | undefined => {
  if (step === 0) return text;
  if (ipv4.test(text)) {
    const value = text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) + step;
    return value > 0xffff_ffff ? undefined : [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
  }
  const match = /^([^.]*?)(\d+)(\..*)?$/.exec(text);
  const [, stem = '', digits, domain = ''] = match ?? [];
  // Longer runs of digits (dates, serial numbers) are no counter that a double holds exactly.
  if (digits === undefined || digits.length > 15) return undefined;
  const next = `${stem}${String(Number(digits) + step).padStart(digits.length, '0')}${domain}`;
  return isAddress(next) ? next : undefined;
};
