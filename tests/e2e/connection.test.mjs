/** "Test my connection" on the publish page: what it tells visitors, and what the server takes for it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Chromium } from './support/browser.mjs';
import { Firefox } from './support/firefox.mjs';
import { Gateway } from './support/gateway.mjs';
import { letPass, networkMissing, ordinaryNat } from './support/network.mjs';
import { RelayNetwork, relayName, relayUrls, secret } from './support/relay_network.mjs';
import { suite } from './support/suite.mjs';
import { until } from './support/wait.mjs';

const { test, shared } = suite(import.meta.url, { missing: networkMissing(), waits: true });

test('one sentence for each outcome of the page’s test', async (t) => {
    const { verdict } = await import('../../web/connection_verdict.js');
    globalThis.location = { hostname: 'live.example.org' };
    t.defer(() => delete globalThis.location);
    const at = { host: 'relay.example.org', relayed: false, refused: false, ok: false };
    const ways = {
        udp: { ...at, transport: 'udp', port: 3478 },
        tcp: { ...at, transport: 'tcp', port: 3478 },
        tls: { ...at, transport: 'tls', port: 443 },
    };
    const told = (policy, direct, relays, change = {}) => {
        const result = verdict({
            policy,
            direct: { ok: direct },
            relays: relays.map((way) => ({ ...ways[way], ...change })),
        });
        assert.equal(result.good, !result.advice);
        return `${result.sentence} ${result.advice}`;
    };
    const works = { ok: true, relayed: true };
    assert.match(told('all', true, ['udp']), /^Your network lets you publish directly\. $/);
    assert.match(told('all', false, ['udp', 'tcp'], works), /^Only through the relay: it works\. $/);
    assert.match(told('relay', true, ['udp'], works), /^You can publish through the relay\. $/);
    assert.match(told('all', false, ['tcp', 'tls'], works), /over TCP: it works, with some more delay/);
    assert.match(told('relay', false, ['tls'], works), /over TLS: it works, with some more delay/);
    assert.match(told('all', false, []), /offers no relay.*live\.example\.org/);
    assert.match(
        told('all', false, ['udp', 'tcp', 'tls']),
        /^Nothing gets out: .*relay\.example\.org \(UDP port 3478, TCP port 3478, TCP port 443\)/,
    );
    assert.match(told('relay', true, ['udp']), /^The relay does not answer.*wants it to be used/);
    assert.match(told('relay', true, []), /wants a relay to be used, and offers none/);
    assert.match(told('all', false, ['udp'], { relayed: true }), /don’t reach this server.*check-relay/);
    assert.match(told('all', false, ['udp'], { refused: true }), /refuses.*check-relay/);
});

const pages = 'tcp dport 8080-8089';
const visitors = {
    'only UDP 3478': [ordinaryNat, letPass([pages, 'udp dport 3478'])],
    'only TCP': [ordinaryNat, letPass(['ip protocol tcp'])],
    'only TLS': [ordinaryNat, letPass([pages, 'tcp dport 5349'])],
    'only the pages': [ordinaryNat, letPass([pages])],
};
const said = {
    'only UDP 3478': /^Only through the relay: it works\.$/,
    'only TCP': /^Only through the relay over TCP: it works, with some more delay\.$/,
    'only TLS': /^Only through the relay over TLS: it works, with some more delay\.$/,
    'only the pages': /^Nothing gets out: /,
};

const relayed = shared(async () => {
    const network = await RelayNetwork.create();
    try {
        network.page = await network.gateway({
            relay: { embedded: 'no', urls: relayUrls([1]), secret },
        });
        network.visitors = {};
        for (const [index, [place, rules]] of Object.entries(visitors).entries())
            network.visitors[place] = await network.network.hiddenHost(`visitor${index}`, rules);
    } catch (error) {
        await network.close();
        throw error;
    }
    return network;
});

const outcomeOf = `document.getElementById('connection-test').dataset.outcome`;
const isOver = () =>
    ['good', 'bad'].includes(document.getElementById('connection-test').dataset.outcome);

/** Presses the button; {sentence, advice, details} once the test is over. */
async function testInChromium(page) {
    await page.click('#test-connection');
    await page.waitForFunction(isOver, null, { timeout: 30_000 });
    const text = (id) => page.textContent(`#${id}`);
    return {
        outcome: await page.getAttribute('#connection-test', 'data-outcome'),
        sentence: await text('test-sentence'),
        advice: await text('test-advice'),
        details: await page.$$eval('#test-results tr', (rows) => rows.map((row) => row.textContent)),
    };
}

