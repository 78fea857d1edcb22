/** Credentials of a relay that run out while live. */

import assert from 'node:assert/strict';
import { Chromium, pageState } from './support/browser.mjs';
import { networkMissing, symmetricNat } from './support/network.mjs';
import { longestFreeze } from './support/probe.mjs';
import { RelayNetwork, relayUrls, secret } from './support/relay_network.mjs';
import { suite } from './support/suite.mjs';
import { reach } from './support/wait.mjs';

const { test } = suite(import.meta.url, { missing: networkMissing() });

const lifetime = 30; // s, the least [relay] ttl
const afterwards = 6; // s that are watched then
const longestGap = 0.3; // s that the change may cost

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
        await relayed.relays[0].host.rules(expiry);
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
        const began = performance.now();
        const page = await chromium.open(
            `${server.publicUrl}/publish/lasting?autostart=1&source=test&resolution=360&bitrate=600`,
        );
        await pageState(page, 'live');
        await reach(began + (lifetime + afterwards) * 1000);
        await page.click('#stop');
        const recording = await server.finished('lasting');
        assert.ok(
            recording.duration > lifetime + afterwards / 2,
            `only ${recording.duration} s in one recording`,
        );
        const gap = await longestFreeze(server.url + recording.url);
        assert.ok(gap <= longestGap, `the picture stood still for ${gap.toFixed(3)} s`);
    },
    { within: 90_000 },
);
