#!/bin/sh
# Gives coturn the certificate that certbot has renewed. Put this file into
# /etc/letsencrypt/renewal-hooks/deploy/, executable, and run it once by hand:
#     RENEWED_LINEAGE=/etc/letsencrypt/live/relay.example.org sh coturn-renew.sh
# certbot calls it after each renewal. Sessions that are under way go on: coturn reads the files again
# for connections to come.
set -eu

name=relay.example.org # SITE: certificates of other names are none of its business
folder=/etc/coturn

[ "${RENEWED_LINEAGE##*/}" = "$name" ] || exit 0
install -d -m 755 "$folder"
install -o turnserver -g turnserver -m 400 "$RENEWED_LINEAGE/privkey.pem" "$folder/privkey.pem.new"
install -o turnserver -g turnserver -m 444 "$RENEWED_LINEAGE/fullchain.pem" "$folder/fullchain.pem.new"
mv "$folder/privkey.pem.new" "$folder/privkey.pem"
mv "$folder/fullchain.pem.new" "$folder/fullchain.pem"
if systemctl is-active --quiet coturn.service; then
    systemctl kill --signal=USR2 coturn.service
fi
