/** Credentials of a relay that run out while live. */

import assert from 'node:assert/strict';
import { Chromium, pageState } from './support/browser.mjs';
import { networkMissing, symmetricNat } from './support/network.mjs';
import { longestStill, stills } from './support/probe.mjs';
import { RelayNetwork, relayUrls, secret } from './support/relay_network.mjs';
import { suite } from './support/suite.mjs';
import { until } from './support/wait.mjs';

const { test } = suite(import.meta.url, { missing: networkMissing(), waits: true });

const lifetime = 30; // s, the least [relay] ttl
const afterwards = 6; // s that are watched then
const longestGap = 0.3; // s that the change may cost
const around = { before: 0.5, after: 4 }; // s in which it would show

/** Allocations end with the credentials: coturn would keep those that are refreshed in time. */
const expiry = `
    table ip expiry {
        set fresh { type ipv4_addr . inet_service; timeout ${lifetime}s; }
        chain in {
            type filter hook input priority filter; policy accept;
            udp dport != 3478 accept
            ct state new add @fresh { ip saddr . udp sport }
            ip saddr . udp sport @fresh accept
            counter drop
        }
    }`;

test(
    'a session outlives its credentials: no gap when the old allocation is cut',
    async (t) => {
        const relayed = await RelayNetwork.create();
        t.defer(() => relayed.close());
        const [relay] = relayed.relays;
        await relay.host.rules(expiry);
        const server = await relayed.gateway({
            video: { 'min-height': 360, preset: 'ultrafast' },
            relay: {
                embedded: 'no',
                policy: 'relay',
                urls: relayUrls([1], ['udp']),
                secret,
                ttl: lifetime,
            },
        });
        const host = await relayed.network.hiddenHost('home', symmetricNat);
        const chromium = await Chromium.start({ host, secure: relayed.origins });
        t.defer(() => chromium.close());
        const page = await chromium.open(
            `${server.publicUrl}/publish/lasting?autostart=1&source=test&resolution=360&bitrate=600`,
        );
        const allocations = (count) => () => relay.allocations() >= count && Date.now() / 1000;
        const cut = (await until('allocation', allocations(1))) + lifetime;
        const renewed = await until('another allocation while the first is of use', allocations(2), {
            within: (lifetime - 1) * 1000,
        });
        await until('end of the first', () => Date.now() / 1000 > cut + afterwards, {
            within: (lifetime + afterwards) * 1000,
        });
        await pageState(page, 'live');
        await page.click('#stop');
        const recording = await server.finished('lasting');
        const start = Date.parse(recording.start) / 1000;
        assert.ok(start + recording.duration > cut + afterwards / 2, 'it ended in between');
        const found = await stills(server.url + recording.url);
        // A machine with too much to do stands still at other times too.
        const usual = longestStill(found, { from: 2, to: renewed - start - around.before });
        const limit = Math.max(longestGap, 2 * usual);
        for (const [what, moment] of Object.entries({ renewed, cut })) {
            const at = moment - start;
            const gap = longestStill(found, { from: at - around.before, to: at + around.after });
            assert.ok(gap <= limit, `the picture stood still for ${gap.toFixed(3)} s: ${what}`);
        }
    },
    { within: 90_000 },
);
