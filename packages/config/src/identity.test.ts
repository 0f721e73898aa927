import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientIdentity, decodeIdentity, encodeIdentity } from './identity.js';

test('user and host, fit for a header', () => {
  expect(clientIdentity('ada', 'box.example')).toBe('ada@box.example');
  expect(clientIdentity('José 50%', 'box')).toBe('Jos%C3%A9%2050%25@box');
  expect(clientIdentity()).toMatch(/^[\x21-\x7e]+@[\x21-\x7e]+$/);
});

test('whatever it is, it is printable ASCII without spaces and can be read back', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
    expect(encodeIdentity(text)).toMatch(/^[\x21-\x7e]*$/);
    expect(decodeIdentity(encodeIdentity(text))).toBe(text);
  }));
  expect(decodeIdentity('100%')).toBe('100%');
});
