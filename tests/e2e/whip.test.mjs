/** WHIP as RFC 9725 has it; the numbers are those of the sections named. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Gateway } from './support/gateway.mjs';
import { suite } from './support/suite.mjs';

const { test, shared } = suite(import.meta.url, { waits: true });

const gateway = shared(() => Gateway.start({ settings: { limits: { streams: 8 } } }));
const data = (name) => readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8');
const offerType = 'application/sdp';
const fragmentType = 'application/trickle-ice-sdpfrag';

/** A session for `offer`; it is ended after the test. */
async function publish(t, stream, offer = 'chromium-camera', headers = {}) {
    const server = await gateway();
    const response = await fetch(`${server.url}/whip/${stream}`, {
        method: 'POST',
        headers: { 'Content-Type': offerType, ...headers },
        body: data(`offers/${offer}.sdp`),
    });
    const answer = await response.text();
    assert.equal(response.status, 201, answer);
    const session = new URL(response.headers.get('Location'), response.url).href;
    t.defer(() => fetch(session, { method: 'DELETE' }));
    return { response, answer, session, etag: response.headers.get('ETag') };
}

const patch = async (
    session,
    { body = data('fragments/trickle.sdpfrag'), type = fragmentType, match = null },
) => {
    const response = await fetch(session, {
        method: 'PATCH',
        body,
        headers: { 'Content-Type': type, ...(match && { 'If-Match': match }) },
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
};

for (const offer of [
    'chromium-camera',
    'firefox-camera',
    'webrtcbin-h264',
    'chromium-simulcast',
    'firefox-simulcast',
    'chromium-sendrecv',
    'session-level',
]) {
    test(`${offer} is answered with 201`, async (t) => {
        const { response, answer } = await publish(t, 'answered', offer);
        assert.match(response.headers.get('Content-Type'), /^application\/sdp/i);
        assert.match(response.headers.get('Location'), /\/whip\/answered\/[\w-]{22,}$/);
        assert.match(response.headers.get('ETag'), /^"[^"]+"$/);
        const media = answer.split(/^m=/m).slice(1);
        assert.equal(media.length, data(`offers/${offer}.sdp`).split(/^m=/m).length - 1);
        for (const section of media) {
            assert.match(section, /^(audio|video) [1-9]\d* UDP\/TLS\/RTP\/SAVPF \d+/);
            for (const line of [
                'a=recvonly',
                'a=setup:passive',
                'a=rtcp-mux',
                'a=fingerprint:sha-256 ',
            ])
                assert.ok(section.includes(line), `${line}: ${section}`);
            assert.doesNotMatch(section, /a=simulcast|a=rid/);
        }
        assert.match(media[0], /^a=candidate:\S+ 1 udp /im);
        assert.match(media[0], /^a=end-of-candidates/m);
        assert.doesNotMatch(answer, / tcptype /);
        const offered = data(`offers/${offer}.sdp`);
        const numbers = /^a=extmap:\d+ \S*transport-wide-cc/m; // without them feedback has nothing to name
        if (numbers.test(offered)) {
            assert.match(answer, numbers);
            assert.match(answer, /^a=rtcp-fb:\d+ transport-cc/m);
        }
        const nack = /^a=rtcp-fb:\d+ nack\r$/m;
        if (nack.test(offered)) assert.match(answer, nack);
    });
}

test('the content type may be written otherwise, and have parameters', async (t) => {
    await publish(t, 'typed', 'chromium-camera', {
        'Content-Type': 'Application/SDP; charset=utf-8',
    });
});

test('GET, HEAD and OPTIONS on the endpoint', async () => {
    const server = await gateway();
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        const response = await fetch(`${server.url}/whip/other`, { method });
        assert.ok([200, 204].includes(response.status), `${method}: ${response.status}`);
        assert.equal(await response.text(), '');
    }
    assert.match(
        (await fetch(`${server.url}/whip/other`, { method: 'OPTIONS' })).headers.get('Accept-Post'),
        /application\/sdp/,
    );
});

test('DELETE ends the session once', async (t) => {
    const { session } = await publish(t, 'deleted');
    assert.equal((await fetch(session, { method: 'GET' })).status < 300, true);
    assert.equal(
        (await fetch(session, { method: 'DELETE', headers: { 'If-Match': '"whatever"' } })).status,
        200,
    );
    assert.equal((await fetch(session, { method: 'DELETE' })).status, 404);
    await publish(t, 'deleted');
});

test('PATCH trickles candidates', async (t) => {
    const { session, etag, answer } = await publish(t, 'trickled');
    const ufrag = /a=ice-ufrag:(\S+)/.exec(data('offers/chromium-camera.sdp'))[1];
    const body = `a=ice-ufrag:${ufrag}\r\na=ice-pwd:${/a=ice-pwd:(\S+)/.exec(data('offers/chromium-camera.sdp'))[1]}\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 50000 typ host\r\n`;
    assert.ok(answer);
    const taken = await patch(session, { body, match: etag });
    assert.equal(taken.status, 204, taken.text);
    assert.equal(taken.headers.get('ETag'), null);
    assert.equal(
        (
            await patch(session, {
                body: `${body}a=candidate:2 1 quic 1 host.invalid 9 typ host\r\na=candidate:3 1 udp 1 6c9d6f2e.local 9 typ host\r\na=end-of-candidates\r\n`,
                match: etag,
            })
        ).status,
        204,
    );
});

test('PATCH that fails a condition', async (t) => {
    const { session, etag } = await publish(t, 'patched');
    assert.equal((await patch(session, {})).status, 428);
    assert.equal((await patch(session, { match: '"stale"' })).status, 412);
    assert.equal((await patch(session, { type: 'application/json', match: etag })).status, 415);
    assert.equal((await patch(session, { body: 'garbage', match: etag })).status, 400);
});

test('an ICE restart is answered with 422, and the session goes on', async (t) => {
    const { session, etag } = await publish(t, 'restarted');
    for (const match of ['*', '"*"']) {
        const { status, headers } = await patch(session, {
            body: data('fragments/restart.sdpfrag'),
            match,
        });
        assert.equal(status, 422, `If-Match: ${match}`);
        assert.match(headers.get('Content-Type'), /problem\+json/);
    }
    assert.ok(etag);
    assert.equal((await fetch(session, { method: 'DELETE' })).status, 200);
});

test('a session that is not there', async () => {
    const server = await gateway();
    const unknown = `${server.url}/whip/other/${'a'.repeat(32)}`;
    assert.equal((await fetch(unknown, { method: 'DELETE' })).status, 404);
    assert.equal((await patch(unknown, { match: '*' })).status, 404);
});

test('methods that are not there get 405 and Allow', async () => {
    const server = await gateway();
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const response = await fetch(`${server.url}/whip/other`, { method });
        assert.equal(response.status, 405, method);
        assert.match(response.headers.get('Allow'), /POST/);
    }
});
