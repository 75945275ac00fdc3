#!/bin/bash
# enrolled.sh RUN SSHD [LIMIT...]: runs in the host's network namespace and in a mount namespace of its own. Makes it a whole
# host (/etc, /run, /var/lib and /usr/local in memory), enrolls it and becomes its sshd. Nothing of it is seen outside, but for
# the limits of the machine that are named: a kernel lets only the first network namespace write these (the others see the same
# value, read-only), so its files are mounted here over the host's own. Descriptor 8 is that namespace.
set -eu
RUN=$1 SSHD=$2
shift 2
mount -t tmpfs none /mnt
mkdir -p /mnt/etc /mnt/run/sshd /mnt/lib /mnt/case
cp -a /etc/. /mnt/etc
cp -a "$RUN/." /mnt/case
mount --bind "$RUN" /mnt/case
mount --bind /mnt/etc /etc
mount --bind /mnt/run /run
mount --bind /mnt/lib /var/lib
mount -t tmpfs none /usr/local
mkdir -p /etc/cron.d "$RUN"
mount --bind /mnt/case "$RUN"
for limit; do
  : >"/mnt/${limit##*/}"
  nsenter --net=/proc/self/fd/8 mount --bind "$limit" "/mnt/${limit##*/}"
  mount --bind "/mnt/${limit##*/}" "$limit"
done
exec 8<&-
sh "$RUN/enroll.sh" >"$RUN/enroll.log" 2>&1
# no cron runs here: what it would do, every minute
(while sleep 60; do /usr/local/libexec/tcpstates/gate reap >/dev/null 2>&1 || :; done) &
: >"$RUN/enrolled"
exec "$SSHD" -D -e -f "$RUN/sshd_config"
