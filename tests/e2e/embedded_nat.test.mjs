/** A gateway that faces the internet with nothing but the relay that it starts: publishers behind symmetric NAT. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Chromium, pageState } from './support/browser.mjs';
import { Firefox } from './support/firefox.mjs';
import { Gateway } from './support/gateway.mjs';
import { Network, networkMissing, symmetricNat } from './support/network.mjs';
import { suite } from './support/suite.mjs';

const { test, shared } = suite(import.meta.url, { missing: networkMissing(), waits: true });

const relayPort = 3478;
const turnClient = new URL('support/turn_client.mjs', import.meta.url).pathname;
/** What an operator opens: the pages, and the relay. */
const firewall = `
    table inet firewall {
        chain in {
            type filter hook input priority filter; policy drop;
            iif "lo" accept
            ct state established,related accept
            tcp dport { 8080, ${relayPort} } accept
            udp dport ${relayPort} accept
        }
    }`;

/** What it adds against programs there that listen everywhere; its ports are the settings'. */
const rule = readFileSync(new URL('../../gateway/deploy/own-relay.nft', import.meta.url), 'utf8');
const mediaPorts = '40000-40999';
/** Prints what comes to UDP port 9999 of any address. */
const listener = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.on('message', (text) => console.log(String(text)));
    socket.bind(9999, () => console.log('listens'));`;
const offer = readFileSync(new URL('../data/offers/chromium-camera.sdp', import.meta.url));

const setup = shared(async () => {
    const network = await Network.create();
    try {
        const inside = await network.publicHost('gateway', 10);
        await inside.rules(firewall);
        assert.ok(rule.includes(mediaPorts));
        await inside.rules(rule);
        const home = await network.hiddenHost('home', symmetricNat);
        const gateway = await Gateway.start({
            host: inside,
            port: 8080,
            settings: {
                access: { open: 'yes' },
                relay: { port: relayPort },
                ice: { ports: mediaPorts },
                video: { 'min-height': 360, preset: 'ultrafast' },
            },
        });
        return {
            inside,
            home,
            gateway,
            async close() {
                await gateway.close();
                await network.close();
            },
        };
    } catch (error) {
        await network.close();
        throw error;
    }
});

const pageOf = ({ publicUrl }, stream) =>
    `${publicUrl}/publish/${stream}?autostart=1&source=test&resolution=360&bitrate=600`;

test('Chromium publishes by it', async (t) => {
    const { gateway, home } = await setup();
    const chromium = await Chromium.start({ host: home, secure: [gateway.publicUrl] });
    t.defer(() => chromium.close());
    const page = await chromium.open(pageOf(gateway, 'chromium'));
    await pageState(page, 'live');
    await gateway.listed('chromium', 2);
    await page.click('#stop');
    await gateway.finished('chromium');
});

test('“Test my connection” finds the way through it', async (t) => {
    const { gateway, home } = await setup();
    const chromium = await Chromium.start({ host: home, secure: [gateway.publicUrl] });
    t.defer(() => chromium.close());
    const page = await chromium.open(`${gateway.publicUrl}/publish/tested`);
    await page.click('#test-connection');
    await page.waitForSelector('#connection-test:not([data-outcome=running])');
    assert.match(await page.innerText('#test-sentence'), /Only through the relay/);
});

test(
    'Firefox publishes by it',
    async (t) => {
        const { gateway, home } = await setup();
        const firefox = await Firefox.start({ host: home });
        t.defer(() => firefox.close());
        await firefox.open(`${pageOf(gateway, 'firefox')}&sound=microphone:`);
        await firefox.pageState('live');
        await gateway.listed('firefox', 2);
    },
    { within: 90_000 },
);

/** What the relay answers a publisher at home. */
async function askRelay(wanted) {
    const { gateway, home, inside } = await setup();
    const url = `${gateway.publicUrl}/api/v1/ice?stream=demo`;
    const [server] = JSON.parse(await home.run('curl', ['-sf', url])).iceServers;
    assert.deepEqual(
        server.urls,
        ['udp', 'tcp'].map((kind) => `turn:${inside.address}:${relayPort}?transport=${kind}`),
    );
    const { username, credential } = server;
    const relay = { server: inside.address, port: relayPort, username, credential };
    const words = [turnClient, JSON.stringify({ ...relay, ...wanted })];
    return JSON.parse(await home.run(process.execPath, words));
}

test('with its credentials nobody reaches the gateway’s own addresses', async () => {
    const { inside } = await setup();
    const peers = [inside.address, '127.0.0.1', '10.20.1.2', '203.0.113.101'];
    const answer = await askRelay({ peers, channels: peers });
    assert.equal(answer.allocate, 0);
    for (const address of peers) {
        assert.equal(answer.peers[address], 403, `permission for ${address}`);
        assert.equal(answer.channels[address], 403, `a channel to ${address}`);
    }
});

/** The address that publishers know the pipelines by, for the relay. */
async function mediaAlias() {
    const { gateway } = await setup();
    const response = await fetch(`${gateway.url}/whip/probe`, {
        method: 'POST',
        body: offer,
        headers: { 'Content-Type': 'application/sdp' },
    });
    const session = new URL(response.headers.get('Location'), gateway.url);
    await fetch(session, { method: 'DELETE' });
    return / 255 (198\.51\.100\.\d+) \d+ typ host/.exec(await response.text())[1];
}

test('with the rule of the guide nor what listens everywhere', async (t) => {
    const { inside } = await setup();
    const alias = await mediaAlias();
    const program = inside.start(process.execPath, ['-e', listener]);
    t.defer(() => program.close());
    await program.line(/^listens$/);
    const wanted = { peers: [alias], send: [{ address: alias, port: 9999, text: 'from outside' }] };
    assert.equal((await askRelay(wanted)).peers[alias], 0);
    // Without the rule it comes: so it was the rule.
    await inside.run('nft', ['delete', 'table', 'inet', 'spillway_own_relay']);
    wanted.send[0].text = 'without the rule';
    await askRelay(wanted);
    await program.line(/^without the rule$/);
    assert.deepEqual(program.lines, ['listens', 'without the rule']);
});
