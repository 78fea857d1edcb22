/** A gateway that faces the internet with nothing but the relay that it starts: publishers behind symmetric NAT. */

import assert from 'node:assert/strict';
import { Chromium, pageState } from './support/browser.mjs';
import { Firefox } from './support/firefox.mjs';
import { Gateway } from './support/gateway.mjs';
import { Network, networkMissing, symmetricNat } from './support/network.mjs';
import { suite } from './support/suite.mjs';

const { test, shared } = suite(import.meta.url, { missing: networkMissing() });

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

const setup = shared(async () => {
    const network = await Network.create();
    try {
        const inside = await network.publicHost('gateway', 10);
        await inside.rules(firewall);
        const home = await network.hiddenHost('home', symmetricNat);
        const gateway = await Gateway.start({
            host: inside,
            port: 8080,
            settings: {
                access: { open: 'yes' },
                relay: { port: relayPort },
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

test('with its credentials nobody reaches the gateway’s own addresses', async () => {
    const { gateway, home, inside } = await setup();
    const response = await home.run('curl', ['-sf', `${gateway.publicUrl}/api/v1/ice?stream=demo`]);
    const [{ urls, username, credential }] = JSON.parse(response).iceServers;
    assert.deepEqual(
        urls,
        ['udp', 'tcp'].map((kind) => `turn:${inside.address}:${relayPort}?transport=${kind}`),
    );
    const peers = [inside.address, '127.0.0.1', '10.20.1.2', '203.0.113.101'];
    const relay = { server: inside.address, port: relayPort, username, credential };
    const wanted = JSON.stringify({ ...relay, peers, channels: peers });
    const answer = JSON.parse(await home.run(process.execPath, [turnClient, wanted]));
    assert.equal(answer.allocate, 0);
    for (const address of peers) {
        assert.equal(answer.peers[address], 403, `permission for ${address}`);
        assert.equal(answer.channels[address], 403, `a channel to ${address}`);
    }
});
