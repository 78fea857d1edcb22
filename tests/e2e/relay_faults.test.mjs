/** Relays that refuse, and relays that die: what the page says, what goes on, and what is left. */

import assert from 'node:assert/strict';
import { Chromium, pageState } from './support/browser.mjs';
import { credentials } from './support/coturn.mjs';
import { networkMissing, symmetricNat } from './support/network.mjs';
import { descriptorsOf } from './support/pipelines.mjs';
import { longestStill, stills } from './support/probe.mjs';
import { RelayNetwork, relayUrls, secret } from './support/relay_network.mjs';
import { boundPorts } from './support/sockets.mjs';
import { suite } from './support/suite.mjs';
import { reach, until } from './support/wait.mjs';

const { test, shared } = suite(import.meta.url, { missing: networkMissing(), waits: true });

const video = { 'min-height': 360, preset: 'ultrafast' }; // several encoders on two cores
const sessions = 50;
const warmUp = 8;
const backWithin = 10_000; // ms after the relay of a session died
const afterwards = 6_000; // ms that are watched then
const toldWithin = 15_000; // ms
const looking = 500; // ms in which traffic is counted
const leastRate = 20_000; // bytes a second that tell media from ICE's own

const setup = shared(async () => {
    const relayed = await RelayNetwork.create({ count: 2 });
    try {
        relayed.home = await relayed.network.hiddenHost('home', symmetricNat);
        relayed.chromium = await Chromium.start({ host: relayed.home, secure: relayed.origins });
    } catch (error) {
        await relayed.close();
        throw error;
    }
    return {
        ...relayed,
        gateway: (relay) =>
            relayed.gateway({ video, relay: { embedded: 'no', policy: 'relay', ...relay } }),
        close: async () => {
            await relayed.chromium.close();
            await relayed.close();
        },
    };
});

async function publish(t, gateway, stream) {
    const { chromium } = await setup();
    const page = await chromium.open(
        `${gateway.publicUrl}/publish/${stream}?autostart=1&source=test&resolution=360&bitrate=600`,
    );
    t.defer(() => page.context().close());
    return page;
}

for (const [title, { username, credential }] of Object.entries({
    'expired credentials': credentials(secret, -60),
    'credentials of another secret': credentials('another-secret'),
})) {
    test(`${title} are refused, and the page says so`, async (t) => {
        const { gateway } = await setup();
        const server = await gateway({
            'fixed-urls': relayUrls([1], ['udp', 'tcp']),
            username,
            credential,
        });
        t.defer(() => server.close());
        const page = await publish(t, server, 'refused');
        await until(
            'reason',
            async () => /relay.*(refuse|credential|password)/i.test(await page.innerText('#state')),
            { within: toldWithin },
        );
    });
}

/** True when media goes through that relay. */
async function isUsed(relay) {
    const before = relay.traffic();
    await reach(performance.now() + looking);
    return relay.traffic() - before > (leastRate * looking) / 1000;
}

/** The relay that was used is gone: the picture moves again within 10 s, through `other`, in the same recording. */
async function assertGoesOn(server, page, stream, other) {
    await until('media through another relay', () => isUsed(other), { within: backWithin });
    await reach(performance.now() + afterwards);
    await pageState(page, 'live');
    await page.click('#stop');
    const recording = await server.finished(stream);
    const freeze = longestStill(await stills(server.url + recording.url));
    const described = `${recording.duration} s recorded, the picture stood still for ${freeze.toFixed(1)} s`;
    assert.ok(freeze * 1000 <= backWithin, described);
    assert.ok(recording.duration > freeze + afterwards / 2000, described);
    assert.equal((await server.recordings()).length, 1, described);
}

test('a relay that falls silent: the session goes on through another one', async (t) => {
    const { gateway, relays } = await setup();
    const server = await gateway({ urls: relayUrls([1, 2], ['udp']), secret });
    t.defer(() => server.close());
    const page = await publish(t, server, 'moved');
    await pageState(page, 'live');
    await server.listed('moved', 1);
    const [first] = await Promise.all(relays.map(isUsed));
    const [used, other] = first ? relays : [...relays].reverse();
    await used.host.rules(`
        table ip silence {
            chain in {
                type filter hook input priority filter; policy drop;
            }
        }`);
    t.defer(() => used.host.run('nft', ['delete', 'table', 'ip', 'silence']));
    await assertGoesOn(server, page, 'moved', other);
});

test('a relay that dies and is started again: the session goes on', async (t) => {
    const { gateway, relays } = await setup();
    const [relay] = relays;
    const server = await gateway({ urls: relayUrls([1], ['udp', 'tcp']), secret });
    t.defer(() => server.close());
    const page = await publish(t, server, 'back');
    await pageState(page, 'live');
    await server.listed('back', 1);
    await relay.kill();
    await reach(performance.now() + 1_000);
    await relay.again();
    await assertGoesOn(server, page, 'back', relay);
});

test(
    'fifty sessions through the relay one after another leave nothing behind',
    async (t) => {
        const { gateway, relays } = await setup();
        const [relay] = relays;
        await relay.kill(); // with what pages of other tests left
        await relay.again();
        const server = await gateway({ urls: relayUrls([1], ['udp']), secret });
        t.defer(() => server.close());
        const page = await publish(t, server, 'many');
        const session = async () => {
            await pageState(page, 'live');
            assert.ok(relay.allocations() > 0, 'it does not go through the relay');
            await page.click('#stop');
            await pageState(page, 'stopped');
            await until('end of the stream', async () => !(await server.stream('many')));
        };
        const held = async () => {
            await until('end of all allocations', () => relay.allocations() === 0);
            await until('the spare pipeline alone', () => server.pipelines().length === 1);
            return [
                relay.descriptors(),
                descriptorsOf(server.pid),
                boundPorts(server.pid, 'udp').length,
            ];
        };
        const again = async (count) => {
            for (let n = 0; n < count; ++n) {
                await page.click('#publish');
                await session();
            }
        };
        await session();
        await again(warmUp - 1); // each of coturn's threads opens something for good
        const before = await held();
        await again(sessions - warmUp);
        await until(`${before} held, as after ${warmUp} sessions`, async () => {
            const after = await held();
            if (after.every((count, index) => count <= before[index])) return true;
            throw new Error(`${after}`);
        });
    },
    { within: 240_000 },
);
