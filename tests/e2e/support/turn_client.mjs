/**
 * node turn_client.mjs JSON: asks a relay, by UDP, what it lets a client do (RFC 8656). JSON is {server, port,
 * username, credential, family: 4 or 6, relayed: 'udp' or 'tcp', peers: [address…], channels: [address…],
 * send: [{address, port, text}…]}; the answer is {allocate: code, peers: {address: code of CreatePermission},
 * channels: {address: code of ChannelBind}}, where 0 is success. What is to be sent is sent.
 */

import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

const cookie = 0x2112a442;
const method = { allocate: 0x003, refresh: 0x004, permission: 0x008, channel: 0x009, send: 0x016 };
const kind = {
    username: 0x0006,
    integrity: 0x0008,
    error: 0x0009,
    channel: 0x000c,
    lifetime: 0x000d,
    peer: 0x0012,
    data: 0x0013,
    realm: 0x0014,
    nonce: 0x0015,
    family: 0x0017,
    transport: 0x0019,
};
const protocols = { udp: 17, tcp: 6 };
const answerDeadline = 3_000; // ms for one answer

function attribute(type, value) {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(type, 0);
    head.writeUInt16BE(value.length, 2);
    return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

function message(type, transaction, attributes) {
    const body = Buffer.concat(attributes);
    const head = Buffer.alloc(8);
    head.writeUInt16BE(type, 0);
    head.writeUInt16BE(body.length, 2);
    head.writeUInt32BE(cookie, 4);
    return Buffer.concat([head, transaction, body]);
}

/** The bytes of an address, IPv6 in any form. */
function bytesOf(address) {
    if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
    const dotted = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
        [a * 256 + Number(b), c * 256 + Number(d)].map((word) => word.toString(16)).join(':'),
    );
    const [left, right = ''] = dotted.split('::').map((half) => half.split(':').filter(Boolean));
    const words = dotted.includes('::')
        ? [...left, ...Array(8 - left.length - right.length).fill('0'), ...right]
        : left;
    return Buffer.from(words.map((word) => word.padStart(4, '0')).join(''), 'hex');
}

function peer({ address, port = 9 }, transaction) {
    const bytes = bytesOf(address);
    const mask = Buffer.concat([Buffer.alloc(4), transaction]);
    mask.writeUInt32BE(cookie, 0);
    const head = Buffer.from([0, bytes.length === 4 ? 1 : 2, 0, 0]);
    head.writeUInt16BE(port ^ (cookie >>> 16), 2);
    return attribute(
        kind.peer,
        Buffer.concat([head, bytes.map((byte, index) => byte ^ mask[index])]),
    );
}

function parse(bytes) {
    const found = {};
    for (let at = 20; at + 4 <= bytes.length; ) {
        const length = bytes.readUInt16BE(at + 2);
        found[bytes.readUInt16BE(at)] ??= bytes.subarray(at + 4, at + 4 + length);
        at += 4 + length + (-length & 3);
    }
    const error = found[kind.error];
    return { found, code: error ? error[2] * 100 + error[3] : 0 };
}

class Client {
    #socket = createSocket('udp4');
    #wanted;
    #realm = null;
    #nonce = null;

    constructor(wanted) {
        this.#wanted = wanted;
    }

    async #exchange(type, build, signed) {
        const transaction = randomBytes(12);
        const request = signed
            ? this.#sign(type, transaction, build(transaction))
            : message(type, transaction, build(transaction));
        this.#socket.send(request, this.#wanted.port, this.#wanted.server);
        for (;;) {
            const [answer] = await once(this.#socket, 'message', {
                signal: AbortSignal.timeout(answerDeadline),
            });
            if (answer.subarray(8, 20).equals(transaction)) return parse(answer);
        }
    }

    /** MESSAGE-INTEGRITY covers a head that counts it already (RFC 8489 section 14.5). */
    #sign(type, transaction, attributes) {
        const { username, credential } = this.#wanted;
        const all = [
            ...attributes,
            attribute(kind.username, Buffer.from(username)),
            attribute(kind.realm, this.#realm),
            attribute(kind.nonce, this.#nonce),
        ];
        const covered = message(type, transaction, [...all, Buffer.alloc(24)]).subarray(0, -24);
        const key = createHash('md5').update(`${username}:${this.#realm}:${credential}`).digest();
        const sum = createHmac('sha1', key).update(covered).digest();
        return message(type, transaction, [...all, attribute(kind.integrity, sum)]);
    }

    async allocate() {
        const protocol = protocols[this.#wanted.relayed ?? 'udp'];
        const build = () => [
            attribute(kind.transport, Buffer.from([protocol, 0, 0, 0])),
            attribute(kind.family, Buffer.from([this.#wanted.family === 6 ? 2 : 1, 0, 0, 0])),
        ];
        const { found, code } = await this.#exchange(method.allocate, build, false);
        if (code !== 401) return code;
        this.#realm = found[kind.realm];
        this.#nonce = found[kind.nonce];
        return (await this.#exchange(method.allocate, build, true)).code;
    }

    async permit(address) {
        const build = (transaction) => [peer({ address }, transaction)];
        return (await this.#exchange(method.permission, build, true)).code;
    }

    async bindChannel(address, number) {
        const value = Buffer.from([0x40, number, 0, 0]);
        const build = (transaction) => [
            attribute(kind.channel, value),
            peer({ address }, transaction),
        ];
        return (await this.#exchange(method.channel, build, true)).code;
    }

    send({ address, port, text }) {
        const transaction = randomBytes(12);
        const data = attribute(kind.data, Buffer.from(text));
        this.#socket.send(
            message(method.send, transaction, [peer({ address, port }, transaction), data]),
            this.#wanted.port,
            this.#wanted.server,
        );
    }

    /** Gives back what was allocated. */
    async close() {
        const none = () => [attribute(kind.lifetime, Buffer.alloc(4))];
        await this.#exchange(method.refresh, none, true);
        this.#socket.close();
    }
}

const wanted = JSON.parse(process.argv[2]);
const client = new Client(wanted);
const answer = { allocate: await client.allocate(), peers: {}, channels: {} };
if (answer.allocate === 0) {
    for (const address of wanted.peers ?? []) answer.peers[address] = await client.permit(address);
    for (const [index, address] of (wanted.channels ?? []).entries()) {
        answer.channels[address] = await client.bindChannel(address, index);
    }
    for (const datagram of wanted.send ?? []) client.send(datagram);
    await client.close();
}
console.log(JSON.stringify(answer));
process.exit(0);
