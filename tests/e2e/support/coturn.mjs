/** A real coturn on a host of network.mjs, and what it holds open. */

import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHmac } from 'node:crypto';
import { temporaryFolder } from './gateway.mjs';
import { run } from './process.mjs';
import { boundPorts, traffic } from './sockets.mjs';
import { Hopeless, until } from './wait.mjs';

export const relayPorts = [50_000, 50_999]; // where it relays from

/** A certificate authority of the test: it signs what relays show. */
export class Authority {
    static async create() {
        const self = new Authority();
        self.folder = temporaryFolder();
        self.certificate = join(self.folder, 'ca.pem');
        await self.#request('ca', 'Authority of a test', ['-x509', '-days', '2']);
        return self;
    }

    /** {certificate, key}: files for `name`, readable by everyone. */
    async issue(name, { days = 2 } = {}) {
        const of = (ending) => join(this.folder, `${name}.${ending}`);
        await this.#request(name, name, ['-out', of('csr')]);
        writeFileSync(of('cnf'), `subjectAltName=DNS:${name}\nextendedKeyUsage=serverAuth\n`);
        await run('openssl', [
            ...['x509', '-req', '-in', of('csr'), '-days', String(days), '-extfile', of('cnf')],
            ...['-CA', this.certificate, '-CAkey', join(this.folder, 'ca.key'), '-CAcreateserial'],
            ...['-out', of('pem')],
        ]);
        chmodSync(of('key'), 0o644);
        return { certificate: of('pem'), key: of('key') };
    }

    /** For the `etc` of a network: what makes Chromium, and GIO, believe it and no other. */
    get etc() {
        const text = readFileSync(this.certificate, 'utf8');
        const bytes = text.replace(/-----[^-]+-----|\n/g, '');
        return {
            'chromium/policies/managed/authority.json': JSON.stringify({ CACertificates: [bytes] }),
            'ssl/certs/ca-certificates.crt': text,
        };
    }

    #request(name, subject, more) {
        return run('openssl', [
            ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
            ...['-subj', `/CN=${subject}`, '-keyout', join(this.folder, `${name}.key`)],
            ...['-out', join(this.folder, `${name}.pem`), ...more],
        ]);
    }

    async close() {
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** Credentials of the TURN REST form, `lifetime` seconds from now. */
export function credentials(secret, lifetime = 600) {
    const username = `${Math.floor(Date.now() / 1000) + lifetime}:tester`;
    const credential = createHmac('sha1', secret).update(username).digest('base64');
    return { username, credential };
}

/** The settings of a relay that reaches `peers` and nothing else. */
export function settingsFor(host, { secret, peers, certificate = null, realm = 'example.org' }) {
    return [
        `listening-ip=${host.address}`,
        `relay-ip=${host.address}`,
        `min-port=${relayPorts[0]}`,
        `max-port=${relayPorts[1]}`,
        'fingerprint',
        'use-auth-secret',
        `static-auth-secret=${secret}`,
        `realm=${realm}`,
        'no-cli',
        'no-tcp-relay',
        'no-multicast-peers',
        'denied-peer-ip=0.0.0.0-255.255.255.255',
        ...peers.map((peer) => `allowed-peer-ip=${peer}`),
        ...(certificate
            ? [`cert=${certificate.certificate}`, `pkey=${certificate.key}`]
            : ['no-tls', 'no-dtls']),
    ].join('\n');
}

export class Coturn {
    /** `settings`: text of a turnserver.conf; `words` stand before the command. Resolves when it listens on `port`. */
    static async start(host, settings, { port = 3478, words = [] } = {}) {
        const self = new Coturn();
        self.host = host;
        self.port = port;
        self.words = words;
        self.folder = temporaryFolder();
        chmodSync(self.folder, 0o777); // whoever it runs as
        const file = join(self.folder, 'turnserver.conf');
        const places = ['pidfile', 'userdb'].map((key) => `${key}=${join(self.folder, key)}`);
        writeFileSync(file, [settings, ...places, 'log-file=stdout', ''].join('\n'));
        self.file = file;
        await self.again();
        return self;
    }

    /** Starts it, for the first time or after kill(). */
    async again() {
        const [program, ...words] = [...this.words, 'turnserver', '-c', this.file];
        this.process = this.host.start(program, words, { cwd: this.folder });
        await until('coturn', () => {
            if (!this.process.alive) throw new Hopeless(this.process.said());
            return ['udp', 'tcp'].every((kind) => boundPorts(this.pid, kind).includes(this.port));
        });
    }

    get pid() {
        return this.process.pid;
    }

    /** How many allocations there are: sockets bound within the ports it relays from. */
    allocations() {
        const [first, last] = relayPorts;
        return boundPorts(this.pid, 'udp').filter((port) => port >= first && port <= last).length;
    }

    /** Bytes that its host has received and sent so far. */
    traffic() {
        return traffic(this.pid, 'wan');
    }

    descriptors() {
        return readdirSync(`/proc/${this.pid}/fd`).length;
    }

    /** As a crash would. */
    async kill() {
        this.process.signal('SIGKILL');
        await this.process.exit(5_000);
    }

    async close() {
        await this.process.close();
        rmSync(this.folder, { recursive: true, force: true });
    }
}
