/**
 * Hosts as network namespaces on one bridge, the internet of a test, and hosts behind a router that translates
 * and filters. Nothing of it is seen outside: no interface, route or rule of this machine is touched. The names
 * carry our process id, so that what a run left that died is known and swept by the next one.
 */

import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './gateway.mjs';
import { isAlive, Process, run } from './process.mjs';
import { until } from './wait.mjs';

const prefix = 'spillway-test-'; // and the process id, the network's number, the host's name
const internet = 'internet'; // the bridge, and the namespace that holds it
const within = 10_000; // ms for one of these commands
const etcFolder = '/etc/netns'; // `ip netns exec` puts what it finds here for a namespace over /etc

/** Why no network with relays can be made here; '' when it can. */
export function networkMissing() {
    if (process.getuid() !== 0) return 'network namespaces need root';
    const programs = ['ip', 'nft', 'turnserver'].filter(
        (program) => !['/usr/sbin', '/usr/bin', '/sbin'].some((at) => existsSync(`${at}/${program}`)),
    );
    return programs.length ? `missing: ${programs.join(', ')}` : '';
}

/** Source ports differ for each destination: what a direct connection through two NATs fails at. */
export const symmetricNat = `
    table ip nat {
        chain out {
            type nat hook postrouting priority srcnat;
            oifname "wan" masquerade random,fully-random
        }
    }`;

/** Keeps source ports, as most routers at home do. */
export const ordinaryNat = `
    table ip nat {
        chain out {
            type nat hook postrouting priority srcnat;
            oifname "wan" masquerade
        }
    }`;

/** Gives the host behind the router all that comes for the router's address, as clouds do. */
export const oneToOneNat = `
    table ip nat {
        chain in {
            type nat hook prerouting priority dstnat;
            iifname "wan" dnat to $inside
        }
        chain out {
            type nat hook postrouting priority srcnat;
            oifname "wan" snat to $outside
        }
    }`;

/** Lets pass what `accepted` matches, and answers; all else from inside is dropped. */
export const letPass = (accepted) => `
    table ip filter {
        chain through {
            type filter hook forward priority filter; policy drop;
            ct state established,related accept
            ${accepted.map((match) => `iifname "lan" ${match} accept`).join('\n            ')}
        }
    }`;

let made = 0;

const shell = (lines) => run('sh', ['-ec', lines.join('\n')], { within });

/** Ends what runs in a namespace of ours and takes it away. */
async function remove(namespace) {
    const inside = await run('ip', ['netns', 'pids', namespace], { within }).catch(() => '');
    for (const pid of inside.split('\n').filter(Boolean).map(Number)) {
        try {
            process.kill(pid, 'SIGKILL');
        } catch {
            // it has just ended
        }
    }
    await run('ip', ['netns', 'delete', namespace], { within }).catch(() => {});
    rmSync(join(etcFolder, namespace), { recursive: true, force: true });
}

const namespaces = () => (existsSync('/run/netns') ? readdirSync('/run/netns') : []);

/** Takes away what runs left that are no more. */
async function sweep() {
    for (const namespace of namespaces()) {
        if (!namespace.startsWith(prefix)) continue;
        if (!isAlive(parseInt(namespace.slice(prefix.length), 10))) await remove(namespace);
    }
}

/** One computer. `address` is where others find it; behind a router nobody does. */
class Host {
    #forwarded = {}; // by port

    constructor(network, name, address) {
        this.network = network;
        this.name = name;
        this.address = address;
        this.namespace = `${prefix}${process.pid}-${network.number}-${name}`;
    }

    /** The command line that runs a program here. */
    command(program, args = []) {
        return ['ip', ['netns', 'exec', this.namespace, program, ...args]];
    }

    run(program, args, options = {}) {
        return run(...this.command(program, args), { within, ...options });
    }

    start(program, args, options = {}) {
        return new Process(...this.command(program, args), options);
    }

    /** A file that runs `program` here, for what starts a program by its name alone. */
    executable(program) {
        const file = join(this.network.folder, `${this.name}-${program.split('/').at(-1)}`);
        writeFileSync(file, `#!/bin/sh\nexec ip netns exec ${this.namespace} ${program} "$@"\n`);
        chmodSync(file, 0o755);
        return file;
    }

    /** Adds rules of nft. */
    async rules(text) {
        const file = join(this.network.folder, `${this.name}.nft`);
        writeFileSync(file, text);
        await this.run('nft', ['-f', file]);
    }

    /** A port of our own loopback that leads to address:port as seen from here. */
    forward(port, address = this.address) {
        this.#forwarded[port] ??= this.#forward(port, address);
        return this.#forwarded[port];
    }

