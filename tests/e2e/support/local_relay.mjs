/** A coturn on this machine itself, for browsers and gateways that are here too. */

import { networkInterfaces } from 'node:os';
import { Coturn } from './coturn.mjs';
import { freePort } from './gateway.mjs';
import { Process } from './process.mjs';

const secret = 'shared-secret';

/** An address of this machine that is not its loopback: Firefox uses no other. */
export function ownAddress() {
    return Object.values(networkInterfaces())
        .flat()
        .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

export class LocalRelay {
    static async start(address = '127.0.0.1') {
        const self = new LocalRelay();
        const host = {
            start: (command, words, options) => new Process(command, words, options),
        };
        const port = await freePort();
        const settings = [
            `listening-ip=${address}`,
            `listening-port=${port}`,
            `relay-ip=${address}`,
            'min-port=50000',
            'max-port=50999',
            'allow-loopback-peers',
            'fingerprint',
            'use-auth-secret',
            `static-auth-secret=${secret}`,
            'realm=example.org',
            ...['no-cli', 'no-tcp-relay', 'no-tls', 'no-dtls'],
        ].join('\n');
        self.coturn = await Coturn.start(host, settings, { port });
        self.address = `${address}:${port}`;
        return self;
    }

    /** [relay] of a gateway whose pages publish through this relay and no other way. */
    settings(more = {}) {
        return {
            embedded: 'no',
            policy: 'relay',
            urls: `turn:${this.address}?transport=udp`,
            secret,
            ...more,
        };
    }

    kill() {
        return this.coturn.kill();
    }

    again() {
        return this.coturn.again();
    }

    close() {
        return this.coturn.close();
    }
}
