// Who asks: the name under which a coordinator shares its farm between users, and by which `mosix bring` finds their jobs.

import { hostname, userInfo } from 'node:os';

/** Request header of Execute. */
export const USER_HEADER = 'mosix-user';

/** `user@host`, printable ASCII without spaces; every other byte, and `%`, as %XX. */
export const clientIdentity = (user: string = userName(), host: string = hostname()): string => encodeIdentity(`${user}@${host}`);

const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in /etc/passwd, as containers have it.
    return `uid${process.getuid?.() ?? 0}`;
  }
};

export const encodeIdentity = (text: string): string =>
  [...Buffer.from(text, 'utf8')].map((byte) => (byte > 0x20 && byte < 0x7f && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)).join('');

/** For people: `%XX` as what it stands for; the text itself when it is no such encoding. */
export const decodeIdentity = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
