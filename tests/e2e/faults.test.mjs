/** Publishers and pipelines that fail: the stream ends as it should, and nothing else is touched. */

import assert from 'node:assert/strict';
import { Chromium, pageState } from './support/browser.mjs';
import { Events } from './support/events.mjs';
import { Gateway } from './support/gateway.mjs';
import { assertBroadcast, assertSteady, missingNumbers } from './support/probe.mjs';
import { pipelineOf } from './support/pipelines.mjs';
import { Publisher } from './support/publisher.mjs';
import { suite } from './support/suite.mjs';
import { reach, until } from './support/wait.mjs';
import { RtpCapture } from './support/rtp_capture.mjs';

const { test, shared } = suite(import.meta.url);

const gateway = shared(() => Gateway.start({ settings: { limits: { streams: 6 } } }));
const chromium = shared(() => Chromium.start());

/** True when the WHIP session is unknown to the gateway. */
async function isGone(session) {
    return (await fetch(session, { method: 'DELETE' })).status === 404;
}

test('media under a wrong DTLS fingerprint is never used', async (t) => {
    const server = await gateway();
    const events = await Events.listen(server);
    t.defer(() => events.close());
    const sender = await Publisher.start(server, 'forged', {
        options: ['--wrong-fingerprint', '--no-delete'],
        sending: false,
    });
    t.defer(() => sender.close());
    const { status } = await sender.event('answered');
    assert.equal(status, 201);
    await events.first(
        'stream',
        ({ stream, state }) => stream === 'forged' && state === 'ended',
        20_000,
    );
    const states = events.all.filter(
        ({ name, data }) => name === 'stream' && data.stream === 'forged',
    );
    assert.ok(!states.some(({ data }) => data.state === 'live'), 'the stream became live');
    assert.ok(!states.some(({ data }) => data.video), 'media was looked at');
    assert.ok(
        !(await server.recordings()).some(({ stream }) => stream === 'forged'),
        'it was recorded',
    );
});

test('a publisher that never connects is gone within 15 s', async (t) => {
    const server = await gateway();
    const sender = await Publisher.start(server, 'silent', {
        options: ['--no-connect', '--no-delete'],
        sending: false,
    });
    t.defer(() => sender.close());
    const { status, session } = await sender.event('answered');
    assert.equal(status, 201);
    await until('end of the stream', async () => !(await server.stream('silent')), {
        within: 15_500,
    });
    assert.ok(await isGone(session));
    const again = await Publisher.start(server, 'silent');
    await again.close();
});

test('a publisher killed with SIGKILL ends the stream', async (t) => {
    const server = await gateway();
    const events = await Events.listen(server);
    t.defer(() => events.close());
    const sender = await Publisher.start(server, 'killed', { file: 'h264.mkv' });
    t.defer(() => sender.close());
    await server.listed('killed', 2);
    const killed = performance.now();
    sender.process.signal('SIGKILL');
    const { at, data } = await events.first(
        'stream',
        ({ stream, state }) => stream === 'killed' && state === 'ended',
    );
    const after = (at - killed) / 1000;
    assert.ok(after > 3 && after < 8, `ended after ${after} s`);
    assert.ok(data.reason, 'it ended without a reason');
    await until('ENDLIST', async () =>
        /#EXT-X-ENDLIST/.test((await server.mediaPlaylist('killed')).text),
    );
    const recording = await server.finished('killed');
    await assertBroadcast(server.url + recording.url);
    assert.ok(recording.duration > 3, `only ${recording.duration} s`);
});

