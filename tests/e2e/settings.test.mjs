/** What a start is refused for, and what the messages say. */

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Gateway, spillway, temporaryFolder } from './support/gateway.mjs';
import { Process, run } from './support/process.mjs';
import { suite } from './support/suite.mjs';

const { test } = suite(import.meta.url, { waits: true });

/** What a start that must fail says. */
async function refusal(t, args, options) {
    const process = new Process(spillway, args, options);
    t.defer(() => process.close());
    const code = await process.exit(10_000);
    assert.ok(typeof code === 'number' && code > 0, `it ended with ${code}`);
    return process.said();
}

function settingsFile(t, text) {
    const folder = temporaryFolder();
    t.defer(() => run('rm', ['-rf', folder]));
    const file = join(folder, 'spillway.conf');
    writeFileSync(file, text);
    return { folder, file };
}

const badSettings = [
    ['an unknown key', '[video]\nbitrat=2500\n', ['video', 'bitrat']],
    ['an unknown group', '[vidio]\nbitrate=2500\n', ['vidio']],
    ['a word where a number belongs', '[video]\nbitrate=fast\n', ['video', 'bitrate']],
    ['a number out of range', '[rtp]\nmtu=10\n', ['rtp', 'mtu']],
    ['an unknown preset', '[video]\npreset=quick\n', ['video', 'preset']],
    ['ports the wrong way round', '[rtp]\nports=21000-20000\n', ['rtp', 'ports']],
    ['no group at all', 'bitrate=2500\n', []],
];
for (const [what, text, words] of badSettings) {
    test(`settings with ${what} are refused by name`, async (t) => {
        const { file, folder } = settingsFile(t, text);
        for (const more of [
            ['--check-config'],
            ['--data', join(folder, 'data'), '--listen', '127.0.0.1:0'],
        ]) {
            const said = await refusal(t, ['--config', file, ...more]);
            for (const word of ['spillway.conf', ...words])
                assert.ok(said.includes(word), `"${word}" is not in: ${said}`);
        }
    });
}

test('a settings file that is not there is refused', async (t) => {
    assert.match(
        await refusal(t, ['--config', '/nonexistent/spillway.conf', '--check-config']),
        /nonexistent/,
    );
});

test('the settings file that is delivered is good', async () => {
    await run(spillway, [
        '--config',
        new URL('../../gateway/deploy/spillway.conf', import.meta.url).pathname,
        '--check-config',
    ]);
});

test('other addresses than loopback need access rules', async (t) => {
    const { folder } = settingsFile(t, '');
    const said = await refusal(t, ['--listen', '0.0.0.0:0', '--data', join(folder, 'data')]);
    assert.match(said, /access/);
    assert.match(said, /publish-token|open/);
});

test('a port in use is named', async (t) => {
    const { folder } = settingsFile(t, '');
    const server = createServer();
    await new Promise((done) => {
        server.listen(0, '127.0.0.1', done);
    });
    t.defer(
        () =>
            new Promise((done) => {
                server.close(done);
            }),
    );
    const { port } = server.address();
    const said = await refusal(t, [
        '--listen',
        `127.0.0.1:${port}`,
        '--data',
        join(folder, 'data'),
    ]);
    assert.match(said, new RegExp(`${port}`));
    assert.match(said, /use/i);
});

test('a data folder in use is named', async (t) => {
    const server = await Gateway.start();
    t.defer(() => server.close());
    const said = await refusal(t, ['--listen', '127.0.0.1:0', '--data', server.data]);
    assert.ok(said.includes(server.data), said);
    assert.match(said, /use|lock|another|running/i);
});

test('a data folder that cannot be written is named', async (t) => {
    const { folder } = settingsFile(t, '');
    const data = join(folder, 'data');
    const options = {};
    if (process.getuid() === 0) {
        writeFileSync(data, 'a file where the folder should be');
    } else {
        mkdirSync(data);
        chmodSync(data, 0o555);
    }
    assert.ok(
        (await refusal(t, ['--listen', '127.0.0.1:0', '--data', data], options)).includes(data),
    );
});

test('--version and --help', async () => {
    assert.match(await run(spillway, ['--version']), /\d+\.\d+/);
    const help = await run(spillway, ['--help']);
    for (const option of ['--config', '--listen', '--data', '--check-config', '--version', 'check-relay'])
        assert.ok(help.includes(option), option);
});