    async #forward(port, address) {
        const path = join(this.network.folder, `${this.name}-${port}.socket`);
        const inner = this.start(process.execPath, [
            new URL('forwarder.mjs', import.meta.url).pathname,
            path,
            address,
            String(port),
        ]);
        const server = createServer((near) => {
            const far = connect(path);
            near.pipe(far).pipe(near);
            near.on('error', () => far.destroy());
            far.on('error', () => near.destroy());
        });
        this.network.opened.push(async () => {
            server.close();
            await inner.close();
        });
        await until('forwarder', () => inner.alive && existsSync(path));
        await new Promise((done) => {
            server.listen(0, '127.0.0.1', done);
        });
        return server.address().port;
    }
}

export class Network {
    opened = []; // what close() closes, last opened first
    hosts = [];
    number = ++made;
    #routers = 0;

    /** `names`: {name: address} that every host resolves; `etc`: {path: text} of further files below its /etc. */
    static async create({ names = {}, etc = {} } = {}) {
        await sweep();
        const self = new Network();
        self.folder = temporaryFolder();
        self.names = names;
        self.etc = etc;
        try {
            const bridge = await self.#add(internet, null);
            await shell([
                `ip -n ${bridge.namespace} link add ${internet} type bridge`,
                `ip -n ${bridge.namespace} link set ${internet} up`,
            ]);
        } catch (error) {
            await self.close();
            throw error;
        }
        self.bridge = self.hosts[0];
        return self;
    }

    async #add(name, address) {
        const host = new Host(this, name, address);
        this.hosts.push(host);
        const lines = [['localhost', '127.0.0.1'], ...Object.entries(this.names)];
        const files = {
            // Chromium asks for its relays with a dot at the end.
            hosts: lines.map(([known, at]) => `${at} ${known} ${known}.\n`).join(''),
            // Nobody answers there: other names are unknown at once.
            'resolv.conf': 'nameserver 127.0.0.1\n',
            ...this.etc,
        };
        for (const [path, text] of Object.entries(files)) {
            const file = join(etcFolder, host.namespace, path);
            mkdirSync(dirname(file), { recursive: true });
            writeFileSync(file, text);
        }
        await shell([
            `ip netns add ${host.namespace}`,
            `ip -n ${host.namespace} link set lo up`,
            `ip netns exec ${host.namespace} sh -c 'echo 1 | tee /proc/sys/net/ipv6/conf/*/disable_ipv6' >/dev/null`,
        ]);
        return host;
    }

    /** The lines that give a host an interface on the internet. */
    #plug(host, device, address) {
        const leg = `leg${this.hosts.indexOf(host)}`;
        return [
            `ip -n ${host.namespace} link add ${device} type veth peer name ${leg} netns ${this.bridge.namespace}`,
            `ip -n ${this.bridge.namespace} link set ${leg} master ${internet} up`,
            `ip -n ${host.namespace} address add ${address}/24 dev ${device}`,
            `ip -n ${host.namespace} link set ${device} up`,
        ];
    }

    /** A host that everybody reaches: 203.0.113.`number`. */
    async publicHost(name, number) {
        const host = await this.#add(name, `203.0.113.${number}`);
        await shell(this.#plug(host, 'wan', host.address));
        return host;
    }

    /** A host behind a router with these rules of nft, named $inside and $outside there; host.router is it. */
    async hiddenHost(name, rules) {
        const number = ++this.#routers;
        const router = await this.#add(`${name}-nat`, `203.0.113.${100 + number}`);
        const host = await this.#add(name, `10.20.${number}.2`);
        const inside = `10.20.${number}.1`;
        await shell([
            ...this.#plug(router, 'wan', router.address),
            `ip -n ${host.namespace} link add lan type veth peer name lan netns ${router.namespace}`,
            `ip -n ${router.namespace} address add ${inside}/24 dev lan`,
            `ip -n ${router.namespace} link set lan up`,
            `ip -n ${host.namespace} address add ${host.address}/24 dev lan`,
            `ip -n ${host.namespace} link set lan up`,
            `ip -n ${host.namespace} route add default via ${inside}`,
            `ip netns exec ${router.namespace} sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'`,
        ]);
        const addresses = `define inside = ${host.address}\ndefine outside = ${router.address}\n`;
        for (const text of [rules].flat()) await router.rules(addresses + text);
        host.router = router;
        return host;
    }

    async close() {
        for (const close of this.opened.splice(0).reverse()) await close().catch(() => {});
        for (const host of this.hosts.splice(0).reverse()) await remove(host.namespace);
        rmSync(this.folder, { recursive: true, force: true });
    }
}