test('kill -9 of a pipeline ends its stream within 1 s and no other', async (t) => {
    const server = await gateway();
    const events = await Events.listen(server);
    t.defer(() => events.close());
    const victim = await Publisher.start(server, 'victim', {
        file: 'h264.mkv',
        options: ['--no-delete'],
    });
    t.defer(() => victim.close());
    const other = await Publisher.start(server, 'other', { file: 'h264.mkv' });
    t.defer(() => other.close());
    await server.listed('victim', 2);
    await server.live('other');
    const capture = await RtpCapture.watch(server, 'other');
    t.defer(() => capture.close());
    await reach(performance.now() + 2_000); // of the other stream before

    const { session } = await victim.event('answered');
    const killed = performance.now();
    process.kill(await pipelineOf(server, 'victim'), 'SIGKILL');
    const { at } = await events.first(
        'stream',
        ({ stream, state }) => stream === 'victim' && state === 'ended',
    );
    assert.ok(at - killed < 1_000, `told after ${at - killed} ms`);
    assert.ok(await isGone(session), 'the WHIP session is still there');
    assert.ok(performance.now() - killed < 1_500);

    const recording = await server.finished('victim');
    await assertBroadcast(server.url + recording.url);
    await reach(killed + 3_000); // of the other stream after
    await capture.stop();
    assertSteady(await capture.times(), 'the other stream');
    assert.deepEqual(missingNumbers(await capture.numbers()), [], 'the other stream lost pictures');
    await until('spare process', async () => (await fetch(`${server.url}/healthz`)).status === 200);
});

test('the page publishes again by itself when its pipeline dies', async (t) => {
    const server = await gateway();
    const page = await (
        await chromium()
    ).open(`${server.url}/publish/again?autostart=1&source=test`);
    t.defer(() => page.context().close());
    await pageState(page, 'live');
    const first = await server.live('again');
    await server.listed('again', 1);
    const events = await Events.listen(server);
    t.defer(() => events.close());
    process.kill(await pipelineOf(server, 'again'), 'SIGKILL');
    await events.first('stream', ({ stream, state }) => stream === 'again' && state === 'ended');
    const { data: second } = await events.first(
        'stream',
        ({ stream, state, start }) =>
            stream === 'again' && state === 'live' && start !== first.start,
        20_000,
    );
    assert.ok(second.start > first.start);
    await pageState(page, 'live');
    await until('both parts in the playlist', async () => {
        const { text } = await server.mediaPlaylist('again');
        return text.includes('#EXT-X-DISCONTINUITY\n') && !text.includes('#EXT-X-ENDLIST');
    });
});

test('a busy stream is refused with 409', async (t) => {
    const server = await gateway();
    const sender = await Publisher.start(server, 'busy', { file: 'h264.mkv' });
    t.defer(() => sender.close());
    const second = await Publisher.start(server, 'busy', { sending: false });
    t.defer(() => second.close());
    assert.equal((await second.event('answered')).status, 409);
    await server.live('busy');
});

test('more streams than [limits] streams are refused with 503 and Retry-After', async (t) => {
    const server = await Gateway.start({ settings: { limits: { streams: 1 } } });
    t.defer(() => server.close());
    const sender = await Publisher.start(server, 'one', { file: 'h264.mkv' });
    t.defer(() => sender.close());
    const { readFile } = await import('node:fs/promises');
    const offer = await readFile(new URL('../data/offers/chromium-camera.sdp', import.meta.url));
    const response = await fetch(`${server.url}/whip/two`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/sdp' },
        body: offer,
    });
    assert.equal(response.status, 503);
    assert.ok(Number(response.headers.get('Retry-After')) > 0);
    assert.match(response.headers.get('Content-Type'), /application\/problem\+json/);
    assert.match((await response.json()).detail, /limit|stream/i);
});

test('a burst of publishers beyond the spare process is answered within 5 s', async (t) => {
    const server = await Gateway.start({ settings: { limits: { streams: 8 } } });
    t.defer(() => server.close());
    const senders = await Promise.all(
        Array.from({ length: 6 }, (_, n) =>
            Publisher.start(server, `burst${n}`, {
                file: 'h264.mkv',
                options: ['--no-connect'],
                sending: false,
            }),
        ),
    );
    senders.forEach((sender) => t.defer(() => sender.close()));
    const answers = await Promise.all(senders.map((sender) => sender.event('answered', 20_000)));
    for (const { status, ms } of answers) {
        assert.ok([201, 503].includes(status), `status ${status}`);
        assert.ok(ms < 5_000, `answered after ${ms} ms`);
    }
    assert.ok(
        answers.filter(({ status }) => status === 201).length >= 5,
        'fewer than five were taken',
    );
});