/** The same in Firefox, but for the details. */
async function testInFirefox(firefox) {
    await firefox.value(`(document.getElementById('test-connection').click(), true)`);
    await until(
        'end of the test in Firefox',
        async () => ['good', 'bad'].includes(await firefox.value(outcomeOf)),
        { within: 30_000 },
    );
    return firefox.value(`document.getElementById('test-sentence').textContent`);
}

for (const [place, sentence] of Object.entries(said)) {
    test(
        `the page tells a visitor whom a firewall leaves ${place}`,
        async (t) => {
            const network = await relayed();
            const host = network.visitors[place];
            const url = `${network.page.publicUrl}/publish/test`;
            const [chromium, firefox] = await Promise.all([
                Chromium.start({ host, secure: network.origins }),
                Firefox.start({ host, certificates: false }),
            ]);
            t.defer(() => chromium.close());
            t.defer(() => firefox.close());
            const page = await chromium.open(url);
            await firefox.open(url);
            const [result, inFirefox] = await Promise.all([
                testInChromium(page),
                testInFirefox(firefox),
            ]);
            assert.match(result.sentence, sentence, JSON.stringify(result));
            assert.match(inFirefox, sentence);
            assert.equal(result.outcome, place === 'only the pages' ? 'bad' : 'good');
            if (place === 'only the pages') {
                assert.ok(result.advice.includes(relayName(1)), result.advice);
                assert.match(result.advice, /UDP port 3478.*TCP port 5349/);
            }
            assert.equal(result.details.length, 4);
            assert.deepEqual(page.complaints, []);
        },
        { within: 90_000 },
    );
}

test('the page says that a visitor beside the gateway needs no relay', async (t) => {
    const gateway = await Gateway.start();
    t.defer(() => gateway.close());
    const chromium = await Chromium.start();
    t.defer(() => chromium.close());
    const page = await chromium.open(`${gateway.url}/publish/test`);
    const result = await testInChromium(page);
    assert.equal(result.sentence, 'Your network lets you publish directly.');
    assert.equal(result.details.length, 3); // and the relay that runs by itself
    for (const line of result.details) assert.match(line, /works, \d+ ms$/);
    assert.deepEqual(page.complaints, []);
    await page.click('#test-close');
    assert.equal(await page.isVisible('#connection-test'), false);
});

test('the page names a relay that refuses the credentials', async (t) => {
    const network = await relayed();
    const gateway = await network.gateway({
        relay: { embedded: 'no', urls: relayUrls([1], ['udp', 'tcp']), secret: 'a-wrong-one' },
    });
    const host = network.visitors['only TCP'];
    const chromium = await Chromium.start({ host, secure: network.origins });
    t.defer(() => chromium.close());
    const page = await chromium.open(`${gateway.publicUrl}/publish/test`);
    const result = await testInChromium(page);
    assert.match(result.sentence, /refuses this server’s credentials/);
    assert.match(result.advice, /spillway check-relay/);
});

test('the check of a path takes only offers of a data channel, and few at once', async (t) => {
    const body = readFileSync(new URL('../data/data-offers/chromium.sdp', import.meta.url));
    const gateway = await Gateway.start({ settings: { access: { 'publish-token': 'long-enough' } } });
    t.defer(() => gateway.close());
    const post = (headers) =>
        fetch(`${gateway.url}/api/v1/ice/check`, {
            method: 'POST',
            body,
            headers: { 'Content-Type': 'application/sdp', ...headers },
        });
    assert.equal((await post({})).status, 401);
    const headers = { Authorization: 'Bearer long-enough' };
    const answers = await Promise.all(Array.from({ length: 9 }, () => post(headers)));
    assert.equal(answers.filter(({ status }) => status === 201).length, 8);
    const refused = answers.find(({ status }) => status !== 201);
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get('Retry-After')) > 0);
    const one = answers.find(({ status }) => status === 201);
    const url = new URL(one.headers.get('Location'), gateway.url);
    assert.equal((await fetch(url, { method: 'DELETE' })).status, 401);
    assert.equal((await fetch(url, { method: 'DELETE', headers })).status, 204);
    assert.equal((await post(headers)).status, 201);
});
