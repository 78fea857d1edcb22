/** Browsers publish from where only a relay helps: each network in namespaces of its own. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Chromium, pageState } from './support/browser.mjs';
import { Firefox } from './support/firefox.mjs';
import { Gateway } from './support/gateway.mjs';
import {
    letPass,
    Network,
    networkMissing,
    oneToOneNat,
    ordinaryNat,
    symmetricNat,
} from './support/network.mjs';
import { copyWithFfmpeg, scratch } from './support/players.mjs';
import { assertPlays } from './support/probe.mjs';
import { Process } from './support/process.mjs';
import { RelayNetwork, relayName, relayUrls, secret } from './support/relay_network.mjs';
import { suite } from './support/suite.mjs';
import { until } from './support/wait.mjs';

const { test, shared } = suite(import.meta.url, { missing: networkMissing() });

const pages = 'tcp dport 8080-8089'; // of the gateway: without it nobody would get as far as publishing
const places = {
    'behind symmetric NAT': symmetricNat,
    'where UDP is dropped except 3478': [ordinaryNat, letPass([pages, 'udp dport 3478'])],
    'where only TCP passes': [ordinaryNat, letPass(['ip protocol tcp'])],
    'where only TLS on 5349 passes': [ordinaryNat, letPass([pages, 'tcp dport 5349'])],
};
const small = 'resolution=360&bitrate=600'; // several encoders on two cores
const video = { 'min-height': 360, preset: 'ultrafast' };
const reasonWithin = 15_000; // ms after publishing began

const setup = shared(async () => {
    const relayed = await RelayNetwork.create();
    const known = { embedded: 'no', urls: relayUrls([1]), secret };
    try {
        relayed.onlyRelay = await relayed.gateway({ video, relay: { ...known, policy: 'relay' } });
        relayed.anyWay = await relayed.gateway({ video, relay: { ...known, policy: 'all' } });
        relayed.noRelay = await relayed.gateway({
            video,
            relay: { embedded: 'no', stun: `stun:${relayName(1)}:3478` },
        });
        relayed.publishers = {};
        for (const [index, [place, rules]] of Object.entries(places).entries()) {
            relayed.publishers[place] = await relayed.network.hiddenHost(`home${index}`, rules);
        }
    } catch (error) {
        await relayed.close();
        throw error;
    }
    return relayed;
});

async function chromiumOn(host) {
    const { origins } = await setup();
    return Chromium.start({ host, secure: origins });
}

/** Unlike Chromium it can't be told of the test's certificate authority, so it has to believe any. */
const firefoxOn = (host) => Firefox.start({ host, certificates: false });

const publishPage = (gateway, stream, more = '') =>
    `${gateway.publicUrl}/publish/${stream}?autostart=1&source=test&${small}${more}`;

/** It plays by HLS now, and as a recording once `stop` has ended it. */
async function assertOnAir(gateway, stream, stop) {
    const { folder, close } = scratch();
    const options = { size: [640, 360] };
    try {
        await gateway.live(stream);
        await gateway.listed(stream, 2);
        const file = join(folder, 'hls.ts');
        await copyWithFfmpeg(`${gateway.url}/live/${stream}/index.m3u8`, file, 2);
        await assertPlays(file, options);
        await stop();
        const recording = await gateway.finished(stream);
        await assertPlays(gateway.url + recording.url, options);
    } finally {
        await close();
    }
}

for (const [index, place] of Object.keys(places).entries()) {
    test(
        `a publisher ${place}: the relay alone, or what works`,
        async (t) => {
            const { publishers, onlyRelay, anyWay, relays } = await setup();
            const chromium = await chromiumOn(publishers[place]);
            t.defer(() => chromium.close());
            const firefox = await firefoxOn(publishers[place]);
            t.defer(() => firefox.close());

            const page = await chromium.open(publishPage(onlyRelay, `only${index}`));
            await pageState(page, 'live');
            assert.ok(relays[0].allocations() > 0, 'nothing is allocated at the relay');
            await assertOnAir(onlyRelay, `only${index}`, () => page.click('#stop'));

            // Its fake microphone: without a sound device an AudioContext of Firefox stands still.
            await firefox.open(publishPage(anyWay, `fox${index}`, '&sound=microphone:'));
            await firefox.pageState('live');
            const other = await chromium.open(publishPage(anyWay, `any${index}`));
            await pageState(other, 'live');
            await anyWay.listed(`fox${index}`, 1);
            await anyWay.listed(`any${index}`, 1);
        },
        { within: 90_000 },
    );
}

test('without a relay each of them is told within 15 s why nothing comes', async (t) => {
    const { publishers, noRelay } = await setup();
    await Promise.all(
        Object.values(publishers).map(async (host, index) => {
            const chromium = await chromiumOn(host);
            t.defer(() => chromium.close());
            const page = await chromium.open(publishPage(noRelay, `none${index}`));
            const text = () => page.innerText('#state');
            await until('reason', async () => /names no relay/.test(await text()), {
                within: reasonWithin,
            });
            assert.match(await text(), /firewall or NAT/);
            await page.click('#stop');
        }),
    );
    assert.deepEqual((await noRelay.recordings()).length, 0);
});

test('an ordinary NAT needs no relay: STUN is enough', async (t) => {
    const { network, noRelay } = await setup();
    const host = await network.hiddenHost('ordinary', ordinaryNat);
    const chromium = await chromiumOn(host);
    t.defer(() => chromium.close());
    const page = await chromium.open(publishPage(noRelay, 'ordinary'));
    await pageState(page, 'live');
    await noRelay.listed('ordinary', 1);
});

test('a gateway behind a 1:1 NAT is reached by its public address', async (t) => {
    const { network } = await setup();
    const cloud = await network.hiddenHost('cloud', oneToOneNat);
    const { address } = cloud.router;
    const gateway = await Gateway.start({
        host: cloud,
        port: 8080,
        settings: {
            server: { hosts: address },
            access: { open: 'yes' },
            relay: { embedded: 'no' },
            ice: { 'public-address': address },
            video,
        },
    });
    t.defer(() => gateway.close());
    const url = `http://${address}:8080`;
    const chromium = await Chromium.start({
        host: await network.publicHost('visitor', 70),
        secure: [url],
    });
    t.defer(() => chromium.close());
    const page = await chromium.open(`${url}/publish/cloud?autostart=1&source=test&${small}`);
    await pageState(page, 'live');
    await gateway.listed('cloud', 1);
});

test('what a run left that was killed is swept', async () => {
    const module = new URL('./support/network.mjs', import.meta.url).pathname;
    const child = new Process(process.execPath, [
        '--input-type=module',
        '-e',
        `import { Network } from ${JSON.stringify(module)};
         const network = await Network.create();
         (await network.publicHost('left', 9)).start('sleep', ['1000']);
         console.log('made');
         setInterval(() => {}, 1000);`,
    ]);
    await child.line(/made/);
    const left = () =>
        ['/run/netns', '/etc/netns']
            .flatMap((folder) => readdirSync(folder))
            .filter((name) => name.startsWith(`spillway-test-${child.pid}-`));
    assert.equal(left().length, 4);
    child.signal('SIGKILL');
    await child.exit();
    await (await Network.create()).close();
    assert.deepEqual(left(), []);
});
