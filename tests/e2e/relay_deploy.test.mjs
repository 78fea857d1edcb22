/** The relay of gateway/deploy as it stands there, but for the values of the site. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Chromium, pageState } from './support/browser.mjs';
import { Coturn, credentials } from './support/coturn.mjs';
import { repository, settingsText, spillway } from './support/gateway.mjs';
import { letPass, networkMissing, oneToOneNat, ordinaryNat } from './support/network.mjs';
import { run } from './support/process.mjs';
import { RelayNetwork, relayName, relayUrls, secret } from './support/relay_network.mjs';
import { suite } from './support/suite.mjs';
import { bounded, until } from './support/wait.mjs';

const { test, shared } = suite(import.meta.url, { missing: networkMissing(), waits: true });

const name = relayName(1);
const urls = `${relayUrls([1])};turns:${name}:443?transport=tcp`;
const mediaPorts = '40000-40999'; // as in relay.nft
const noRight = 403;
// What systemd does for the package's unit, and for the drop-in of relay.md.
const asService = [
    ...['setpriv', '--reuid', 'turnserver', '--regid', 'turnserver', '--init-groups'],
    ...['--inh-caps', '+net_bind_service', '--ambient-caps', '+net_bind_service'],
];

const deployed = (file) => readFileSync(join(repository, 'gateway/deploy', file), 'utf8');

/** A file of gateway/deploy with the site's values: addresses, name, secret, where certificates are. */
function withValues(file, { relay, gateway, folder }) {
    return deployed(file)
        .replaceAll(/\b192\.0\.2\.20\b/g, relay)
        .replaceAll(/\b192\.0\.2\.10\b/g, gateway)
        .replaceAll('relay.example.org', name)
        .replaceAll('replace-this-by-a-long-random-secret', secret)
        .replaceAll('/etc/coturn', folder);
}

/** coturn-renew.sh as certbot calls it; its systemctl is one that knows only `relay()`. */
class Renewal {
    constructor(folder, relay) {
        this.folder = folder;
        this.relay = relay;
        this.lineage = join(folder, 'live', name);
        this.script = join(folder, 'coturn-renew.sh');
        mkdirSync(this.lineage, { recursive: true });
        writeFileSync(
            this.script,
            withValues('coturn-renew.sh', { folder: join(folder, 'coturn') }),
        );
    }

    async run({ certificate, key }) {
        writeFileSync(join(this.lineage, 'fullchain.pem'), readFileSync(certificate));
        writeFileSync(join(this.lineage, 'privkey.pem'), readFileSync(key));
        const pid = this.relay()?.pid;
        const systemctl = pid
            ? `case $1 in is-active) exit 0 ;; kill) exec kill -USR2 ${pid} ;; esac`
            : 'exit 3';
        writeFileSync(join(this.folder, 'systemctl'), `#!/bin/sh\n${systemctl}\n`, { mode: 0o755 });
        const PATH = `${this.folder}:${process.env.PATH}`;
        await run('sh', [this.script], {
            env: { ...process.env, PATH, RENEWED_LINEAGE: this.lineage },
        });
    }
}

const setup = shared(async () => {
    let renewal = null;
    let relay = null;
    const relayed = await RelayNetwork.create({
        startRelay: async (host, { certificate, peers }) => {
            renewal = new Renewal(host.network.folder, () => relay);
            await renewal.run(certificate);
            const values = {
                relay: host.address,
                gateway: peers[0],
                folder: join(host.network.folder, 'coturn'),
            };
            relay = await Coturn.start(host, withValues('coturn.conf', values), {
                words: asService,
            });
            await host.rules(withValues('relay.nft', values));
            return relay;
        },
    });
    const outside = await relayed.network.publicHost('outside', 66);
    return Object.assign(relayed, { renewal, outside });
});

/** What turn_client.mjs says, run on a host. */
async function ask(host, wanted) {
    const client = new URL('./support/turn_client.mjs', import.meta.url).pathname;
    const all = JSON.stringify({ port: 3478, ...credentials(secret), ...wanted });
    return JSON.parse(await host.run(process.execPath, [client, all]));
}

