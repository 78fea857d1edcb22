/** Memory one minute in. */

import { Gateway } from '../../e2e/support/gateway.mjs';
import { pipelineOf } from '../../e2e/support/pipelines.mjs';
import { Publisher } from '../../e2e/support/publisher.mjs';
import { reach } from '../../e2e/support/wait.mjs';
import { row } from '../table.mjs';
import { memory } from '../usage.mjs';

export async function pss(seconds) {
    const gateway = await Gateway.start();
    const publishers = [];
    try {
        for (const [name, file] of [
            ['demo', 'vp8.webm'],
            ['two', 'h264.mkv'],
            ['three', 'h264.mkv'],
            ['four', 'h264.mkv'],
        ]) {
            publishers.push(await Publisher.start(gateway, name, { file }));
            await gateway.live(name);
        }
        await reach(performance.now() + seconds * 1000);
        const pipeline = memory(await pipelineOf(gateway, 'demo'));
        const passing = memory(await pipelineOf(gateway, 'two'));
        const server = memory(gateway.pid);
        row({
            figure: 'Pss of a 720p pipeline (VP8)',
            value: `${pipeline.toFixed(0)} MB`,
            aim: '≤ 120 MB',
            met: pipeline <= 120,
        });
        row({
            figure: 'Pss of a pipeline that passes H.264 through',
            value: `${passing.toFixed(0)} MB`,
            aim: '≤ 120 MB',
            met: passing <= 120,
        });
        row({
            figure: 'Pss of the gateway with 4 streams',
            value: `${server.toFixed(0)} MB`,
            aim: '≤ 30 MB',
            met: server <= 30,
        });
    } finally {
        for (const publisher of publishers) await publisher.close();
        await gateway.close();
    }
}
