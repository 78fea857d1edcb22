/** node forwarder.mjs SOCKET ADDRESS PORT: a unix socket, seen from every namespace, that leads to a TCP port. */

import { connect, createServer } from 'node:net';

const [path, address, port] = process.argv.slice(2);
createServer((near) => {
    const far = connect(Number(port), address);
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
}).listen(path);
