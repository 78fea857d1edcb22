/** A worker that ticks 30 times a second: timers of a page in the background are slowed, a worker's not. */

const period = 1000 / 30; // ms
const start = performance.now();
let ticks = 0;

function tick() {
    postMessage(null);
    // After a pause of the whole machine go on from now; don't send what was missed in one burst.
    ticks = Math.max(ticks + 1, Math.floor((performance.now() - start) / period));
    setTimeout(tick, start + ticks * period - performance.now());
}

tick();
