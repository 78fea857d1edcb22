/**
 * A gateway that only a relay reaches from outside: its firewall lets in its pages, and media of the relays. So
 * whoever has no way to be answered at a port of his own can't publish without a relay.
 */

import { Authority, Coturn, settingsFor } from './coturn.mjs';
import { Gateway } from './gateway.mjs';
import { Network } from './network.mjs';

export const secret = 'of the relays of this test'.replaceAll(' ', '-');
export const relayName = (number) => `relay${number}.example.org`;
const firstRelay = 20; // of the addresses 203.0.113.…
const lastGateway = 8089; // pages are on ports from 8080 to this one

/** What a gateway is told of these relays: all their addresses, or those of one transport. */
export function relayUrls(numbers, transports = ['udp', 'tcp', 'tls']) {
    const form = {
        udp: (name) => `turn:${name}:3478?transport=udp`,
        tcp: (name) => `turn:${name}:3478?transport=tcp`,
        tls: (name) => `turns:${name}:5349?transport=tcp`,
    };
    return numbers
        .flatMap((number) => transports.map((transport) => form[transport](relayName(number))))
        .join(';');
}

const startPlain = (host, options) => Coturn.start(host, settingsFor(host, { secret, ...options }));

export class RelayNetwork {
    relays = [];
    #closing = [];
    #ports = 8080;

    /** `count` relays, number 1 and so on; `startRelay(host, {certificate, peers})` starts one, as Coturn.start. */
    static async create({ count = 1, startRelay = startPlain } = {}) {
        const self = new RelayNetwork();
        self.startRelay = startRelay;
        const numbers = Array.from({ length: count }, (_, index) => index + 1);
        self.authority = await Authority.create();
        self.#closing.push(self.authority);
        self.network = await Network.create({
            names: Object.fromEntries(
                numbers.map((number) => [relayName(number), `203.0.113.${firstRelay + number}`]),
            ),
            etc: self.authority.etc,
        });
        self.#closing.push(self.network);
        try {
            self.inside = await self.network.publicHost('gateway', 10);
            for (const number of numbers) await self.#addRelay(number);
            await self.inside.rules(`
                table ip firewall {
                    chain in {
                        type filter hook input priority filter; policy drop;
                        iif "lo" accept
                        ct state established,related accept
                        tcp dport 8080-${lastGateway} accept
                        ip saddr { ${self.relays.map(({ host }) => host.address).join(', ')} } udp dport != 0 accept
                    }
                }`);
        } catch (error) {
            await self.close();
            throw error;
        }
        return self;
    }

    async #addRelay(number) {
        const host = await this.network.publicHost(`relay${number}`, firstRelay + number);
        const certificate = await this.authority.issue(relayName(number));
        const relay = await this.startRelay(host, { certificate, peers: [this.inside.address] });
        this.relays.push(relay);
        this.#closing.push(relay);
    }

    /** A gateway with these settings, beside those that were started before. */
    async gateway(settings = {}) {
        const gateway = await Gateway.start({
            host: this.inside,
            port: this.#ports++,
            settings: { access: { open: 'yes' }, ...settings },
        });
        this.#closing.push(gateway);
        return gateway;
    }

    /** The origins of all gateways there are now or later. */
    get origins() {
        const ports = Array.from({ length: lastGateway - 8079 }, (_, index) => 8080 + index);
        return ports.map((port) => `http://${this.inside.address}:${port}`);
    }

    async close() {
        for (const thing of this.#closing.splice(0).reverse()) await thing.close();
    }
}