/** What check-relay says on the gateway's host of these addresses; rejects when it finds none that works. */
async function checkRelay(addresses) {
    const { inside, network } = await setup();
    const file = join(network.folder, 'spillway.conf');
    writeFileSync(
        file,
        settingsText({
            access: { 'publish-token': 'not-asked-for' },
            server: { listen: `${inside.address}:8080`, data: join(network.folder, 'data') },
            relay: { embedded: 'no', urls: addresses, secret, realm: name },
            ice: { ports: mediaPorts },
        }),
    );
    return inside.run(spillway, ['check-relay', '--config', file], { within: 30_000 });
}

test('the guide knows every word of check-relay', () => {
    const folder = join(repository, 'gateway/turn_check');
    const guide = deployed('relay.md');
    const words = readdirSync(folder)
        .filter((file) => file.endsWith('.cpp'))
        .map((file) => readFileSync(join(folder, file), 'utf8'))
        .flatMap((text) => [...text.matchAll(/\bKind::\w+,\s*"([^"]+)"/g)])
        .map(([, word]) => word.trim().replace('certificate ', ''));
    assert.ok(words.length > 25, words.join(', '));
    assert.deepEqual(
        words.filter((word) => !guide.includes(word)),
        [],
    );
});

test('check-relay finds nothing to say against it', async () => {
    const said = await checkRelay(urls);
    assert.match(said, /4 of 4 relay addresses/);
    assert.ok(!said.includes('What to do'), said);
});

test('it works behind a 1:1 NAT, with external-ip as it says', async (t) => {
    const { network, inside } = await setup();
    const host = await network.hiddenHost('cloud', oneToOneNat);
    const [outer, inner] = [host.router.address, host.address];
    const settings = withValues('coturn.conf', {
        relay: inner,
        gateway: inside.address,
        folder: join(network.folder, 'coturn'),
    }).replace(/^external-ip=.*$/m, `external-ip=${outer}/${inner}`);
    const relay = await Coturn.start(host, settings, { words: asService });
    t.defer(() => relay.close());
    await inside.rules(`
        table ip firewall {
            chain in {
                ip saddr ${outer} udp dport != 0 accept
            }
        }`);
    const said = await checkRelay(`turn:${outer}:3478?transport=udp;turn:${outer}:3478?transport=tcp`);
    assert.match(said, /2 of 2 relay addresses/);
    assert.ok(!said.includes('What to do'), said);
});

test(
    'Chromium publishes where only TLS on 443 passes',
    async (t) => {
        const relayed = await setup();
        const host = await relayed.network.hiddenHost('office', [
            ordinaryNat,
            letPass(['tcp dport 8080-8089', 'tcp dport 443']),
        ]);
        const gateway = await relayed.gateway({
            relay: { embedded: 'no', urls, secret },
            ice: { ports: mediaPorts },
        });
        const chromium = await Chromium.start({ host, secure: relayed.origins });
        t.defer(() => chromium.close());
        const page = await chromium.open(
            `${gateway.publicUrl}/publish/office?autostart=1&source=test`,
        );
        await pageState(page, 'live');
        await gateway.listed('office', 1);
    },
    { within: 90_000 },
);

test('it leads to the gateway and to nobody else', async () => {
    const { outside, inside, relays } = await setup();
    const server = relays[0].host.address;
    const others = ['127.0.0.1', '0.0.0.0', '10.20.1.2', '100.64.0.1', '169.254.169.254'];
    others.push('172.16.0.1', '192.168.1.1', '224.0.0.251', '198.18.0.1', '8.8.8.8');
    others.push(server, outside.address);
    const { allocate, peers } = await ask(outside, { server, peers: [inside.address, ...others] });
    assert.equal(allocate, 0);
    assert.equal(peers[inside.address], 0);
    for (const address of others) assert.equal(peers[address], noRight, address);
});

test('shared with others it still leads to no private network, by IPv6 neither', async (t) => {
    const { network, inside, outside } = await setup();
    const host = await network.publicHost('shared', 40);
    await host.run('sh', [
        '-c',
        'echo 0 >/proc/sys/net/ipv6/conf/wan/disable_ipv6 && ip address add 2001:db8:5::40/64 dev wan nodad',
    ]);
    const settings = withValues('coturn.conf', {
        relay: host.address,
        gateway: inside.address,
        folder: join(network.folder, 'coturn'),
    });
    const ranges = [...settings.matchAll(/^denied-peer-ip=(.*)-(.*)$/gm)];
    const everything = ranges.slice(0, 2).map(([line]) => line);
    assert.ok(everything.every((line) => /=(0\.0\.0\.0-255|::-ffff)/.test(line)));
    const relay = await Coturn.start(
        host,
        `${everything.reduce((text, line) => text.replace(line, ''), settings)}
        relay-ip=2001:db8:5::40`.replaceAll(/^ +/gm, ''),
        { words: asService },
    );
    t.defer(() => relay.close());
    const server = host.address;
    const ends = ranges.slice(2).flatMap(([, first, last]) => [first, last]);
    const mapped = ['::ffff:127.0.0.1', '::ffff:10.0.0.1', `::ffff:${inside.address}`];
    const hidden = ['64:ff9b::7f00:1', '2002:7f00:1::1', '::7f00:100', '::1', '::', 'fe80::1'];
    const lists = {
        4: { open: ['8.8.8.8', inside.address], closed: ends.filter((end) => !end.includes(':')) },
        6: {
            open: ['2606:4700::1111'],
            closed: [...ends.filter((end) => end.includes(':')), ...mapped, ...hidden],
        },
    };
    for (const [family, { open, closed }] of Object.entries(lists)) {
        const asked = { server, family: Number(family), peers: [...open, ...closed] };
        const { allocate, peers } = await ask(outside, asked);
        assert.equal(allocate, 0);
        for (const address of open) assert.equal(peers[address], 0, address);
        for (const address of closed) assert.equal(peers[address], noRight, address);
    }
});

test('of the gateway it reaches the ports of media only', async (t) => {
    const { inside, relays } = await setup();
    const [first] = mediaPorts.split('-').map(Number);
    const ports = [5353, 8080, first - 1, first];
    const listener = inside.start(process.execPath, [
        '-e',
        `for (const port of ${JSON.stringify(ports)})
             require('node:dgram').createSocket('udp4').on('message', (text) => console.log(port + ' ' + text))
                 .bind(port, () => console.log('bound'));`,
    ]);
    t.defer(() => listener.close());
    await until('listener', () => listener.lines.length === ports.length);
    /** By an allocation for each: coturn ends one that may not send. */
    const send = async (text) => {
        for (const port of ports) {
            await ask(inside, {
                server: relays[0].host.address,
                peers: [inside.address],
                send: [{ address: inside.address, port, text }],
            });
        }
    };
    const { host } = relays[0];
    await send('guarded');
    await listener.line(new RegExp(`^${first} guarded`));
    assert.equal(listener.lines.filter((line) => line.endsWith('guarded')).length, 1);
    await host.run('nft', ['flush', 'chain', 'inet', 'spillway_relay', 'to_gateway']);
    await send('open');
    await until('what the rule held back', () =>
        ports.every((port) => listener.lines.includes(`${port} open`)),
    );
});

test('a renewed certificate is shown to who comes, and who is there stays', async () => {
    const { authority, relays, renewal } = await setup();
    const port = await relays[0].host.forward(5349);
    const open = () =>
        bounded(
            'TLS of the relay',
            new Promise((resolve, reject) => {
                const socket = connect(
                    { port, host: '127.0.0.1', servername: name, ca: readFileSync(authority.certificate) },
                    () => resolve(socket),
                );
                socket.once('error', reject);
            }),
            5_000,
        );
    const serial = (socket) => socket.getPeerCertificate().serialNumber;
    const old = await open();
    let gone = false;
    old.once('close', () => {
        gone = true;
    });
    await renewal.run(await authority.issue(name));
    await until('new certificate', async () => {
        const socket = await open();
        const shown = serial(socket);
        socket.destroy();
        return shown !== serial(old);
    });
    assert.ok(!gone, 'the connection of before was closed');
    old.destroy();
});
