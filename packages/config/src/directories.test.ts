import { expect, test } from 'vitest';
import { directories } from './directories.js';

test('MOSIX_DIR holds everything', () => {
  expect(directories({ HOME: '/home/me', MOSIX_DIR: '/x', XDG_RUNTIME_DIR: '/run/user/7' }, 7)).toEqual({
    run: '/x/run',
    cache: '/x/cache',
    config: '/home/me/.config/mosix',
  });
});

test('the XDG variables, when they are there', () => {
  const env = { HOME: '/home/me', XDG_RUNTIME_DIR: '/run/user/7', XDG_CACHE_HOME: '/c', XDG_CONFIG_HOME: '/k' };
  expect(directories(env, 7)).toEqual({ run: '/run/user/7/mosix', cache: '/c/mosix', config: '/k/mosix' });
});

test('without them: /tmp by user id, and the home folder; an empty variable is none', () => {
  expect(directories({ HOME: '/home/me', XDG_RUNTIME_DIR: '', MOSIX_DIR: '' }, 7)).toEqual({
    run: '/tmp/mosix-7',
    cache: '/home/me/.cache/mosix',
    config: '/home/me/.config/mosix',
  });
});
