import { describe, expect, it } from '@jest/globals';
import { refusedAddress } from '../../../kube/addresses.ts';

describe('Nothing is asked at', () => {
  it.each([
    ['127.0.0.1', 'a loopback address'],
    ['127.255.255.254', 'a loopback address'],
    ['::1', 'a loopback address'],
    ['::ffff:127.0.0.1', 'a loopback address'],
    ['::ffff:7f00:1', 'a loopback address'],
    ['::127.0.0.1', 'a loopback address'],
    ['64:ff9b::127.0.0.1', 'a loopback address'],
    ['169.254.169.254', 'a link-local address, where clouds keep their metadata'],
    ['::ffff:169.254.169.254', 'a link-local address, where clouds keep their metadata'],
    ['64:ff9b::a9fe:a9fe', 'a link-local address, where clouds keep their metadata'],
    ['fe80::1', 'a link-local address, where clouds keep their metadata'],
    ['fd00:ec2::254', "a cloud's metadata service"],
    ['fd20:ce::254', "a cloud's metadata service"],
    ['100.100.100.200', "a cloud's metadata service"],
    ['168.63.129.16', "a cloud's metadata service"],
    ['0.0.0.0', 'an address of nobody in particular'],
    ['::', 'an address of nobody in particular'],
    ['224.0.0.1', 'an address of nobody in particular'],
    ['255.255.255.255', 'an address of nobody in particular'],
    ['ff02::1', 'an address of nobody in particular'],
  ])('%s', (address, what) => {
    expect(refusedAddress(address)).toBe(what);
  });
});

describe('Gates ask at', () => {
  it.each([
    '10.96.0.10',
    '192.168.1.7',
    '172.16.0.1',
    '8.8.8.8',
    'fd12:3456::1',
    '2001:db8::1',
    '::ffff:10.0.0.1',
    'web',
  ])('%s', (address) => {
    expect(refusedAddress(address)).toBeUndefined();
  });
});
